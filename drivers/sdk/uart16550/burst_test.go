package uart16550

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// taker is a chip whose bytes leave at once, as an emulator's do, as long as carries lasts. It counts how it is used.
type taker struct {
	bus
	carries int // writes after which the wire is stuck
	reads   int // of the line status
	writes  []int
	first   func() // what happens during the first write
}

func (k *taker) In8(port uint16) uint8 {
	if port == base+regLSR {
		k.reads++
	}
	return k.bus.In8(port)
}

func (k *taker) Out8s(port uint16, x []byte) {
	k.writes = append(k.writes, len(x))
	k.bus.Out8s(port, x)
	if k.first != nil && len(k.writes) == 1 {
		k.first()
	}
	if k.carries > 0 {
		k.carries--
		k.d.Carry(fifoDepth)
	}
}

// newTaker is a port on a chip that takes so many bursts at once.
func newTaker(t *testing.T, carries, room int) (*UART, *taker) {
	t.Helper()
	u, k := new(UART), &taker{bus: bus{&fake.UART{Base: base}}, carries: carries}
	if e := u.Init(k, Config{Base: base, RX: make([]Char, 64), TX: make([]byte, room)}); e != abi.OK {
		t.Fatal(e.Name())
	}
	k.reads = 0
	return u, k
}

// Where the bytes leave at once, all go out without an interrupt, sixteen at a time, with one look at the status between. Where they do not,
// none is written that the chip has no room for.
func TestBursts(t *testing.T) {
	text := bytes.Repeat([]byte("0123456789"), 60)
	for carries := range len(text)/fifoDepth + 2 {
		u, k := newTaker(t, carries, 1024)
		if n := u.Write(text); n != len(text) {
			t.Fatalf("%d of %d bytes were taken", n, len(text))
		}
		out := min((carries+1)*fifoDepth, len(text))
		if got := append(append([]byte{}, k.d.Sent...), k.d.TX...); !bytes.Equal(got, text[:out]) || u.Queued() != len(text)-out || u.Out != uint64(out) {
			t.Errorf("a wire that carries %d bursts: %d bytes went out, want %d; %d wait", carries, len(got), out, u.Queued())
		}
		bursts := (out + fifoDepth - 1) / fifoDepth
		if len(k.writes) != bursts || k.reads > bursts+1 {
			t.Errorf("%d bytes in %d writes, with %d readings of the status; want %d, and one more reading at most", out, len(k.writes), k.reads, bursts)
		}
		if on := k.d.IER&ierTransmit != 0; on != (u.Queued() > 0) || u.Interrupts != 0 {
			t.Errorf("%d bytes wait, the interrupt that tells of room is on: %v, %d came", u.Queued(), on, u.Interrupts)
		}
		end := time.Duration(0)
		left := u.Stop(func() time.Duration { k.d.Carry(fifoDepth); end++; return end }, 1000)
		if k.d.Carry(fifoDepth); left != 0 || !bytes.Equal(k.d.Sent, text) {
			t.Errorf("after the rest: %d left, %d of %d bytes sent", left, len(k.d.Sent), len(text))
		}
	}
}

// A chip that always takes more keeps the driver for a bounded time only; then it goes on by interrupt.
func TestBurstsAreBounded(t *testing.T) {
	const room = 8 * maxBursts * fifoDepth
	u, k := newTaker(t, 1<<30, room)
	text := bytes.Repeat([]byte("x"), room)
	u.Write(text)
	if len(k.writes) != maxBursts || k.d.IER&ierTransmit == 0 {
		t.Fatalf("%d bursts in one stay, want %d; IER %#x", len(k.writes), maxBursts, k.d.IER)
	}
	for before := -1; before != len(k.writes); {
		before = len(k.writes)
		u.Interrupt()
		if n := len(k.writes) - before; n > maxBursts*maxCauses {
			t.Fatalf("%d bursts in one interrupt", n)
		}
	}
	if !bytes.Equal(k.d.Sent, text) || u.Queued() != 0 {
		t.Errorf("%d of %d bytes were sent, %d wait", len(k.d.Sent), len(text), u.Queued())
	}
}

// What the status says while bytes are written is not forgotten: input that was garbled or lost.
func TestBurstsKeepTheStatus(t *testing.T) {
	u, k := newTaker(t, 1<<30, 1024)
	k.first = func() {
		k.d.TypeBad(lsrFraming, '?')
		k.d.Type('a')
	}
	u.Write(bytes.Repeat([]byte("x"), 100))
	u.Poll()
	c, ok := u.Next()
	if !ok || c.Byte() != 'a' || !c.Gap() || u.Bad != 1 {
		t.Errorf("received %#x, %v, %d bad; want an a behind a gap", c, ok, u.Bad)
	}
}

// A queue gives out what it was given, in order, wherever it wraps.
func TestRing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	q := ring[byte]{b: make([]byte, 32)}
	q.r, q.w = 1<<32-40, 1<<32-40 // the counters overflow
	var model []byte
	wrapped, full := 0, 0
	for i := range 20_000 {
		x := make([]byte, r.IntN(40))
		for j := range x {
			x[j] = byte(i + j)
		}
		n := q.puts(x)
		if n != min(len(x), 32-len(model)) {
			t.Fatalf("took %d of %d with %d in it", n, len(x), len(model))
		}
		model = append(model, x[:n]...)
		if q.full() {
			full++
		}
		most := r.IntN(40)
		b := q.next(most)
		if len(b) > most || len(b) == 0 && most > 0 && len(model) > 0 || !bytes.HasPrefix(model, b) || q.len() != len(model) {
			t.Fatalf("gave %q of at most %d, has %d; want the beginning of %q", b, most, q.len(), model)
		}
		if len(b) < min(most, len(model)) {
			wrapped++
		}
		q.drop(len(b))
		model = model[len(b):]
		if got, ok := q.get(); ok != (len(model) > 0) || ok && got != model[0] {
			t.Fatalf("gave %q, %v; want the first of %q", got, ok, model)
		}
		model = model[min(1, len(model)):]
	}
	if wrapped < 100 || full < 100 {
		t.Errorf("wrapped %d times, full %d times: too little", wrapped, full)
	}
}
