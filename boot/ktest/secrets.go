//go:build tamago

package main

import (
	"bytes"
	"crypto/rand"
	"os"
	"time"

	"bennu/kernel/abi"
)

// What tasks share with the kernel without a message: random bytes for keys, and the date.

var sharedTests = []test{
	{"TestEntropy", entropy},
	{"TestGoSecrets", goSecrets},
	{"TestSetClock", setClock},
	{"TestGoDate", goDate},
}

// gather fills b by a puppet's call. On a machine without a generator it may have to wait for interrupts.
func (t *T) gather(p *puppet, b []byte) {
	var e abi.Errno
	for range 1000 {
		if e, _ = p.call(abi.CallEntropy, uint64(len(b))); e != abi.EAGAIN {
			break
		}
		sys.Sleep(100_000)
	}
	t.must("entropy", e)
	for i := 0; i < len(b); i += 8 {
		v := t.peek(p.ep, abi.CallPage+0x100+uint64(i))
		for j := i; j < min(i+8, len(b)); j++ {
			b[j] = byte(v >> (8 * (j - i)))
		}
	}
}

func entropy(t *T) {
	p := t.puppets(2)
	seen := map[string]bool{}
	for i := range 8 {
		b := make([]byte, abi.MaxEntropy)
		t.gather(p[i%2], b)
		for half := range slicesOf(b, abi.MaxEntropy/2) {
			if seen[string(half)] || bytes.Equal(half, make([]byte, len(half))) {
				t.errorf("request %d: %x was there before, or is none", i, half)
			}
			seen[string(half)] = true
		}
	}
	p[0].setBuf(bytes.Repeat([]byte{0x5a}, abi.MaxEntropy+8))
	b := make([]byte, 5)
	t.gather(p[0], b)
	if v := t.peek(p[0].ep, abi.CallPage+0x100+8); v != 0x5a5a5a5a5a5a5a5a {
		t.errorf("5 bytes were asked for, and bytes 8 to 15 are %#x", v)
	}
	for _, n := range []uint64{abi.MaxEntropy + 1, 1 << 63} {
		e, _ := p[0].call(abi.CallEntropy, n)
		t.want("too many", e, abi.E2BIG)
	}
	none := all()
	none.CallMask &^= abi.CallBit(abi.CallEntropy)
	e, _ := t.puppetWith(none).call(abi.CallEntropy, 8)
	t.want("without the right", e, abi.ECALLDENIED)
}

// slicesOf is the pieces of b of n bytes.
func slicesOf(b []byte, n int) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for ; len(b) > 0; b = b[n:] {
			if !yield(b[:n]) {
				return
			}
		}
	}
}

// secretsPeer draws by crypto/rand: 0 when it gets different bytes each time.
func secretsPeer() int {
	var a, b [100]byte
	if _, err := rand.Read(a[:]); err != nil {
		return 1
	}
	rand.Read(b[:])
	if a == b || bytes.Equal(a[:64], make([]byte, 64)) || bytes.Equal(a[64:], make([]byte, 36)) {
		return 2
	}
	return 0
}

// goSecrets: crypto/rand has the kernel's bytes, and without the right to them it is a panic, not something else.
func goSecrets(t *T) {
	id := t.goImage()
	for _, c := range []struct {
		mask  uint64
		cause abi.Cause
	}{{^uint64(0), abi.CauseExit}, {^abi.CallBit(abi.CallEntropy), abi.CausePanic}} {
		p := spinner()
		p.CeilingFrames, p.CallMask = 4096, c.mask
		t.goTaskWith(id, "r", p)
		if r := t.await(1)[0]; r.Cause != c.cause || c.cause == abi.CauseExit && r.Status != 0 {
			t.errorf("call mask %#x: %s, want %s", c.mask, describe(&r), c.cause)
		}
	}
	t.must("free", sys.ImageFree(id))
}

func setClock(t *T) {
	p := t.puppets(2)
	was := sys.Clock().UnixNS
	for _, v := range []uint64{1, 1_700_000_000e9, 1_600_000_000e9, abi.MaxUnixNS} {
		e, _ := p[0].call(abi.CallSetClock, v)
		t.must("set", e)
		equal(t, "what its setter sees", t.peek(p[0].ep, abi.ClockPage), v)
		equal(t, "what another sees", t.peek(p[1].ep, abi.ClockPage), v)
		equal(t, "what the root task sees", sys.Clock().UnixNS, v)
		equal(t, "what a new task sees", t.peek(t.puppet().ep, abi.ClockPage), v)
	}
	for _, v := range []uint64{0, abi.MaxUnixNS + 1, 1 << 63, ^uint64(0)} {
		e, _ := p[0].call(abi.CallSetClock, v)
		t.want("out of range", e, abi.EDOM)
	}
	none := all()
	none.CallMask &^= abi.CallBit(abi.CallSetClock)
	e, _ := t.puppetWith(none).call(abi.CallSetClock, 5)
	t.want("without the right", e, abi.ECALLDENIED)
	equal(t, "what was refused", sys.Clock().UnixNS, uint64(abi.MaxUnixNS))
	sys.SetClock(max(was, 1))
}

// datePeer waits until time.Now is after 2030, and tells how far it is from then in seconds. Its timers know nothing of it.
func datePeer() int {
	if time.Now().Year() != 2023 {
		return 90
	}
	begin := time.Now()
	for time.Now().Year() == 2023 {
		time.Sleep(time.Millisecond)
	}
	if d := time.Since(begin); d < time.Millisecond || d > time.Second {
		return 91
	}
	return int(time.Now().Unix() - 1_900_000_000)
}

// goDate: a task that runs sees the date change when it is set.
func goDate(t *T) {
	const before, after = 1_700_000_000e9, 1_900_000_000e9
	id := t.goImage()
	t.must("set", sys.SetClock(before))
	t.goTask(id, "D")
	sys.Sleep(20_000_000)
	t.must("set", sys.SetClock(after-now()))
	if r := t.await(1)[0]; r.Cause != abi.CauseExit || r.Status > 1 {
		t.errorf("%s", describe(&r))
	}
	t.must("free", sys.ImageFree(id))
}

// sharedPeer is what a Go task of these cases does.
func sharedPeer(what byte) {
	switch what {
	case 'r':
		os.Exit(secretsPeer())
	case 'D':
		os.Exit(datePeer())
	}
}
