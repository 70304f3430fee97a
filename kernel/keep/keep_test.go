package keep

import (
	"bytes"
	"testing"

	"bennu/kernel/abi"
)

// memory is pages that do not lie in one piece.
type memory [][]byte

func (m memory) Page(n int) []byte { return m[n] }

func newArea(frames uint32) (*Area, memory) {
	m := memory{}
	for range frames {
		m = append(m, make([]byte, abi.PageSize))
	}
	a := new(Area)
	a.Begin(frames, m)
	return a, m
}

// all is the memory as its owner sees it.
func (m memory) all() []byte { return bytes.Join(m, nil) }

func (m memory) header() (h abi.KeptHeader) {
	copy(abi.Bytes(&h), m[0])
	return h
}

// part is what a bank holds: its snapshot, and its log.
func (m memory) part(i uint32) (snapshot, log []byte) {
	b := m.header().Bank[i]
	all := m.all()
	at := (b.Start + b.Snapshot + 7) &^ 7
	return all[b.Start:][:b.Snapshot], all[at:][:b.Log]
}

// What was staged counts for nothing before the flip, and whole after it; what is appended goes behind the snapshot that counts.
func TestBanks(t *testing.T) {
	a, m := newArea(8)
	h := m.header()
	if h.Magic != abi.KeptMagic || h.Size != 8*abi.PageSize || h.BankSize != 3*abi.PageSize || h.Bank[0].Start != abi.PageSize || h.Bank[1].Start != 4*abi.PageSize {
		t.Fatalf("it begins with %+v", h)
	}
	first := bytes.Repeat([]byte("0123456789a"), 700) // it goes over pages
	for at := 0; at < len(first); at += 1000 {
		if e := a.Stage(uint64(at), first[at:min(at+1000, len(first))]); e != abi.OK {
			t.Fatal(e.Name())
		}
	}
	if h = m.header(); h.Bank[^h.Current&1].Number != 0 {
		t.Errorf("staged, and not flipped: %+v", h)
	}
	if e := a.Flip(uint64(len(first))); e != abi.OK {
		t.Fatal(e.Name())
	}
	a.Append([]byte("one"))
	a.Append([]byte("eight888"))
	h = m.header()
	s, log := m.part(h.Current)
	if !bytes.Equal(s, first) || string(log) != "one\x00\x00\x00\x00\x00eight888" || h.Bank[h.Current].Number != 1 || h.Appended != 2 {
		t.Errorf("%+v, log %q", h, log)
	}
	a.Stage(0, []byte("2nd"))
	a.Append([]byte("late"))
	if _, log = m.part(h.Current); len(log) != 24 {
		t.Errorf("while another is staged: log %q", log)
	}
	a.Flip(3)
	h = m.header()
	s, log = m.part(h.Current)
	if string(s) != "2nd" || len(log) != 0 || h.Bank[h.Current].Number != 2 || h.Bank[^h.Current&1].Number != 1 {
		t.Errorf("%+v: %q, log %q", h, s, log)
	}
	if s, log = m.part(^h.Current & 1); !bytes.Equal(s, first) || len(log) != 24 {
		t.Errorf("the bank before: %d bytes, log %q", len(s), log)
	}
	a.Append(nil)
	a.Append([]byte("x"))
	if m.header() != a.Header {
		t.Errorf("shown %+v, is %+v", m.header(), a.Header)
	}
	if _, log = m.part(h.Current); len(log) != 8 || log[0] != 'x' { // what the bank held before is not seen behind it
		t.Errorf("log %q", log)
	}
	a.Stage(9, []byte("x"))
	if h = m.header(); h.Bank[^h.Current&1] != (abi.KeptBank{Start: h.Bank[^h.Current&1].Start}) {
		t.Errorf("the bank that is written to holds something: %+v", h)
	}
}

// Nothing is written past a bank's end, and what is refused changes nothing.
func TestRefused(t *testing.T) {
	a, m := newArea(3)
	before := m.all()
	for name, e := range map[string]abi.Errno{
		"stage past the end": a.Stage(abi.PageSize-1, []byte("ab")),
		"stage beyond":       a.Stage(abi.PageSize+1, nil),
		"stage far":          a.Stage(^uint64(0), []byte("ab")),
		"flip past the end":  a.Flip(abi.PageSize + 1),
		"a long line":        a.Append(make([]byte, abi.MaxKeptLine+1)),
	} {
		if e != abi.EINVAL {
			t.Errorf("%s: %s", name, e.Name())
		}
	}
	if !bytes.Equal(before, m.all()) {
		t.Error("something was written")
	}
	full := bytes.Repeat([]byte{7}, abi.PageSize)
	a.Stage(0, full)
	a.Flip(abi.PageSize - 12)
	if e := a.Append([]byte("12345678")); e != abi.OK {
		t.Errorf("what fits: %s", e.Name())
	}
	before = m.all()
	if e := a.Append([]byte("x")); e != abi.ENOSPC || !bytes.Equal(before, m.all()) {
		t.Errorf("a full bank: %s", e.Name())
	}
	if Size(2) || !Size(3) || !Size(abi.MaxKept/abi.PageSize) || Size(abi.MaxKept/abi.PageSize+1) {
		t.Error("sizes")
	}
}

// Only lives that end by themselves before they have settled are counted, and the count begins anew with one that has.
func TestUnsettled(t *testing.T) {
	a, m := newArea(3)
	want := func(what string, lives uint64, unsettled uint32) {
		t.Helper()
		if h := m.header(); h.Lives != lives || h.Unsettled != unsettled {
			t.Errorf("%s: %d lives, %d unsettled, want %d and %d", what, h.Lives, h.Unsettled, lives, unsettled)
		}
	}
	r := &abi.DeathRecord{Cause: abi.CausePanic}
	a.Born()
	a.Died(r, 0)
	a.Born()
	a.Died(r, 0)
	want("twice", 2, 2)
	a.Born() // and killed
	a.Born()
	want("killed", 4, 2)
	a.Settled()
	want("settled", 4, 0)
	a.Died(r, 0)
	want("after it had settled", 4, 0)
	a.Born()
	a.Died(r, 0)
	want("the next one", 5, 1)
	a.Again(3)
	if h := m.header(); h.Again != 3 {
		t.Errorf("again %d", h.Again)
	}
}

// What speaks against what is kept: ends of lives that had begun to read it, and whether they were alike.
func TestBlame(t *testing.T) {
	a, m := newArea(3)
	const way, other = uint64(1) << abi.WayShift, uint64(2) << abi.WayShift
	exception := func(vector uint32, rip uint64) abi.DeathRecord {
		return abi.DeathRecord{Cause: abi.CauseException, Vector: vector, Regs: abi.Registers{RIP: rip}}
	}
	for i, c := range []struct {
		what    string
		r       abi.DeathRecord // of no cause: it hung, and was ended
		reading uint64
		same    uint32
		way     uint32
		deaths  uint32
	}{
		{"not read yet", exception(14, 0x1000), 0, 0, 0, 0},
		{"first", exception(14, 0x1000), way | 3, 1, 1, 1},
		{"alike", exception(14, 0x1000), way | 3, 2, 2, 2},
		{"not read yet, between", exception(14, 0x1000), 0, 2, 2, 2},
		{"alike", exception(14, 0x1000), way | 3, 3, 3, 3},
		{"another place in what is read", exception(14, 0x1000), way | 4, 1, 4, 4},
		{"another instruction", exception(14, 0x1001), way | 4, 1, 5, 5},
		{"another vector", exception(13, 0x1001), way | 4, 1, 6, 6},
		{"another cause", abi.DeathRecord{Cause: abi.CauseExit, Status: 1, Regs: abi.Registers{RIP: 0x1001}}, way | 4, 1, 7, 7},
		{"another status", abi.DeathRecord{Cause: abi.CauseExit, Status: 2, Regs: abi.Registers{RIP: 0x1001}}, way | 4, 1, 8, 8},
		{"another way", abi.DeathRecord{Cause: abi.CauseExit, Status: 2, Regs: abi.Registers{RIP: 0x1001}}, other | 4, 1, 1, 9},
		{"hung", abi.DeathRecord{}, other | 4, 1, 2, 10},
		{"hung", abi.DeathRecord{}, other | 4, 2, 3, 11},
		{"the root task, hung somewhere", abi.DeathRecord{Cause: abi.CauseHang, Status: 2e9, Regs: abi.Registers{RIP: 7}}, other | 4, 3, 4, 12},
		{"memory", abi.DeathRecord{Cause: abi.CauseMemory, Vector: 14, Status: 90, Regs: abi.Registers{RIP: 7}}, other | 4, 1, 5, 13},
		{"memory, elsewhere", abi.DeathRecord{Cause: abi.CauseMemory, Vector: 14, Status: 91, Regs: abi.Registers{RIP: 8}}, other | 4, 2, 6, 14},
	} {
		if a.Born(); c.r.Cause == 0 {
			a.Hung(c.reading)
		} else {
			a.Died(&c.r, c.reading)
		}
		if b := m.header().Blame; b.Same != c.same || b.Way != c.way || b.Deaths != c.deaths {
			t.Errorf("%d, %s: %+v, want same %d, way %d, deaths %d", i, c.what, b, c.same, c.way, c.deaths)
		}
	}
	if u := m.header().Unsettled; u != 16-2 {
		t.Errorf("%d unsettled", u)
	}
	a.Stage(0, []byte("what is kept now is another thing"))
	if a.Flip(8); m.header().Blame != (abi.KeptBlame{Deaths: 14}) {
		t.Errorf("after a flip: %+v", m.header().Blame)
	}
	r := exception(14, 1)
	a.Died(&r, way)
	a.Born()
	if a.Settled(); m.header().Blame != (abi.KeptBlame{}) {
		t.Errorf("settled: %+v", m.header().Blame)
	}
	a.Hung(way)
	if a.Died(&r, way); m.header().Blame != (abi.KeptBlame{}) {
		t.Errorf("of a life that had settled: %+v", m.header().Blame)
	}
}
