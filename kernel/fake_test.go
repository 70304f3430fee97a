package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
	"bennu/kernel/fake"
	"bennu/kernel/task"
	"bennu/tools/seed"
)

// both is this kernel and the one that drivers and the reincarnation server are tested on: each call is made on both.
type both struct {
	*rig
	r       *rand.Rand
	m       *fake.Machine
	root    *fake.Task
	real    uint32 // image, in this kernel
	image   uint32 // image, in the other
	account abi.AccountID
	seen    []abi.Endpoint // ever made
	windows []abi.WindowID // likewise
	results map[result]int // how often
}

func newBoth(t *testing.T, r *rand.Rand) *both {
	b := &both{rig: newRig(t), r: r, m: fake.New(1)}
	b.level(1)
	b.m.Memory = 1 << 30
	b.root = b.m.AddRoot()
	spec := rights().AccountSpec
	spec.CeilingFrames = 2000
	b.account = b.rig.account(&spec)
	g := b.root.Gate()
	if id, e := g.AccountSet(0, &spec); e != abi.OK || id != b.account {
		t.Fatalf("account %d, %s, want %d", id, e.Name(), b.account)
	}
	elf := code.ELF(code.New().Stop().Text(), code.Pattern(3))
	b.real = b.load(elf)
	b.image, _ = g.ImageCreate(uint64(len(elf)))
	g.ImageSeal(b.image)
	b.seen = []abi.Endpoint{b.rig.root.Endpoint}
	return b
}

// pair is a task in both; nil when it lives in neither.
func (b *both) pair(ep abi.Endpoint) (*task.Task, *fake.Task) {
	b.t.Helper()
	k, f := b.tasks.Lookup(ep), b.m.Find(ep)
	if (k == nil) != (f == nil) {
		b.t.Fatalf("%#x lives in one kernel only", ep)
	}
	return k, f
}

// result is what a call came to.
type result struct {
	nr abi.CallNr
	e  abi.Errno
}

// args are a call's arguments here and there, where they differ.
type args struct{ here, there []uint64 }

func same(a ...uint64) args { return args{a, a} }

// do makes a call of a task's in both, with buf in the page, and compares what comes of it.
func (b *both) do(ep abi.Endpoint, buf []byte, other []byte, nr abi.CallNr, a args) {
	b.t.Helper()
	k, f := b.pair(ep)
	if k == nil || k.Wait != 0 {
		return
	}
	m := abi.Msg{Type: 0x900, Arg: [7]uint64{b.r.Uint64()}}
	copy(k.Call.Buf[:], buf)
	copy(f.CallArea().Buf[:], other)
	k.Call.Msg, f.CallArea().Msg = m, m
	e, v := b.call(k, nr, a.here...)
	var x [5]uint64
	copy(x[:], a.there)
	e2, v2 := f.Syscall(nr, x[0], x[1], x[2], x[3], x[4])
	if !k.Live {
		e, v = abi.EDEADSRCDST, 0
	}
	if nr == abi.CallSetAlarm || nr == abi.CallTimes { // of time
		v = v2
	}
	if e != e2 || v != v2 {
		b.t.Fatalf("call %d of %#x with %#x: %s, %#x, the fake says %s, %#x", nr, ep, a.here, e.Name(), v, e2.Name(), v2)
	}
	b.results[result{nr, e}]++
	if nr == abi.CallReceive && e == abi.OK && k.Call.Msg != f.CallArea().Msg && k.Call.Msg.Type != abi.MsgNotify {
		b.t.Fatalf("%#x received %+v, in the fake %+v", ep, k.Call.Msg, f.CallArea().Msg)
	}
	if nr == abi.CallWindow && v != 0 {
		b.view(k, f)
	}
	if nr == abi.CallTaskCreate && e == abi.OK {
		b.seen = append(b.seen, abi.Endpoint(v))
	}
	b.finish()
}

// finish has what dies be gone, and its record taken, on both sides.
func (b *both) finish() {
	b.t.Helper()
	b.until("the end of who dies", func() bool {
		for i := range b.tasks.Tasks {
			if b.tasks.Tasks[i].Dying {
				return false
			}
		}
		return true
	})
	for {
		var d, d2 abi.DeathRecord
		r, e := b.takeDeath(false)
		if e == abi.OK {
			d = *r
		}
		_, e2 := b.root.Gate().GetInfo(abi.InfoDeath, 0, abi.Bytes(&d2))
		if e != e2 || d.Endpoint != d2.Endpoint || d.Cause != d2.Cause || d.Label != d2.Label || d.Status != d2.Status || d.Waiting != d2.Waiting || d.Incarnation != d2.Incarnation {
			b.t.Fatalf("a record of %#x, %s, status %d; the fake has %#x, %s, %d", d.Endpoint, d.Cause, d.Status, d2.Endpoint, d2.Cause, d2.Status)
		}
		if e != abi.OK {
			return
		}
	}
}

// some is an endpoint that there is or was.
func (b *both) some() abi.Endpoint { return b.seen[b.r.IntN(len(b.seen))] }

// rootCalls are those of who makes tasks.
func (b *both) rootCall() {
	r, root := b.r, b.rig.root.Endpoint
	ep := uint64(b.some())
	switch r.IntN(9) {
	case 0, 1:
		if b.tasks.Free() < abi.MaxTasks-40 {
			return // memory is another's matter
		}
		s := abi.TaskSpec{Image: b.real, Account: b.account, Incarnation: r.Uint32N(9)}
		s.Label, _ = abi.MakeLabel([]string{"a", "b", "rs"}[min(r.IntN(9), 2)%3])
		s.Account += abi.AccountID(r.IntN(12) / 11)
		o := s
		if o.Image = b.image; r.IntN(9) == 0 {
			s.Image, o.Image = 9, 9
		}
		b.do(root, abi.Bytes(&s), abi.Bytes(&o), abi.CallTaskCreate, same())
	case 2, 3:
		p := b.privilege()
		b.do(root, abi.Bytes(&p), abi.Bytes(&p), abi.CallPrivCtl, same(uint64(abi.PrivSet), ep))
	case 4, 5:
		b.do(root, nil, nil, abi.CallPrivCtl, same(uint64(abi.PrivAllow), ep))
	case 6:
		if r.IntN(3) == 0 {
			b.do(root, nil, nil, abi.CallTaskKill, same(ep))
		}
	case 7:
		b.do(root, nil, nil, abi.CallAccount, same(uint64(abi.AccountPay), uint64(b.account)+r.Uint64N(3)))
	case 8:
		b.do(root, nil, nil, abi.CallTrace, same(uint64(abi.TraceRegs), ep))
	}
}

// privilege is one that may be wrong.
func (b *both) privilege() (p abi.Privilege) {
	r := b.r
	p.CallMask, p.TrapMask = ^uint64(0), abi.AllTraps
	if r.IntN(3) == 0 {
		p.CallMask, p.TrapMask = r.Uint64(), uint32(r.Uint64())&abi.AllTraps
	}
	for range r.IntN(5) {
		p.MaySend(b.some())
	}
	for p.NPorts < uint32(r.IntN(3)) {
		first := []uint16{0x2f8, 0x3f8, 0x378, 0x60, 0x70, 0x300, 0x20}[r.IntN(7)] + uint16(r.IntN(3))
		p.Ports[p.NPorts] = abi.PortRange{First: first, Last: first + uint16(r.IntN(3)) - uint16(r.IntN(9)/8)}
		p.NPorts++
	}
	p.Unguarded = r.Uint32N(8)
	p.NIRQs, p.IRQs[0] = uint32(r.IntN(2)), uint32(3+r.IntN(2))
	return p
}

// taskCall is one of those that any task may make.
func (b *both) taskCall() {
	r, ep := b.r, b.some()
	to := uint64(b.some())
	if k, f := b.pair(ep); k == nil || k.Wait != 0 || !f.Allowed() {
		return
	}
	switch r.IntN(14) {
	case 10, 11, 12, 13:
		b.window(ep)
	case 0:
		b.do(ep, nil, nil, abi.CallSendNB, same(to))
	case 1:
		b.do(ep, nil, nil, abi.CallSendA, same(to, r.Uint64N(5)))
	case 2:
		b.do(ep, nil, nil, abi.CallNotify, same(to))
	case 3, 4:
		from := []uint64{uint64(abi.Any), to}[r.IntN(2)]
		b.do(ep, nil, nil, abi.CallReceive, same(from, 0))
	case 5:
		b.do(ep, nil, nil, abi.CallIRQCtl, same(uint64(abi.IRQSetPolicy), 3+r.Uint64N(2), r.Uint64N(66)))
	case 6:
		b.do(ep, nil, nil, abi.CallIRQCtl, same(2+r.Uint64N(4), r.Uint64N(4)))
	case 7:
		b.do(ep, nil, nil, abi.CallGetInfo, same(uint64(abi.InfoAsync), 0))
	case 8:
		if r.IntN(2) == 0 {
			b.do(ep, nil, nil, abi.CallTimes, same([]uint64{to, uint64(abi.Self)}[r.IntN(2)]))
		} else {
			b.do(ep, nil, nil, abi.CallSetAlarm, same(r.Uint64N(2)<<60)) // it does not come
		}
	case 9:
		b.copies(ep, abi.Endpoint(to))
	}
}

// view compares what a task sees in both.
func (b *both) view(k *task.Task, f *fake.Task) {
	var v, w abi.WindowView
	copy(abi.Bytes(&v), k.Call.Buf[:])
	copy(abi.Bytes(&w), f.CallArea().Buf[:])
	if v != w || v.Size != uint64(len(f.Window(w.Address))) {
		b.t.Fatalf("%+v, in the fake %+v, %d bytes", v, w, len(f.Window(w.Address)))
	}
	b.windows = append(b.windows, v.ID)
}

// window is one of CallWindow's ops, on a window that there is or was.
func (b *both) window(ep abi.Endpoint) {
	r := b.r
	id, peer := uint64(r.IntN(2)), uint64(b.some())
	if n := len(b.windows); n > 0 && r.IntN(8) > 0 {
		id = uint64(b.windows[n-1-r.IntN(min(n, 6))])
		var w abi.WindowInfo
		row := id % abi.WindowRows
		switch b.rig.windows.Info(row, &w); {
		case w.ID != abi.WindowID(id) || r.IntN(5) == 0:
		case r.IntN(2) == 0:
			ep = w.Owner
			for n := 0; n < 50 && (b.tasks.Lookup(abi.Endpoint(peer)) == nil || abi.Endpoint(peer) == ep); n++ {
				peer = uint64(b.some())
			}
		case w.Holders[0].Endpoint != 0:
			ep, peer = w.Holders[0].Endpoint, uint64(w.Owner)
		}
		if k, f := b.pair(ep); k == nil || k.Wait != 0 || !f.Allowed() {
			return
		}
	}
	switch op := abi.WindowOp(r.Uint64N(8)); op {
	case abi.WindowCreate:
		b.do(ep, nil, nil, abi.CallWindow, same(uint64(op), r.Uint64N(5)*20000, r.Uint64N(10)/4))
	case abi.WindowAllow, abi.WindowMap:
		for range 1 + r.IntN(2) {
			b.do(ep, nil, nil, abi.CallWindow, same(uint64(op), id, peer, []uint64{1, 3, 3, 3, 0, 7, 1 << 32}[r.IntN(7)]))
		}
	default:
		b.do(ep, nil, nil, abi.CallWindow, same(uint64(op), id, peer))
	}
}

// copies is a copy from or to a grant, which may be wrong in each of its parts.
func (b *both) copies(ep, granter abi.Endpoint) {
	r := b.r
	const size = 512
	a := args{here: []uint64{uint64(granter), 0, 0, code.Data, 0}, there: []uint64{uint64(granter), 0, 0, 0, 0}}
	id, offset, n := uint64(5|9<<8), r.Uint64N(size+2), r.Uint64N(size)
	switch r.IntN(8) {
	case 0:
		id = []uint64{4 | 9<<8, 5 | 8<<8, 5 | 9<<8 | 0x40}[r.IntN(3)]
	case 1:
		offset = ^uint64(0) - r.Uint64N(size)
	case 2:
		n = abi.MaxCopy + 1
	}
	if k, g := b.pair(granter); k != nil {
		row := abi.CopyGrant{Flags: uint32(r.IntN(8)), Seq: 9, To: ep, Start: code.Data, Len: size}
		if r.IntN(3) > 0 {
			row.Flags = abi.GrantValid | abi.GrantRead | abi.GrantWrite
		}
		if r.IntN(8) == 0 {
			row.To = b.some()
		}
		k.Call.Grants[5] = row
		row.Start = g.Address(make([]byte, size))
		g.CallArea().Grants[5] = row
	}
	_, f := b.pair(ep)
	a.there[3] = f.Address(make([]byte, 2*size)) // holds during the next call
	for _, x := range [][]uint64{a.here, a.there} {
		x[1], x[2], x[4] = id, offset, n
	}
	b.do(ep, nil, nil, []abi.CallNr{abi.CallCopyFrom, abi.CallCopyTo}[r.IntN(2)], a)
}

// TestFakeIsTheKernel: what drivers and the reincarnation server are tested on answers as this kernel does, whatever is
// asked of it: errors, values, messages, records of deaths.
func TestFakeIsTheKernel(t *testing.T) {
	seed := seed.Of(t)
	results := map[result]int{}
	wanted := map[abi.CallNr][]abi.Errno{
		abi.CallSendNB: {abi.ENOTREADY, abi.ECALLDENIED, abi.EDEADSRCDST}, abi.CallSendA: {abi.OK, abi.ECALLDENIED, abi.EDEADSRCDST},
		abi.CallNotify: {abi.OK, abi.ECALLDENIED, abi.EDEADSRCDST}, abi.CallReceive: {abi.OK, abi.EAGAIN, abi.EDEADSRCDST},
		abi.CallPrivCtl:    {abi.OK, abi.EPERM, abi.EBUSY, abi.EINVAL, abi.EDEADSRCDST},
		abi.CallTaskCreate: {abi.OK, abi.ESRCH, abi.EINVAL}, abi.CallTaskKill: {abi.OK, abi.EPERM, abi.EDEADSRCDST},
		abi.CallIRQCtl:  {abi.OK, abi.EPERM, abi.EINVAL, abi.EBUSY, abi.ECALLDENIED},
		abi.CallGetInfo: {abi.EAGAIN}, abi.CallSetAlarm: {abi.OK}, abi.CallTimes: {abi.OK, abi.EDEADSRCDST},
		abi.CallTrace:    {abi.OK, abi.EINVAL, abi.EDEADSRCDST},
		abi.CallCopyFrom: {abi.OK, abi.EPERM, abi.E2BIG, abi.EDEADSRCDST, abi.ECALLDENIED},
		abi.CallCopyTo:   {abi.OK, abi.EPERM, abi.E2BIG, abi.EDEADSRCDST, abi.ECALLDENIED},
		abi.CallAccount:  {abi.OK, abi.ESRCH},
		abi.CallWindow:   {abi.OK, abi.EINVAL, abi.EPERM, abi.EDEADSRCDST, abi.ECALLDENIED, abi.EEXIST, abi.ESRCH, abi.ENOSPC},
	}
	missing := func() (what string) {
		for nr, errors := range wanted {
			for _, e := range errors {
				if results[result{nr, e}] == 0 {
					what = fmt.Sprintf("call %d never came to %s", nr, e.Name())
				}
			}
		}
		return what
	}
	for n := uint64(0); n < 30 || n < 300 && missing() != ""; n++ { // what comes seldom may take longer
		b := newBoth(t, rand.New(rand.NewPCG(seed, n)))
		b.results = results
		for range 1000 {
			b.rootCall()
			b.taskCall()
			b.taskCall()
		}
	}
	if what := missing(); what != "" {
		t.Error(what)
	}
}
