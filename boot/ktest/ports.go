//go:build tamago

package main

import (
	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

var portTests = []test{
	{"TestPortGranted", portGranted},
	{"TestPortNeighbours", portNeighbours},
	{"TestPortOverlap", portOverlap},
	{"TestPortRegrant", portRegrant},
	{"TestPortNotInherited", portNotInherited},
}

// withPorts is every right, and these ports, be they in the kernel's lists or not.
func withPorts(ranges ...abi.PortRange) rights {
	p := all()
	p.NPorts = uint32(copy(p.Ports[:], ranges))
	p.Unguarded = 1<<p.NPorts - 1
	return p
}

// The CMOS clock's address and data, and a register that keeps what is written.
const (
	cmosIndex, cmosData = 0x70, 0x71
	scratch             = 0x3ff // COM1's scratch register
)

func portGranted(t *T) {
	p := t.puppetWith(withPorts(abi.PortRange{First: cmosIndex, Last: cmosData}, abi.PortRange{First: scratch, Last: scratch}))
	p.out(cmosIndex, 0x0d)
	if v := p.in(cmosData); v&0x80 == 0 {
		t.errorf("CMOS register D is %#x, want its valid bit", v)
	}
	p.out(scratch, 0x5a)
	equal(t, "scratch register", p.in(scratch), 0x5a)
}

// portNeighbours: each port beside a granted one faults, at the ends of both bitmap pages too; so does an
// access that begins on a granted port and is wider than the grant.
func portNeighbours(t *T) {
	for _, r := range []abi.PortRange{{First: scratch, Last: scratch}, {First: 0x7ff8, Last: 0x7fff}, {First: 0x8000, Last: 0x8007}, {First: 0x101, Last: 0x106},
		{First: 0xfff8, Last: 0xfffe}} {
		for _, port := range []uint16{r.First - 1, r.Last + 1} {
			for _, op := range []byte{0xec, 0xee} { // IN AL, DX; OUT DX, AL
				prog := code.New().Set(code.DX, uint64(port))
				at := prog.At()
				d := t.death(t.start(prog.Bytes(op).Exit(0), withPorts(r)), abi.CauseException)
				if d.Vector != 13 || d.ErrorCode != 0 || d.Regs.RIP != at {
					t.errorf("port %#x beside %#x–%#x: %s", port, r.First, r.Last, describe(d))
				}
			}
		}
		prog := code.New().Set(code.DX, uint64(r.Last))
		d := t.death(t.start(prog.Bytes(0x66, 0xed).Exit(0), withPorts(r)), abi.CauseException) // IN AX, DX
		equal(t, "word across the end", d.Vector, 13)
		t.death(t.start(code.New().Set(code.DX, uint64(r.Last)).Bytes(0xec).Exit(0), withPorts(r)), abi.CauseExit)
	}
}

func portOverlap(t *T) {
	t.puppetWith(withPorts(abi.PortRange{First: 0x110, Last: 0x11f}))
	id := t.image(code.New().Exit(0).ELF())
	ep := t.create(id, "overlap")
	t.must("ImageFree", sys.ImageFree(id))
	for _, r := range []abi.PortRange{{First: 0x110, Last: 0x11f}, {First: 0x11f, Last: 0x130}, {First: 0x100, Last: 0x110}, {First: 0x114, Last: 0x114}, {First: 0, Last: 0xffff}} {
		p := withPorts(r)
		t.want("overlap", set(ep, p), abi.EBUSY)
	}
	p := withPorts(abi.PortRange{First: 0x10f, Last: 0x10f}, abi.PortRange{First: 0x120, Last: 0x120})
	t.want("beside", set(ep, p), abi.OK)
}

// portRegrant: a dead task's ports are free, at once.
func portRegrant(t *T) {
	for range 3 {
		before := counts().Ports
		p := t.puppetWith(withPorts(abi.PortRange{First: scratch, Last: scratch}))
		equal(t, "ports", counts().Ports, before-1)
		p.out(scratch, 1)
		t.kill(p.ep)
		equal(t, "ports", counts().Ports, before)
	}
}

// portNotInherited: a task without ports that runs right after one with them, and one with other ports,
// have none of them.
func portNotInherited(t *T) {
	p := t.puppetWith(withPorts(abi.PortRange{First: scratch, Last: scratch}))
	for _, priv := range []rights{all(), withPorts(abi.PortRange{First: 0x2ff, Last: 0x2ff})} {
		p.out(scratch, 2)
		d := t.death(t.start(code.New().Set(code.DX, scratch).Bytes(0xec).Exit(0), priv), abi.CauseException)
		equal(t, "vector", d.Vector, 13)
		p.out(scratch, 3) // its own right is kept
	}
}
