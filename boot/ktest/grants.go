//go:build tamago

package main

import (
	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

var grantTests = []test{
	{"TestGrantCopies", grantCopies},
	{"TestGrantRefused", grantRefused},
	{"TestGrantDiesWithGranter", grantDead},
	{"TestGrantDemandZero", grantDemandZero},
	{"TestGrantBadMemoryOfGranter", grantEFAULT},
	{"TestBadBufferEndsCaller", badBuffer},
	{"TestBufferBeyondQuota", fullBuffer},
}

// memory of a puppet that cases copy to and from: within Data, and its RAM.
const (
	granted = code.PuppetMemory + 0xff0 // crosses a page
	mine    = code.PuppetMemory + 0x4ff8
)

// grant writes entry i of the puppet's grant table.
func (p *puppet) grant(i uint64, flags, seq uint32, to abi.Endpoint, start, n uint64) uint64 {
	at := abi.CallPage + 0x800 + 32*i
	p.t.poke(p.ep, at, uint64(seq)<<32|uint64(flags))
	p.t.poke(p.ep, at+8, uint64(to))
	p.t.poke(p.ep, at+16, start)
	p.t.poke(p.ep, at+24, n)
	return i | uint64(seq)<<8
}

func pattern(n int, seed byte) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = seed + byte(i*7)
	}
	return b
}

func (p *puppet) expect(what string, at uint64, want []byte) {
	for i := 0; i+8 <= len(want); i += 8 {
		got, w := p.t.peek(p.ep, at+uint64(i)), uint64(0)
		for j := 7; j >= 0; j-- {
			w = w<<8 | uint64(want[i+j])
		}
		if got != w {
			p.t.errorf("%s: %#x at +%d, want %#x", what, got, i, w)
			return
		}
	}
}

const readWrite = abi.GrantValid | abi.GrantRead | abi.GrantWrite

func grantCopies(t *T) {
	p := t.puppets(2)
	want := pattern(64, 1)
	p[0].write(granted, want)
	id := p[0].grant(63, readWrite, 0xffffff, p[1].ep, granted, 64)
	e, _ := p[1].call(abi.CallCopyFrom, uint64(p[0].ep), id, 0, mine, 64)
	t.want("copy from", e, abi.OK)
	p[1].expect("copied from", mine, want)
	p[1].write(mine, pattern(64, 99))
	e, _ = p[1].call(abi.CallCopyTo, uint64(p[0].ep), id, 16, mine, 32)
	t.want("copy to", e, abi.OK)
	p[0].expect("before", granted, want[:16])
	p[0].expect("copied to", granted+16, pattern(64, 99)[:32])
	p[0].expect("after", granted+48, want[48:])
	e, _ = p[1].call(abi.CallCopyFrom, uint64(p[0].ep), id, 64, mine, 0)
	t.want("nothing", e, abi.OK)
	id = p[0].grant(0, readWrite, 1, p[1].ep, abi.RAMBase+5, abi.MaxCopy) // the most, unaligned
	e, _ = p[1].call(abi.CallCopyTo, uint64(p[0].ep), id, 0, abi.RAMBase+9, abi.MaxCopy)
	t.want("the most", e, abi.OK)
	id = p[0].grant(1, readWrite, 1, p[0].ep, granted, 64)
	e, _ = p[0].call(abi.CallCopyFrom, uint64(p[0].ep), id, 0, granted+128, 64)
	t.want("to itself", e, abi.OK)
}

func grantRefused(t *T) {
	p := t.puppets(3)
	p[1].write(mine, pattern(16, 5))
	good := p[0].grant(7, readWrite, 3, p[1].ep, granted, 64)
	r := p[0].grant(8, abi.GrantValid|abi.GrantRead, 3, p[1].ep, granted, 64)
	w := p[0].grant(9, abi.GrantValid|abi.GrantWrite, 3, p[1].ep, granted, 64)
	none := p[0].grant(10, abi.GrantValid, 3, p[1].ep, granted, 64)
	revoked := p[0].grant(11, abi.GrantRead|abi.GrantWrite, 3, p[1].ep, granted, 64)
	other := p[0].grant(12, readWrite, 3, p[2].ep, granted, 64)
	nobody := p[0].grant(13, readWrite, 3, 0, granted, 64)
	anyone := p[0].grant(14, readWrite, 3, abi.Any, granted, 64)
	for _, c := range []struct {
		name          string
		nr            abi.CallNr
		id, offset, n uint64
		want          abi.Errno
	}{
		{"read of a read grant", abi.CallCopyFrom, r, 0, 64, abi.OK},
		{"write of a read grant", abi.CallCopyTo, r, 0, 64, abi.EPERM},
		{"write of a write grant", abi.CallCopyTo, w, 0, 64, abi.OK},
		{"read of a write grant", abi.CallCopyFrom, w, 0, 64, abi.EPERM},
		{"read of neither", abi.CallCopyFrom, none, 0, 64, abi.EPERM},
		{"write of neither", abi.CallCopyTo, none, 0, 64, abi.EPERM},
		{"revoked", abi.CallCopyFrom, revoked, 0, 64, abi.EPERM},
		{"another's", abi.CallCopyFrom, other, 0, 64, abi.EPERM},
		{"nobody's", abi.CallCopyFrom, nobody, 0, 64, abi.EPERM},
		{"Any's", abi.CallCopyFrom, anyone, 0, 64, abi.EPERM},
		{"stale", abi.CallCopyFrom, good - 1<<8, 0, 64, abi.EPERM},
		{"not yet", abi.CallCopyFrom, good + 1<<8, 0, 64, abi.EPERM},
		{"free entry", abi.CallCopyFrom, 20 | 3<<8, 0, 64, abi.EPERM},
		{"zero id", abi.CallCopyFrom, 0, 0, 0, abi.EPERM},
		{"index 64", abi.CallCopyFrom, 71 | 3<<8, 0, 64, abi.EPERM},
		{"index 128", abi.CallCopyFrom, 135 | 3<<8, 0, 64, abi.EPERM},
		{"one too long", abi.CallCopyFrom, good, 0, 65, abi.EPERM},
		{"offset past", abi.CallCopyFrom, good, 65, 0, abi.EPERM},
		{"offset and length", abi.CallCopyFrom, good, 60, 5, abi.EPERM},
		{"wrap", abi.CallCopyFrom, good, 1<<64 - 1, 2, abi.EPERM},
		{"wrap to inside", abi.CallCopyTo, good, 1<<64 - 32, 64, abi.EPERM},
		{"too long", abi.CallCopyFrom, good, 0, abi.MaxCopy + 1, abi.E2BIG},
		{"far too long", abi.CallCopyFrom, good, 0, 1<<64 - 1, abi.E2BIG},
	} {
		e, _ := p[1].call(c.nr, uint64(p[0].ep), c.id, c.offset, mine, c.n)
		t.want(c.name, e, c.want)
	}
}

func grantDead(t *T) {
	p := t.puppets(2)
	id := p[0].grant(1, readWrite, 1, p[1].ep, granted, 64)
	t.kill(p[0].ep)
	e, _ := p[1].call(abi.CallCopyFrom, uint64(p[0].ep), id, 0, mine, 8)
	t.want("dead granter", e, abi.EDEADSRCDST)
	next := t.heir(p[0].ep, all())
	e, _ = p[1].call(abi.CallCopyFrom, uint64(next.ep), id, 0, mine, 8)
	t.want("its slot's next task", e, abi.EPERM)
	// a grant to the dead is not its slot's next task's
	id = p[1].grant(1, readWrite, 1, next.ep, granted, 64)
	t.kill(next.ep)
	heir := t.heir(next.ep, all())
	e, _ = heir.call(abi.CallCopyFrom, uint64(p[1].ep), id, 0, mine, 8)
	t.want("grant to the dead", e, abi.EPERM)
}

// grantDemandZero: pages that neither side has touched are given, zero, and counted as theirs.
func grantDemandZero(t *T) {
	p := t.puppets(2)
	const ram = abi.RAMBase + 0x10_0ff8
	before := [2]uint64{t.info(p[0].ep).Frames, t.info(p[1].ep).Frames}
	id := p[0].grant(1, readWrite, 1, p[1].ep, ram, 16)
	e, _ := p[1].call(abi.CallCopyFrom, uint64(p[0].ep), id, 0, ram+0x1000, 16)
	t.want("copy", e, abi.OK)
	p[0].expect("granter", ram, make([]byte, 16))
	p[1].expect("grantee", ram+0x1000, make([]byte, 16))
	for i, x := range p {
		if n := t.info(x.ep).Frames; n <= before[i]+1 {
			t.errorf("task %d has %d frames, had %d", i, n, before[i])
		}
	}
}

func grantEFAULT(t *T) {
	p := t.puppets(2)
	for name, at := range map[string]uint64{
		"text": code.Text, "start page": abi.StartPage, "null": 0, "kernel": kernelRAM, "TSS": tss, "nothing": abi.ClockPage + 0x1000, "top": 1<<64 - 64,
		"across the end of data": code.Data + code.DataSize - 8, "module": abi.ModuleBase, "past RAM": abi.RAMBase + abi.RAMSize - 8,
	} {
		id := p[0].grant(1, readWrite, 1, p[1].ep, at, 64)
		e, _ := p[1].call(abi.CallCopyTo, uint64(p[0].ep), id, 0, mine, 64)
		t.want("to "+name, e, abi.EFAULT)
		want := abi.EFAULT
		if name == "text" || name == "start page" {
			want = abi.OK
		}
		e, _ = p[1].call(abi.CallCopyFrom, uint64(p[0].ep), id, 0, mine, 64)
		t.want("from "+name, e, want)
	}
}

// badBuffer: a buffer of the caller's own that is not its memory ends the caller and nobody else.
func badBuffer(t *T) {
	granter := t.puppet()
	for _, at := range []uint64{0, kernelRAM, tss, abi.ClockPage + 0x1000, code.Data + code.DataSize - 8, 1<<64 - 8, 1 << 63, abi.TaskEnd - 8, abi.ModuleBase} {
		for _, nr := range []abi.CallNr{abi.CallCopyFrom, abi.CallCopyTo, abi.CallImageWrite} {
			priv := all()
			priv.Images = 1
			p := t.puppetWith(priv)
			if nr == abi.CallImageWrite {
				e, image := p.call(abi.CallImageCreate, 64)
				t.must("ImageCreate", e)
				p.start(nr, image, 0, at, 64) // the image ends with the puppet
			} else {
				p.start(nr, uint64(granter.ep), granter.grant(1, readWrite, 1, p.ep, granted, 64), 0, at, 64)
			}
			equal(t, "call", t.death(p.ep, abi.CauseBadCall).Status, uint64(nr))
		}
	}
	p := t.puppet() // text may be read, not written
	id := granter.grant(1, readWrite, 1, p.ep, granted, 64)
	e, _ := p.call(abi.CallCopyTo, uint64(granter.ep), id, 0, code.Text, 64)
	t.want("from own text", e, abi.OK)
	p.start(abi.CallCopyFrom, uint64(granter.ep), id, 0, code.Text, 64)
	t.death(p.ep, abi.CauseBadCall)
}

// fullBuffer: a buffer that is the caller's, in pages that it cannot have any more, is no misuse.
func fullBuffer(t *T) {
	granter := t.puppet()
	priv := all()
	priv.CeilingFrames = 12
	for _, nr := range []abi.CallNr{abi.CallCopyFrom, abi.CallCopyTo} {
		p := t.puppetWith(priv)
		p.start(nr, uint64(granter.ep), granter.grant(1, readWrite, 1, p.ep, granted, abi.MaxCopy), 0, abi.RAMBase, code.DataSize/2)
		t.death(p.ep, abi.CauseMemory)
	}
	p := t.puppetWith(priv) // the granter's quota is the granter's affair
	e, _ := granter.call(abi.CallCopyFrom, uint64(p.ep), p.grant(1, readWrite, 1, granter.ep, abi.RAMBase, abi.MaxCopy), 0, abi.RAMBase, abi.MaxCopy)
	t.want("granter without memory", e, abi.EFAULT)
	equal(t, "granter", t.info(p.ep).State, abi.StateNoPriv)
}
