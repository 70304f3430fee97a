package server

import (
	"strconv"

	"bennu/kernel/abi"
	"bennu/rs/ds/store"
	"bennu/rs/kept"
)

const (
	// logRoom is how much of a bank the log has at least, and turns how many records are replayed at most.
	logRoom = 8 << 10
	turns   = 256

	// patience is how many lives that end each in another way give a rung up (kept.Choose). They begin 10 ms after each other at least: nobody has to hurry.
	patience = 16
)

// keeper has the store's changes outlive the life that makes them.
type keeper struct {
	m    Machine
	w    *kept.Writer // nil: nothing is kept
	buf  []byte       // a snapshot, behind kept.Room
	line []byte
}

// limits is how large the store may be: so that a snapshot and some log fit into a bank.
func limits(m Machine, owners int) (l store.Limits, kept bool) {
	bank := bankSize(m.Kept())
	l, fits := store.Fit(owners, bank-logRoom)
	if !fits {
		l, _ = store.Fit(owners, 1<<30)
	}
	return l, fits
}

// header is what the kernel says of kept memory.
func header(mem []byte) (h abi.KeptHeader) {
	if len(mem) >= abi.MinKept {
		copy(abi.Bytes(&h), mem)
	}
	return h
}

func bankSize(mem []byte) int { return int(header(mem).BankSize) - kept.Room }

// restore makes the store of what was kept. lost tells whether that may not be all that was acknowledged.
func (k *keeper) restore(l store.Limits) (s *store.Store, lost bool) {
	k.buf = make([]byte, kept.Room, kept.Room+l.MaxSnapshot())
	k.line = make([]byte, 0, store.MaxOp)
	for rung := kept.Choose(k.m.Kept(), patience); rung < kept.Nothing; rung++ {
		f, ok := kept.Take(k.m, rung)
		if !ok {
			continue
		}
		records := f.Log.Len()
		s, err := rebuild(&f, l)
		if err != "" {
			k.m.Log("event", "restore", "rung", rung.String(), "why", err)
			continue
		}
		k.w = kept.NewWriter(k.m, f.Next)
		if rung == kept.Latest && !f.Damaged {
			return s, false
		}
		k.m.Log("event", "restore", "rung", rung.String(), "records", strconv.Itoa(records), "why", "the newest changes may be lost")
		k.lost(s)
		return s, true
	}
	h := header(k.m.Kept())
	kept.Take(k.m, kept.Nothing)
	s = store.New(l, 0)
	k.w = kept.NewWriter(k.m, 0)
	if h.Bank[0].Number|h.Bank[1].Number == 0 { // nobody has kept anything
		k.must(k.snapshot(s))
		return s, false
	}
	k.m.Log("event", "restore", "rung", kept.Nothing.String(), "why", "all that was published is lost")
	k.lost(s)
	return s, true
}

// lost goes on with less than there was: revisions are larger than any before, since there was no more than one a nanosecond.
func (k *keeper) lost(s *store.Store) {
	s.Apply(&store.Op{Kind: store.OpRestored, A: uint64(k.m.Now())})
	k.must(k.snapshot(s))
}

// rebuild makes the store of a snapshot and of the records after it.
func rebuild(f *kept.Found, l store.Limits) (s *store.Store, why string) {
	s, err := store.Restore(f.Snapshot, l)
	if err != nil {
		return nil, err.Error()
	}
	for r := f.Log.Next(); r != nil; r = f.Log.Next() {
		op, ok := store.ReadOp(r)
		if !ok {
			return nil, "a record is none"
		}
		if res := s.Apply(&op); res.Errno != abi.OK || !res.Changed {
			return nil, "a record does not go with what was before it"
		}
	}
	s.Wake()
	return s, ""
}

// keep has a change outlive this life. It does not return without: a life that cannot keep what it has done ends before it has answered.
func (k *keeper) keep(s *store.Store, op *store.Op) {
	if k.w == nil {
		return
	}
	k.line = op.Append(k.line[:0])
	e := k.w.Append(k.line, false)
	if e == abi.ENOSPC || k.w.Since() >= turns {
		e = k.snapshot(s)
	}
	k.must(e)
}

func (k *keeper) snapshot(s *store.Store) abi.Errno {
	k.buf = s.Append(k.buf[:kept.Room])
	return k.w.Snapshot(k.buf)
}

func (k *keeper) must(e abi.Errno) {
	if e != abi.OK {
		panic("a change cannot be kept: " + e.Name())
	}
}
