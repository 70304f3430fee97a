// Package keep is the memory that an account keeps over its lives: its header, its two banks, and what CallKeep does with them. Where the
// pages are is the kernel's.
package keep

import (
	"encoding/binary"

	"bennu/kernel/abi"
)

// Pages is where kept memory lies, by page; the first one is the header's.
type Pages interface {
	Page(n int) []byte // abi.PageSize bytes
}

// Area is the kept memory of one account. Its header is written to the first page with each change.
type Area struct {
	Header  abi.KeptHeader
	pages   Pages
	staged  bool // the bank that is not current was written to since the last flip
	settled bool // this life has restored what was kept
}

// Size tells whether an account may keep so many pages.
func Size(frames uint32) bool {
	return frames >= abi.MinKept/abi.PageSize && frames <= abi.MaxKept/abi.PageSize
}

// Begin begins kept memory of so many pages, which are zero. Precondition: Size(frames).
func (a *Area) Begin(frames uint32, p Pages) {
	bank := uint64(frames-1) / 2 * abi.PageSize
	*a = Area{pages: p, Header: abi.KeptHeader{Magic: abi.KeptMagic, Size: uint64(frames) * abi.PageSize, BankSize: bank}}
	a.Header.Bank[0].Start, a.Header.Bank[1].Start = abi.PageSize, abi.PageSize+bank
	a.write()
}

func (a *Area) write() { copy(a.pages.Page(0), abi.Bytes(&a.Header)) }

// grown shows what Append has changed: it is on the way of each record.
func (a *Area) grown(n *abi.KeptBank) {
	page := a.pages.Page(0)
	binary.LittleEndian.PutUint64(page[logAt+bankSize*int(a.Header.Current&1):], n.Log)
	binary.LittleEndian.PutUint64(page[appendedAt:], a.Header.Appended)
}

// Where they are in a KeptHeader (docs/ABI.md), whose fields stand one after the other.
const (
	banksAt    = 24
	bankSize   = 32
	logAt      = banksAt + 16
	appendedAt = banksAt + 2*bankSize + 4*4 + 8
)

// put copies b to a place that lies in a bank.
func (a *Area) put(at uint64, b []byte) {
	for len(b) > 0 {
		n := copy(a.pages.Page(int(at / abi.PageSize))[at%abi.PageSize:], b)
		b, at = b[n:], at+uint64(n)
	}
}

// next is the bank that is not current.
func (a *Area) next() *abi.KeptBank { return &a.Header.Bank[^a.Header.Current&1] }

// fits tells whether length bytes from offset on lie in a bank.
func (a *Area) fits(offset, length uint64) bool {
	return offset <= a.Header.BankSize && length <= a.Header.BankSize-offset
}

// Stage is KeepStage. Errors: EINVAL (past the bank's end).
func (a *Area) Stage(offset uint64, b []byte) abi.Errno {
	if !a.fits(offset, uint64(len(b))) {
		return abi.EINVAL
	}
	n := a.next()
	if !a.staged {
		a.staged = true
		*n = abi.KeptBank{Start: n.Start}
		a.write()
	}
	a.put(n.Start+offset, b)
	return abi.OK
}

// Flip is KeepFlip. Errors: EINVAL (past the bank's end).
func (a *Area) Flip(length uint64) abi.Errno {
	if !a.fits(0, length) {
		return abi.EINVAL
	}
	h := &a.Header
	n := a.next()
	*n = abi.KeptBank{Start: n.Start, Snapshot: length, Number: h.Bank[h.Current&1].Number + 1}
	h.Current ^= 1
	h.Blame = abi.KeptBlame{Deaths: h.Blame.Deaths}
	a.staged = false
	a.write()
	return abi.OK
}

// Append is KeepAppend without its consume. Errors: ENOSPC (the bank is full, or none is current yet), EINVAL (longer than a line).
func (a *Area) Append(b []byte) abi.Errno {
	h := &a.Header
	n := &h.Bank[h.Current&1]
	at := (n.Snapshot+7)&^7 + n.Log
	grown := (uint64(len(b)) + 7) &^ 7
	switch {
	case len(b) > abi.MaxKeptLine:
		return abi.EINVAL
	case n.Number == 0 || !a.fits(at, grown):
		return abi.ENOSPC
	}
	if grown > uint64(len(b)) { // what the bank held there before is not seen
		var zero [8]byte
		a.put(n.Start+at+grown-8, zero[:])
	}
	a.put(n.Start+at, b)
	n.Log += grown
	h.Appended++
	a.grown(n)
	return abi.OK
}

// Settled is KeepSettled.
func (a *Area) Settled() {
	a.settled, a.Header.Unsettled, a.Header.Blame = true, 0, abi.KeptBlame{}
	a.write()
}

// Born begins a life.
func (a *Area) Born() {
	a.settled = false
	a.Header.Lives++
	a.write()
}

// Died is the end of a life by itself, which has this record and was there with what was kept (CallArea.Reading).
func (a *Area) Died(r *abi.DeathRecord, reading uint64) {
	if !a.settled {
		a.Header.Unsettled++
		a.blame(abi.KeptBlame{Reading: reading, Cause: r.Cause, Vector: r.Vector, RIP: r.Regs.RIP, Status: r.Status})
		a.write()
	}
}

// Hung is the end of a life that others have ended because it hung there.
func (a *Area) Hung(reading uint64) {
	if !a.settled {
		a.blame(abi.KeptBlame{Reading: reading, Cause: abi.CauseHang})
		a.write()
	}
}

// blame notes an end, if the life had begun to read. now is how it was, but for what is counted.
func (a *Area) blame(now abi.KeptBlame) {
	if now.Reading>>abi.WayShift == 0 {
		return
	}
	switch now.Cause {
	case abi.CauseHang:
		now.RIP, now.Status = 0, 0
	case abi.CauseMemory:
		now.RIP, now.Status, now.Vector = 0, 0, 0
	}
	last := a.Header.Blame
	now.Same, now.Way, now.Deaths = last.Same, last.Way, last.Deaths
	same := now == last
	if now.Reading>>abi.WayShift != last.Reading>>abi.WayShift {
		now.Way = 0
	}
	if !same {
		now.Same = 0
	}
	now.Same++
	now.Way++
	now.Deaths++
	a.Header.Blame = now
}

// Again sets KeptHeader.Again.
func (a *Area) Again(n uint32) {
	if a.Header.Again != n {
		a.Header.Again = n
		a.write()
	}
}
