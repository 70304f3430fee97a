package kernel

import (
	"math/bits"

	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/log"
	"bennu/kernel/pci"
	"bennu/kernel/pci/msi"
	"bennu/kernel/task"
)

// interrupts is what the kernel knows of them beside the hooks.
type interrupts struct {
	functions [abi.MaxHooks]msi.Source // by hook: what raises it; none: a whole line
	vectors   [abi.MaxHooks]uint8      // by hook: what its message raises; 0: it has none
	bound     uint64                   // hooks that functions have: no privilege has a right to those
	hadBy     [arch.VectorSystem - arch.VectorIRQ]abi.Label
	nmis      uint64 // that were told
	withheld  uint32 // likewise
}

// interruptsInit has messages have the vectors that no line has.
func (k *Kernel) interruptsInit() {
	for source := range uint32(arch.VectorSystem - arch.VectorIRQ) {
		if _, line := k.m.IRQLine(uint64(arch.VectorIRQ + source)); !line {
			k.irqs.Offer(source)
		}
	}
	k.irqs.Gate, k.irqs.Report = gate{k}, reporter{k}
}

// gate implements irq.Gate.
type gate struct{ *Kernel }

func (g gate) Asserts(id int) bool { return g.functions[id].Asserts(g.pci.Space()) }
func (g gate) Quell(id int)        { g.functions[id].Quell(g.pci.Space(), g.cfg.Devices) }
func (g gate) Allow(id int) bool   { return g.functions[id].Allow(g.pci.Space(), g.cfg.Devices) }
func (g gate) Drop(id int) {
	s := &g.functions[id]
	if s.Used() {
		g.bound--
	}
	s.Drop(g.pci.Space(), g.cfg.Devices, g.messages(s.Function) == 1)
	if v := g.vectors[id]; v != 0 {
		g.m.NoMessage(uint64(v))
		g.vectors[id] = 0
	}
}

// messages counts the messages of f that have hooks.
func (k *Kernel) messages(f abi.Function) (n int) {
	for i := range k.functions {
		if s := &k.functions[i]; s.Function == f && s.Message() {
			n++
		}
	}
	return n
}

// releaseInterrupts takes the hooks of f from its holder.
func (k *Kernel) releaseInterrupts(f *pci.Function) {
	for i := range k.functions {
		if s := &k.functions[i]; s.Used() && s.Function == f.ID.Function {
			k.irqs.Release(f.Holder, uint64(i))
		}
	}
}

// pinLine is the level line that the pin of f raises, as the firmware says; ok is false when it says nothing that can be.
func (k *Kernel) pinLine(f *pci.Function) (line uint32, ok bool) {
	if f.Pin == 0 || f.Line == 0 {
		return 0, false
	}
	line, ok = k.m.Resolve(uint32(f.Line))
	return line, ok && k.m.Level(line)
}

// claimInterrupt gives t a hook on how a function interrupts, in steps: message is the number of an entry of its MSI-X table, 0 for the other kinds.
//
// Preconditions: t has the function.
//
// Errors: EINVAL (bit or kind), ENODEV (it does not interrupt like that, or is gone), EDOM (no such message), EEXIST (this one has a hook, or the
// function has one of another kind), ENOSPC (no hook or vector is left), EIO (it does not keep what it is told).
func (k *Kernel) claimInterrupt(t *task.Task, f *pci.Function, kind abi.InterruptKind, message, bit uint64) (abi.Errno, uint64) {
	if t.Done > 0 {
		return k.letInterrupt(t, uint32(t.Done-1))
	}
	name, cap, msix := f.ID.Function, f.Cap(pci.CapMSI), f.MSIX != 0
	if k.m.Remaps() && k.pci.Aliases(f)[0] != pci.NoAlias { // its messages bear a bridge's name, as those of the functions beside it do
		cap, msix = 0, false
	}
	if kind == abi.InterruptBest {
		switch {
		case msix:
			kind = abi.InterruptMSIX
		case cap != 0:
			kind = abi.InterruptMSI
		default:
			kind = abi.InterruptINTx
		}
	}
	if e := k.mayInterrupt(name, kind, message); e != abi.OK {
		return e, 0
	}
	switch {
	case kind == abi.InterruptINTx:
		return k.claimPin(t, f, bit)
	case kind == abi.InterruptMSIX && !msix, kind == abi.InterruptMSI && cap == 0:
		return abi.ENODEV, 0
	}
	id, source, e := k.irqs.ClaimMessage(t.Endpoint, bit)
	if e != abi.OK {
		return e, 0
	}
	vector := uint64(arch.VectorIRQ + source)
	k.vectors[id] = uint8(vector)
	address, data, ok := k.m.Message(name, vector)
	if !ok {
		return k.claimed(t, id, source, msi.Source{}, abi.ENOSPC)
	}
	var s msi.Source
	if kind == abi.InterruptMSI {
		s, e = msi.MSI(k.pci.Space(), name, cap, address, data)
	} else {
		v := msi.Vectors{Cap: f.Cap(pci.CapMSIX), At: f.BARs[f.Table.BAR].Base + uint64(f.Table.Offset), Size: uint64(f.MSIX)}
		s, e = msi.MSIX(k.pci.Space(), k.cfg.Devices, name, v, message, address, data, k.messages(name) == 0)
	}
	return k.claimed(t, id, source, s, e)
}

// maxMessages is how many hooks a function can have, so that others find some.
const maxMessages = abi.MaxIRQs

// mayInterrupt tells whether a hook more of a kind can be.
func (k *Kernel) mayInterrupt(f abi.Function, kind abi.InterruptKind, message uint64) abi.Errno {
	switch {
	case kind > abi.InterruptINTx:
		return abi.EINVAL
	case kind != abi.InterruptMSIX && message != 0:
		return abi.EDOM
	}
	for i := range k.functions {
		if s := &k.functions[i]; s.Used() && s.Function == f && !s.Beside(kind == abi.InterruptMSIX, message) {
			return abi.EEXIST
		}
	}
	if k.messages(f) == maxMessages || k.bound+k.hookRows >= abi.MaxHooks {
		return abi.ENOSPC
	}
	return abi.OK
}

// claimPin is claimInterrupt of a function's pin.
func (k *Kernel) claimPin(t *task.Task, f *pci.Function, bit uint64) (abi.Errno, uint64) {
	line, ok := k.pinLine(f)
	if !ok {
		return abi.ENODEV, 0
	}
	s, canAsk, e := msi.INTx(k.pci.Space(), f.ID.Function)
	if e != abi.OK {
		return e, 0
	}
	id, e := k.irqs.ClaimFunction(t.Endpoint, line, bit, canAsk)
	if e != abi.OK {
		return e, 0
	}
	return k.claimed(t, id, line, s, abi.OK)
}

// claimed ends a claim: the function of hook id may interrupt, unless that went wrong.
func (k *Kernel) claimed(t *task.Task, id, source uint32, s msi.Source, e abi.Errno) (abi.Errno, uint64) {
	if e != abi.OK {
		k.irqs.Release(t.Endpoint, uint64(id))
		return e, 0
	}
	k.functions[id] = s
	k.bound++
	k.had(source, &t.Label)
	if k.iommu != nil {
		k.dma[t.Slot].mark = k.iommu.Mark()
	}
	return k.letInterrupt(t, id)
}

// letInterrupt is a step of letting the function of t's hook id interrupt: not before the IOMMU knows of its message, which would be lost.
func (k *Kernel) letInterrupt(t *task.Task, id uint32) (abi.Errno, uint64) {
	if e := k.reached(t, &k.dma[t.Slot]); e != abi.OK {
		t.Done = uint64(id) + 1
		return e, 0
	}
	k.irqs.Allowed(id)
	return abi.OK, uint64(id)
}

// had notes who has a source, for when something comes of it later.
func (k *Kernel) had(source uint32, label *abi.Label) {
	if source < uint32(len(k.hadBy)) {
		k.hadBy[source] = *label
	}
}

// OwnsFunction implements irq.Checker.
func (k *Kernel) OwnsFunction(owner abi.Endpoint, id int) bool {
	f := k.pci.Lookup(k.functions[id].Function)
	return k.tasks.Lookup(owner) != nil && k.functions[id].Used() && f != nil && f.Holder == owner
}

// reporter implements irq.Reporter: lines about what nobody else is told, for the first, second, fourth, … of a kind.
type reporter struct{ *Kernel }

func (r reporter) Charge(owner abi.Endpoint) {
	if t := r.tasks.Lookup(owner); t != nil {
		r.cause(t.Account)
	}
}

func (r reporter) Storm(owner abi.Endpoint, source, n uint32) {
	from, name := log.Own(0), &kernelLabel
	if t := r.tasks.Lookup(owner); t != nil {
		r.cause(t.Account)
		from, name = log.About(int(t.Account)), &t.Label
	}
	if n&(n-1) == 0 {
		r.vectorLine("kernel: storm", source, uint64(n))
		r.emit(from, name)
	}
}

func (r reporter) Stray(source, n uint32) {
	r.cause(abi.AccountKernel)
	if n&(n-1) == 0 {
		r.vectorLine("kernel: stray", source, uint64(n))
		r.emit(log.Own(0), &kernelLabel)
	}
}

// vectorLine begins a line about a source, and who has or had it.
func (k *Kernel) vectorLine(what string, source uint32, n uint64) {
	l := k.stamp().str(what).str(" vector=").hex(uint64(arch.VectorIRQ + source)).str(" n=").dec(n)
	if source < uint32(len(k.hadBy)) && k.hadBy[source][0] != 0 {
		l.str(" last=").label(&k.hadBy[source])
	}
}

// unasked tells of what was sent that is no interrupt: NMIs, and vectors of exceptions. It is called now and then.
func (k *Kernel) unasked() {
	if n := k.cpu.NMIs(); n != k.nmis {
		k.cause(abi.AccountKernel)
		k.nmis = n
		k.stamp().str("kernel: stray NMI, of which the board knows nothing, n=").dec(n)
		k.emit(log.Own(0), &kernelLabel)
	}
	fresh := k.m.Withheld() &^ k.withheld
	if fresh == 0 {
		return
	}
	k.cause(abi.AccountKernel)
	k.withheld |= fresh
	for ; fresh != 0; fresh &= fresh - 1 {
		k.stamp().str("kernel: stray vector=").hex(uint64(bits.TrailingZeros32(fresh))).str(", an exception's: withheld for good")
		k.emit(log.Own(0), &kernelLabel)
	}
}
