package client_test

import (
	"encoding/binary"
	"flag"
	"testing"

	"bennu/drivers/protocol/block"
	"bennu/kernel/abi"
	testseed "bennu/tools/seed"
)

var (
	simSeed = flag.Int64("sim.seed", 0, "of the first world; 0 takes the clock's")
	simN    = flag.Int("sim.n", 600, "worlds")
)

// place finds room in a window, at random. ok is false when there is none there.
func (w *world) place(n uint64, taken func(s block.Segment) bool) (s block.Segment, ok bool) {
	for range 20 {
		if s, _ = block.MakeSegment(uint64(w.rng.Intn(room-int(n))), n); !taken(s) {
			return s, true
		}
	}
	return 0, false
}

func (w *world) busyIn(s block.Segment) bool {
	for i := range s.Sectors() {
		if w.inUse[s.At()+i] {
			return true
		}
	}
	return false
}

// vector fills in the segments of r, at most 4.
func (w *world) vector(r *block.Request, n uint64, taken func(s block.Segment) bool) bool {
	for left := n; left > 0; r.N++ {
		part := left
		if r.N < 3 {
			part = 1 + uint64(w.rng.Intn(int(left)))
		}
		s, ok := w.place(part, func(s block.Segment) bool {
			for _, g := range r.Segments[:r.N] {
				if g.At() < s.At()+s.Sectors() && s.At() < g.At()+g.Sectors() {
					return true
				}
			}
			return taken(s)
		})
		if !ok {
			return false
		}
		r.Segments[r.N] = s
		left -= part
	}
	return true
}

// ask has the tester ask for something.
func (w *world) ask() {
	if len(w.open) >= maxUser {
		return
	}
	n := 1 + uint64(w.rng.Intn(8))
	a := &asked{told: w.told, r: block.Request{Sector: uint64(w.rng.Intn(disk - int(n))), Sectors: n}}
	r := &a.r
	switch d := w.rng.Intn(20); {
	case d < 9:
		r.Op = block.Write
		if !w.vector(r, n, w.c.Held) {
			return
		}
	case d < 15:
		r.Op = block.Read
		if !w.vector(r, n, w.busyIn) {
			return
		}
	case d < 17:
		r.Op = block.WriteZeroes
	default:
		r.Op, r.Sector, r.Sectors = block.Flush, 0, 0
	}
	if (r.Op == block.Write || r.Op == block.WriteZeroes) && w.rng.Intn(6) == 0 {
		r.Flags = block.FUA
	}
	if r.Op == block.Write || r.Op == block.WriteZeroes {
		for i := range n {
			a.vers = append(a.vers, w.next[r.Sector+i]+1)
		}
	}
	at := 0
	for _, g := range r.Segments[:r.N] {
		for i := range g.Sectors() {
			if r.Op == block.Write {
				binary.LittleEndian.PutUint64(w.windows[outID][(g.At()+i)*512:], a.vers[at])
				at++
			}
		}
	}
	w.user++
	if e := w.c.Submit(*r, w.user); e != abi.OK {
		if e != abi.EAGAIN {
			w.bad("submit: %s", e.Name())
		}
		return
	}
	w.open[w.user] = a
	for i, v := range a.vers {
		s := r.Sector + uint64(i)
		if w.next[s] = v; r.Op == block.WriteZeroes {
			w.zero[s] = v
		}
	}
	w.mark(r, true)
}

func (w *world) mark(r *block.Request, used bool) {
	if r.Op != block.Read {
		return
	}
	for _, g := range r.Segments[:r.N] {
		for i := range g.Sectors() {
			w.inUse[g.At()+i] = used
		}
	}
}

// results looks at all that the client has told.
func (w *world) results() {
	for {
		res, ok := w.c.Next()
		if !ok {
			return
		}
		a := w.open[res.User]
		if a == nil {
			w.bad("request %d ends twice, or never began", res.User)
			return
		}
		delete(w.open, res.User)
		w.mark(&a.r, false)
		if res.Errno != abi.OK {
			w.failed(a, res.Errno)
			continue
		}
		w.succeeded(a)
	}
}

func (w *world) failed(a *asked, e abi.Errno) {
	if e != abi.EIO || !w.faults {
		w.bad("%+v ends with %s", a.r, e.Name())
	}
	w.eios++
	if a.r.Op == block.Flush && w.c.Counts.Lost > 0 { // told once that something is lost: what was told done is not promised
		w.told = w.floor
	}
}

func (w *world) succeeded(a *asked) {
	switch a.r.Op {
	case block.Read:
		w.reads++
		s := int(a.r.Sector)
		for _, g := range a.r.Segments[:a.r.N] {
			for i := range g.Sectors() {
				v := binary.LittleEndian.Uint64(w.windows[inID][(g.At()+i)*512:])
				if w.c.Counts.Lost == 0 && (!w.since(s, v, a.told[s]) || v > w.next[s]) {
					w.bad("sector %d reads as version %d: %d was told done, %d was asked for", s, v, a.told[s], w.next[s])
				}
				s++
			}
		}
	case block.Write, block.WriteZeroes:
		for i, v := range a.vers {
			s := int(a.r.Sector) + i
			w.told[s] = max(w.told[s], v)
			if a.r.Flags&block.FUA != 0 {
				w.promise(s, v)
			}
		}
	case block.Flush:
		w.flushed++
		for s, v := range a.told {
			w.promise(s, v)
		}
	}
}

// promise holds the device to a version that the client says is durable.
func (w *world) promise(s int, v uint64) {
	if w.c.Counts.Lost > 0 {
		return // the model does not say of what
	}
	if !w.since(s, w.media.durable[s], v) && !(w.flags&block.KeepsCache != 0 && w.since(s, w.see(s), v)) {
		w.bad("sector %d: durable is version %d, flushed is %d", s, w.media.durable[s], v)
	}
	w.floor[s] = max(w.floor[s], v)
}

// work has the device do something.
func (w *world) work() {
	l := w.d
	if w.dead || len(l.jobs) == 0 {
		return
	}
	i := w.rng.Intn(len(l.jobs))
	j := l.jobs[i].j
	if w.rng.Intn(3) == 0 {
		l.do(j, true)
		return
	}
	ok := !w.faults || w.rng.Intn(40) != 0
	l.do(j, !ok)
	l.jobs = append(l.jobs[:i], l.jobs[i+1:]...)
	l.s.Done(j, ok)
	l.s.Pump()
}

func (w *world) step() {
	switch d := w.rng.Intn(100); {
	case d < 22:
		w.ask()
	case d < 50:
		w.deliver()
	case d < 80:
		w.work()
	case d < 84:
		s := w.rng.Intn(disk)
		if v, ok := w.media.cache[s]; ok {
			w.persist(s, v)
			delete(w.media.cache, s)
		}
	case d < 90:
		w.c.Tick()
		if !w.dead {
			w.d.s.Tick()
		}
	case d < 93:
		if w.dead {
			w.born()
		}
	case d < 96:
		if !w.dead && w.known != w.d.ep {
			w.known = w.d.ep
			w.c.Up(w.d.ep)
		}
	case d < 97:
		if w.dead {
			w.c.Down(w.d.ep)
		}
	case d < 98 && !w.dead && w.rng.Intn(3) == 0: // the device is reset; what runs is made again
		w.resets++
		w.forget()
		w.d.resets++
	case d < 99 && !w.dead && w.rng.Intn(2) == 0:
		w.deaths++
		for _, r := range w.d.jobs {
			w.d.do(r.j, true)
		}
		w.forget()
		w.dead = true
	}
	w.results()
}

// calm lets all that is open come to its end, without deaths.
func (w *world) calm() {
	if w.dead {
		w.born()
	}
	w.known = w.d.ep
	w.c.Up(w.d.ep)
	for i := 0; len(w.open) > 0 && w.violated == ""; i++ {
		w.deliver()
		w.work()
		w.c.Tick()
		w.d.s.Tick()
		w.results()
		if i == 200_000 {
			w.bad("%d requests never end: %+v", len(w.open), w.c.Counts)
		}
	}
}

// Lives of the driver end at any moment, the device forgets what was not flushed, messages overtake each other: reads see what was told done, a flush that is OK
// has made it durable, and nothing goes back behind it.
func TestDeaths(t *testing.T) {
	seed, n := *simSeed, *simN
	if seed == 0 {
		seed = int64(testseed.Of(t))
	}
	if testing.Short() {
		n /= 10
	}
	t.Logf("go test -run TestDeaths ./drivers/sdk/block/client -sim.seed %d -sim.n %d", seed, n)
	var deaths, resets, flushed, reads, eios, full int
	var again, replayed, stale, lost uint64
	for i := range n {
		w := newWorld(seed + int64(i))
		for range 1500 {
			if w.step(); w.violated != "" {
				t.Fatalf("seed %d: %s\n%+v", seed+int64(i), w.violated, w.c.Counts)
			}
		}
		w.calm()
		w.finish()
		if w.violated != "" {
			t.Fatalf("seed %d, at the end: %s\n%+v", seed+int64(i), w.violated, w.c.Counts)
		}
		deaths, resets, flushed, reads, eios, full = deaths+w.deaths, resets+w.resets, flushed+w.flushed, reads+w.reads, eios+w.eios, full+w.fullDepth
		again, replayed, stale, lost = again+w.c.Counts.Again, replayed+w.c.Counts.Replayed, stale+w.c.Counts.Stale, lost+w.c.Counts.Lost
	}
	t.Logf("%d worlds: %d deaths, %d resets, %d flushes, %d reads, %d EIO; %d sent again, %d writes replayed in %d epochs, %d lost; device full %d times", n, deaths, resets, flushed, reads, eios, again, replayed, stale, lost, full)
	for what, often := range map[string]int{"deaths": deaths, "resets": resets, "flushes": flushed, "reads": reads, "requests sent again": int(again), "replays": int(replayed), "epochs": int(stale), "full": full} {
		if often == 0 && n > 50 {
			t.Errorf("no %s", what)
		}
	}
}

// finish flushes, and has the device hold what was written last.
func (w *world) finish() {
	if w.violated != "" {
		return
	}
	w.user++
	w.open[w.user] = &asked{told: w.told, r: block.Request{Op: block.Flush}}
	if e := w.c.Submit(block.Request{Op: block.Flush}, w.user); e != abi.OK {
		w.bad("the last flush: %s", e.Name())
	}
	w.calm()
	if w.eios > 0 {
		return
	}
	for s := range disk {
		if v := w.media.durable[s]; v != w.next[s] && !(v == 0 && w.zero[s] == w.next[s]) {
			w.bad("sector %d ends as version %d, want %d", s, v, w.next[s])
		}
	}
}
