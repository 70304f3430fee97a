package server

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"bennu/drivers/sdk/fake/machine"
	"bennu/kernel/abi"
)

// world is the server on the kernel's own message passing. Its services are puppets that do what a hostile
// program could. It is the server's Kernel and Archive.
type world struct {
	t       *testing.T
	r       *rand.Rand
	m       *machine.Machine
	rs      *machine.Task
	s       *Server
	conf    string
	deaths  []abi.DeathRecord
	gen     [abi.MaxTasks]uint32
	labels  map[abi.Endpoint]abi.Label
	actors  map[abi.Endpoint]*actor
	images  uint32
	turns   int
	started func(a *actor) // decides what a new life is like
	quiet   bool
	log     []string

	answers  int // that actors got
	together int // refusals that stood for several
}

func newWorld(t *testing.T, seed uint64, conf string, started func(a *actor)) *world {
	w := &world{t: t, r: rand.New(rand.NewPCG(seed, 3)), m: machine.New(1e9), conf: conf, labels: map[abi.Endpoint]abi.Label{},
		actors: map[abi.Endpoint]*actor{}, started: started}
	w.rs = w.m.Add(w.Root())
	s, err := New(w, w)
	if err != nil {
		t.Fatal(err)
	}
	w.s = s
	w.rs.Run(func() { s.Run() })
	t.Cleanup(func() { w.m.Kill(w.rs) })
	w.drain()
	return w
}

// turn is one turn of the server, if it has anything to do.
func (w *world) turn() bool {
	if !w.rs.Runs() {
		return false
	}
	w.rs.Resume()
	return true
}

// drain lets the server run until it waits: it has the best priority.
func (w *world) drain() {
	for n := 0; w.turn(); n++ {
		if n > 100_000 {
			w.t.Fatal("the server never comes to rest")
		}
	}
}

// pass lets time go by.
func (w *world) pass(d time.Duration) {
	for end := w.m.Now() + uint64(d); ; {
		at, ok := w.m.Next()
		if !ok || at > end {
			w.m.Pass(end)
			return
		}
		w.m.Pass(at)
		w.drain()
	}
}

func (w *world) die(a *actor, cause abi.Cause) {
	w.m.Kill(a.t)
	delete(w.actors, a.t.Endpoint)
	w.deaths = append(w.deaths, abi.DeathRecord{Endpoint: a.t.Endpoint, Label: w.labels[a.t.Endpoint], Cause: cause, DiedNS: w.m.Now()})
	w.m.System(w.rs, abi.SystemDeath)
}

// Kernel.

func (w *world) Now() uint64        { return w.m.Now() }
func (w *world) Root() abi.Endpoint { return abi.MakeEndpoint(0, 1) }
func (w *world) SetAlarm(ns uint64) { w.rs.SetAlarm(ns) }
func (w *world) Diag(_ uint64, line []byte) {
	if !w.quiet {
		w.log = append(w.log, string(line))
	}
}
func (w *world) Shutdown(abi.ShutdownHow, uint64) { w.t.Error("the server ended the machine") }
func (w *world) Receive(timeout uint64, m *abi.Msg) (abi.ReceiveKind, abi.Errno) {
	w.rs.Yield()
	w.turns++
	return w.rs.Receive(abi.Any, timeout, m)
}
func (w *world) SendNB(to abi.Endpoint, m *abi.Msg) abi.Errno { return w.rs.SendNB(to, m) }
func (w *world) Notify(to abi.Endpoint) abi.Errno             { return w.rs.Notify(to) }
func (w *world) CopyFrom(from abi.Endpoint, id abi.GrantID, offset uint64, b []byte) abi.Errno {
	g, e := w.memory(from, id, abi.GrantRead, offset+uint64(len(b)))
	if g != nil {
		copy(b, g[offset:])
	}
	return e
}
func (w *world) CopyTo(to abi.Endpoint, id abi.GrantID, offset uint64, b []byte) abi.Errno {
	g, e := w.memory(to, id, abi.GrantWrite, offset+uint64(len(b)))
	if g != nil {
		copy(g[offset:], b)
	}
	return e
}

// memory is a grant's; puppets have one without memory, 1.
func (w *world) memory(of abi.Endpoint, id abi.GrantID, flags uint32, end uint64) ([]byte, abi.Errno) {
	a := w.actors[of]
	switch {
	case a == nil:
		return nil, abi.EDEADSRCDST
	case a.driver == nil && id == 1:
		return nil, abi.OK
	case a.driver == nil:
		return nil, abi.EPERM
	}
	if g := a.driver.Memory(w.Root(), id, flags); uint64(len(g)) >= end {
		return g, abi.OK
	}
	return nil, abi.EPERM
}

func (w *world) TaskCreate(s *abi.TaskSpec) (abi.Endpoint, abi.Errno) {
	for slot := 1; slot < abi.MaxTasks; slot++ {
		if w.m.At(slot) != nil {
			continue
		}
		w.gen[slot]++
		t := w.m.Add(abi.MakeEndpoint(slot, w.gen[slot]))
		a := &actor{w: w, t: t, label: s.Label.String(), open: map[uint64]*asked{}}
		w.labels[t.Endpoint], w.actors[t.Endpoint] = s.Label, a
		w.started(a)
		return t.Endpoint, abi.OK
	}
	return abi.None, abi.ENOSPC
}
func (w *world) Unpromised() uint64 { return 1 << 30 }
func (w *world) AccountSet(abi.AccountID, *abi.AccountSpec) (abi.AccountID, abi.Errno) {
	return abi.AccountRoot + 1, abi.OK
}
func (w *world) AccountPay(abi.AccountID) {}
func (w *world) PrivSet(ep abi.Endpoint, p *abi.Privilege) abi.Errno {
	for _, o := range w.actors {
		for _, r := range p.Ports[:p.NPorts] {
			for _, x := range o.ports {
				if max(r.First, x.First) <= min(r.Last, x.Last) {
					return abi.EBUSY
				}
			}
		}
	}
	w.actors[ep].ports = append(w.actors[ep].ports, p.Ports[:p.NPorts]...)
	return abi.OK
}
func (w *world) PrivAllow(abi.Endpoint) abi.Errno { return abi.OK }
func (w *world) TaskKill(ep abi.Endpoint) abi.Errno {
	a := w.actors[ep]
	if a == nil {
		return abi.EDEADSRCDST
	}
	w.die(a, abi.CauseKilled)
	return abi.OK
}
func (w *world) Death(r *abi.DeathRecord) abi.Errno {
	if len(w.deaths) == 0 {
		return abi.EAGAIN
	}
	*r = w.deaths[0]
	w.deaths = w.deaths[:copy(w.deaths, w.deaths[1:])]
	return abi.OK
}
func (w *world) Regs(ep abi.Endpoint, _ *abi.Registers) abi.Errno {
	if w.m.Find(ep) == nil {
		return abi.EDEADSRCDST
	}
	return abi.OK
}
func (w *world) Poke(abi.Endpoint, uint64, byte) abi.Errno { return abi.OK }
func (w *world) ImageCreate(uint64) (uint32, abi.Errno) {
	w.images++
	return w.images, abi.OK
}
func (w *world) ImageWrite(uint32, uint64, []byte) abi.Errno { return abi.OK }
func (w *world) ImageSeal(uint32) abi.Errno                  { return abi.OK }
func (w *world) ResetLatency(*abi.Latency) abi.Errno         { return abi.OK }
func (w *world) ImageFree(uint32) abi.Errno                  { return abi.OK }

// Archive.

func (w *world) File(name string) ([]byte, bool) {
	if name == ConfName {
		return []byte(w.conf), true
	}
	return []byte("ELF"), strings.HasPrefix(name, ProgramPath)
}
func (w *world) Check(string) error { return nil }
