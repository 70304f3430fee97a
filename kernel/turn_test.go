package kernel

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/sched"
	"bennu/kernel/task"
)

// busy gives x something to do in each of its stays in ring 3, drawn by f, for ever. The first of all never waits without a limit, so
// that somebody wakes the others; who has a sendrec's request answers it next.
// talks: it does little else than to ask and to answer.
func (r *rig) busy(f *rand.Rand, x *task.Task, all []*task.Task, talks bool) {
	var do func(c *arch.Context) uint64
	receives, waits := false, x != all[0]
	do = func(c *arch.Context) uint64 {
		r.m.next[x.Slot] = do
		asker := abi.Endpoint(0)
		if receives && c.Frame.AX == uint64(abi.OK) && c.Frame.DX == uint64(abi.KindSendRec) {
			asker = x.Call.Msg.Source
		}
		served := receives && c.Frame.AX == uint64(abi.OK) && c.Frame.DX == uint64(abi.KindNotify) && x.Call.Msg.Source == abi.Hardware
		if x.Call.Msg.Type = 0x500; asker != 0 {
			x.Call.Msg.Type = abi.MsgReply
		} else if x.Call.Msg.Seq = 0; f.IntN(20) == 0 { // a quote that is stale, or a guess that may fit
			x.Call.Msg.Seq = f.Uint64N(r.tasks.Seq + 2)
		}
		r.m.tsc += f.Uint64N(2_000)
		if f.IntN(30) == 0 && asker == 0 {
			r.m.tsc += f.Uint64N(300_000)
			r.m.irq = 0
			return arch.VectorIRQ + lines[f.IntN(len(lines))]
		}
		if r.m.armed != 0 && r.m.armed <= r.m.tsc && asker == 0 {
			r.m.armed = 0
			return arch.VectorTimer
		}
		args := []uint64{uint64(abi.CallTimes), uint64(abi.Self)}
		what, peer := f.IntN(20), all[f.IntN(len(all))]
		for n := 0; talks && n < 6 && (peer == x || peer.Wait != task.Receiving); n++ { // mostly somebody who waits
			peer = all[f.IntN(len(all))]
		}
		if talks && f.IntN(8) != 0 {
			what = 5 + f.IntN(8)
		}
		switch to := uint64(peer.Endpoint); what {
		case 0:
			args = []uint64{uint64(abi.CallReceive), uint64(abi.Any), f.Uint64N(100_000)}
		case 1:
			args = []uint64{uint64(abi.CallNotify), to}
		case 2:
			args = []uint64{uint64(abi.CallSendNB), to}
		case 3:
			args = []uint64{uint64(abi.CallSetAlarm), f.Uint64N(500_000)}
		case 4:
			args = []uint64{uint64(abi.CallSendRec), to, f.Uint64N(100_000)}
		case 5, 6, 7:
			args = []uint64{uint64(abi.CallReplyReceive), to}
		case 8, 9, 10, 11:
			args = []uint64{uint64(abi.CallSendRec), to, abi.NoTimeout}
		case 12:
			args = []uint64{uint64(abi.CallReceive), uint64(abi.Any), abi.NoTimeout}
		}
		if f.IntN(10) == 0 { // one comes when nobody is ready
			r.m.irq = arch.VectorIRQ + lines[f.IntN(len(lines))]
		}
		switch last := args[len(args)-1]; {
		case served:
			args = []uint64{uint64(abi.CallIRQCtl), uint64(abi.IRQEnable), r.hook(x)}
		case asker != 0 && waits:
			args = []uint64{uint64(abi.CallReplyReceive), uint64(asker)}
		case asker != 0:
			args = []uint64{uint64(abi.CallSendNB), uint64(asker)}
		case !waits && (args[0] == uint64(abi.CallReplyReceive) || last == abi.NoTimeout):
			args = []uint64{uint64(abi.CallNotify), uint64(all[f.IntN(len(all))].Endpoint)}
		}
		receives = args[0] == uint64(abi.CallReceive) || args[0] == uint64(abi.CallReplyReceive)
		r.syscall(x, abi.CallNr(args[0]), args[1:]...)
		call := r.m.next[x.Slot]
		r.m.next[x.Slot] = do
		return call(c)
	}
	r.m.next[x.Slot] = do
}

// lines are those of the tasks, in turn, and some that nobody has.
var lines = []uint64{16, 4, 18, 6, 20, 22, 7}

// hook is x's only one.
func (r *rig) hook(x *task.Task) uint64 {
	for id := range abi.MaxHooks {
		if owner, used := r.irqs.Owner(id); used && owner == x.Endpoint {
			return uint64(id)
		}
	}
	r.t.Fatalf("task %d has no line", x.Slot)
	return 0
}

// tells is all that a way of running may not change.
func (r *rig) tells(tasks []*task.Task) string {
	var b strings.Builder
	fmt.Fprintf(&b, "tsc %d idle %d armed %d %d\n", r.m.tsc, r.idle, r.armed, r.m.armed)
	l := r.latency
	l.Handed = 0 // that is what differs
	fmt.Fprintf(&b, "%+v longest %d\n", l, r.longest)
	for _, x := range tasks {
		fmt.Fprintf(&b, "%d: ticks %d calls %d preempted %d wait %#x worst %d used %d exhausted %d frame %+v\n", x.Slot, x.Ticks, x.Calls, x.Preempted, x.Wait,
			x.WorstWait, r.sched.Used(x.Account), r.sched.Exhausted(x.Account), x.Ctx.Frame)
	}
	return b.String()
}

// A task that just goes on is not picked anew: what that skips would have changed nothing. The same random work is done by
// picking before each stay in ring 3, as Step does it, and as Run does; each stay, account and deadline is the same.
func TestGoesOnAsIfPickedAnew(t *testing.T) {
	const stays = 4_000
	handed := 0
	for seed := range uint64(60) {
		run := func(round func(r *rig, left int)) (string, []int) {
			r := newRig(t)
			r.m.handling = 300
			f := rand.New(rand.NewPCG(seed, 7))
			var tasks []*task.Task
			for i := range 5 {
				g := limited(uint32(f.IntN(3)), 20_000+f.Uint64N(400_000), 2_000_000)
				g.NIRQs, g.IRQs[0] = 1, uint32(lines[i])
				if i == 0 {
					g.Flags = abi.AccountServer
				}
				tasks = append(tasks, r.make(g))
			}
			r.away()
			for i, x := range tasks {
				if _, e := r.irqs.Claim(x.Endpoint, uint32(lines[i]), 1); e != abi.OK {
					t.Fatalf("line %d: %s", lines[i], e.Name())
				}
			}
			for _, x := range tasks {
				if a := r.accounts.Get(x.Account); seed%4 > 1 && f.IntN(3) != 0 {
					a.Spec.BudgetNS = a.Spec.PeriodNS // no limit
					r.Kernel.share(a, sched.Level(a.Spec.Priority))
				}
				r.busy(f, x, tasks, seed%2 != 0)
			}
			r.Kernel.entered, r.entered = r.m.tsc, nil
			for n := 0; len(r.entered) < stays; n++ {
				if n > 20*stays {
					t.Fatalf("seed %d: %d stays in ring 3 after %d rounds", seed, len(r.entered), n)
				}
				round(r, stays-len(r.entered))
			}
			handed += r.m.hand
			return r.tells(tasks), r.entered
		}
		want, order := run(func(r *rig, _ int) { r.m.anew = true; r.Step() })
		for _, way := range []struct {
			name  string
			round func(r *rig, left int)
		}{
			{"Step", func(r *rig, _ int) { r.Step() }},
			{"Step with handover", func(r *rig, _ int) { r.m.hands = stays; r.Step() }},
			{"Run", func(r *rig, left int) {
				if x := r.pick(); x != nil {
					r.turn(x, left)
				}
			}},
		} {
			got, by := run(way.round)
			for i := range order {
				if i >= len(by) || by[i] != order[i] {
					t.Fatalf("seed %d, %s: stay %d is another's: %v, want %v; %s", seed, way.name, i, by[max(i-3, 0):min(i+3, len(by))], order[max(i-3, 0):i+3], got)
				}
			}
			if got != want {
				t.Fatalf("seed %d, %s:\n%s\npicked anew:\n%s", seed, way.name, got, want)
			}
		}
	}
	if handed < 500 {
		t.Errorf("handed over %d times: too rarely to say anything", handed)
	}
	t.Logf("handed over %d times", handed)
}
