//go:build amd64 && !tamago

package kernel

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/sched"
	"bennu/kernel/task"
)

// scene is a kernel whose state is drawn again and again, so that a short way and the long one can both begin with it: a makes a call
// that makes b ready, or b waits for an interrupt; others are there.
type scene struct {
	*rig
	a, b, other *task.Task
	f           *rand.Rand
	c           *arch.Context
}

// kept is all that either way may write to.
type kept struct {
	bill
	sched                        sched.Sched
	a, b, other, root            task.Task
	aCtx, bCtx                   arch.Context
	aMsg, bMsg                   abi.Msg
	entered, longest, why, worst uint64
	seq                          uint64
	armed, set, idle, tsc, noise uint64
	latency                      abi.Latency
	current                      *arch.Context
}

func (s *scene) keep() kept {
	k := s.Kernel
	return kept{k.bill, *k.sched, *s.a, *s.b, *s.other, *k.root, *s.a.Ctx, *s.b.Ctx, s.a.Call.Msg, s.b.Call.Msg, k.entered, k.longest, k.why, k.worstWait,
		k.tasks.Seq, k.armed, s.m.armed, k.idle, s.m.tsc, 0, k.latency, k.cpu.Current}
}

func (s *scene) restore(v *kept) {
	k := s.Kernel
	k.bill, *k.sched, *s.a, *s.b, *s.other, *k.root, *s.a.Ctx, *s.b.Ctx, s.a.Call.Msg, s.b.Call.Msg = v.bill, v.sched, v.a, v.b, v.other, v.root, v.aCtx, v.bCtx, v.aMsg, v.bMsg
	k.entered, k.longest, k.why, k.worstWait, k.armed, s.m.armed, k.idle, s.m.tsc, k.latency = v.entered, v.longest, v.why, v.worst, v.armed, v.set, v.idle, v.tsc, v.latency
	k.cpu.Current, k.tasks.Seq = v.current, v.seq
}

// equal compares what two ways have left. The count of changes may differ, and so may what links those who are not ready.
func equal(x, y kept) string {
	x.settled, y.settled = 0, 0
	x.latency.Handed, y.latency.Handed = 0, 0
	x.sched.Forget()
	y.sched.Forget()
	if reflect.DeepEqual(x, y) {
		return ""
	}
	return differ("", reflect.ValueOf(x), reflect.ValueOf(y))
}

// differ names the innermost fields that differ.
func differ(name string, x, y reflect.Value) (diff string) {
	if fmt.Sprintf("%+v", x) == fmt.Sprintf("%+v", y) {
		return ""
	}
	switch x.Kind() {
	case reflect.Struct:
		for i := range x.NumField() {
			diff += differ(name+"."+x.Type().Field(i).Name, x.Field(i), y.Field(i))
		}
	case reflect.Array:
		for i := range x.Len() {
			diff += differ(fmt.Sprintf("%s[%d]", name, i), x.Index(i), y.Index(i))
		}
	default:
		diff = fmt.Sprintf("\n%s is %+v, want %+v", name, x, y)
	}
	return diff
}

// draw sets accounts, budgets, turns and payers, and who is ready.
func (s *scene) draw() {
	f, k := s.f, s.Kernel
	now := k.since
	for _, x := range []*task.Task{s.a, s.b, s.other, k.root} {
		k.sched.Block(x.Slot)
		budget := 2_000 + f.Uint64N(60_000)
		sh := sched.Share{Level: 1 + f.IntN(3), Budget: budget, Period: budget + f.Uint64N(3)*f.Uint64N(5_000_000), Turn: 200 + f.Uint64N(4_000), Serve: 100 + f.Uint64N(3_000)}
		k.sched.Set(x.Account, sh, now)
		k.sched.SetPayer(x.Slot, x.Account)
		k.sched.Add(x.Slot, x.Account)
		k.sched.Ran(x.Slot, f.Uint64N(sh.Turn))
		if f.IntN(3) == 0 {
			k.sched.Charge(x.Account, f.Uint64N(budget), now, sched.Whole)
		}
	}
	for _, x := range []*task.Task{s.a, s.b} {
		x.Seq, x.ReadyTSC, x.Server = 0, 0, f.IntN(2) == 0 // as whoever runs, or waits, is left
		if x.Server && f.IntN(2) == 0 {
			k.sched.SetPayer(x.Slot, []abi.AccountID{k.root.Account, s.b.Account}[f.IntN(2)])
		}
	}
	s.a.Asked, s.b.Asked = f.Uint64(), f.Uint64()
	if f.IntN(2) == 0 { // b was ready at some time, and a is before its equals
		pair := []int{s.other.Slot, s.b.Slot}
		first := f.IntN(2)
		k.sched.Ready(pair[first], now)
		k.sched.Ready(pair[1-first], now)
		k.sched.Block(s.b.Slot)
		k.sched.Block(s.other.Slot)
		k.sched.Ready(s.a.Slot, now)
	}
	for _, x := range []*task.Task{s.other, k.root} {
		if x.Wait = task.Receiving; f.IntN(3) == 0 {
			x.Wait = 0
			k.sched.Ready(x.Slot, now)
		}
	}
}

// begin makes the rig, and lets test do its work while a is in ring 3.
func begin(t *testing.T, test func(s *scene)) {
	r := newRig(t)
	r.broken = true // states are drawn
	s := &scene{rig: r, f: rand.New(rand.NewPCG(11, 13))}
	for _, x := range []**task.Task{&s.b, &s.other, &s.a} {
		*x = r.make(limited(2, 1e9, 1e9))
	}
	r.away()
	for _, x := range []*task.Task{s.b, s.other, s.a} {
		r.call(x, abi.CallTimes, uint64(abi.Self)) // each has run
	}
	for _, x := range []*task.Task{s.b, s.other} {
		r.call(x, abi.CallReceive, uint64(abi.Any), abi.NoTimeout)
	}
	done := false
	r.does(s.a, func(c *arch.Context) uint64 {
		s.c = c
		test(s)
		done = true
		panic(done)
	})
	defer func() {
		if v := recover(); v != nil && v != any(true) { // nil: the test has failed
			panic(v)
		}
	}()
	r.until("scene", func() bool { return done })
}

// The handover leaves what the long way leaves, to the last count.
func TestHandOverIsTheLongWay(t *testing.T) {
	begin(t, func(s *scene) {
		k, done, n := s.Kernel, map[string]int{}, 24_000
		k.since, k.cfg.Facts.EntryTSC, k.cfg.TSCMult = 1<<40, 1<<20, 3<<31 // late, and a count is no nanosecond
		for range n {
			f := s.f
			s.draw()
			s.a.Wait, s.b.Wait, s.b.RecvFrom = 0, task.Receiving, abi.Any
			if f.IntN(2) == 0 {
				s.b.RecvFrom = s.a.Endpoint
				s.b.Seq = uint64(f.IntN(2)) * (1<<33 + f.Uint64N(2))
			}
			k.sched.Ready(s.a.Slot, k.since)
			slot, payer, how := k.sched.Turn()
			if slot != s.a.Slot {
				continue
			}
			k.slot, k.payer, k.how, k.due, k.armed = slot, payer, how, sched.Never, []uint64{0, ^uint64(0), k.sinceBoot(k.since) + f.Uint64N(100_000)}[f.IntN(3)]
			k.cpu.Current = s.a.Ctx
			s.m.tsc = k.since + f.Uint64N(3_000)
			left, back := s.m.tsc-f.Uint64N(100), s.m.tsc
			k.entered, k.longest = left-f.Uint64N(100), 1<<20
			nr := []abi.CallNr{abi.CallSendRec, abi.CallReplyReceive}[f.IntN(2)]
			s.c.Frame.AX, s.c.Frame.DI, s.c.Frame.SI, s.c.Frame.Vector = uint64(nr), uint64(s.b.Endpoint), abi.NoTimeout, arch.VectorSyscall
			s.a.Call.Msg = abi.Msg{Source: 77, Type: []abi.MsgType{0x500, abi.MsgReply}[f.IntN(2)], Arg: [7]uint64{1, 2, 3, 4, 5, 6, f.Uint64()}, Seq: uint64(f.IntN(2)) * (1<<33 + f.Uint64N(3))}
			k.settled = k.generation()

			before := s.keep()
			to := handOver(k, s.c, left, back)
			if to == nil {
				if d := equal(s.keep(), before); d != "" {
					t.Fatalf("refused, and something has changed:%s", d)
				}
				continue
			}
			switch {
			case nr == abi.CallSendRec:
				done["requests"]++
			case before.aMsg.Seq != 0:
				done["answers"]++
			default:
				done["plain messages"]++
			}
			if !k.same() {
				t.Fatal("handed over, and it is to be picked anew")
			}
			k.cpu.Current = to
			short := s.keep()
			s.restore(&before)
			k.stayed(left, back)
			s.a.Ticks += back - left
			s.a.Calls++
			k.why = uint64(nr)
			k.call(s.a, nr)
			if next := k.pick(); next == nil || next.Ctx != to {
				t.Fatal("it is not who is next")
			}
			if d := equal(short, s.keep()); d != "" {
				t.Fatalf("call %d, handed over:%s", nr, d)
			}
		}
		for _, what := range []string{"requests", "answers", "plain messages"} {
			if done[what] < n/400 {
				t.Errorf("handed over %d %s of %d: too rarely", done[what], what, n)
			}
		}
		t.Logf("handed over of %d: %v", n, done)
	})
}

// What an interrupt leaves that is for one task, when nobody is ready, is what it leaves the long way.
func TestWakeIsTheLongWay(t *testing.T) {
	begin(t, func(s *scene) {
		k, done, n := s.Kernel, 0, 20_000
		if _, e := k.irqs.Claim(s.b.Endpoint, 16, 5); e != abi.OK {
			t.Fatal(e.Name())
		}
		hook := s.hook(s.b)
		for range n {
			f := s.f
			s.draw()
			s.a.Wait, s.b.Wait, s.b.RecvFrom, s.b.IRQBits = task.Receiving, task.Receiving, []abi.Endpoint{abi.Any, abi.Hardware, abi.Clock}[f.IntN(3)], 0
			k.sched.Block(s.a.Slot)
			k.sched.Idle()
			k.slot, k.payer, k.how, k.armed, k.chores, k.due = -1, 0, sched.Whole, ^uint64(0), false, f.Uint64()
			k.cpu.Current = []*arch.Context{s.a.Ctx, s.b.Ctx}[f.IntN(2)]
			k.entered, k.longest = k.since, 1<<20
			left := k.since
			s.m.tsc = left + f.Uint64N(1_000_000)
			if s.b.Limited = f.IntN(3) == 0; s.b.Limited {
				k.SetLimit(s.b, 1e9)
			} else {
				k.ClearLimit(s.b)
			}
			if _, _, e := k.irqs.Enable(s.b.Endpoint, hook); e != abi.OK {
				t.Fatal(e.Name())
			}
			before, stirred := s.keep(), k.latency.Handed
			next := k.resumed(arch.VectorIRQ+16, left)
			short, masked, waits := s.keep(), !s.m.open[16], k.timers.Len()
			if k.latency.Handed == stirred {
				continue // the long way was gone
			}
			done++
			s.restore(&before)
			if s.b.Limited {
				k.SetLimit(s.b, 1e9)
				k.armed, s.m.armed = before.armed, before.set
			}
			if _, _, e := k.irqs.Enable(s.b.Endpoint, hook); e != abi.OK {
				t.Fatal(e.Name())
			}
			k.longWay = true
			k.resumed(arch.VectorIRQ+16, left)
			if is := k.pick(); is != next {
				t.Fatal("it is not who is next")
			}
			k.longWay = false
			if d := equal(short, s.keep()); d != "" || masked == s.m.open[16] || waits != k.timers.Len() {
				t.Fatalf("woken (masked %v, deadlines %d, want %v, %d):%s", masked, waits, !s.m.open[16], k.timers.Len(), d)
			}
		}
		if done < n/10 {
			t.Errorf("woken %d times of %d: too rarely", done, n)
		}
		t.Logf("woken %d times of %d", done, n)
	})
}
