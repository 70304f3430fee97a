package sim

import (
	"bennu/kernel/abi"
	"bennu/rs/kept"
)

// do does one step, and lets everybody go on.
func (w *World) do(s Step) {
	w.steps++
	w.count.Steps[s.Op]++
	w.note("%s", s)
	switch s.Op {
	case Ask:
		w.ask(s)
	case Flood:
		if c := w.pick(s.A); c != nil && c.of != &w.services[operator] {
			for range floodLeast + s.B%floodMost {
				c.ask(abi.RSLookup, int(s.B>>8)%len(w.services), abi.KindSendA, [7]uint64{}, abi.NoTimeout)
			}
		}
	case Die:
		if v := w.victim(s.A); v != nil {
			w.ends(v, abi.DeathRecord{Cause: causes[s.B%uint32(len(causes))], Status: uint64(s.B >> 16 & 1)})
		}
	case Listen:
		if c := w.pick(s.A); c != nil {
			c.listen()
		}
	case Mood:
		if v := w.victim(s.A); v != nil {
			v.mood = mood(s.B) & (deaf | mute | stubborn)
			if s.B>>8%2 == 0 {
				v.mood = 0
			}
		}
	case Pass:
		w.passes(uint64(length(s.A, passMost)))
	case Late:
		w.m.Pass(w.m.Now() + uint64(length(s.A, lateMost)))
	case Hold:
		w.hold = int(s.A % holdMost)
	case Fail:
		f := failures[s.A%uint32(len(failures))]
		w.failNr, w.failWith, w.failN = f.nr, f.e, int(1+s.B%failMost)
		w.soon(s.B >> 8)
	case DieAt:
		w.dieIn, w.dieWho = int(1+s.B%atMost), s.A
		w.soon(s.B >> 8)
	case PassAt:
		w.passIn, w.pass = int(1+s.B%atMost), length(s.A, passMost)
	default:
		w.against(s)
	}
	w.goOn()
}

// soon has the server end a few calls after what a step has prepared, every other time.
func (w *World) soon(v uint32) {
	if w.thenKill = 0; v&1 == 0 {
		w.thenKill = int(1 + v>>1%thenMost)
	}
}

// against is the steps that are against the server.
func (w *World) against(s Step) {
	if !w.Kills {
		return
	}
	switch s.Op {
	case Kill:
		w.killIn, w.killAfter, w.killCause, w.staged = int(1+s.A%atMost), s.B&1 != 0, ends[s.B>>8%uint32(len(ends))], 0
		if w.killAgain = 0; w.Kind == Hostile && s.B>>16%4 == 0 {
			w.killAgain = int(s.B >> 20 % 10)
		}
	case KillNow:
		w.count.Idle++
		w.end(ends[s.B>>8%uint32(len(ends))])
	case Damage:
		w.damage = append(w.damage, s)
	}
}

// ends of the server: killed, or by itself.
var ends = [...]abi.Cause{abi.CauseKilled, abi.CauseKilled, abi.CauseException, abi.CausePanic}

// pick is one of the services that live; nil: none does.
func (w *World) pick(n uint32) *client {
	live := 0
	for _, c := range w.clients {
		if c != nil {
			live++
		}
	}
	if live == 0 {
		return nil
	}
	n %= uint32(live)
	for _, c := range w.clients {
		if c != nil {
			if n == 0 {
				return c
			}
			n--
		}
	}
	return nil
}

// victim is one of those that may end; nil: it may not.
func (w *World) victim(n uint32) *client {
	if c := w.pick(n); c != nil && c.of != &w.services[operator] && w.Kind != Calm {
		return c
	}
	return nil
}

// ask sends what a step says. Every other service's life is never asked for: what it does is the server's own decision.
func (w *World) ask(s Step) {
	c := w.pick(s.A)
	if c == nil {
		return
	}
	typ := asked[s.B%uint32(len(asked))]
	target := int(s.B >> 8 % 256 % uint32(len(w.services)))
	changes := s.B%uint32(len(asked)) < lifeTypes
	if changes && (target == operator || target%2 == 1 || w.Kind == Calm) {
		typ, changes = abi.RSLookup, false
	}
	var arg [7]uint64
	switch typ {
	case abi.RSFault:
		arg[2] = uint64([...]abi.FaultKind{abi.FaultKill, abi.FaultSelf}[s.B>>24&1])
	case abi.RSStatus:
		arg[0], arg[1] = uint64(c.grant), uint64(len(scratch))
		if c.of == &w.services[operator] {
			typ = abi.RSMeasure
		}
	case abi.RSWatch:
		arg[0] = w.reader.next
	}
	if typ == abi.RSStatus || typ == abi.RSWatch || typ == abi.RSMeasure || typ == 0x7f3 {
		target = -1
	}
	limit := abi.NoTimeout
	if s.B>>25&7 == 0 {
		limit = uint64(length(s.A>>8, passMost))
	}
	if c.ask(typ, target, primitives[s.B>>16%256%uint32(len(primitives))], arg, limit) && changes {
		w.services[target].wanted(w.m.Now())
	}
}

// wanted notes that somebody has asked for a service's life: what the server makes of deaths before says nothing any more.
func (s *service) wanted(now uint64) { s.asked, s.back, s.died = now, 0, nil }

// passes lets time go by; the server runs when something is due.
func (w *World) passes(d uint64) {
	for end := w.m.Now() + d; ; {
		at, ok := w.m.Next()
		if !ok || at > end {
			w.m.Pass(end)
			return
		}
		w.m.Pass(at)
		w.goOn()
		if w.m.Off != nil {
			return
		}
	}
}

// goOn lets everybody run until all wait.
func (w *World) goOn() {
	if w.hold > 0 {
		w.hold--
		w.listen()
		return
	}
	w.m.Pass(w.m.Now())
	for n := 0; ; n++ {
		if n > restless {
			w.fail("the server and its services never come to rest")
		}
		w.drain()
		w.listen()
		if !w.m.Root().Runs() {
			break
		}
	}
	w.check()
}

// How many turns mean that there is no end.
const (
	restless = 2000
	turnsTop = 20_000
)

// listen lets those receive who do.
func (w *World) listen() {
	for _, c := range w.clients {
		if c != nil && (c.mood&deaf == 0 || w.settling) {
			c.listen()
		}
	}
	w.reader.turn(w)
}

// drain lets the server run until it waits: it has the best priority.
func (w *World) drain() {
	for n := 0; w.m.Root().Runs(); n++ {
		if n > turnsTop {
			w.fail("the server never comes to rest")
		}
		w.resume()
		w.sweep()
	}
	if w.m.Root() != w.server && w.m.Off == nil {
		w.endedDeaf()
		w.drain()
	}
}

// resume is one turn of the server. What it kept may be damaged: then it may panic, which is an end like others.
func (w *World) resume() {
	if w.Kind == Hostile && w.count.Damaged > 0 {
		defer func() {
			if v := recover(); v != nil {
				if _, ok := v.(*Violation); ok {
					panic(v)
				}
				w.count.Panics++
				w.damaged = true
				if kept.Unsettled(w.m.Kept(abi.AccountRoot)) > mostUnsettled {
					panic(v)
				}
				w.end(abi.CausePanic)
			}
		}()
	}
	w.m.Root().Resume()
}
