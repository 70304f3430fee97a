// Package fake is a made-up victim, for tests of faults.
package fake

import (
	"math/rand/v2"
	"strconv"
	"time"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
)

// Victim does what a fault asks, and notes it.
type Victim struct {
	Registers abi.Registers
	Message   abi.Msg
	Memory    map[uint64]*[abi.PageSize]byte // the pages that are there
	Map       []abi.TraceArea
	IRQ       []uint32
	Has       uint64    // pages
	Watched   abi.Errno // of Watch
	Other     string    // that KillAnother finds; empty: none
	Refuses   abi.Errno // of what changes something

	Did    []string // what was asked, in order
	Writes int
	Watch1 uint64 // the address that is watched
	Held   time.Duration
	Most   uint64 // its ceiling
	Code   []byte // of Jump
}

// Page makes a page be there, with something in it.
func (v *Victim) Page(va uint64, fill byte) *[abi.PageSize]byte {
	if v.Memory == nil {
		v.Memory = map[uint64]*[abi.PageSize]byte{}
	}
	p := new([abi.PageSize]byte)
	for i := range p {
		p[i] = fill
	}
	v.Memory[va] = p
	return p
}

// Copy is the victim as it is now.
func (v *Victim) Copy() *Victim {
	c := *v
	c.Memory, c.Did = map[uint64]*[abi.PageSize]byte{}, append([]string(nil), v.Did...)
	for va, p := range v.Memory {
		q := *p
		c.Memory[va] = &q
	}
	return &c
}

// Changed is the bits of memory that differ, as byte address → mask.
func (v *Victim) Changed(was *Victim) map[uint64]byte {
	d := map[uint64]byte{}
	for va, p := range v.Memory {
		for i, b := range p {
			if x := b ^ was.Memory[va][i]; x != 0 {
				d[va+uint64(i)] = x
			}
		}
	}
	return d
}

func (v *Victim) note(s string) abi.Errno {
	v.Did = append(v.Did, s)
	return v.Refuses
}

// each calls f with the pieces of b by page. Errors: EFAULT.
func (v *Victim) each(va uint64, b []byte, f func(mem, b []byte)) abi.Errno {
	for len(b) > 0 {
		p, off := v.Memory[va&^(abi.PageSize-1)], va%abi.PageSize
		if p == nil {
			return abi.EFAULT
		}
		n := min(uint64(len(b)), abi.PageSize-off)
		f(p[off:off+n], b[:n])
		va, b = va+n, b[n:]
	}
	return abi.OK
}

// The rest is fault.Victim.

func (v *Victim) Regs() *abi.Registers { return &v.Registers }

func (v *Victim) SetRegs(r *abi.Registers) abi.Errno {
	if e := v.note("regs"); e != abi.OK {
		return e
	}
	v.Registers = *r
	return abi.OK
}

func (v *Victim) Read(va uint64, b []byte) abi.Errno {
	return v.each(va, b, func(mem, b []byte) { copy(b, mem) })
}

func (v *Victim) Write(va uint64, b []byte) abi.Errno {
	v.Writes++
	if v.Refuses != abi.OK {
		return v.Refuses
	}
	return v.each(va, b, func(mem, b []byte) { copy(mem, b) })
}

func (v *Victim) Areas() []abi.TraceArea { return v.Map }
func (v *Victim) Pages() uint64          { return v.Has }

func (v *Victim) Msg() *abi.Msg { return &v.Message }

func (v *Victim) SetMsg(m *abi.Msg) abi.Errno {
	v.Message = *m
	return v.note("message")
}

func (v *Victim) Drop()                 { v.note("drop"); v.Registers.GPR[0] = uint64(abi.CallReceive) }
func (v *Victim) Again()                { v.note("again"); v.Registers.GPR[0] = uint64(abi.CallSendNB) }
func (v *Victim) Delay(d time.Duration) { v.note("delay"); v.Held = d }
func (v *Victim) Lines() []uint32       { return v.IRQ }

func (v *Victim) Raise(line uint32) abi.Errno { return v.note("raise " + strconv.Itoa(int(line))) }

func (v *Victim) Lose(line uint32, n uint64) abi.Errno {
	return v.note("lose " + strconv.Itoa(int(line)) + " " + strconv.Itoa(int(n)))
}

func (v *Victim) Ceiling(pages uint64) abi.Errno {
	v.Most = pages
	return v.note("ceiling")
}

func (v *Victim) Watch(va, access, bytes uint64) abi.Errno {
	if v.Watched == abi.OK {
		v.note("watch " + strconv.Itoa(int(access)) + " " + strconv.Itoa(int(bytes)))
		v.Watch1 = va
	}
	return v.Watched
}

func (v *Victim) Jump(code []byte) abi.Errno {
	v.Code = code
	return v.note("jump")
}

func (v *Victim) Kill() abi.Errno { return v.note("kill") }

func (v *Victim) KillAnother() (string, abi.Errno) {
	if v.Other == "" {
		return "", abi.ESRCH
	}
	v.note("kill " + v.Other)
	return v.Other, abi.OK
}

// Rand is the generator that faults draw from in a test.
func Rand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

var _ fault.Victim = (*Victim)(nil)
