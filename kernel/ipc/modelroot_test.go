package ipc

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"bennu/kernel/abi"
)

// modelRoot is what the model knows of the root task, task 0.
type modelRoot struct {
	life  int // 0: there is none
	last  *modelFlight
	given bool // to the life that there is
}

// modelFlight is the message that the root task received last.
type modelFlight struct {
	from           int
	kind           abi.ReceiveKind
	stamp, request uint64
	again          uint32
}

// flies: task n was given a message.
func (m *model) flies(n, from int, kind abi.ReceiveKind, stamp uint64) {
	if n != 0 || m.life == 0 {
		return
	}
	f := &modelFlight{from: from, kind: kind, stamp: stamp}
	if kind == abi.KindSendRec {
		o := &m.tasks[from]
		f.request, o.heard = o.request, m.life
	}
	if m.last == nil || m.given {
		m.last, m.given = f, true
	}
}

// landed: task n receives; it gets what its earlier life was not done with.
func (m *model) landed(n int, match func(int) bool) bool {
	if n != 0 || m.life == 0 {
		return false
	}
	m.consumed()
	f := m.last
	if f == nil || !match(f.from) {
		return false
	}
	m.given = true
	if f.kind == abi.KindSendRec && f.from >= 0 {
		switch o := &m.tasks[f.from]; f.request {
		case o.request:
			m.tasks[0].queue = slices.DeleteFunc(m.tasks[0].queue, func(i int) bool { return i == f.from })
			o.result, o.heard = "receiving", m.life
		case o.late:
			f.kind, f.request = abi.KindSend, 0
		}
	}
	m.tasks[0].result = received(f.kind, f.from, f.stamp, f.request)
	return true
}

func (m *model) consumed() {
	if m.given {
		m.last, m.given = nil, false
	}
}

func (m *model) count() uint32 {
	if !m.given {
		return 0
	}
	return m.last.again
}

// lost: task n has died.
func (m *model) lost(n int) {
	if m.last != nil && m.last.from == n {
		m.last.from = -1
	}
}

func (m *model) died(byItself bool) {
	for k := range m.tasks {
		q := &m.tasks[k].queue
		*q = slices.DeleteFunc(*q, func(i int) bool { return i == 0 })
	}
	t := &m.tasks[0]
	m.wake(0, "OK")
	t.async, t.results = nil, nil
	m.life++
	if !m.given {
		return
	}
	if m.given = false; byItself {
		m.last.again++
	}
}

func (m *model) requeue() {
	var old []int
	for k := range m.tasks {
		if o := &m.tasks[k]; o.request != 0 && o.peer == 0 && o.result == "receiving" && o.heard != m.life {
			o.result, o.kind = "sending", abi.KindSendRec
			old = append(old, k)
		}
	}
	slices.SortFunc(old, func(a, b int) int { return int(m.tasks[a].request) - int(m.tasks[b].request) })
	m.tasks[0].queue = append(old, m.tasks[0].queue...)
}

// rebirth does something that the kernel does to the root task or for it.
func rebirth(f *rand.Rand, r *rig, m *model) string {
	root := r.task(0)
	waits := m.tasks[0].result == "sending" || m.tasks[0].result == "receiving"
	switch what := f.IntN(3); {
	case what == 1 && !waits:
		for !r.Requeue(root) {
		}
		m.requeue()
		return "requeue"
	case what == 2 && !waits:
		r.Consumed(root)
		m.consumed()
		return "consumed"
	}
	byItself := f.IntN(2) == 0
	r.Died(root, byItself)
	m.died(byItself)
	r.ready[0] = true
	r.msg(0, 0, 0)
	root.Result(abi.OK, 0)
	return fmt.Sprintf("death of the root task, by itself %v", byItself)
}

// quotes draws which request a's message to b answers: often the one that b waits with, sometimes none, or any that there was or will be.
func quotes(f *rand.Rand, m *model, a, b int) uint64 {
	o := &m.tasks[b]
	switch {
	case o.request != 0 && o.peer == a && f.IntN(4) != 0:
		return o.request
	case f.IntN(6) == 0:
		return f.Uint64N(m.requests + 2)
	case f.IntN(6) == 0:
		return m.requests - min(m.requests, f.Uint64N(8))
	}
	return 0
}
