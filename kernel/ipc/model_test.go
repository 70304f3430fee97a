package ipc

import (
	"fmt"
	"slices"

	"bennu/kernel/abi"
)

// model is message passing written as plainly as it can be: lists, searched. It knows tasks by number and
// messages by a stamp.
type model struct {
	tasks    []modelTask
	seq      int
	requests uint64 // sendrecs so far
	modelRoot
}

type modelTask struct {
	dead     bool
	life     int
	result   string // of the last call; "sending" or "receiving" while it waits
	peer     int    // whom it sends to or receives from; -1: anybody, -2: nobody (a sleep)
	request  uint64 // the number of its sendrec; 0: it is in none
	heard    int    // the life of the root task that received that
	late     uint64 // the last one that timed out after it was received
	limited  bool
	stamp    uint64 // of what it sends
	kind     abi.ReceiveKind
	queue    []int // senders that wait
	notified []int
	async    []modelAsync // sent by it, not received
	results  []uint64     // tags of those that failed
	system   bool
}

type modelAsync struct {
	to, seq int
	stamp   uint64
}

func (m *model) wants(to, from int) bool {
	t := &m.tasks[to]
	return t.result == "receiving" && t.request == 0 && (t.peer == -1 || t.peer == from)
}

func received(kind abi.ReceiveKind, from int, stamp, request uint64) string {
	return fmt.Sprintf("OK kind %d from %d stamp %d request %d", kind, from, stamp, request)
}

func (m *model) wake(n int, result string) {
	t := &m.tasks[n]
	t.result, t.request, t.limited = result, 0, false
}

// stuck tells whether to waits, by waits without limit, for n.
func (m *model) stuck(n, to int) bool {
	for k := to; k >= 0; k = m.tasks[k].peer {
		t := &m.tasks[k]
		if k == n {
			return true
		}
		if t.limited || t.result != "sending" && t.result != "receiving" {
			return false
		}
	}
	return false
}

// answer tells whether to waits for n's answer to that request, and gives it.
func (m *model) answer(n, to int, stamp uint64, kind abi.ReceiveKind, quote uint64) {
	o := &m.tasks[to]
	if o.request != quote || o.peer != n {
		m.tasks[n].result = "ESTALE"
		return
	}
	q := &m.tasks[n].queue
	*q = slices.DeleteFunc(*q, func(k int) bool { return k == to })
	m.wake(to, received(kind, n, stamp, 0))
	m.tasks[n].result = "OK"
}

// deliver gives n's message to a task that wants it.
func (m *model) deliver(n, to int, stamp uint64, kind abi.ReceiveKind) {
	m.wake(to, received(kind, n, stamp, m.tasks[n].request))
	m.flies(to, n, kind, stamp)
	m.tasks[n].result = "OK"
}

func (m *model) send(n, to int, stamp uint64, kind abi.ReceiveKind, limited bool, quote uint64) {
	t := &m.tasks[n]
	if m.tasks[to].dead {
		t.result = "EDEADSRCDST"
		return
	}
	if kind == abi.KindSendRec {
		m.requests++
		t.request, t.heard, t.stamp = m.requests, 0, stamp
	} else if quote != 0 {
		m.answer(n, to, stamp, kind, quote)
		return
	}
	switch {
	case m.wants(to, n):
		m.deliver(n, to, stamp, kind)
	case m.stuck(n, to):
		t.result, t.request = "ELOCKED", 0
		return
	default:
		t.result, t.peer, t.stamp, t.kind, t.limited = "sending", to, stamp, kind, limited
		m.tasks[to].queue = append(m.tasks[to].queue, n)
	}
	if kind == abi.KindSendRec {
		t.peer, t.limited = to, limited
		if t.result == "OK" {
			t.result = "receiving"
		}
	}
}

func (m *model) sendNB(n, to int, stamp, quote uint64) {
	t := &m.tasks[n]
	switch t.result = "ENOTREADY"; {
	case m.tasks[to].dead:
		t.result = "EDEADSRCDST"
	case quote != 0:
		m.answer(n, to, stamp, abi.KindSendNB, quote)
	case m.wants(to, n):
		m.deliver(n, to, stamp, abi.KindSendNB)
	}
}

func (m *model) sendA(n, to int, stamp, quote uint64) {
	t := &m.tasks[n]
	switch t.result = "OK"; {
	case m.tasks[to].dead:
		t.result = "EDEADSRCDST"
	case quote != 0:
		m.answer(n, to, stamp, abi.KindSendA, quote)
	case m.wants(to, n):
		m.deliver(n, to, stamp, abi.KindSendA)
	case len(t.async)+len(t.results) == abi.MaxAsync:
		t.result = "EAGAIN"
	default:
		m.seq++
		t.async = append(t.async, modelAsync{to, m.seq, stamp})
	}
}

func (m *model) notify(n, to int) {
	t, o := &m.tasks[n], &m.tasks[to]
	switch t.result = "OK"; {
	case o.dead:
		t.result = "EDEADSRCDST"
	case m.wants(to, n):
		m.wake(to, received(abi.KindNotify, n, 0, 0))
	case !slices.Contains(o.notified, n):
		o.notified = append(o.notified, n)
		slices.Sort(o.notified)
	}
}

const systemTask = 1000

func (m *model) receive(n, from int, poll, limited bool) {
	t := &m.tasks[n]
	if from >= 0 && m.tasks[from].dead {
		t.result = "EDEADSRCDST"
		return
	}
	t.peer = from
	match := func(k int) bool { return from == -1 || from == k }
	if m.landed(n, match) {
		return
	}
	if t.system && from == -1 {
		t.system = false
		t.result = received(abi.KindNotify, systemTask, 0, 0)
		return
	}
	if i := slices.IndexFunc(t.notified, match); i >= 0 {
		t.result = received(abi.KindNotify, t.notified[i], 0, 0)
		t.notified = slices.Delete(t.notified, i, i+1)
		return
	}
	if k, i := m.oldest(n, match); k >= 0 {
		a := m.tasks[k].async[i]
		m.tasks[k].async = slices.Delete(m.tasks[k].async, i, i+1)
		t.result = received(abi.KindSendA, k, a.stamp, 0)
		m.flies(n, k, abi.KindSendA, a.stamp)
		return
	}
	if i := slices.IndexFunc(t.queue, match); i >= 0 {
		k := t.queue[i]
		t.queue = slices.Delete(t.queue, i, i+1)
		o := &m.tasks[k]
		t.result = received(o.kind, k, o.stamp, o.request)
		m.flies(n, k, o.kind, o.stamp)
		if o.kind == abi.KindSendRec {
			o.result = "receiving"
		} else {
			m.wake(k, "OK")
		}
		return
	}
	switch {
	case poll:
		t.result = "EAGAIN"
	case !limited && (from == -2 || from == n || from >= 0 && m.stuck(n, from)):
		t.result = "ELOCKED"
	default:
		t.result, t.limited = "receiving", limited
	}
}

// oldest finds the oldest senda message to n.
func (m *model) oldest(n int, match func(int) bool) (from, index int) {
	from, best := -1, 0
	for k := range m.tasks {
		for i, a := range m.tasks[k].async {
			if a.to == n && match(k) && (from < 0 || a.seq < best) {
				from, index, best = k, i, a.seq
			}
		}
	}
	return from, index
}

func (m *model) over(n int) {
	t := &m.tasks[n]
	if !t.limited {
		return
	}
	switch {
	case t.result == "sending":
		q := &m.tasks[t.peer].queue
		*q = slices.DeleteFunc(*q, func(k int) bool { return k == n })
		if t.heard != 0 {
			t.late = t.request
		}
		m.wake(n, map[bool]string{false: "ETIMEDOUT 0", true: "ETIMEDOUT 1"}[t.heard != 0])
		if t.kind != abi.KindSendRec {
			panic("a send has no limit")
		}
	case t.request != 0:
		t.late = t.request
		m.wake(n, "ETIMEDOUT 1")
	default:
		m.wake(n, "EAGAIN")
	}
}

func (m *model) die(n int) {
	t := &m.tasks[n]
	for k := range m.tasks {
		o := &m.tasks[k]
		if k == n {
			continue
		}
		o.queue = slices.DeleteFunc(o.queue, func(i int) bool { return i == n })
		o.notified = slices.DeleteFunc(o.notified, func(i int) bool { return i == n })
		failed := false
		o.async = slices.DeleteFunc(o.async, func(a modelAsync) bool {
			if a.to == n {
				o.results, failed = append(o.results, a.stamp), true
				slices.Sort(o.results) // the oldest message's is taken first
			}
			return a.to == n
		})
		waits := o.result == "sending" || o.result == "receiving"
		switch {
		case failed && o.result == "receiving" && o.peer == -1 && o.request == 0:
			m.wake(k, received(abi.KindNotify, systemTask, 0, 0))
			continue
		case failed:
			o.system = true
		}
		if waits && o.peer == n {
			m.wake(k, "EDEADSRCDST")
		}
	}
	*t = modelTask{dead: true, life: t.life}
	m.lost(n)
}
