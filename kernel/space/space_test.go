package space

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
	"bennu/kernel/image"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

// world is memory, an executable, and a service whose lives come from it.
type world struct {
	t        *testing.T
	pool     *mem.Pool
	template mem.Addr
	images   *image.Table
	image    *image.Image
	file     []byte
	holder   mem.Holder
	snapshot Snapshot
	free     uint64
}

const (
	textPages = 3
	dataAt    = abi.ImageBase + 0x1f_f000 // two pages, in two last-level tables
	dataSize  = 0x1800                    // and a tail of zeros
	dataEnd   = dataAt + 0x3000
)

func newWorld(t *testing.T, pages int) *world {
	t.Helper()
	buf := make([]byte, (pages+200)*abi.PageSize)
	t.Cleanup(func() { buf[0] = 0 })
	phys, size := mem.Simulated(buf)
	w := &world{t: t, pool: mem.NewPool(phys)}
	w.pool.Add(0, size)
	w.template = w.pool.Get(nil)
	if !paging.ClosedIO(w.pool, w.template, w.pool.Get(nil)) {
		t.Fatal("no memory for the template")
	}
	w.images = image.NewTable(w.pool)
	w.file = append(code.Raw(abi.ImageBase+0x400, code.Segment{Flags: 5, Addr: abi.ImageBase, FileSize: textPages * abi.PageSize, Size: textPages * abi.PageSize},
		code.Segment{Flags: 6, Addr: dataAt, Offset: textPages * abi.PageSize, FileSize: dataSize, Size: dataEnd - dataAt}), make([]byte, textPages*abi.PageSize+dataSize)...)
	for i := range w.file[0x400:] {
		w.file[0x400+i] = byte(i*7 + i>>8)
	}
	w.file = w.file[:textPages*abi.PageSize+dataSize]
	var h mem.Holder
	w.pool.Promise(&h, 0, 200)
	id, e := w.images.Create(uint64(len(w.file)), abi.None, 1, &h)
	if e == abi.OK {
		e = w.images.Write(id, 0, w.file)
	}
	for more := true; more && e == abi.OK; {
		more, e = w.images.Seal(id)
	}
	if e != abi.OK {
		t.Fatal(e.Name())
	}
	w.image = w.images.Sealed(id)
	w.pool.Promise(&w.holder, 0, uint64(pages))
	w.free = w.pool.Free()
	w.pool.Reclaim = func() bool { return w.snapshot.DropSpares(w.pool) }
	return w
}

// begin makes a life, with the snapshot or without. false when memory is out; nothing is left then.
func (w *world) begin(warm bool) (*Space, bool) {
	var n *Snapshot
	if warm {
		n = &w.snapshot
	}
	s, ok := New(w.pool, w.template, &w.holder, w.images, w.image)
	if ok = ok && s.Own() != 0 && s.Fixed(abi.StartPage, false) != 0 && s.Fixed(abi.CallPage, true) != 0 && s.Load(n); !ok {
		s.Tables.Free()
		return nil, false
	}
	s.Ready()
	s.Prefill()
	return &s, true
}

// model is what a life has at its addresses: all bytes that were ever different from what the executable says.
type model struct {
	w       *world
	written map[uint64]byte
}

// at is what the byte at va is, and whether it may be read and written.
func (m model) at(va uint64) (b byte, read, write bool) {
	switch {
	case va >= abi.ImageBase && va < abi.ImageBase+textPages*abi.PageSize:
		b, read = m.w.file[va-abi.ImageBase], true
	case va >= dataAt && va < dataEnd:
		if off := va - dataAt; off < dataSize {
			b = m.w.file[textPages*abi.PageSize+off]
		}
		read, write = true, true
	case va >= abi.RAMBase && va < abi.RAMBase+abi.RAMSize:
		read, write = true, true
	}
	if v, ok := m.written[va]; ok {
		b = v
	}
	return b, read, write
}

func (m model) clone() model {
	c := model{m.w, map[uint64]byte{}}
	for va, b := range m.written {
		c.written[va] = b
	}
	return c
}

// touch lets a life read or write a byte as the processor and the kernel do.
func (w *world) touch(s *Space, m model, va uint64, write bool, value byte) {
	w.t.Helper()
	want, mayRead, mayWrite := m.at(va)
	a, _, e := s.Page(va, write)
	switch {
	case e == abi.ENOMEM:
		if w.pool.Can(&w.holder, 6) {
			w.t.Fatalf("%#x: no memory, and there is", va)
		}
		return
	case !mayRead || write && !mayWrite:
		if e != abi.EFAULT {
			w.t.Fatalf("%#x, write %v: %s, want EFAULT", va, write, e.Name())
		}
		return
	case e != abi.OK:
		w.t.Fatalf("%#x, write %v: %s", va, write, e.Name())
	}
	b := &w.pool.Physical().Bytes(a, abi.PageSize)[va%abi.PageSize]
	if *b != want {
		w.t.Fatalf("%#x holds %#x, want %#x", va, *b, want)
	}
	p := s.Lookup(va)
	if *p&paging.Writable != 0 && (*p&paging.Shared != 0 || *s.Part(va)&paging.Shared != 0) {
		w.t.Fatalf("%#x can be written, and is others' too: %#x", va, uint64(*p))
	}
	if write {
		*b = value
		m.written[va] = value
	}
}

// address draws one that is worth a look.
func address(r *rand.Rand) uint64 {
	switch r.IntN(8) {
	case 0:
		return abi.ImageBase + r.Uint64N(textPages*abi.PageSize+2)
	case 1, 2:
		return dataAt - 1 + r.Uint64N(dataEnd-dataAt+2)
	case 3:
		return abi.RAMBase - 1 + r.Uint64N(3*abi.PageSize)
	case 4:
		return abi.RAMBase + abi.RAMSize - r.Uint64N(2*abi.PageSize)
	case 5:
		return abi.RAMBase + 2<<20 - 3*abi.PageSize + r.Uint64N(6*abi.PageSize)
	case 6:
		return []uint64{0, 0x100_0000, abi.TaskBase, abi.TaskEnd, abi.WindowBase, abi.WindowEnd, 1 << 47, ^uint64(0)}[r.IntN(8)]
	}
	return abi.RAMBase + r.Uint64N(64)<<20
}

// take makes a snapshot of s, as far as the steps go.
func (w *world) take(s *Space, steps int) abi.Errno {
	var made Making
	for first := true; ; first = false {
		if steps == 0 {
			return abi.EAGAIN
		}
		steps--
		more, e := s.Seal(&made, first)
		if e != abi.OK {
			return e
		}
		if !more {
			return s.Take(&w.snapshot, &made, &w.holder, Soon)
		}
	}
}

// check looks at the page tables of a life.
func (w *world) check(lives ...*Space) {
	w.t.Helper()
	var own, lent mem.Set
	for _, s := range lives {
		own.Clear()
		lent.Clear()
		s.AddFrames(&own, 1<<20)
		w.images.AddFrames(w.image, &lent, 1<<20)
		w.snapshot.AddFrames(w.pool.Physical(), &lent, 1<<20)
		c := paging.Checker{Phys: w.pool.Physical(), Template: w.template, Own: &own, Lent: &lent}
		if f := c.Check(&s.Tables); f.Broken() {
			w.t.Fatalf("%s: %#x, %#x", f.What, f.A, f.B)
		}
	}
	w.checkFrames(lives...)
}

// checkFrames looks whether each frame is free, a spare, or somebody's, once, and whether what is prepared is what it is to be.
func (w *world) checkFrames(lives ...*Space) {
	w.t.Helper()
	var all mem.Set
	f := w.pool.AddFree(&all)
	free := all.Len()
	if !f.Broken() {
		f = w.snapshot.AddSpares(w.pool.Physical(), &all)
	}
	if spares := all.Len() - free; !f.Broken() && spares != w.pool.Spares() {
		w.t.Fatalf("%d spares, counted %d", spares, w.pool.Spares())
	}
	for _, s := range lives {
		if !f.Broken() {
			f = s.AddFrames(&all, 1<<20)
		}
	}
	if !f.Broken() {
		f = w.snapshot.AddFrames(w.pool.Physical(), &all, 1<<20)
	}
	if f.Broken() {
		w.t.Fatalf("%s: %#x, %#x", f.What, f.A, f.B)
	}
}

// Lives that read, write, are sealed, hand their memory over, begin with what another has handed over, and end, in any order and
// with memory out at any moment: each finds what it has itself written, on top of what the snapshot or the executable has, and
// nothing of others; all frames come back. Whether anything is prepared ahead, who has what and what is free is the same.
func TestAgainstModel(t *testing.T) {
	spares := uint64(0)
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			plain, _ := againstModel(t, seed, false)
			prepared, used := againstModel(t, seed, true)
			if !slices.Equal(plain, prepared) {
				t.Error("with frames that are prepared ahead, counts are others")
			}
			spares += used
		})
	}
	if spares < 100 {
		t.Errorf("in all runs %d spares were used, expected some hundreds", spares)
	}
}

// againstModel is one run. It tells the counts after each step, and how many spares lives had.
func againstModel(t *testing.T, seed uint64, prepare bool) (counts []uint64, used uint64) {
	r, ahead := rand.New(rand.NewPCG(seed, 6)), rand.New(rand.NewPCG(seed, 7))
	w := newWorld(t, 30+r.IntN(100))
	if seed%2 == 0 { // the machine's memory is the limit
		for w.pool.Free() > w.holder.Ceiling()-5 {
			w.pool.Get(nil)
		}
		w.free = w.pool.Free()
	}
	type life struct {
		s *Space
		m model
	}
	var lives []life
	var kept model // what the snapshot holds
	for range 3000 {
		counts = append(counts, w.pool.Free(), w.holder.Used(), uint64(len(lives)))
		for prepare && ahead.IntN(3) == 0 {
			w.snapshot.Prepare(w.pool)
			if ahead.IntN(4) == 0 {
				w.pool.Clean()
			}
		}
		if len(lives) == 0 || len(lives) < 4 && r.IntN(60) == 0 {
			warm := w.snapshot.Exists() && r.IntN(3) > 0
			m := model{w, map[uint64]byte{}}
			if warm {
				m = kept.clone()
			}
			spares := w.pool.Spares()
			s, ok := w.begin(warm)
			used += spares - w.pool.Spares()
			if ok {
				lives = append(lives, life{s, m})
			} else if len(lives) == 0 {
				t.Fatal("not even one life fits")
			}
			continue
		}
		i := r.IntN(len(lives))
		l := lives[i]
		switch r.IntN(200) {
		case 0:
			l.s.Tables.Free()
			lives = append(lives[:i], lives[i+1:]...)
			shares := false
			for _, o := range lives {
				shares = shares || o.s.Snapshot() != nil
			}
			if !shares && r.IntN(2) == 0 {
				w.snapshot.Free(w.pool)
			}
		case 1:
			steps := r.IntN(8)
			if w.snapshot.Exists() {
				steps = 1
			}
			switch e := w.take(l.s, steps); {
			case e == abi.OK && steps > 0:
				kept = l.m.clone()
			case e != abi.EAGAIN && e != abi.EBUSY && e != abi.ENOMEM:
				t.Fatal(e.Name())
			}
		case 2:
			va := address(r)
			_, read, _ := l.m.at(va)
			a, _ := l.s.Private(va)
			if (a != 0) != read && w.pool.Can(&w.holder, 6) {
				t.Fatalf("Private(%#x): %#x", va, a)
			}
			if a != 0 { // a tracer writes where the task may not
				w.pool.Physical().Bytes(a, abi.PageSize)[va%abi.PageSize] ^= 0x55
				b, _, _ := l.m.at(va)
				l.m.written[va] = b ^ 0x55
			}
		default:
			w.touch(l.s, l.m, address(r), r.IntN(2) == 0, byte(r.Uint32()))
		}
		if r.IntN(100) == 0 {
			all := make([]*Space, 0, 4)
			for _, l := range lives {
				all = append(all, l.s)
			}
			w.check(all...)
		}
	}
	for _, l := range lives {
		for va := range l.m.written {
			w.touch(l.s, l.m, va, false, 0)
		}
		l.s.Tables.Free()
	}
	w.snapshot.Free(w.pool)
	if w.pool.Free() != w.free || w.holder.Used() != 0 {
		t.Errorf("%d frames free, before %d; %d used", w.pool.Free(), w.free, w.holder.Used())
	}
	w.checkFrames()
	return counts, used
}

// A snapshot whose making stops anywhere, because a frame is missing or the task ends, is none, and costs nothing.
func TestSnapshotFails(t *testing.T) {
	for ceiling := uint64(8); ; ceiling++ {
		w := newWorld(t, 100)
		s, _ := w.begin(false)
		m := model{w, map[uint64]byte{}}
		for _, va := range []uint64{dataAt, dataAt + 0x1000, abi.RAMBase, abi.RAMBase + 5<<20} {
			w.touch(s, m, va, true, 1)
		}
		used := w.holder.Used()
		w.pool.Promise(&w.holder, 0, used+ceiling-8)
		e := w.take(s, 99)
		w.check(s)
		if e == abi.OK {
			if ceiling == 8 {
				t.Error("made without a frame")
			}
			if w.holder.Used() != used+1 || !w.snapshot.Of(w.image) || w.snapshot.Frames()+s.Used() != used+1 {
				t.Errorf("%d frames, %d before; %d of the snapshot, %d of the task", w.holder.Used(), used, w.snapshot.Frames(), s.Used())
			}
			break
		}
		if e != abi.ENOMEM || w.snapshot.Exists() || w.holder.Used() != used {
			t.Fatalf("ceiling %d: %s, %d frames, %d before", ceiling, e.Name(), w.holder.Used(), used)
		}
		w.pool.Promise(&w.holder, 0, 100)
		for va := range m.written {
			w.touch(s, m, va, true, 2)
		}
		s.Tables.Free()
		if w.pool.Free() != w.free {
			t.Fatalf("%d frames lost", w.free-w.pool.Free())
		}
	}
	for steps := range 6 {
		w := newWorld(t, 100)
		s, _ := w.begin(false)
		m := model{w, map[uint64]byte{}}
		for _, va := range []uint64{dataAt, dataAt + 0x1000, abi.RAMBase, abi.RAMBase + 5<<20} {
			w.touch(s, m, va, true, 1)
		}
		if e := w.take(s, steps); e != abi.EAGAIN && steps < 5 {
			t.Fatalf("%d steps: %s", steps, e.Name())
		}
		w.check(s)
		if steps%2 == 0 {
			for va := range m.written {
				w.touch(s, m, va, true, 3)
			}
		}
		s.Tables.Free()
		w.snapshot.Free(w.pool)
		if w.pool.Free() != w.free || w.holder.Used() != 0 {
			t.Fatalf("killed after %d steps: %d frames lost", steps, w.free-w.pool.Free())
		}
	}
}

// What a task writes in the kernel's part is refused without a look at the tables there, whose pages are of other sizes.
func TestCopyOfTheKernels(t *testing.T) {
	w := newWorld(t, 100)
	phys := w.pool.Physical()
	low, directory := w.pool.Get(nil), w.pool.Get(nil)
	phys.Words(w.template)[0] = uint64(paging.Entry(low, paging.Present|paging.Writable))
	phys.Words(low)[0] = uint64(paging.Entry(directory, paging.Present|paging.Writable))
	for i := range phys.Words(directory) { // of memory that is not even there
		phys.Words(directory)[i] = uint64(paging.Entry(mem.Addr(i)<<21|1<<40, paging.Present|paging.Writable|paging.Large|paging.NX))
	}
	s, _ := w.begin(false)
	for _, va := range []uint64{0, 0x100_0000, 0x220_0000, abi.TaskBase - 1, abi.TaskEnd, 1 << 47, 0xffff_8800_0000_0000, ^uint64(0)} {
		if e := s.Copy(va); e != abi.EFAULT {
			t.Errorf("%#x: %s", va, e.Name())
		}
		if e := s.Populate(va); e != abi.EFAULT {
			t.Errorf("%#x: %s", va, e.Name())
		}
		if _, ok := w.snapshot.Kept(phys, va); ok {
			t.Errorf("%#x is the task's", va)
		}
		if _, e := s.Private(va); e != abi.EFAULT {
			t.Errorf("a private copy of %#x: %s", va, e.Name())
		}
	}
}

// A page that is there already stays what it is: the processor may have missed that a table was exchanged.
func TestPopulateTwice(t *testing.T) {
	w := newWorld(t, 100)
	s, _ := w.begin(false)
	m := model{w, map[uint64]byte{}}
	for _, va := range []uint64{abi.RAMBase + 7, dataAt + 1} {
		w.touch(s, m, va, true, 5)
		used := s.Used()
		if e := s.Populate(va); e != abi.OK || s.Used() != used {
			t.Errorf("%#x: %s, %d frames, before %d", va, e.Name(), s.Used(), used)
		}
		w.touch(s, m, va, false, 0)
	}
}

// A life that begins with a snapshot has the pages of the one that it was taken of, costs few frames, and leaves the snapshot as it
// is, whatever it writes; the executable is the same.
func TestWarmLife(t *testing.T) {
	w := newWorld(t, 200)
	first, _ := w.begin(false)
	m := model{w, map[uint64]byte{}}
	for i := range uint64(50) {
		w.touch(first, m, abi.RAMBase+i*abi.PageSize+i, true, byte(i+1))
	}
	w.touch(first, m, dataAt+5, true, 9)
	if e := w.take(first, 99); e != abi.OK {
		t.Fatal(e.Name())
	}
	var before [][]byte
	phys := w.pool.Physical()
	var set mem.Set
	w.snapshot.AddFrames(w.pool.Physical(), &set, 1<<20)
	for a := mem.Addr(0); a < 1<<20; a += abi.PageSize {
		if set.Has(a) {
			before = append(before, bytes.Clone(phys.Bytes(a, abi.PageSize)))
		}
	}
	for n := range 5 {
		s, ok := w.begin(true)
		if !ok {
			t.Fatal("no memory")
		}
		begins := s.Used()
		if most := uint64(10); n == 0 && begins > most || begins > most+Soon+5 || n > 1 && begins < most+Soon {
			t.Errorf("warm life %d begins with %d frames", n, begins)
		}
		mine := m.clone()
		for va := range m.written {
			w.touch(s, mine, va, false, 0)
		}
		if s.Used() != begins {
			t.Errorf("after it has read everything it has %d frames, before %d", s.Used(), begins)
		}
		for va := range m.written {
			w.touch(s, mine, va, true, 0xaa)
		}
		w.check(s, first)
		s.Tables.Free()
	}
	for va := range m.written {
		w.touch(first, m, va, true, 0xbb)
	}
	i := 0
	for a := mem.Addr(0); a < 1<<20; a += abi.PageSize {
		if set.Has(a) {
			if !bytes.Equal(before[i], phys.Bytes(a, abi.PageSize)) {
				t.Errorf("frame %#x of the snapshot has changed", a)
			}
			i++
		}
	}
}

// Two lives that write the same page soon have it noted once.
func TestWrittenOnce(t *testing.T) {
	w := newWorld(t, 200)
	first, _ := w.begin(false)
	m := model{w, map[uint64]byte{}}
	w.touch(first, m, abi.RAMBase, true, 1)
	w.touch(first, m, abi.RAMBase+abi.PageSize, true, 1)
	if e := w.take(first, 99); e != abi.OK {
		t.Fatal(e.Name())
	}
	a, _ := w.begin(true)
	b, _ := w.begin(true)
	for _, s := range []*Space{a, b} {
		w.touch(s, m.clone(), abi.RAMBase, true, 2)
	}
	if n := w.snapshot.nwritten; n != 1 || w.snapshot.written[0] != abi.RAMBase {
		t.Errorf("%d pages are noted: %#x", n, w.snapshot.written[:n])
	}
}
