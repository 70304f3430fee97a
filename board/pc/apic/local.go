// Package apic is the PC's interrupt controllers: the local APIC with its timer, the I/O
// APICs, and the 8259s, which are only put out of the way.
//
// The calls that the kernel makes at each interrupt (Lines.Mask, Lines.Unmask,
// Local.EOI, Local.Arm) allocate nothing, dispatch nothing and read no device.
package apic

import (
	"math/bits"

	"bennu/board/pc/mmio"
)

// Vectors of the kernel. A line's vector is FirstVector + its number.
const (
	FirstVector    = 32
	PICVector      = 0xe0 // 16 vectors that the 8259s would use if they spoke
	TimerVector    = 0xf0
	ErrorVector    = 0xfe
	SpuriousVector = 0xff // its low four bits must be ones on the oldest; no EOI for it
)

// Registers of the local APIC, byte offsets.
//
// Source: Intel SDM Vol. 3A, "Local APIC Register Address Map".
const (
	regID       = 0x020
	regVersion  = 0x030
	regTPR      = 0x080
	regEOI      = 0x0b0
	regSVR      = 0x0f0
	regISR      = 0x100 // 8 words, 16 bytes apart
	regIRR      = 0x200 // likewise
	regESR      = 0x280
	regLVTCMCI  = 0x2f0
	regLVTTimer = 0x320
	regLVTHeat  = 0x330
	regLVTPerf  = 0x340
	regLVTLINT0 = 0x350
	regLVTLINT1 = 0x360
	regLVTError = 0x370
	regInitial  = 0x380
	regCurrent  = 0x390
	regDivide   = 0x3e0

	svrEnable = 1 << 8
	lvtMasked = 1 << 16
	lvtNMI    = 4 << 8
	divideBy1 = 0xb

	// withhold is a task priority at which vectors below FirstVector stay in the request register: a message can name an exception's
	// vector, and would come with another frame than the exception.
	withhold = FirstVector - 0x10
)

// Bits of the MSR IA32_APIC_BASE.
//
// Source: Intel SDM Vol. 3A, "Local APIC Status and Location".
const (
	baseEnable = 1 << 11
	baseX2     = 1 << 10
	baseAddr   = 0x000f_ffff_ffff_f000
)

// Error is why the interrupt controllers cannot be used.
type Error string

func (e Error) Error() string { return "apic: " + string(e) }

// CheckBase takes IA32_APIC_BASE as firmware left it and the address that the MADT tells, and
// gives what to write back: the APIC enabled at that address, with memory-mapped registers.
//
// Errors: Error: it is in x2APIC mode, which can only be left by a detour through "disabled"
// that loses its state, or it was moved away from the MADT's address.
func CheckBase(msr, madt uint64) (uint64, error) {
	if msr&(baseEnable|baseX2) == baseEnable|baseX2 {
		return 0, Error("firmware left the local APIC in x2APIC mode")
	}
	if msr&baseAddr != madt {
		return 0, Error("the local APIC is not where the MADT says")
	}
	return msr | baseEnable, nil
}

// Local is a local APIC.
type Local struct {
	regs mmio.Regs
	mult uint64 // timer counts in a nanosecond, 32.32 fixed point
}

// NewLocal is the local APIC behind regs. Enable and SetTimer come before anything
// else.
func NewLocal(regs mmio.Regs) *Local { return &Local{regs: regs} }

// Enable masks every local source, ends interrupts that firmware left in service, and turns
// the APIC on.
//
// Preconditions: interrupts off; the MSR as CheckBase says.
//
// Errors: Error: nothing answers at the address.
//
// Source: Intel SDM Vol. 3A, "Local APIC State After It Has Been Software Disabled",
// "Spurious-Interrupt Vector Register".
func (l *Local) Enable() error {
	version := l.regs.Load(regVersion)
	if version == 0 || version == ^uint32(0) {
		return Error("no local APIC answers")
	}
	entries := version >> 16 & 0xff // of the local vector table, less one
	for _, r := range []struct{ reg, from uint32 }{
		{regLVTTimer, 0}, {regLVTLINT0, 0}, {regLVTLINT1, 0}, {regLVTError, 3}, {regLVTPerf, 4}, {regLVTHeat, 5}, {regLVTCMCI, 6},
	} {
		if entries >= r.from {
			l.regs.Store(r.reg, lvtMasked|SpuriousVector)
		}
	}
	l.regs.Store(regInitial, 0)
	l.regs.Store(regTPR, withhold)
	l.regs.Store(regSVR, svrEnable|SpuriousVector)
	l.drain()
	if entries >= 3 {
		l.Errors()
		l.regs.Store(regLVTError, ErrorVector)
	}
	return nil
}

// drain ends the interrupts in service: at most one for each vector.
func (l *Local) drain() {
	for range 256 {
		busy := uint32(0)
		for i := range uint32(8) {
			busy |= l.regs.Load(regISR + 16*i)
		}
		if busy == 0 {
			return
		}
		l.EOI()
	}
}

// ID is the APIC's number, to which I/O APICs send.
func (l *Local) ID() uint8 { return uint8(l.regs.Load(regID) >> 24) }

// UnmaskNMI lets a pin (0 or 1: LINT0, LINT1) raise NMI, as the MADT's local NMI structure
// tells. Precondition: the kernel has a handler for it on a stack of its own.
func (l *Local) UnmaskNMI(pin uint8) {
	switch pin {
	case 0:
		l.regs.Store(regLVTLINT0, lvtNMI)
	case 1:
		l.regs.Store(regLVTLINT1, lvtNMI)
	}
}

// SetTimer tells the timer's rate (counts in a second, divide 1) and makes it one-shot.
//
// Source: Intel SDM Vol. 3A, "APIC Timer".
func (l *Local) SetTimer(hz uint64) {
	// 2^32 * hz / 1e9 fits 64 bits: hz is far below 2^32 * 1e9.
	hi, lo := bits.Mul64(hz, 1<<32)
	l.mult, _ = bits.Div64(hi, lo, 1_000_000_000)
	l.regs.Store(regDivide, divideBy1)
	l.regs.Store(regInitial, 0)
	l.regs.Store(regLVTTimer, TimerVector)
}

// Arm asks for one TimerVector interrupt in ns nanoseconds, in place of one asked for before. 0 is as soon as
// possible. A time that the 32-bit counter cannot hold (4.29 s at 1 GHz) is cut, so the interrupt's handler
// looks at the clock, and may have to arm again.
func (l *Local) Arm(ns uint64) {
	hi, lo := bits.Mul64(ns, l.mult)
	n := hi<<32 | lo>>32
	if hi>>32 != 0 || n >= 1<<32-1 {
		n = 1<<32 - 2
	}
	l.regs.Store(regInitial, uint32(n)+1)
}

// Disarm takes back what Arm asked for. An interrupt that is pending already still comes.
func (l *Local) Disarm() { l.regs.Store(regInitial, 0) }

// Pending tells whether the APIC has an interrupt with a vector that it has not given to the processor.
func (l *Local) Pending(vector uint8) bool { return l.bit(regIRR, vector) }

// Withheld is those of the vectors below FirstVector, by bit, that somebody has sent. They never come, and stay here until a reset.
func (l *Local) Withheld() uint32 { return l.regs.Load(regIRR) }

// EndSpurious ends an interrupt that somebody has sent with SpuriousVector; sent is false when it is the APIC's own, which has no end: what is in
// service then is another one.
func (l *Local) EndSpurious() (sent bool) {
	if sent = l.bit(regISR, SpuriousVector); sent {
		l.EOI()
	}
	return sent
}

// bit is a vector's in one of the registers of 256 bits.
func (l *Local) bit(reg uint32, vector uint8) bool {
	return l.regs.Load(reg+16*uint32(vector/32))>>(vector%32)&1 != 0
}

// Message is what a device writes, and where, to raise a vector here: fixed, an edge, to the processor that this is of.
//
// Source: Intel SDM Vol. 3A, "Message Signalled Interrupts".
func (l *Local) Message(vector uint8) (address uint64, data uint32) {
	return messages | uint64(l.ID())<<12, uint32(vector)
}

// messages is where writes of devices become interrupts.
const messages = 0xfee0_0000

// EOI ends the interrupt in service with the highest vector. Not for SpuriousVector.
func (l *Local) EOI() { l.regs.Store(regEOI, 0) }

// Errors reads and clears the error status: bits of the register ESR.
//
// Source: Intel SDM Vol. 3A, "Error Handling".
func (l *Local) Errors() uint32 {
	l.regs.Store(regESR, 0) // latches the errors since the last time
	return l.regs.Load(regESR)
}

// StartCount lets the timer count down from its highest value without an interrupt, to be
// measured: clock.Timer. SetTimer ends it.
func (l *Local) StartCount() {
	l.regs.Store(regLVTTimer, lvtMasked|TimerVector)
	l.regs.Store(regDivide, divideBy1)
	l.regs.Store(regInitial, ^uint32(0))
}

// Counted is how many counts the timer has gone since StartCount; it stops at 2^32-1.
func (l *Local) Counted() uint32 { return ^l.regs.Load(regCurrent) }
