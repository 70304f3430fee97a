package ipc

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/task"
	"bennu/tools/seed"
)

// seen is what the real thing shows of a task, in the model's words.
func (r *rig) seen(n int) string {
	k := r.task(n)
	s := r.state(n)
	switch {
	case s == "OK" && k.Call.Msg.Source != 0xbad && k.Ctx.Frame.DX != 0:
		m := &k.Call.Msg
		from, stamp := m.Source.Slot(), m.Arg[0]
		if m.Source == abi.System {
			from, stamp = systemTask, 0
		} else if r.table.Lookup(m.Source) == nil {
			from = -1 // it has died since
		}
		if m.Type == abi.MsgNotify {
			stamp = 0
		}
		return received(abi.ReceiveKind(k.Ctx.Frame.DX), from, stamp, m.Seq)
	case s == "ETIMEDOUT":
		return fmt.Sprintf("%s %d", s, k.Ctx.Frame.DX)
	case k.Wait == 0 && k.Ctx.Frame.DX != 0: // a call that gives none has the value 0
		return fmt.Sprintf("%s with a value, %d", s, k.Ctx.Frame.DX)
	}
	return s
}

// simTasks is the most tasks of a simulation.
const simTasks = 7

// TestAgainstModel does random things to both and compares all tasks after each.
func TestAgainstModel(t *testing.T) {
	seed := seed.Of(t)
	for run := range uint64(40) {
		if !simulate(t, seed+run) {
			t.Fatalf("seed %d", seed+run)
		}
	}
	t.Logf("seeds from %d", seed)
}

func simulate(t *testing.T, seed uint64) bool {
	f := rand.New(rand.NewPCG(seed, 1))
	n := 2 + f.IntN(simTasks-1)
	r, m := newRig(t, n), &model{tasks: make([]modelTask, n)}
	r.task(0).Root = seed%2 != 0
	m.life = int(seed % 2)
	ends := make([]abi.Endpoint, n) // also of the dead
	for i := range n {
		m.tasks[i].result, ends[i] = "OK", r.from(i)
		r.msg(i, 0, 0)
		r.task(i).Result(abi.OK, 0)
	}
	w := word{told: make([]bool, n), drains: make([]bool, n)}
	for step := range 5000 {
		w.before(r)
		a, b, stamp := f.IntN(n), f.IntN(n), uint64(step+1)
		what := do(f, r, m, ends, a, b, stamp)
		for i := range m.tasks {
			if m.tasks[i].dead {
				continue
			}
			if got := r.seen(i); got != m.tasks[i].result {
				t.Errorf("step %d, %s: task %d: %s, want %s", step, what, i, got, m.tasks[i].result)
				return false
			}
		}
		if got := r.Again(r.task(0)); got != m.count() || got != r.again {
			t.Errorf("step %d, %s: %d lives have ended with that message, the machine knows of %d, want %d", step, what, got, r.again, m.count())
			return false
		}
		r.invariants()
		w.after(r, what)
		if t.Failed() {
			return false
		}
	}
	return true
}

// word is the tasks' side of CallArea.Pending: each clears it before it receives from Any, and goes on until there is
// nothing.
type word struct {
	told   []bool // before the step
	drains []bool // it has received something, and not asked for more yet
}

func (w *word) before(r *rig) {
	for i := range w.told {
		w.told[i] = r.task(i).Live && r.task(i).Call.Pending != 0
	}
}

// after: what is left for a task it is told of, and it is told of nothing else.
func (w *word) after(r *rig, what string) {
	var n int
	var any, poll bool
	if c, _ := fmt.Sscanf(what, "receive %d from -1 poll %t", &n, &poll); c > 0 {
		any = c == 2
	}
	for i := range w.told {
		k := r.task(i)
		if !k.Live {
			w.drains[i] = false
			continue
		}
		has := k.IRQBits|k.SysBits|k.Notified != 0 || k.Alarm || k.AsyncFirst != nil || k.Senders != task.None
		told := k.Call.Pending != 0
		if told && !w.told[i] && !has {
			r.t.Errorf("%s: task %d is told, and nothing is there", what, i)
		}
		if any && n == i && k.Wait == 0 { // it has cleared the word, which nothing else has set meanwhile
			k.Call.Pending, told = 0, false
			w.drains[i] = k.Ctx.Frame.AX == uint64(abi.OK)
		}
		if has && !told && !w.drains[i] && k.Wait == 0 {
			r.t.Errorf("%s: task %d is not told of what is there", what, i)
		}
	}
}

// invariants are what must hold between any two steps, though no task could see it.
func (r *rig) invariants() {
	for i := range r.table.Tasks[:simTasks] {
		k := &r.table.Tasks[i]
		if !k.Live {
			continue
		}
		toMe, fails := 0, 0
		for j := range r.table.Tasks[:simTasks] {
			o := &r.table.Tasks[j]
			for _, a := range o.Async {
				if o.Live && a.State == task.AsyncWaiting && a.To == k.Endpoint {
					toMe++
				}
			}
		}
		for _, a := range k.Async {
			if a.State == task.AsyncFailed {
				fails++
			}
		}
		listed, seq, prev := 0, uint64(0), (*task.Async)(nil)
		for a := k.AsyncFirst; a != nil && listed <= toMe; a = a.Next {
			if a.State != task.AsyncWaiting || a.To != k.Endpoint || a.Seq <= seq || a.Prev != prev {
				r.t.Errorf("task %d: on its list: %+v", i, a)
			}
			listed, seq, prev = listed+1, a.Seq, a
		}
		if listed != toMe || prev != k.AsyncLast {
			r.t.Errorf("task %d: %d messages on its list, want %d, or its end is wrong", i, listed, toMe)
		}
		if fails != k.AsyncFails {
			r.t.Errorf("task %d: %d results, counted %d", i, fails, k.AsyncFails)
		}
		last := task.None
		for s := k.Senders; s != task.None; s = r.table.Tasks[s].NextSend {
			if o := &r.table.Tasks[s]; o.Wait&task.Sending == 0 || o.SendingTo != k.Endpoint {
				r.t.Errorf("task %d is in the queue of %d, does not send to it", s, i)
			}
			last = s
		}
		if last != k.LastSend {
			r.t.Errorf("task %d: last of its queue is %d, noted %d", i, last, k.LastSend)
		}
		if _, ok := r.limits[i]; ok != k.Limited {
			r.t.Errorf("task %d: limited %v, timer %v", i, k.Limited, ok)
		}
	}
}

// do does one random thing to both. a acts, if it can.
func do(f *rand.Rand, r *rig, m *model, ends []abi.Endpoint, a, b int, stamp uint64) string {
	x := &m.tasks[a]
	switch {
	case x.dead:
		r.addAt(a)
		*x = modelTask{result: "OK", life: x.life + 1}
		ends[a] = r.from(a)
		r.msg(a, 0, 0)
		r.task(a).Result(abi.OK, 0)
		return "birth"
	case r.task(a).Root && f.IntN(12) == 0:
		return rebirth(f, r, m)
	case f.IntN(60) == 0 && !r.task(a).Root:
		r.die(r.task(a))
		m.die(a)
		for i := range m.tasks { // what it had sent is not compared any more
			if o := &m.tasks[i]; !o.dead && o.result != "sending" && o.result != "receiving" {
				r.msg(i, 0, 0)
				r.task(i).Result(abi.OK, 0)
				o.result = "OK"
			}
		}
		return fmt.Sprintf("death of %d", a)
	case x.result == "sending" || x.result == "receiving":
		if x.limited && f.IntN(3) == 0 {
			r.WaitOver(r.task(a))
			m.over(a)
			return fmt.Sprintf("limit of %d", a)
		}
		return "nothing"
	case a == b:
		return "nothing"
	}
	return act(f, r, m, ends, a, b, stamp)
}

// act lets a, which runs, use a primitive.
func act(f *rand.Rand, r *rig, m *model, ends []abi.Endpoint, a, b int, stamp uint64) string {
	x := &m.tasks[a]
	quote := quotes(f, m, a, b)
	r.msg(a, abi.MsgType(0x500), stamp)
	r.task(a).Call.Msg.Seq = quote
	limit, limited := uint64(forever), f.IntN(2) == 0
	if limited {
		limit = 1000
	}
	switch op := f.IntN(14); op {
	case 0, 1:
		r.Send(r.task(a), ends[b])
		m.send(a, b, stamp, abi.KindSend, false, quote)
		return fmt.Sprintf("send %d to %d quoting %d", a, b, quote)
	case 2, 3:
		r.SendRec(r.task(a), ends[b], limit)
		m.send(a, b, stamp, abi.KindSendRec, limited, quote)
		return fmt.Sprintf("sendrec %d to %d", a, b)
	case 4:
		r.SendNB(r.task(a), ends[b])
		m.sendNB(a, b, stamp, quote)
		return fmt.Sprintf("sendnb %d to %d quoting %d", a, b, quote)
	case 12, 13:
		r.ReplyReceive(r.task(a), ends[b])
		if m.sendNB(a, b, stamp, quote); x.result == "OK" {
			m.receive(a, -1, false, false)
		}
		return fmt.Sprintf("replyreceive %d to %d quoting %d", a, b, quote)
	case 5:
		r.SendA(r.task(a), ends[b], stamp)
		m.sendA(a, b, stamp, quote)
		return fmt.Sprintf("senda %d to %d quoting %d", a, b, quote)
	case 6, 7:
		r.Notify(r.task(a), ends[b])
		m.notify(a, b)
		return fmt.Sprintf("notify %d to %d", a, b)
	case 8:
		var out abi.AsyncResult
		e := r.TakeResult(r.task(a), &out)
		if (e == abi.OK) != (len(x.results) > 0) || e == abi.OK && out.Tag != x.results[0] {
			r.t.Errorf("result %s tag %d, want %v", e.Name(), out.Tag, x.results)
		}
		if len(x.results) > 0 {
			x.results = x.results[1:]
		}
		r.task(a).Result(abi.OK, 0)
		x.result = "OK"
		return "result"
	}
	from, ep := b, ends[b]
	switch f.IntN(6) {
	case 0:
		from, ep = -2, abi.Self
	case 1, 2, 3:
		from, ep = -1, abi.Any
	}
	poll := f.IntN(3) == 0
	if poll {
		limit = 0
	}
	r.Receive(r.task(a), ep, limit)
	m.receive(a, from, poll, limited)
	return fmt.Sprintf("receive %d from %d poll %v limited %v", a, from, poll, limited)
}
