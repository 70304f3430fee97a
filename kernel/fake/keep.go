package fake

import (
	"bennu/kernel/abi"
	"bennu/kernel/keep"
)

// RootKept is the root task's kept memory, in pages.
const RootKept = 256 << 10 / abi.PageSize

// kept is the kept memory of an account: the kernel's own, over bytes that lie in one piece.
type kept struct {
	area  *keep.Area
	bytes []byte
}

func (k *kept) Page(n int) []byte { return k.bytes[n*abi.PageSize:][:abi.PageSize] }

func (m *Machine) keep(id abi.AccountID, frames uint32) {
	k := &kept{area: new(keep.Area), bytes: make([]byte, uint64(frames)*abi.PageSize)}
	k.area.Begin(frames, k)
	if m.kept == nil {
		m.kept = map[abi.AccountID]*kept{}
	}
	m.kept[id] = k
}

// Kept is an account's kept memory as its lives see it, the header first; nil when it has none. A test that writes there is a fault of the memory:
// what the header says comes again with the kernel's next change to it.
func (m *Machine) Kept(id abi.AccountID) []byte {
	if k := m.kept[id]; k != nil {
		return k.bytes
	}
	return nil
}

// born is the begin of a life of an account that may keep something.
func (t *Task) born(id abi.AccountID) {
	if k := t.m.kept[id]; k != nil {
		t.Info.KeptSize = uint64(len(k.bytes))
		k.area.Born()
	}
}

// callKeep is CallKeep. What it stages is there page by page, as the kernel's steps have it: StageStep is called between them.
func (m *Machine) callKeep(t *Task, c Call) abi.Errno {
	k := m.kept[t.k.Account]
	switch op := abi.KeepOp(c.Arg[0]); {
	case (op == abi.KeepConsume || op == abi.KeepAppend && c.Arg[2] != 0) && t != m.root:
		return abi.EPERM
	case op == abi.KeepConsume:
		m.consume()
		return abi.OK
	case k == nil:
		return abi.EINVAL
	case op == abi.KeepStage:
		return m.stage(t, k, c)
	case op == abi.KeepFlip:
		return k.area.Flip(c.Arg[1])
	case op == abi.KeepAppend:
		if c.Arg[1] > abi.MaxKeptLine || c.Arg[2] > 1 {
			return abi.EINVAL
		}
		e := k.area.Append(t.k.Call.Buf[:c.Arg[1]])
		if e == abi.OK && c.Arg[2] == 1 {
			m.consume()
		}
		return e
	case op == abi.KeepSettled:
		k.area.Settled()
		if t == m.root {
			for !m.x.Requeue(m.root.k) {
			}
		}
		return abi.OK
	}
	return abi.EINVAL
}

func (m *Machine) stage(t *Task, k *kept, c Call) abi.Errno {
	at, n := c.Arg[1], c.Arg[3]
	if n > abi.MaxCopy {
		return abi.E2BIG
	}
	b, e := t.bytes(c.Arg[2], n)
	if e != abi.OK {
		return e
	}
	if at > k.area.Header.BankSize || n > k.area.Header.BankSize-at {
		return abi.EINVAL
	}
	for {
		step := min(uint64(len(b)), abi.PageSize)
		if e := k.area.Stage(at, b[:step]); e != abi.OK {
			return e
		}
		if b, at = b[step:], at+step; len(b) == 0 {
			return abi.OK
		}
		if m.StageStep != nil {
			if m.StageStep(t); t.Dead() {
				return abi.EDEADSRCDST
			}
		}
	}
}
