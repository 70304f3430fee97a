package sdk_test

import (
	"strings"
	"testing"

	"bennu/drivers/sdk"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// wires is a device that keeps what reaches it. Its status is busy for as long as busy says.
type wires struct {
	written []uint32
	busy    int
}

func (w *wires) In(port uint16, size int) uint32 {
	if port == 0x64 && w.busy > 0 {
		w.busy--
		return 2
	}
	return 0
}
func (w *wires) Out(port uint16, size int, v uint32) {
	w.written = append(w.written, uint32(port)<<16|v)
}

// poker is a driver that does something to ports.
type poker struct{ do func(p sdk.Ports) }

func (p poker) Init(c *sdk.Context) error {
	p.do(c.Ports())
	return nil
}
func (p poker) Message(*sdk.Context, *abi.Msg, abi.ReceiveKind) {}

// TestGuardedPorts: the driver's In8 and Out8 go through the kernel where that guards, and to the device elsewhere. What is
// refused ends the driver, with words.
func TestGuardedPorts(t *testing.T) {
	for _, c := range []struct {
		name string
		busy int
		do   func(p sdk.Ports)
		note string // of the panic
		want []uint32
	}{
		{"passes", 0, func(p sdk.Ports) { p.Out8(0x64, 0xae) }, "", []uint32{0x640060, 0x600074, 0x6400ae}},
		{"each passes", 0, func(p sdk.Ports) { p.Out8s(0x64, []byte{0xae, 0x20}) }, "", []uint32{0x640060, 0x600074, 0x6400ae, 0x640020}},
		{"one is refused", 0, func(p sdk.Ports) { p.Out8s(0x64, []byte{0xae, 0xfe, 0x20}) }, "write of 0xfe to port 0x64 refused: EPERM",
			[]uint32{0x640060, 0x600074, 0x6400ae}},
		{"each is open", 0, func(p sdk.Ports) { p.Out8s(0x3f8, []byte{0xfe, 1, 2}) }, "", []uint32{0x3f800fe, 0x3f80001, 0x3f80002}},
		{"refused", 0, func(p sdk.Ports) { p.Out8(0x64, 0xfe) }, "write of 0xfe to port 0x64 refused: EPERM", nil},
		{"clock", 0, func(p sdk.Ports) { p.Out8(0x70, 4); p.In8(0x71) }, "", []uint32{0x700004, 0x70000d}},
		{"not the clock's", 0, func(p sdk.Ports) { p.Out8(0x70, 0x0f); p.In8(0x71) }, "read of port 0x71 refused: EPERM", nil},
		{"slow", 400, func(p sdk.Ports) { p.Out8(0x60, 0xf4) }, "", []uint32{0x640060, 0x600074, 0x6000f4}},
		{"stuck", 1 << 30, func(p sdk.Ports) { p.Out8(0x60, 0xf4) }, "write of 0xf4 to port 0x60 refused: EAGAIN", nil},
		{"open", 0, func(p sdk.Ports) { p.Out8(0x3f8, 0xfe) }, "", []uint32{0x3f800fe}},
		{"wide", 0, func(p sdk.Ports) { p.Out16(0x60, 0xfefe) }, "", []uint32{0x60fefe}}, // a task's faults: TestGuardDirect of ktest
	} {
		k := fake.New(t, "poker")
		w := &wires{busy: c.busy}
		k.Device = w
		k.Start(poker{c.do})
		text := strings.Join(k.Lines, "\n")
		if c.note == "" && strings.Contains(text, "panic") || !strings.Contains(text, c.note) {
			t.Errorf("%s: log %q, want %q", c.name, text, c.note)
		}
		if len(w.written) != len(c.want) {
			t.Errorf("%s: written %x, want %x", c.name, w.written, c.want)
			continue
		}
		for i := range c.want {
			if w.written[i] != c.want[i] {
				t.Errorf("%s: written %x, want %x", c.name, w.written, c.want)
			}
		}
	}
}

// TestUnguardedStart: a task whose start page names no guarded port uses none, so that what is not its own faults.
func TestUnguardedStart(t *testing.T) {
	k := fake.New(t, "poker")
	w := new(wires)
	k.Device, k.Info.NGuarded = w, 0
	k.Start(poker{func(p sdk.Ports) { p.Out8(0x64, 0xfe) }})
	if len(w.written) != 1 || w.written[0] != 0x6400fe {
		t.Errorf("written %x", w.written)
	}
}
