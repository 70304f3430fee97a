package serial

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"bennu/board/pc/port/fake"
)

var (
	_ io.Writer = (*Port)(nil)
	_ io.Writer = (*Debugcon)(nil)
)

// uart is a fake 16550: its transmitter has room again after busy status reads.
type uart struct {
	*fake.Ports
	sent  strings.Builder
	busy  int
	left  int
	reads int
}

func newUART() *uart {
	u := &uart{Ports: fake.New()}
	for _, r := range []uint16{regIER, regFCR, regLCR, regMCR, regScratch} {
		u.Register(COM1+r, 0)
	}
	u.Write[COM1+regData] = func(v uint32) {
		if u.Read[COM1+regLCR]()&lcrDLAB == 0 {
			u.sent.WriteByte(byte(v))
			u.left = u.busy
		}
	}
	u.Read[COM1+regLSR] = func() uint32 {
		u.reads++
		if u.left > 0 {
			u.left--
			return 0x40
		}
		return 0x60
	}
	return u
}

func TestWrite(t *testing.T) {
	u := newUART()
	u.busy = 100
	p, ok := Open(u, COM1, 9600)
	if !ok {
		t.Fatal("no UART")
	}
	var set []string
	for _, a := range u.Outs() {
		set = append(set, fmt.Sprintf("%d=%#x", a.Port-COM1, a.Value))
	}
	if got := strings.Join(set, " "); got != "7=0x5a 7=0xa5 1=0x0 3=0x80 0=0xc 1=0x0 3=0x3 2=0x7 4=0x3" {
		t.Errorf("set-up: %s", got)
	}
	n, err := fmt.Fprintf(p, "one\ntwo")
	if n != 7 || err != nil || u.sent.String() != "one\r\ntwo" {
		t.Errorf("%d, %v, sent %q", n, err, u.sent.String())
	}
}

func TestOpenNothing(t *testing.T) {
	for name, space := range map[string]*fake.Ports{"floating bus": fake.New(), "reads zero": func() *fake.Ports {
		p := fake.New()
		p.Read[COM1+regScratch] = func() uint32 { return 0 }
		return p
	}()} {
		p, ok := Open(space, COM1, 115200)
		if ok {
			t.Errorf("%s: a UART was found", name)
		}
		before := len(space.Log)
		if n, err := p.Write([]byte("text")); n != 4 || err != nil || len(space.Log) != before {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
	for _, baud := range []uint32{0, 7, 230400} {
		if _, ok := Open(newUART(), COM1, baud); ok {
			t.Errorf("baud %d was taken", baud)
		}
	}
	var zero Port
	zero.Put('x')
	var con Debugcon
	con.Put('x')
}

// A UART that is stuck costs a bounded number of reads in all, not for each byte; when it comes
// back, text flows again.
func TestStuck(t *testing.T) {
	u := newUART()
	p, _ := Open(u, COM1, 115200)
	u.left = 1 << 30
	p.Write(make([]byte, 10_000))
	if want := patience*spins + 10_000; u.reads > want {
		t.Errorf("%d status reads, want at most %d", u.reads, want)
	}
	if u.sent.Len() != 0 {
		t.Errorf("sent %d", u.sent.Len())
	}
	u.left = 0
	p.Write([]byte("back"))
	if u.sent.String() != "back" {
		t.Errorf("sent %q", u.sent.String())
	}
}

// A UART that vanishes (all ones) costs one read a byte.
func TestVanished(t *testing.T) {
	u := newUART()
	p, _ := Open(u, COM1, 115200)
	reads := 0
	u.Read[COM1+regLSR] = func() uint32 { reads++; return 0xff }
	p.Write(make([]byte, 100))
	if reads != 100 || u.sent.Len() != 0 {
		t.Errorf("%d reads, sent %d", reads, u.sent.Len())
	}
}

func TestWriteAllocates(t *testing.T) {
	u := newUART()
	u.Read[COM1+regLSR] = func() uint32 { return 0x60 }
	u.Write[COM1+regData] = nil
	p, _ := Open(u, COM1, 115200)
	text := []byte("x")
	u.Log = make([]fake.Access, 0, 10_000)
	if n := testing.AllocsPerRun(1000, func() { p.Write(text) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestDebugcon(t *testing.T) {
	p := fake.New()
	if _, ok := OpenDebugcon(p); ok {
		t.Error("a debug console was found on a floating bus")
	}
	var got []byte
	p.Read[portDebugcon] = func() uint32 { return 0xe9 }
	p.Write[portDebugcon] = func(v uint32) { got = append(got, byte(v)) }
	d, ok := OpenDebugcon(p)
	fmt.Fprintf(d, "hi\n")
	if !ok || string(got) != "hi\n" {
		t.Errorf("%v, %q", ok, got)
	}
}
