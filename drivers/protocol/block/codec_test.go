package block

import (
	"math/rand"
	"testing"

	"bennu/kernel/abi"
	"bennu/tools/seed"
)

func seg(t *testing.T, at, n uint64) Segment {
	s, ok := MakeSegment(at, n)
	if !ok || s.At() != at || s.Sectors() != n {
		t.Fatalf("segment %d, %d: %x, %v", at, n, s, ok)
	}
	return s
}

// What Message makes Decode reads.
func TestRoundTrip(t *testing.T) {
	for _, r := range []Request{
		{Op: Read, Session: 7, Sector: 9, Sectors: 8, N: 1, Segments: [8]Segment{seg(t, 16, 8)}},
		{Op: Write, Session: 1<<32 - 1, Sector: MaxSector - 3, Sectors: 3, Flags: FUA, N: 3, Segments: [8]Segment{seg(t, 0, 1), seg(t, 65534, 1), seg(t, 5, 1)}},
		{Op: Flush, Session: 3, Epoch: MakeEpoch(0x1234567, 9)},
		{Op: Flush},
		{Op: Discard, Sector: 8, Sectors: MaxErase},
		{Op: WriteZeroes, Sector: 8, Sectors: 1, Flags: FUA | Unmap},
	} {
		m := r.Message()
		if got, why := Decode(&m); got != r || why != WhyNone {
			t.Errorf("%+v became %+v, %s", r, got, why)
		}
	}
}

// Each way in which a request can mean nothing has its reason: zero, negative, wrapping, too long.
func TestDecodeRefuses(t *testing.T) {
	good := func() abi.Msg {
		return (&Request{Op: Write, Session: 1, Sector: 8, N: 1, Segments: [8]Segment{seg(t, 0, 8)}}).Message()
	}
	flush := (&Request{Op: Flush, Session: 1}).Message()
	erase := (&Request{Op: Discard, Session: 1, Sector: 8, Sectors: 8}).Message()
	for _, c := range []struct {
		what string
		m    abi.Msg
		do   func(m *abi.Msg)
		want Why
	}{
		{"good", good(), func(m *abi.Msg) {}, WhyNone},
		{"another type", good(), func(m *abi.Msg) { m.Type = Notice }, WhyRequest},
		{"no segments", good(), func(m *abi.Msg) { m.Arg[1] &^= 0xff << 40 }, WhyVector},
		{"nine segments", good(), func(m *abi.Msg) { m.Arg[1] |= 9 << 40 }, WhyVector},
		{"a segment more than is said", good(), func(m *abi.Msg) { m.Arg[2] |= 1 << 48 }, WhyVector},
		{"a segment fewer than is said", good(), func(m *abi.Msg) { m.Arg[1] += 1 << 40 }, WhyEmpty},
		{"a segment without sectors", good(), func(m *abi.Msg) { m.Arg[2] = 4 }, WhyEmpty},
		{"a segment past all windows", good(), func(m *abi.Msg) { m.Arg[2] = 0xffff_ffff }, WhyWindow},
		{"a negative position", good(), func(m *abi.Msg) { m.Arg[0] = ^uint64(7) }, WhyRange},
		{"a position that wraps", good(), func(m *abi.Msg) { m.Arg[0] = ^uint64(0) }, WhyRange},
		{"a position whose bytes wrap", good(), func(m *abi.Msg) { m.Arg[0] = 1 << 55 }, WhyRange},
		{"a flag that nobody knows", good(), func(m *abi.Msg) { m.Arg[1] |= 4 << 32 }, WhyFlags},
		{"a bit above the head", good(), func(m *abi.Msg) { m.Arg[1] |= 1 << 63 }, WhyFlags},
		{"unmap of a write", good(), func(m *abi.Msg) { m.Arg[1] |= uint64(Unmap) << 32 }, WhyFlags},
		{"FUA of a read", good(), func(m *abi.Msg) { m.Type = Read; m.Arg[1] |= uint64(FUA) << 32 }, WhyFlags},
		{"a flush with a vector", flush, func(m *abi.Msg) { m.Arg[2] = 1 }, WhyVector},
		{"a flush with a segment", flush, func(m *abi.Msg) { m.Arg[1] |= 1 << 40 }, WhyVector},
		{"an erasure of nothing", erase, func(m *abi.Msg) { m.Arg[2] = 0 }, WhyEmpty},
		{"of a negative length", erase, func(m *abi.Msg) { m.Arg[2] = ^uint64(0) }, WhyLong},
		{"with a vector", erase, func(m *abi.Msg) { m.Arg[3] = 1 }, WhyVector},
	} {
		c.do(&c.m)
		if _, why := Decode(&c.m); why != c.want {
			t.Errorf("%s: %q, want %q", c.what, why, c.want)
		}
	}
	for at, n := range map[uint64]uint64{0: 0, 65535: 1, 1: 65535, ^uint64(0): 1, 5: ^uint64(0), 1 << 16: 1} {
		if _, ok := MakeSegment(at, n); ok {
			t.Errorf("a segment at %d of %d", at, n)
		}
	}
}

// sound is what Decode promises, whatever came.
func sound(t *testing.T, m *abi.Msg) {
	r, why := Decode(m)
	if why != WhyNone {
		if why >= whys || why.Errno() == abi.OK || why.String() == "" {
			t.Fatalf("%+v is refused for %d", m, why)
		}
		return
	}
	if again := r.Message(); again.Arg != m.Arg && !(r.Op == Flush) || again.Type != m.Type {
		t.Fatalf("%+v is read as %+v", m, again)
	}
	sum := uint64(0)
	for _, s := range r.Segments[:r.N] {
		if sum += s.Sectors(); s.Sectors() == 0 || s.At()+s.Sectors() > MaxWindow {
			t.Fatalf("%+v has segment %x", m, s)
		}
	}
	if (r.Op == Read || r.Op == Write) && sum != r.Sectors || r.Op != Flush && r.Sectors == 0 || r.Sector+r.Sectors > MaxSector {
		t.Fatalf("%+v is read as %+v", m, r)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(uint32(Write), uint64(8), uint64(1<<40|1), uint64(8<<16), uint64(0), uint64(0), uint64(0))
	f.Add(uint32(Flush), uint64(1<<40), uint64(3), uint64(0), uint64(0), uint64(0), uint64(0))
	f.Add(uint32(Discard), uint64(8), uint64(1), uint64(8), uint64(0), uint64(0), uint64(0))
	f.Fuzz(func(t *testing.T, typ uint32, a, b, c, d, e, g uint64) {
		sound(t, &abi.Msg{Type: abi.MsgType(typ), Arg: [7]uint64{a, b, c, d, e, g}})
	})
}

// Messages that are nearly right, drawn.
func TestDecodeDrawn(t *testing.T) {
	seed := int64(seed.Of(t))
	rng := rand.New(rand.NewSource(seed))
	taken := 0
	for range 200_000 {
		m := abi.Msg{Type: Read + abi.MsgType(rng.Intn(6))}
		for i := range 6 {
			if m.Arg[i] = rng.Uint64() >> rng.Intn(64); rng.Intn(2) == 0 {
				m.Arg[i] = 0
			}
		}
		m.Arg[1] = uint64(rng.Intn(10))<<40 | uint64(rng.Intn(4))<<32&(rng.Uint64()|rng.Uint64()<<32) | uint64(rng.Uint32())
		if sound(t, &m); Known(m.Type).Repeat != abi.RepeatNever {
			if _, why := Decode(&m); why == WhyNone {
				taken++
			}
		}
	}
	if taken < 100 {
		t.Errorf("only %d of them were requests", taken)
	}
}

// A shape goes through an answer; one that no device has is refused.
func TestShape(t *testing.T) {
	s := Shape{Sectors: 1 << 40, BlockShift: 3, PhysicalShift: 2, Segments: 8, Depth: 16, EraseShift: 22, Flags: geometry, MaxSectors: 4096, Identity: 0xdeadbeef}
	answer := func(s Shape) *abi.Msg {
		w := s.Words(MakeEpoch(0x41, 2), 77, 5)
		m := &abi.Msg{Type: abi.MsgReply}
		copy(m.Arg[1:6], w[:])
		return m
	}
	got, e, session, changes, ok := ReadShape(answer(s))
	if !ok || got != s || e != MakeEpoch(0x41, 2) || e.Life() != 0x41 || e.Resets() != 2 || session != 77 || changes != 5 {
		t.Errorf("%+v %x %d %d %v", got, e, session, changes, ok)
	}
	for what, do := range map[string]func(s *Shape){
		"blocks of 8192 bytes":   func(s *Shape) { s.BlockShift = 4 },
		"half a block":           func(s *Shape) { s.Sectors++ },
		"no segments":            func(s *Shape) { s.Segments = 0 },
		"nine segments":          func(s *Shape) { s.Segments = 9 },
		"no depth":               func(s *Shape) { s.Depth = 0 },
		"less than a block":      func(s *Shape) { s.MaxSectors = 7 },
		"too many sectors":       func(s *Shape) { s.Sectors = 1 << 56 },
		"a flag nobody knows":    func(s *Shape) { s.Flags |= 1 << 15 },
		"erasures without limit": func(s *Shape) { s.EraseShift = 40 },
	} {
		bad := s
		do(&bad)
		if _, _, _, _, ok := ReadShape(answer(bad)); ok {
			t.Errorf("%s: taken", what)
		}
	}
}

// Each reason has words and an error, and no two the same words.
func TestWhy(t *testing.T) {
	seen := map[string]bool{}
	for w := WhyRequest; w < whys; w++ {
		if w.String() == "" || seen[w.String()] || w.Errno() == abi.OK {
			t.Errorf("%d: %q, %s", w, w, w.Errno().Name())
		}
		seen[w.String()] = true
	}
	if (whys + 3).String() == "" {
		t.Error("an unknown reason has no words")
	}
}

func TestOpening(t *testing.T) {
	m := OpenMessage(9, 4096, OpenFill)
	if w, n, f, why := Opening(&m); w != 9 || n != 8 || f != OpenFill || why != WhyNone {
		t.Errorf("%d %d %d %s", w, n, f, why)
	}
	for what, m := range map[string]abi.Msg{
		"no window": OpenMessage(0, 4096, 0), "no bytes": OpenMessage(9, 0, 0), "half a sector": OpenMessage(9, 700, 0), "too large": OpenMessage(9, 32<<20, 0),
		"negative": OpenMessage(9, ^uint64(511), 0), "flags": OpenMessage(9, 4096, 8),
	} {
		if _, _, _, why := Opening(&m); why == WhyNone {
			t.Errorf("%s: taken", what)
		}
	}
}
