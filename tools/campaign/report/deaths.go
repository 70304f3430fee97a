package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"bennu/rs/fi/outcome"
	"bennu/tools/campaign/result"
)

// Death is where lives ended: those with one reason, vector and function, as syzkaller groups crashes by their title.
type Death struct {
	Service, Reason string
	Vector          uint32
	Where           string // function; the address where none is known
	Blocks          int
	First           *result.Fault // an activated fault of the first block that ended so
	Outcomes        [outcome.Outcomes]int
}

// Title is what one says of it.
func (d *Death) Title() string {
	t := d.Reason
	if d.Reason == "exception" {
		t = fmt.Sprintf("exception %d (%s)", d.Vector, vectorName(d.Vector))
	}
	if d.Where != "" {
		t += " in " + d.Where
	}
	return t
}

// Names of the exceptions. Source: SDM Vol. 3, "Protected-Mode Exceptions and Interrupts".
var vectors = []string{"#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "9", "#TS", "#NP", "#SS", "#GP", "#PF", "15", "#MF", "#AC", "#MC", "#XM"}

func vectorName(v uint32) string {
	if int(v) < len(vectors) {
		return vectors[v]
	}
	return fmt.Sprint(v)
}

// Deaths are in order of how many blocks ended so.
func (m *Model) Deaths() []*Death {
	all := map[Death]*Death{}
	for _, b := range m.Blocks {
		f := b.First()
		if f.Reason == "" || f.Reason == "none" {
			continue
		}
		where, _, _ := strings.Cut(f.DiedIn, "+0x")
		if where == "" {
			where = f.RIP
		}
		key := Death{Service: f.Service, Reason: f.Reason, Where: where}
		if f.Reason == "exception" {
			key.Vector = f.Vector
		}
		d := all[key]
		if d == nil {
			k := key
			d = &k
			d.First = b.example()
			all[key] = d
		}
		d.Blocks++
		d.Outcomes[b.Outcome]++
	}
	var list []*Death
	for _, d := range all {
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b *Death) int {
		return cmp.Or(cmp.Compare(b.Blocks, a.Blocks), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Title(), b.Title()), cmp.Compare(a.Vector, b.Vector))
	})
	return list
}

// example is the last of the block's faults to be activated: the likeliest cause. Without one, the first fault.
func (b *Block) example() *result.Fault {
	best := b.First()
	for _, f := range b.Faults {
		if f.Activated && (!best.Activated || f.ActivatedAt > best.ActivatedAt) {
			best = f
		}
	}
	return best
}

// worst are the outcomes that somebody should look at, the worst first.
var worst = []outcome.Outcome{outcome.KernelCrash, outcome.MachineHang, outcome.Lie, outcome.Collateral, outcome.GaveUp, outcome.Corruption, outcome.SilentLoss}

// Worst are the blocks with an outcome, in order.
func (m *Model) Worst(o outcome.Outcome) (blocks []*Block) {
	for _, b := range m.Blocks {
		if b.Outcome == o {
			blocks = append(blocks, b)
		}
	}
	return blocks
}
