// Package vtd drives the remapping units of Intel's VT-d: finds out what they can do, gives them tables, queues orders, reads faults.
//
// Source: Intel Virtualization Technology for Directed I/O, "Register Descriptions", "Queued Invalidation Interface".
package vtd

import (
	"strconv"
	"sync/atomic"

	"bennu/board/pc/mmio"
)

// Registers, byte offsets. Those of 64 bits are read and written by halves, the lower one first.
const (
	regVersion     = 0x00
	regCap         = 0x08
	regECap        = 0x10
	regCommand     = 0x18
	regStatus      = 0x1c
	regRoot        = 0x20
	regFaultStatus = 0x34
	regFaultCtl    = 0x38
	regFaultData   = 0x3c
	regFaultAddr   = 0x40
	regFaultUpper  = 0x44
	regProtected   = 0x64
	regQueueHead   = 0x80
	regQueueTail   = 0x88
	regQueue       = 0x90
	regRemap       = 0xb8
)

// Bits of the command and status registers. Those below orders are states, which each command gives anew.
const (
	translation = 1 << 31
	setRoot     = 1 << 30
	writeBuffer = 1 << 27
	queued      = 1 << 26
	remapping   = 1 << 25
	setRemap    = 1 << 24
	states      = translation | queued | remapping

	protectedOn     = 1 << 31
	protectedStatus = 1 << 0

	faultOverflow = 1 << 0
	faultPending  = 1 << 1
	queueErrors   = 7 << 4 // a descriptor that is none; time-outs of devices
	faultMasked   = 1 << 31
)

// polls is how often a register is read until it says that a command is done. Units take some microseconds.
const polls = 1 << 16

// Error is why a unit cannot be used.
type Error string

func (e Error) Error() string { return "vtd: " + string(e) }

// Unit is one remapping unit.
type Unit struct {
	Addr      uint64
	regs      mmio.Regs
	cap, ecap uint64
	queue     *[512]uint64
	queueAt   uint64
	tail      uint32
	status    *uint32 // what the unit writes when it comes to a mark
	statusAt  uint64
	records   uint32 // offset of the first fault record
	nRecords  uint32
}

// Probe looks at the unit whose registers are at a physical address.
//
// Errors: Error: nothing answers, or it cannot queue invalidations, or has page tables of neither 39 nor 48 bits.
func Probe(addr uint64, regs mmio.Regs) (*Unit, error) {
	u := &Unit{Addr: addr, regs: regs}
	where := "unit at 0x" + strconv.FormatUint(addr, 16)
	if v := regs.Load(regVersion); v == 0 || v == ^uint32(0) {
		return nil, Error(where + ": nothing answers")
	}
	u.cap, u.ecap = u.load64(regCap), u.load64(regECap)
	u.records, u.nRecords = uint32(u.cap>>24&0x3ff)*16, uint32(u.cap>>40&0xff)+1
	switch {
	case u.ecap>>1&1 == 0:
		return nil, Error(where + ": no queued invalidation")
	case u.cap>>8&6 == 0:
		return nil, Error(where + ": page tables of neither 39 nor 48 bits")
	}
	return u, nil
}

func (u *Unit) load64(off uint32) uint64 {
	return uint64(u.regs.Load(off)) | uint64(u.regs.Load(off+4))<<32
}

func (u *Unit) store64(off uint32, v uint64) {
	u.regs.Store(off, uint32(v))
	u.regs.Store(off+4, uint32(v>>32))
}

func (u *Unit) coherent() bool { return u.ecap&1 != 0 }
func (u *Unit) buffers() bool  { return u.cap>>4&1 != 0 }

// until reads a register until its bits of mask are want. false: they never are.
func (u *Unit) until(off, mask, want uint32) bool {
	for range polls {
		if u.regs.Load(off)&mask == want {
			return true
		}
	}
	return false
}

// turn changes one state.
func (u *Unit) turn(state uint32, on bool) bool {
	v, want := u.regs.Load(regStatus)&states&^state, uint32(0)
	if on {
		want = state
	}
	u.regs.Store(regCommand, v|want)
	return u.until(regStatus, state, want)
}

// order gives a command that is no state; done is the status that says that it was carried out.
func (u *Unit) order(command, done uint32) bool {
	u.regs.Store(regCommand, u.regs.Load(regStatus)&states|command)
	return u.until(regStatus, command, done)
}

// stop takes all that firmware may have left on away.
func (u *Unit) stop() bool {
	u.regs.Store(regFaultCtl, faultMasked)
	for _, state := range [...]uint32{translation, remapping, queued} {
		if u.regs.Load(regStatus)&state != 0 && !u.turn(state, false) {
			return false
		}
	}
	return true
}

// startQueue begins an empty queue in a page of zeros.
func (u *Unit) startQueue(at uint64, words *[512]uint64, statusAt uint64, status *uint32) bool {
	u.queueAt, u.queue, u.statusAt, u.status, u.tail = at, words, statusAt, status, 0
	u.regs.Store(regQueueTail, 0)
	u.store64(regQueue, at)
	return u.turn(queued, true)
}

// translate gives the unit its tables and turns translation on, then memory that firmware has kept from all devices is theirs like other.
func (u *Unit) translate(root uint64) bool {
	u.store64(regRoot, root)
	if !u.order(setRoot, setRoot) {
		return false
	}
	u.put(forgetContexts, 0)
	u.put(forgetTranslations, 0)
	if !u.finish() || !u.turn(translation, true) {
		return false
	}
	if u.cap>>5&3 == 0 { // it has no such memory
		return true
	}
	u.regs.Store(regProtected, u.regs.Load(regProtected)&^protectedOn)
	return u.until(regProtected, protectedStatus, 0)
}

// remap gives the unit the table of interrupts and turns remapping on. Requests in compatibility format are blocked from then on: the state that lets them pass stays off.
func (u *Unit) remap(table uint64) bool {
	u.store64(regRemap, table)
	if !u.order(setRemap, setRemap) {
		return false
	}
	u.put(forgetInterrupts, 0)
	return u.finish() && u.turn(remapping, true)
}

// Descriptors, the lower words. Source: the manual, "Invalidation Descriptors".
const (
	forgetContexts     = 1 | 1<<4
	forgetDevice       = 1 | 3<<4
	forgetTranslations = 2 | 1<<4
	forgetDomain       = 2 | 2<<4
	forgetPages        = 2 | 3<<4
	drainWrites        = 1 << 6
	drainReads         = 1 << 7
	forgetInterrupts   = 4
	forgetInterrupt    = 4 | 1<<4
	waitStatus         = 5 | 1<<5
)

const queueLength = 256

// put queues one descriptor. A queue that is full is waited for, some time: units take descriptors faster than they are made.
func (u *Unit) put(low, high uint64) bool {
	next := (u.tail + 1) % queueLength
	for n := 0; next == u.regs.Load(regQueueHead)>>4%queueLength; n++ {
		if n == polls {
			return false
		}
	}
	if low&15 == 2 { // what is on its way through a translation is over when the translation is forgotten
		low |= u.cap >> 54 & 1 * drainWrites
		low |= u.cap >> 55 & 1 * drainReads
	}
	u.queue[2*u.tail], u.queue[2*u.tail+1] = low, high
	u.tail = next
	u.regs.Store(regQueueTail, u.tail<<4)
	return true
}

// mark queues an order to write n where seen looks.
func (u *Unit) mark(n uint32) bool {
	return u.put(waitStatus|uint64(n)<<32, u.statusAt)
}

func (u *Unit) seen() uint32 { return atomic.LoadUint32(u.status) }

// finish waits until all that was queued is done: at boot.
func (u *Unit) finish() bool {
	n := u.seen() + 1
	if !u.mark(n) {
		return false
	}
	for range polls {
		if u.seen() == n {
			return true
		}
	}
	return false
}

// pages queues an order to forget n pages from addr on, which may be the whole domain's.
func (u *Unit) pages(domain uint16, addr, n uint64) bool {
	order := uint64(0)
	for addr>>12>>order<<order+1<<order < addr>>12+n {
		order++
	}
	if u.cap>>39&1 == 0 || order > u.cap>>48&63 {
		return u.put(forgetDomain|uint64(domain)<<16, 0)
	}
	return u.put(forgetPages|uint64(domain)<<16, addr>>12>>order<<order<<12|order)
}

// fault takes the oldest fault record.
func (u *Unit) fault() (source uint16, addr uint64, reason uint8, write, ok bool) {
	s := u.regs.Load(regFaultStatus)
	if s == ^uint32(0) || s&(faultPending|faultOverflow) == 0 {
		return 0, 0, 0, false, false
	}
	at := u.records + s>>8&255%u.nRecords*16
	top := u.regs.Load(at + 12)
	if top>>31 == 0 {
		u.regs.Store(regFaultStatus, faultOverflow) // all that were recorded are taken: it goes on recording
		return 0, 0, 0, false, false
	}
	addr, source = u.load64(at), uint16(u.regs.Load(at+8))
	u.regs.Store(at+12, 1<<31)
	return source, addr, uint8(top), top>>30&1 == 0, true
}
