package pci

import "bennu/kernel/abi"

// cursor is how far a scan has come: buses are looked at in the order in which they were found.
type cursor struct {
	bridge int // whose bus it is; -1: the root bus
	slot   uint32
	phase  phase
	row    int
	bar    int
}

type phase uint8

const (
	idle phase = iota
	probing
	checking
	closing
)

// Scan begins to look for functions, on all buses. What is known already, and is the same still, is left alone; what is gone is marked.
func (t *Table) Scan() {
	t.at, t.Dropped = cursor{bridge: -1, phase: probing}, 0
	for i := range t.functions[:t.n] {
		t.functions[i].seen = false
	}
	if t.space == nil {
		t.at.phase = idle
	}
}

// Step goes on with a scan: one function, or one BAR, at a time. It tells whether there is more to do.
func (t *Table) Step() (more bool) {
	c := &t.at
	switch c.phase {
	case probing:
		t.probeNext()
	case checking:
		if c.row == t.n {
			c.phase, c.row = closing, 0
			break
		}
		f := &t.functions[c.row]
		if f.Unfit == abi.Fit || f.Unfit == abi.UnfitOverlap || f.Unfit == abi.UnfitBridge {
			t.check(f, c.bar)
		}
		if c.bar++; c.bar == abi.MaxBARs {
			c.row, c.bar = c.row+1, 0
		}
	case closing:
		if c.row == t.n {
			c.phase = idle
			break
		}
		t.close(&t.functions[c.row])
		c.row++
	}
	return c.phase != idle
}

// probeNext looks at the next place for a function.
func (t *Table) probeNext() {
	c := &t.at
	bus, devices := t.root.Bus, uint32(32)
	if c.bridge >= 0 {
		b := &t.bridges[c.bridge]
		if bus = b.Bus; b.single {
			devices = 1
		}
	}
	f := abi.MakeFunction(bus, c.slot>>3, c.slot&7)
	here := t.look(f, c.bridge)
	if c.slot++; c.slot&7 == 1 && (!here || t.read(f, regHeader, 1)&headerMulti == 0) {
		c.slot += 7 // a device without a function 0 is none; one without the bit has no other
	}
	if c.slot < devices*8 {
		return
	}
	c.slot = 0
	if c.bridge++; c.bridge == t.nb {
		t.finish()
	}
}

// look takes the function of a name, if there is one.
func (t *Table) look(name abi.Function, bridge int) (here bool) {
	id := t.read(name, regID, 4)
	if id&0xffff == 0xffff || id == 0 {
		return false
	}
	f := t.Lookup(name)
	switch {
	case f != nil && f.Unfit != abi.UnfitGone && f.ID.Vendor == uint16(id) && f.ID.Device == uint16(id>>16):
		f.seen = true
		return true
	case f != nil && f.Holder != abi.None:
		return true // another has come in its place: gone, until its holder lets go
	case f == nil && t.n == abi.MaxFunctions:
		t.Dropped++
		t.change(name, regCommand, cmdMaster|cmdPorts|cmdMemory, cmdNoINTx)
		return true
	case f == nil:
		f = &t.functions[t.n]
		t.n++
	}
	*f = Function{bridge: bridge, opens: -1, seen: true}
	f.Holder = abi.None
	f.ID.Function, f.ID.Vendor, f.ID.Device = name, uint16(id), uint16(id>>16)
	t.identify(f)
	return true
}

// identify reads all of a new function, and makes it quiet.
func (t *Table) identify(f *Function) {
	name := f.ID.Function
	class, line := t.read(name, regClass, 4), t.read(name, regInterrupt, 2)
	f.ID.Class, f.Revision = class>>8, uint8(class)
	f.Line, f.Pin = uint8(line), uint8(line>>8)
	header := t.read(name, regHeader, 1)
	if f.Header = uint8(header &^ headerMulti); header&headerMulti != 0 {
		f.Flags |= abi.FunctionMulti
	}
	t.capabilities(f)
	t.Quiet(f)
	t.size(f)
	switch f.Header {
	case headerNormal:
		sub := t.read(name, regSubsystem, 4)
		f.ID.SubVendor, f.ID.SubDevice = uint16(sub), uint16(sub>>16)
	case headerBridge:
		t.open(f)
	}
	t.messages(f)
	t.resets(f)
}

// open makes a bridge's bus one to be looked at, if the bus numbers can be: behind the bus that the bridge is on, and no other bridge's.
func (t *Table) open(f *Function) {
	f.fails(abi.UnfitBridge, 0)
	f.Flags |= abi.FunctionBridge
	v := t.read(f.ID.Function, regBuses, 4)
	bus, last := v>>8&0xff, v>>16&0xff
	f.Secondary, f.Subordinate = uint8(bus), uint8(last)
	parent := t.root.Last
	if f.bridge >= 0 {
		parent = t.bridges[f.bridge].Last
	}
	bad := bus <= f.ID.Function.Bus() || last < bus || last > parent || t.nb == abi.MaxBridges
	for i := range t.bridges[:t.nb] {
		b := &t.bridges[i]
		bad = bad || b.above == f.bridge && bus <= b.Last && b.Bus <= last
	}
	if bad {
		f.Unfit = abi.UnfitBus
		return
	}
	f.opens = t.nb
	b := &t.bridges[t.nb]
	t.nb++
	*b = Bridge{above: f.bridge}
	b.Function, b.Bus, b.Last = f.ID.Function, bus, last
	if f.ID.Class == classBridge<<8|ifaceSubtractive {
		b.Subtractive = 1
	}
	if c := f.Cap(CapExpress); c != 0 {
		const root, upstream, downstream = 4, 5, 6
		kind := t.read(b.Function, c+2, 2) >> 4 & 15
		b.single = kind == root || kind == downstream
		b.express = b.single || kind == upstream
	}
	t.windows(b)
}

// windows reads what a bridge lets through.
//
// Source: PCI-to-PCI Bridge Architecture Specification, "I/O Base Register" to "Prefetchable Limit Upper 32 Bits".
func (t *Table) windows(b *Bridge) {
	const upper = 1 // of the lowest four bits: the register has an upper half
	v, high := uint64(t.read(b.Function, regPorts, 2)), uint64(t.read(b.Function, regPortsUpper, 4))
	b.Ports = abi.BridgeWindow{Start: v & 0xf0 << 8, End: v>>8&0xf0<<8 | 0xfff}
	if v&upper != 0 {
		b.Ports.Start |= high & 0xffff << 16
		b.Ports.End |= high >> 16 << 16
	}
	v = uint64(t.read(b.Function, regMemory, 4))
	b.Memory = abi.BridgeWindow{Start: v & 0xfff0 << 16, End: v>>16&0xfff0<<16 | 0xfffff}
	v = uint64(t.read(b.Function, regPrefetch, 4))
	b.Prefetch = abi.BridgeWindow{Start: v & 0xfff0 << 16, End: v>>16&0xfff0<<16 | 0xfffff}
	if v&upper != 0 {
		b.Prefetch.Start |= uint64(t.read(b.Function, regPrefetchBase, 4)) << 32
		b.Prefetch.End |= uint64(t.read(b.Function, regPrefetchEnd, 4)) << 32
	}
}

// finish marks what has not been seen, and begins to check the others.
func (t *Table) finish() {
	for i := range t.functions[:t.n] {
		if f := &t.functions[i]; !f.seen {
			f.Unfit = abi.UnfitGone
		}
	}
	t.at = cursor{phase: checking}
}

// close is the last that is done for a function: one that cannot be given to anybody answers at no address, unless it is part of the way to others.
func (t *Table) close(f *Function) {
	alone := f.bridge >= 0
	for i := range t.functions[:t.n] {
		o := &t.functions[i]
		alone = alone && (o == f || o.bridge != f.bridge || o.Unfit == abi.UnfitGone)
	}
	if f.Resets &^= 1 << abi.ResetBus; alone {
		f.Resets |= 1 << abi.ResetBus
	}
	if f.ID.Class>>16 != classBridge>>8 && f.Unfit != abi.Fit && f.Unfit != abi.UnfitGone {
		t.change(f.ID.Function, regCommand, cmdPorts|cmdMemory, 0)
	}
}
