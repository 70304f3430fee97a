// Package dataflip is the fault type data-flip: one bit of the data changes, as by a fault of the memory.
//
// The bit is drawn among those of the pages that are there of the executable's writable data, and of the heap's that can be reached from there by
// pointers: what no pointer leads to nobody meets. The fault is activated when the byte is met by the victim's own instructions. The processor's
// watch can be on one byte: while it is on another fault's, this one is not done.
package dataflip

import (
	"encoding/binary"
	"math/rand/v2"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
	"bennu/rs/fi/flip"
)

type kind struct{ fault.NoCall }

// New is the type.
func New() fault.Strike { return kind{} }

func (kind) Name() string     { return "data-flip" }
func (kind) Doc() string      { return "a bit of the data changes" }
func (kind) When() fault.When { return fault.AtOnce }

func (kind) Strike(v fault.Victim, r *rand.Rand) (string, abi.Errno) {
	d := data{v: v, seen: map[uint64]bool{}}
	d.image()
	d.follow()
	if len(d.pages) == 0 {
		return "no writable data is there", abi.ESRCH
	}
	va := d.pages[r.IntN(len(d.pages))] + r.Uint64N(abi.PageSize)
	return flip.Bit(v, va, uint(r.IntN(8)))
}

// most is how many pages it draws among at most.
const most = 256

// data is the pages that are found.
type data struct {
	v     fault.Victim
	pages []uint64
	seen  map[uint64]bool
	heap  abi.TraceArea
	page  [abi.PageSize]byte
}

// image finds those of the executable.
func (d *data) image() {
	for _, a := range d.v.Areas() {
		switch {
		case a.Rights&abi.AreaWrite == 0:
		case a.Kind == abi.AreaRAM:
			d.heap = a
		case a.Kind == abi.AreaImage:
			for va := a.Start; va < a.End; va += abi.PageSize {
				d.take(va)
			}
		}
	}
}

// follow finds those of the heap: a word that could be a pointer is one.
func (d *data) follow() {
	for i := 0; i < len(d.pages) && len(d.pages) < most; i++ {
		if d.v.Read(d.pages[i], d.page[:]) != abi.OK {
			continue
		}
		for b := d.page[:]; len(b) > 0; b = b[8:] {
			if p := binary.LittleEndian.Uint64(b); p >= d.heap.Start && p < d.heap.End {
				d.take(p &^ (abi.PageSize - 1))
			}
		}
	}
}

// take notes a page, once, if it is there.
func (d *data) take(va uint64) {
	if len(d.pages) == most || d.seen[va] {
		return
	}
	d.seen[va] = true
	var word [8]byte
	if d.v.Read(va, word[:]) == abi.OK {
		d.pages = append(d.pages, va)
	}
}
