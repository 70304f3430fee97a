// Package types is the registry of fault types: what campaigns can name.
//
// To add a type, add a package below this one that implements fault.Code (or fault.Strike), with tests by tools/faulttest; a line at the
// END of the table here; and a row of the table in docs/FAULTS.md. The order is a part of the record format: lines are never moved or removed.
package types

import (
	"bennu/rs/fi/fault"
	"bennu/rs/fi/types/branch"
	"bennu/rs/fi/types/dataflip"
	"bennu/rs/fi/types/destination"
	"bennu/rs/fi/types/dieinit"
	"bennu/rs/fi/types/dierebirth"
	"bennu/rs/fi/types/diestop"
	"bennu/rs/fi/types/dietwo"
	"bennu/rs/fi/types/flipbool"
	"bennu/rs/fi/types/hang"
	"bennu/rs/fi/types/hangcalls"
	"bennu/rs/fi/types/index"
	"bennu/rs/fi/types/initial"
	"bennu/rs/fi/types/integer"
	"bennu/rs/fi/types/irq"
	"bennu/rs/fi/types/irqlost"
	"bennu/rs/fi/types/irqspurious"
	"bennu/rs/fi/types/length"
	"bennu/rs/fi/types/loop"
	"bennu/rs/fi/types/memory"
	"bennu/rs/fi/types/msgdrop"
	"bennu/rs/fi/types/msggarble"
	"bennu/rs/fi/types/msggarblein"
	"bennu/rs/fi/types/msglate"
	"bennu/rs/fi/types/msgrepeat"
	"bennu/rs/fi/types/noload"
	"bennu/rs/fi/types/nop"
	"bennu/rs/fi/types/nostore"
	"bennu/rs/fi/types/operator"
	"bennu/rs/fi/types/parameter"
	"bennu/rs/fi/types/pointer"
	"bennu/rs/fi/types/regflip"
	"bennu/rs/fi/types/source"
	"bennu/rs/fi/types/stackflip"
	"bennu/rs/fi/types/stop"
	"bennu/rs/fi/types/stuckbranch"
	"bennu/rs/fi/types/stuckloop"
	"bennu/rs/fi/types/swap"
	"bennu/rs/fi/types/text"
)

// Row is a type, and whose list it is in.
type Row struct {
	fault.Type
	From From
}

// From is where a type comes from.
type From uint8

const (
	Seven From = iota // MINIX, and one of the seven of its campaigns
	MINIX
	EDFI
	Own
)

// table is in the order of the record format: append only.
var table = []Row{
	{source.New(), Seven},
	{destination.New(), Seven},
	{pointer.New(), Seven},
	{parameter.New(), Seven},
	{loop.New(), Seven},
	{text.New(), Seven},
	{nop.New(), Seven},
	{initial.New(), MINIX},
	{branch.New(), MINIX},
	{irq.New(), MINIX},
	{stop.New(), MINIX},
	{noload.New(), EDFI},
	{nostore.New(), EDFI},
	{stuckbranch.New(), EDFI},
	{stuckloop.New(), EDFI},
	{index.New(), EDFI},
	{operator.New(), EDFI},
	{length.New(), EDFI},
	{flipbool.New(), EDFI},
	{swap.New(), EDFI},
	{integer.New(), EDFI},
	{regflip.New(), Own},
	{dataflip.New(), Own},
	{stackflip.New(), Own},
	{msgdrop.New(), Own},
	{msgrepeat.New(), Own},
	{msggarble.New(), Own},
	{msggarblein.New(), Own},
	{msglate.New(), Own},
	{irqlost.New(), Own},
	{irqspurious.New(), Own},
	{memory.New(), Own},
	{hang.New(), Own},
	{hangcalls.New(), Own},
	{dieinit.New(), Own},
	{dierebirth.New(), Own},
	{diestop.New(), Own},
	{dietwo.New(), Own},
}

// All is every type, in the order of the record format.
func All() []Row { return table[:len(table):len(table)] }

// Named is the type of a name; nil: there is none.
func Named(name string) fault.Type {
	for _, r := range table {
		if r.Name() == name {
			return r.Type
		}
	}
	return nil
}

// Lists are the names that stand for several types: "random", the seven of MINIX's campaigns, of which MINIX draws one for each fault; "minix" and "edfi",
// all that come from there; "own", those that are neither's; "all".
var Lists = []string{"random", "minix", "edfi", "own", "all"}

// List is the names of the types of a list, in the order of the table; nil: there is no such list.
func List(name string) (names []string) {
	for _, r := range table {
		in := false
		switch name {
		case "random":
			in = r.From == Seven
		case "minix":
			in = r.From == Seven || r.From == MINIX
		case "edfi":
			in = r.From == EDFI
		case "own":
			in = r.From == Own
		case "all":
			in = true
		}
		if in {
			names = append(names, r.Name())
		}
	}
	return names
}

// Random is the seven types of MINIX's campaigns.
func Random() []string { return List("random") }
