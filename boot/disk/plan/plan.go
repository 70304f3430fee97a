// Package plan is what the workload on a disk does, drawn from a seed: the service does it, and whoever has the seed knows what is on the disk when it is done.
package plan

import (
	"encoding/binary"
	"math/rand/v2"
)

// SectorSize is bytes of a sector.
const SectorSize = 512

// MaxSectors is the most sectors of an operation.
const MaxSectors = 64

// Kind is what an operation does.
type Kind uint8

const (
	Read Kind = iota
	Write
	Flush
)

// Op is one operation.
type Op struct {
	Kind   Kind
	Sector uint64
	Pieces [3]uint64 // sectors of each piece; 0: there is none
}

// Sectors is how many sectors it is about.
func (o *Op) Sectors() uint64 { return o.Pieces[0] + o.Pieces[1] + o.Pieces[2] }

// Plan is a sequence of operations on so many sectors.
type Plan struct {
	r        *rand.Rand
	Versions []uint32 // of each sector after the operations that were drawn: 0 is as it was
}

// New makes the plan of a seed. Precondition: there are MaxSectors or more.
func New(seed uint64, sectors int) *Plan {
	return &Plan{rand.New(rand.NewPCG(seed, 2)), make([]uint32, sectors)}
}

// Next draws the next operation. Each version of a sector is one more than the one before.
func (p *Plan) Next() (o Op) {
	switch d := p.r.IntN(100); {
	case d < 40:
	case d < 95:
		o.Kind = Write
	default:
		o.Kind = Flush
		return o
	}
	n := 1 + p.r.Uint64N(MaxSectors)
	o.Sector = p.r.Uint64N(uint64(len(p.Versions)) - n + 1)
	for i := range o.Pieces {
		o.Pieces[i] = n
		if i < len(o.Pieces)-1 && n > 1 && p.r.IntN(2) == 0 {
			o.Pieces[i] = 1 + p.r.Uint64N(n-1)
		}
		if n -= o.Pieces[i]; n == 0 {
			break
		}
	}
	if o.Kind == Write {
		for s := o.Sector; s < o.Sector+o.Sectors(); s++ {
			p.Versions[s]++
		}
	}
	return o
}

// Fill makes the content of a sector. Version 0 is zeros.
func Fill(b []byte, sector uint64, version uint32) {
	if version == 0 {
		clear(b)
		return
	}
	x := (sector+1)*0x9e3779b97f4a7c15 ^ uint64(version)*0xbf58476d1ce4e5b9
	for i := 0; i < len(b); i += 8 {
		x = x*6364136223846793005 + 1442695040888963407
		binary.LittleEndian.PutUint64(b[i:], x)
	}
}

// Is tells whether b is that content.
func Is(b []byte, sector uint64, version uint32) bool {
	var want [SectorSize]byte
	Fill(want[:], sector, version)
	return string(b) == string(want[:])
}
