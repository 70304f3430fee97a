// Package fbd decides what a faulty block device does wrong: rules after those of MINIX's driver of that name. It is pure: who sits between a client and a driver
// asks it about each request (Decide), does what the Verdict says, and has it damage the data (Damage).
package fbd

import (
	"encoding/binary"

	"bennu/drivers/protocol/block"
	"bennu/kernel/abi"
)

// MaxRules is how many rules there may be at a time.
const MaxRules = 16

// Ops is which requests a rule is about.
type Ops uint8

const (
	Reads  Ops = 1 << 0
	Writes Ops = 1 << 1
)

// Action is what a rule does.
type Action uint8

const (
	Corrupt  Action = 1 // the data of the rule's sectors is other data
	Fail     Action = 2 // only what lies before the rule's sectors is done; Status says what is answered
	Misdir   Action = 3 // it goes to another place, between First and End of Place
	LostTorn Action = 4 // of a write only Lead bytes are done, none or a part, and it is said to be done
)

// Damages of Corrupt.
const (
	Zeroes     = 0
	Persistent = 1 // another pattern for each sector, always the same
	Random     = 2
)

// Rule is what is to go wrong where, and when.
type Rule struct {
	First, End uint64 // sectors; End 0: to the device's
	Ops        Ops
	Skip       uint32 // so many requests that it is about are left alone first
	Count      uint32 // then it is about so many, and no more; 0: for ever
	Action     Action
	Damage     uint8     // Corrupt
	Status     abi.Errno // Fail: OK or EIO
	Place      [2]uint64 // Misdir: sectors
	Align      uint64    // Misdir: of the place from its first, in sectors
	Lead       uint64    // LostTorn: bytes
}

// Verdict is what is to be done of a request.
type Verdict struct {
	Sector  uint64    // where
	Bytes   uint64    // how many, from its beginning on
	Report  uint64    // how many are said to be done
	Errno   abi.Errno // of the answer
	Corrupt *Rule     // nil: the data is as it is
}

// Device is the rules of one device.
type Device struct {
	rules [MaxRules]Rule
	state uint64
	hits  [MaxRules]uint32
}

// New makes a device without rules; what is drawn follows from the seed.
func New(seed uint64) *Device { return &Device{state: seed} }

// draw is the next number of SplitMix64. Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators".
func (d *Device) draw() uint64 {
	d.state += 0x9e3779b97f4a7c15
	return mix(d.state)
}

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Add adds a rule; n is its number, from 1 on. Errors: EINVAL, ENOSPC.
func (d *Device) Add(r Rule) (n int, e abi.Errno) {
	if !r.valid() {
		return 0, abi.EINVAL
	}
	for i := range d.rules {
		if d.rules[i].Action == 0 {
			d.rules[i], d.hits[i] = r, 0
			return i + 1, abi.OK
		}
	}
	return 0, abi.ENOSPC
}

func (r *Rule) valid() bool {
	if r.End != 0 && r.End <= r.First || r.Ops == 0 || r.Ops&^(Reads|Writes) != 0 {
		return false
	}
	switch r.Action {
	case Corrupt:
		return r.Damage <= Random
	case Fail:
		return r.Status == abi.OK || r.Status == abi.EIO
	case Misdir:
		return r.Align > 0 && r.Place[1] > r.Place[0]
	case LostTorn:
		return r.Ops == Writes
	}
	return false
}

// Delete deletes a rule. Errors: ESRCH.
func (d *Device) Delete(n int) abi.Errno {
	if n < 1 || n > MaxRules || d.rules[n-1].Action == 0 {
		return abi.ESRCH
	}
	d.rules[n-1] = Rule{}
	return abi.OK
}

// Get is a rule as it is now, and how often it has done something. Errors: ESRCH.
func (d *Device) Get(n int) (r Rule, hits uint32, e abi.Errno) {
	if n < 1 || n > MaxRules || d.rules[n-1].Action == 0 {
		return r, 0, abi.ESRCH
	}
	return d.rules[n-1], d.hits[n-1], abi.OK
}

// Decide is what becomes of a Read or Write. The first rule that is about it counts; all that are about it are one request further.
func (d *Device) Decide(op abi.MsgType, sector, sectors uint64) Verdict {
	bytes := sectors * block.SectorSize
	v := Verdict{Sector: sector, Bytes: bytes, Report: bytes}
	mine := Reads
	if op == block.Write {
		mine = Writes
	}
	var hit *Rule
	for i := range d.rules {
		r := &d.rules[i]
		switch {
		case r.Action == 0 || r.Ops&mine == 0 || r.First >= sector+sectors || r.End != 0 && r.End <= sector:
		case r.Skip > 0:
			r.Skip--
		case hit == nil:
			rule := *r
			hit = &rule
			d.hits[i]++
			if r.Count == 1 {
				*r = Rule{}
			} else if r.Count > 1 {
				r.Count--
			}
		}
	}
	if hit != nil {
		d.apply(hit, &v, sectors)
	}
	return v
}

func (d *Device) apply(r *Rule, v *Verdict, sectors uint64) {
	switch r.Action {
	case Corrupt:
		v.Corrupt = r
	case Fail:
		v.Bytes = (max(r.First, v.Sector) - v.Sector) * block.SectorSize
		v.Errno, v.Report = r.Status, v.Bytes
	case Misdir:
		places := uint64(1)
		if room := r.Place[1] - r.Place[0]; room > sectors {
			places = (room-sectors)/r.Align + 1
		}
		v.Sector = r.Place[0] + d.draw()%places*r.Align
	case LostTorn:
		v.Bytes = min(r.Lead, v.Bytes)
	}
}

// Damage damages the data of a request as its verdict says: of a write before it goes on, of a read before it is answered. b is one sector after the other, from the
// request's first on.
func (d *Device) Damage(v *Verdict, b []byte) {
	r := v.Corrupt
	for at := 0; r != nil && at+block.SectorSize <= len(b); at += block.SectorSize {
		sector := v.Sector + uint64(at/block.SectorSize)
		if sector < r.First || r.End != 0 && sector >= r.End {
			continue
		}
		for i := at; i < at+block.SectorSize; i += 8 {
			word := uint64(0)
			switch r.Damage {
			case Persistent:
				word = mix(sector<<6 | uint64(i-at)>>3)
			case Random:
				word = d.draw()
			}
			binary.LittleEndian.PutUint64(b[i:], word)
		}
	}
}
