package server

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"bennu/kernel/abi"
	"bennu/tools/seed"
)

// A flood of messages does not keep the tick from coming, and heartbeats that wait before
// it count.
func TestTickUnderFlood(t *testing.T) {
	f := bootUsual(t)
	old := f.ep("uart")
	for i := 0; i < 20; i++ {
		f.busy(100 * time.Millisecond)
		f.post(f.living(old), abi.KindSend, abi.Msg{Type: abi.RSHeartbeat})
		f.run()
	}
	if f.ep("uart") != old {
		t.Fatal("killed though its heartbeat was in the queue")
	}
	flood := f.task("idle")
	for i := 0; i < 10; i++ {
		f.busy(100 * time.Millisecond)
		for range drainMax + 10 {
			for flood.SendA(f.rs.Endpoint, 0, &abi.Msg{Type: abi.RSHeartbeat}) == abi.OK { // as many as the kernel keeps
			}
			f.s.Turn()
		}
	}
	if f.ep("uart") == old {
		t.Error("the flood has kept uart's hang from being found")
	}
}

// TestDefect27Garbage: nothing that tasks send, in whatever order, stops RS; and what it
// can answer at once it does.
func TestDefect27Garbage(t *testing.T) {
	seed := seed.Of(t)
	r := rand.New(rand.NewPCG(seed, 2))
	events, asked := uint64(0), 0
	for range 200 {
		f := boot(t, strings.ReplaceAll(usual, "service idle {", "service idle { uid 0; burst none;"))
		f.ready("shell", "uart", "tty", "idle")
		f.quiet = true
		for range 500 {
			asked += garbage(f, r)
		}
		events += f.s.events.seq
	}
	if events < 2000 || asked < 10_000 {
		t.Errorf("only %d events, %d requests", events, asked)
	}
}

var (
	lateTypes = []abi.MsgType{abi.RSUp, abi.RSDown, abi.RSRefresh, abi.RSRestart, abi.RSFault, abi.RSHeartbeat}
	nowTypes  = []abi.MsgType{
		abi.RSLookup, abi.RSStatus, abi.RSEvents, abi.RSWatch, abi.RSReady,
		abi.MsgReply, 0x705, 0,
	}
)

// garbage sends one random message, and now and then a task dies or time goes by.
func garbage(f *fake, r *rand.Rand) (asked int) {
	labels := []string{"shell", "uart", "tty", "idle", "nobody", ""}
	from := f.ep(labels[r.IntN(4)])
	types := append(nowTypes, lateTypes...)
	m := named(types[r.IntN(len(types))], labels[r.IntN(len(labels))])
	m.Arg[2] = uint64(r.IntN(6))
	if r.IntN(5) == 0 {
		m.Arg[r.IntN(7)] = r.Uint64()
	}
	if m.Type == abi.RSReady {
		m.Arg[0] = uint64(r.IntN(20) / 19)
	}
	m.Arg[6] = r.Uint64()
	if task := f.living(from); task != nil {
		asked = 1
		task.got, task.waiting = nil, true
		f.send(from, abi.KindSendRec, m)
		answers := 0
		for _, g := range task.got {
			if g.Type == abi.MsgReply && g.Arg[6] == m.Arg[6] {
				answers++
			}
		}
		if now := slices.Contains(nowTypes, m.Type); answers > 1 || now && answers == 0 && f.living(from) == task {
			f.t.Fatalf("%d answers to %#x %v", answers, uint32(m.Type), m.Arg)
		}
		task.waiting = r.IntN(10) > 0
	} else {
		f.send(abi.MakeEndpoint(r.IntN(64), 1), abi.KindSendRec, m)
	}
	if ep := f.ep(labels[r.IntN(4)]); r.IntN(20) == 0 && ep != abi.None {
		f.dies(ep, abi.Cause(r.IntN(8)), uint64(r.IntN(2)))
		f.run()
	}
	f.pass(time.Duration(r.IntN(int(20 * time.Millisecond))))
	return asked
}
