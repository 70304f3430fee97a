package sdk_test

import (
	"testing"

	"bennu/drivers/sdk"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// cells is a device of which each register is what was written last.
type cells map[uint64]uint64

func (c cells) Load(bar int, offset uint64, size int) uint64 {
	return c[uint64(bar)<<32|offset] & (1<<(8*size-1)<<1 - 1)
}
func (c cells) Store(bar int, offset uint64, _ int, v uint64) { c[uint64(bar)<<32|offset] = v }

// card is a function with memory in BAR 2, ports in BAR 0 and two messages.
func card(k *fake.Kernel, slot uint32) *fake.Function {
	i := abi.FunctionInfo{ID: abi.FunctionID{Function: abi.MakeFunction(0, slot, 0), Vendor: 1, Device: uint16(slot)}, MSIX: 2, NCaps: 3}
	i.BARs[0] = abi.BAR{Base: 0xc000, Size: 0x20, Kind: abi.BARPorts}
	i.BARs[2] = abi.BAR{Base: 0xe0000000, Size: 0x1000, Kind: abi.BARMemory}
	i.Caps[0], i.Caps[1], i.Caps[2] = abi.Capability{ID: 9, Offset: 0x40}, abi.Capability{ID: 9, Offset: 0x60}, abi.Capability{ID: 1, Offset: 0x100}
	return k.AddFunction(&fake.Function{Info: i, Device: cells{}})
}

func TestReserve(t *testing.T) {
	k, c := start(t, &driver{})
	_, e := c.ReserveAny()
	want(t, "ReserveAny of none", e, abi.ESRCH)
	first, second := card(k, 4), card(k, 5)
	first.Refuse = abi.EBUSY
	p, e := c.ReserveAny()
	want(t, "ReserveAny", e, abi.OK)
	if p.Function != second.Info.ID.Function || p.Info.ID.Device != 5 || p.Info.Holder != c.Self() {
		t.Errorf("reserved %v, %+v", p.Function, p.Info.ID)
	}
	second.Refuse = abi.ENODEV
	_, e = c.ReserveAny()
	want(t, "ReserveAny of what cannot be had", e, abi.ENODEV)
	_, e = c.Reserve(8)
	want(t, "Reserve of what is not shown", e, abi.ESRCH)
	var seen []abi.Function
	want(t, "Functions", c.Functions(func(i *abi.FunctionInfo) bool { seen = append(seen, i.ID.Function); return len(seen) < 2 }), abi.OK)
	if len(seen) != 2 || seen[0] != 4<<3 || seen[1] != 5<<3 {
		t.Errorf("functions %v", seen)
	}
	want(t, "Release", p.Release(), abi.OK)
	_, e = p.Read(0, 4)
	want(t, "Read after it", e, abi.EPERM)
}

// reserved is a driver's card.
func reserved(t *testing.T) (*fake.Kernel, *driver, *fake.Function, *sdk.PCI) {
	d := &driver{}
	k, c := start(t, d)
	f := card(k, 4)
	p, e := c.ReserveAny()
	want(t, "ReserveAny", e, abi.OK)
	return k, d, f, p
}

func TestConfiguration(t *testing.T) {
	_, _, f, p := reserved(t)
	want(t, "Write", p.Write(0x42, 2, 0x1234), abi.OK)
	v, e := p.Read(0x40, 4)
	want(t, "Read", e, abi.OK)
	if v != 0x12340000 {
		t.Errorf("read %#x", v)
	}
	_, e = p.Read(0x41, 2)
	want(t, "Read unaligned", e, abi.EINVAL)
	for _, c := range []struct{ id, after, offset uint32 }{{9, 0, 0x40}, {9, 0x40, 0x60}, {9, 0x60, 0}, {1, 0, 0}, {1 | abi.CapExtended, 0, 0x100}, {5, 0, 0}} {
		at, e := p.Capability(c.id, c.after)
		if at != c.offset || (e == abi.EDOM) != (at == 0) {
			t.Errorf("capability %#x after %#x: %#x, %s", c.id, c.after, at, e.Name())
		}
	}
	want(t, "Master", p.Master(true), abi.OK)
	if want(t, "Reset", p.Reset(), abi.OK); f.Master || f.Resets != 1 {
		t.Errorf("bus master %v, %d resets", f.Master, f.Resets)
	}
	if want(t, "Master off", p.Master(false), abi.OK); f.Master {
		t.Error("it is a bus master still")
	}
}

func TestRegisters(t *testing.T) {
	_, _, f, p := reserved(t)
	_, e := p.Registers(0)
	want(t, "Registers of ports", e, abi.EINVAL)
	_, e = p.Registers(1)
	want(t, "Registers of none", e, abi.EDOM)
	_, _, e = p.Ports(2)
	want(t, "Ports of memory", e, abi.EINVAL)
	first, n, e := p.Ports(0)
	if want(t, "Ports", e, abi.OK); first != 0xc000 || n != 0x20 {
		t.Errorf("ports %#x, %d", first, n)
	}
	r, e := p.Registers(2)
	if want(t, "Registers", e, abi.OK); r.Size() != 0x1000 {
		t.Errorf("%d bytes", r.Size())
	}
	r.Store8(0xfff, 0x12)
	r.Store16(0xffe, 0x1234)
	r.Store32(0xffc, 0x12345678)
	r.Store64(0xff8, 0x123456789abcdef0)
	at := uint64(2) << 32
	if c := f.Device.(cells); c[at|0xfff] != 0x12 || c[at|0xffe] != 0x1234 || c[at|0xffc] != 0x12345678 || c[at|0xff8] != 0x123456789abcdef0 {
		t.Errorf("the device has %#x", c)
	}
	if r.Load8(0xfff) != 0x12 || r.Load16(0xffe) != 0x1234 || r.Load32(0xffc) != 0x12345678 || r.Load64(0xff8) != 0x123456789abcdef0 {
		t.Error("other values come back")
	}
	for name, do := range map[string]func(){
		"past the end":     func() { r.Load8(0x1000) },
		"over the end":     func() { r.Store64(0xffc, 0) },
		"far past the end": func() { r.Load32(^uint64(3)) },
		"unaligned":        func() { r.Load32(2) },
		"no registers":     func() { sdk.Registers{}.Load8(0) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			do()
		}()
	}
}

// Messages come to the same handler as lines, and are enabled again after it.
func TestMessages(t *testing.T) {
	k, d, f, p := reserved(t)
	_, e := p.Interrupt(2)
	want(t, "a message too many", e, abi.EDOM)
	zero, e := p.Interrupt(0)
	want(t, "message 0", e, abi.OK)
	one, e := p.Interrupt(1)
	want(t, "message 1", e, abi.OK)
	if zero == one || !f.Signal(1) || f.Enables(1) != 0 {
		t.Fatalf("bits %#x and %#x", zero, one)
	}
	k.Run()
	wantLog(t, d, "interrupt "+sdk.Hex(one))
	if f.Enables(1) != 1 || f.Enables(0) != 0 {
		t.Errorf("enabled again %d and %d times", f.Enables(0), f.Enables(1))
	}
	want(t, "Reset", p.Reset(), abi.OK) // takes them, and they are asked for again
	if !f.Signal(1) {
		t.Fatal("no message after a reset")
	}
	k.Run()
	wantLog(t, d, "interrupt "+sdk.Hex(one), "interrupt "+sdk.Hex(one))
	if !f.Signal(1) {
		t.Error("not enabled again")
	}
}

func TestDMA(t *testing.T) {
	_, _, f, p := reserved(t)
	_, e := p.NewDMA(0, false)
	want(t, "no bytes", e, abi.EINVAL)
	m, e := p.NewDMA(5000, true)
	want(t, "NewDMA", e, abi.OK)
	o, e := p.NewDMA(1, false)
	want(t, "another", e, abi.OK)
	if len(m.Bytes) != 8192 || len(o.Bytes) != 4096 || m.Device == o.Device {
		t.Fatalf("%d bytes at %#x, %d at %#x", len(m.Bytes), m.Device, len(o.Bytes), o.Device)
	}
	m.Bytes[8191], o.Bytes[0] = 7, 8
	if f.Memory(m.Device, 1) != nil {
		t.Error("it reaches memory and is no bus master")
	}
	p.Master(true)
	if b := f.Memory(m.Device+8191, 1); len(b) != 1 || b[0] != 7 || f.Memory(m.Device+8191, 2) != nil || f.Memory(o.Device, 1)[0] != 8 {
		t.Errorf("the device sees %v", b)
	}
	want(t, "FreeDMA", p.FreeDMA(m), abi.OK)
	want(t, "FreeDMA again", p.FreeDMA(m), abi.EINVAL)
	if f.Memory(m.Device, 1) != nil || f.Memory(o.Device, 1) == nil || f.Pieces() != 1 {
		t.Error("the device reaches what is freed, or no more what is not")
	}
	_, _, e = p.MapWindow(1, fake.Client, true)
	want(t, "MapWindow without an IOMMU", e, abi.EPERM)
}
