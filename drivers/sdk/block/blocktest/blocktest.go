// Package blocktest asks a driver of a block device for all that must not be asked, and for all that must work, and tells which of its answers are wrong. A driver
// that dies from a request has failed.
package blocktest

import (
	"encoding/binary"

	"bennu/drivers/protocol/block"
	"bennu/kernel/abi"
)

// Kind is what became of a request.
type Kind uint8

const (
	OK        Kind = iota
	Death          // the driver died
	Missing        // no answer came
	BadType        // the answer is none
	BadTag         // it is another's
	BadEpoch       // it is of no epoch, or of another life's
	BadStatus      // another error than was expected
	Truncated      // it did less than it was asked for, and said OK
	Corrupt        // what was read is not what was written
	Overflow       // it wrote where it was not asked to
	kinds
)

var names = [kinds]string{"ok", "death", "missing", "bad type", "bad tag", "bad epoch", "bad status", "truncated", "corrupt", "overflow"}

func (k Kind) String() string { return names[k] }

// Windows that a Target has. In is let to the driver for writing, Out for reading.
const (
	In = iota
	Out
	Strange // a window that is not let to the driver
	windows
)

// WindowSectors is how large each is at least.
const WindowSectors = 128

// Target is a driver under test, alone with its tester.
type Target interface {
	// Ask sends a request with a tag, and gives the answer. came is false when there is none in good time, alive when the driver still lives.
	Ask(m *abi.Msg) (answer abi.Msg, came, alive bool)
	// Window is a window of the tester's.
	Window(n int) (id abi.WindowID, b []byte)
	// Driver is its life.
	Driver() abi.Endpoint
}

// Finding is a case that failed.
type Finding struct {
	Case string
	Kind Kind
	Got  abi.Errno
}

type tester struct {
	t       Target
	name    string
	tag     uint64
	shape   block.Shape
	in, out uint32 // sessions
	found   []Finding
	cases   int
	dead    bool
	last    abi.Msg
}

// Run runs all cases; n is how many. base is the first of 64 blocks of the device that are overwritten.
func Run(t Target, base uint64) (found []Finding, n int) {
	x := &tester{t: t}
	if x.opens() {
		x.badRequests(base)
		x.badRanges(base)
		x.transfers(base)
		x.flushes(base)
		x.closes()
	}
	return x.found, x.cases
}

func (x *tester) report(k Kind) Kind {
	if k != OK {
		x.found = append(x.found, Finding{x.name, k, abi.Errno(x.last.Arg[0])})
		x.dead = x.dead || k == Death
	}
	return k
}

// ask makes a request that is to be answered with one of the errors.
func (x *tester) ask(name string, m abi.Msg, want ...abi.Errno) Kind {
	x.name = name
	x.cases++
	if x.dead {
		return Death
	}
	x.tag++
	m.Arg[6] = x.tag
	a, came, alive := x.t.Ask(&m)
	x.last = a
	switch {
	case !alive:
		return x.report(Death)
	case !came:
		return x.report(Missing)
	case a.Type != abi.MsgReply:
		return x.report(BadType)
	case a.Arg[6] != x.tag:
		return x.report(BadTag)
	case block.Epoch(a.Arg[1]).Life() != x.t.Driver():
		return x.report(BadEpoch)
	}
	for _, e := range want {
		if abi.Errno(a.Arg[0]) == e {
			return OK
		}
	}
	return x.report(BadStatus)
}

// guarded makes a request, and looks that nothing of the windows changes but what may.
func (x *tester) guarded(name string, r block.Request, want ...abi.Errno) Kind {
	var before [windows][]byte
	for i := range before {
		_, b := x.t.Window(i)
		before[i] = append(before[i], b...)
	}
	k := x.ask(name, r.Message(), want...)
	if k != OK {
		return k
	}
	done := abi.Errno(x.last.Arg[0]) == abi.OK
	for i := range before {
		_, b := x.t.Window(i)
		for at := range b {
			if b[at] != before[i][at] && !(done && i == In && r.Op == block.Read && inside(&r, uint64(at)/block.SectorSize)) {
				return x.report(Overflow)
			}
		}
	}
	if done && r.Op != block.Flush && x.last.Arg[2] != r.Sectors {
		return x.report(Truncated)
	}
	return OK
}

func inside(r *block.Request, sector uint64) bool {
	for _, g := range r.Segments[:r.N] {
		if sector >= g.At() && sector < g.At()+g.Sectors() {
			return true
		}
	}
	return false
}

// opens opens the two sessions, after all that is no opening.
func (x *tester) opens() bool {
	const bytes = WindowSectors * block.SectorSize
	in, _ := x.t.Window(In)
	out, _ := x.t.Window(Out)
	strange, _ := x.t.Window(Strange)
	open := func(w abi.WindowID, bytes uint64, f block.OpenFlags) abi.Msg { return block.OpenMessage(w, bytes, f) }
	x.ask("open no window", open(0, bytes, block.OpenFill), abi.EINVAL, abi.EDOM)
	x.ask("open no bytes", open(in, 0, block.OpenFill), abi.EINVAL, abi.EDOM)
	x.ask("open half a sector", open(in, 700, block.OpenFill), abi.EINVAL, abi.EDOM)
	x.ask("open a negative size", open(in, ^uint64(511), block.OpenFill), abi.EINVAL, abi.EDOM)
	x.ask("open with flags that mean nothing", open(in, bytes, 1<<40), abi.EINVAL)
	x.ask("open a window that is not let", open(strange, bytes, block.OpenFill), abi.EFAULT)
	x.ask("request without a session", (&block.Request{Op: block.Flush, Session: 1}).Message(), abi.ESRCH)
	session := func(name string, w abi.WindowID, f block.OpenFlags) (n uint32, ok bool) {
		if x.ask(name, open(w, bytes, f), abi.OK) != OK {
			return 0, false
		}
		var epoch block.Epoch
		if x.shape, epoch, n, _, ok = block.ReadShape(&x.last); !ok || n == 0 || epoch == 0 {
			x.report(Corrupt)
		}
		return n, ok
	}
	var ok, again bool
	if x.in, ok = session("open", in, block.OpenFill); !ok {
		return false
	}
	if x.out, ok = session("open to write", out, block.OpenWrite); !ok {
		return false
	}
	n, again := session("open again", in, block.OpenFill)
	if again && n != x.in {
		x.report(BadStatus)
	}
	return !x.dead
}

func seg(at, n uint64) block.Segment { return block.Segment(at | n<<16) }

// badRequests are those that mean nothing.
func (x *tester) badRequests(base uint64) {
	good := block.Request{Op: block.Read, Session: x.in, Sector: base, N: 1, Segments: [8]block.Segment{seg(0, x.shape.Block())}}
	for _, c := range []struct {
		name string
		do   func(m *abi.Msg)
		want abi.Errno
	}{
		{"no segments", func(m *abi.Msg) { m.Arg[1] &^= 0xff << 40 }, abi.EINVAL},
		{"nine segments", func(m *abi.Msg) { m.Arg[1] |= 9 << 40 }, abi.EINVAL},
		{"more in the vector than is said", func(m *abi.Msg) { m.Arg[5] = 1 << 16 }, abi.EINVAL},
		{"a segment without sectors", func(m *abi.Msg) { m.Arg[2] = 0 }, abi.EINVAL},
		{"flags that mean nothing", func(m *abi.Msg) { m.Arg[1] |= 0x80 << 32 }, abi.EINVAL},
		{"bits above the head", func(m *abi.Msg) { m.Arg[1] |= 1 << 60 }, abi.EINVAL},
		{"a session of nobody", func(m *abi.Msg) { m.Arg[1] |= 0xffff_0000 }, abi.ESRCH},
		{"session 0", func(m *abi.Msg) { m.Arg[1] &^= 0xffff_ffff }, abi.ESRCH},
		{"a type that is none", func(m *abi.Msg) { m.Type = block.Write + 0xe }, abi.ENOSYS},
		{"a notice", func(m *abi.Msg) { m.Type = block.Notice }, abi.ENOSYS},
	} {
		m := good.Message()
		c.do(&m)
		if m.Type == block.Notice || m.Type == block.Write+0xe {
			x.name = c.name // it is ENOSYS without an epoch
			m.Arg[6] = 1
			a, came, alive := x.t.Ask(&m)
			if x.last = a; !alive {
				x.report(Death)
			} else if !came || abi.Errno(a.Arg[0]) != c.want {
				x.report(BadStatus)
			}
			continue
		}
		x.ask(c.name, m, c.want)
	}
	write := block.Request{Op: block.Write, Session: x.in, Sector: base, N: 1, Segments: [8]block.Segment{seg(0, x.shape.Block())}, Sectors: x.shape.Block()}
	x.guarded("a write in a session for reading", write, abi.EPERM)
	good.Session, good.Sectors = x.out, x.shape.Block()
	x.guarded("a read into a window that is read only", good, abi.EPERM)
}

// badRanges are those of no such device, or window.
func (x *tester) badRanges(base uint64) {
	b, end := x.shape.Block(), x.shape.Sectors
	for _, c := range []struct {
		name     string
		sector   uint64
		at, n    uint64
		want, or abi.Errno
	}{
		{"behind the end", end, 0, b, abi.EDOM, abi.EDOM},
		{"across the end", end - b, 0, 2 * b, abi.EDOM, abi.EDOM},
		{"far behind the end", 1 << 54, 0, b, abi.EDOM, abi.EDOM},
		{"behind all devices", 1 << 55, 0, b, abi.EINVAL, abi.EDOM},
		{"at a negative place", ^uint64(b - 1), 0, b, abi.EINVAL, abi.EDOM},
		{"that wraps", ^uint64(0), 0, 2 * b, abi.EINVAL, abi.EDOM},
		{"that wraps in bytes", 1 << 63, 0, b, abi.EINVAL, abi.EDOM},
		{"behind the window", base, WindowSectors, b, abi.EDOM, abi.EINVAL},
		{"across the window's end", base, WindowSectors - b, 2 * b, abi.EDOM, abi.EINVAL},
		{"far behind the window", base, 0xff00, b, abi.EDOM, abi.EINVAL},
		{"longer than all windows", base, 1, 0xffff, abi.EDOM, abi.E2BIG},
	} {
		for _, op := range []abi.MsgType{block.Read, block.Write} {
			r := block.Request{Op: op, Session: x.in, Sector: c.sector, Sectors: c.n, N: 1, Segments: [8]block.Segment{seg(c.at, c.n)}}
			if op == block.Write {
				r.Session = x.out
			}
			x.guarded(c.name, r, c.want, c.or)
		}
	}
	if b > 1 {
		half := block.Request{Op: block.Read, Session: x.in, Sector: base + 1, Sectors: b, N: 1, Segments: [8]block.Segment{seg(0, b)}}
		x.guarded("not at a block", half, abi.EINVAL)
		half.Sector, half.Sectors, half.Segments[0] = base, 1, seg(0, 1)
		x.guarded("less than a block", half, abi.EINVAL)
		half.N, half.Sectors, half.Segments = 2, b, [8]block.Segment{seg(0, 1), seg(2, b-1)}
		x.guarded("a block in pieces", half, abi.EINVAL)
	}
}

// pattern is what a sector has.
func pattern(b []byte, sector, salt uint64) {
	for i := 0; i < len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], (sector+1)*0x9e3779b97f4a7c15^salt+uint64(i))
	}
}

// roundTrip writes n sectors at a place from a vector, and reads them back by another.
func (x *tester) roundTrip(name string, sector, salt uint64, flags block.Flags, from, to []block.Segment) {
	_, in := x.t.Window(In)
	_, out := x.t.Window(Out)
	w := block.Request{Op: block.Write, Session: x.out, Flags: flags, Sector: sector, N: copy(new(block.Request).Segments[:], from)}
	copy(w.Segments[:], from)
	for _, g := range from {
		for i := range g.Sectors() {
			pattern(out[(g.At()+i)*block.SectorSize:][:block.SectorSize], sector+w.Sectors, salt)
			w.Sectors++
		}
	}
	if x.guarded(name+", written", w, abi.OK) != OK {
		return
	}
	r := block.Request{Op: block.Read, Session: x.in, Sector: sector, Sectors: w.Sectors, N: len(to)}
	copy(r.Segments[:], to)
	if x.guarded(name+", read", r, abi.OK) != OK {
		return
	}
	var want [block.SectorSize]byte
	at := sector
	for _, g := range to {
		for i := range g.Sectors() {
			pattern(want[:], at, salt)
			at++
			if string(in[(g.At()+i)*block.SectorSize:][:block.SectorSize]) != string(want[:]) {
				x.report(Corrupt)
				return
			}
		}
	}
}

// transfers are those that work: one block, vectors, large ones, the last block.
func (x *tester) transfers(base uint64) {
	b := x.shape.Block()
	one := func(at uint64) []block.Segment { return []block.Segment{seg(at, b)} }
	x.roundTrip("a block", base, 1, 0, one(0), one(b))
	x.roundTrip("a durable block", base+b, 2, block.FUA, one(3*b), one(0))
	x.roundTrip("the last block", x.shape.Sectors-b, 3, 0, one(0), one(2*b))
	n := min(WindowSectors, uint64(x.shape.MaxSectors)&^(b-1), 64*b)
	x.roundTrip("as long as may be", base, 4, 0, []block.Segment{seg(0, n)}, []block.Segment{seg(WindowSectors-n, n)})
	var up, down []block.Segment
	for i := range min(uint64(x.shape.Segments), WindowSectors/b/2) {
		up = append(up, seg(2*i*b, b))
		down = append([]block.Segment{seg((2*i+1)*b, b)}, down...)
	}
	x.roundTrip("a vector", base+8*b, 5, 0, up, down)
	x.roundTrip("a vector over its own pieces", base+b, 6, 0, up, up)
	if x.shape.Flags&block.CanZero != 0 {
		x.guarded("zeroes", block.Request{Op: block.WriteZeroes, Session: x.out, Sector: base, Sectors: 2 * b}, abi.OK)
		x.guarded("zeroes behind the end", block.Request{Op: block.WriteZeroes, Session: x.out, Sector: x.shape.Sectors, Sectors: b}, abi.EDOM)
		r := block.Request{Op: block.Read, Session: x.in, Sector: base, Sectors: b, N: 1, Segments: [8]block.Segment{seg(0, b)}}
		if x.guarded("zeroes, read", r, abi.OK) == OK {
			_, in := x.t.Window(In)
			for _, c := range in[:b*block.SectorSize] {
				if c != 0 {
					x.report(Corrupt)
					break
				}
			}
		}
	} else {
		x.guarded("zeroes", block.Request{Op: block.WriteZeroes, Session: x.out, Sector: base, Sectors: b}, abi.ENOSYS)
	}
}

// flushes are of this epoch, of none, and of others.
func (x *tester) flushes(base uint64) {
	f := block.Request{Op: block.Flush, Session: x.out}
	x.guarded("a flush of nothing", f, abi.OK)
	epoch := block.Epoch(x.last.Arg[1])
	f.Epoch = epoch
	x.guarded("a flush of this epoch", f, abi.OK)
	if x.shape.Flags&(block.KeepsCache|block.WriteThrough) == 0 {
		f.Epoch = block.MakeEpoch(epoch.Life()+64, 0)
		x.guarded("a flush of another life's writes", f, abi.ESTALE)
		f.Epoch = epoch + 1
		x.guarded("a flush of a later epoch", f, abi.ESTALE)
	}
	f.Session = x.in
	f.Epoch = 0
	x.guarded("a flush in a session for reading", f, abi.OK)
}

// closes counts: a session ends once, and a client has so many at most.
func (x *tester) closes() {
	shut := func(n uint32) abi.Msg { return abi.Msg{Type: block.Close, Arg: [7]uint64{1: uint64(n)}} }
	x.ask("close", shut(x.in), abi.OK)
	x.ask("close again", shut(x.in), abi.ESRCH)
	x.ask("read after close", (&block.Request{Op: block.Read, Session: x.in, N: 1, Segments: [8]block.Segment{seg(0, x.shape.Block())}}).Message(), abi.ESRCH)
	x.ask("close the other", shut(x.out), abi.OK)
	in, _ := x.t.Window(In)
	last := uint32(0)
	for i := range uint64(block.MaxSessions) {
		if x.ask("open many", block.OpenMessage(in, (i+1)*8*block.SectorSize, block.OpenFill), abi.OK) == OK {
			last = uint32(x.last.Arg[2])
			defer x.ask("close many", shut(last), abi.OK)
		}
	}
	x.ask("open too many", block.OpenMessage(in, 100*block.SectorSize, block.OpenFill), abi.ENOSPC)
	x.ask("geometry", abi.Msg{Type: block.Geometry, Arg: [7]uint64{1: uint64(last)}}, abi.OK)
	x.ask("geometry of nobody's", abi.Msg{Type: block.Geometry, Arg: [7]uint64{1: 1 << 40}}, abi.ESRCH)
}
