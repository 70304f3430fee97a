package entropy

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"testing"

	"bennu/kernel/abi"
)

// words64 is a Source that counts, and runs dry.
type words64 struct{ next, left uint64 }

func (w *words64) Random() (uint64, bool) {
	if w.left == 0 {
		return 0, false
	}
	w.left--
	w.next++
	return w.next, true
}

func read(t *testing.T, p *Pool, n int, tsc uint64) []byte {
	t.Helper()
	b := make([]byte, n)
	if e := p.Read(b, tsc); e != abi.OK {
		t.Fatalf("read: %s", e.Name())
	}
	return b
}

// The construction as the package's comment has it, written a second time.
func TestConstruction(t *testing.T) {
	p := New([4]uint64{1, 2, 3, 4}, false, &words64{left: 4})
	p.Stir(0x1234)
	got := read(t, p, abi.MaxEntropy, 99)

	var b []byte
	add := func(v ...uint64) {
		for _, v := range v {
			b = binary.LittleEndian.AppendUint64(b, v)
		}
	}
	add(1, 2, 3, 4)          // key
	add(1, 2, 3, 4)          // the source
	add(0x1234, 0, 0, 0, 99) // noise, time
	key := sha256.Sum256(b)
	one, two := stream(&key, 0), stream(&key, 1)
	if want := append(one[32:], two[:32]...); !bytes.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
	if p.key != [32]byte(one[:]) {
		t.Errorf("the next key is %x, want %x", p.key, one[:32])
	}
}

// What goes in comes out as something else: each of the processor's words, of the interrupts' times, the time of the
// request and the seed.
func TestEachInputCounts(t *testing.T) {
	draw := func(seed uint64, first uint64, stirred int, tsc uint64) string {
		p := New([4]uint64{3: seed}, false, &words64{next: first, left: 4})
		for i := range uint64(Enough) {
			if int(i) == stirred {
				p.Stir(i + 1<<40)
			} else {
				p.Stir(i)
			}
		}
		return string(read(t, p, 32, tsc))
	}
	seen := map[string]string{draw(0, 0, -1, 0): "the first"}
	note := func(what, out string) {
		if other, ok := seen[out]; ok {
			t.Errorf("%s gives what %s gives", what, other)
		}
		seen[out] = what
	}
	note("another seed", draw(1, 0, -1, 0))
	note("other words", draw(0, 9, -1, 0))
	note("another time", draw(0, 0, -1, 1))
	for i := range Enough {
		note("another interrupt", draw(0, 0, i, 0))
	}
}

func TestReplay(t *testing.T) {
	run := func(seed uint64, disturb bool) (out []byte) {
		src := &words64{left: 1000}
		p := New([4]uint64{seed}, true, src)
		for i := range 10 {
			if disturb {
				p.Stir(uint64(i) * 12345)
				src.next += 77
			}
			tsc := uint64(i)
			if disturb {
				tsc *= 1000
			}
			out = append(out, read(t, p, 1+7*i%abi.MaxEntropy, tsc)...)
		}
		return out
	}
	if !bytes.Equal(run(5, false), run(5, true)) {
		t.Error("one seed, two outputs: something of the machine's went in")
	}
	if bytes.Equal(run(5, false), run(6, false)) {
		t.Error("two seeds, one output")
	}
}

// Without a generator of the processor's nothing is given out before there was enough noise; a generator that has
// given enough once may run dry.
func TestTooEarly(t *testing.T) {
	p := New([4]uint64{}, false, &words64{})
	b := make([]byte, 16)
	for i := range uint64(Enough) {
		if e := p.Read(b, i); e != abi.EAGAIN || !bytes.Equal(b, make([]byte, 16)) {
			t.Fatalf("after %d interrupts: %s, %x", i, e.Name(), b)
		}
		p.Stir(i)
	}
	read(t, p, 16, 0)

	p = New([4]uint64{}, false, &words64{left: words - 1})
	if e := p.Read(b, 0); e != abi.EAGAIN {
		t.Errorf("after %d words: %s", words-1, e.Name())
	}
	p = New([4]uint64{}, false, &words64{left: words})
	if a, b := read(t, p, 32, 0), read(t, p, 32, 0); bytes.Equal(a, b) {
		t.Error("the same twice")
	}
}

func TestNoAllocation(t *testing.T) {
	p, b := New([4]uint64{}, true, &words64{}), make([]byte, abi.MaxEntropy)
	if n := testing.AllocsPerRun(100, func() { p.Stir(1); p.Read(b, 1) }); n != 0 {
		t.Errorf("%v allocations a request", n)
	}
}
