package usys

import "bennu/kernel/abi"

// KeepStage writes b into the bank of the task's kept memory that is not current, at an offset. Errors: EINVAL (past its end; there is no
// kept memory), E2BIG (more than abi.MaxCopy).
//
//go:nosplit
func (g Gate) KeepStage(offset uint64, b []byte) abi.Errno {
	e, _ := g.call4(abi.CallKeep, uint64(abi.KeepStage), offset, g.address(b), uint64(len(b)))
	return e
}

// KeepFlip makes that bank current, with its first length bytes as snapshot and an empty log. Errors: EINVAL.
//
//go:nosplit
func (g Gate) KeepFlip(length uint64) abi.Errno {
	e, _ := g.call2(abi.CallKeep, uint64(abi.KeepFlip), length)
	return e
}

// KeepAppend puts b at the end of the current bank's log; consume: what the root task was given is done with, in the same instant. Errors:
// ENOSPC (the bank is full: nothing was done), EINVAL (longer than abi.MaxKeptLine; there is no kept memory).
//
//go:nosplit
func (g Gate) KeepAppend(b []byte, consume bool) abi.Errno {
	c := uint64(0)
	if consume {
		c = 1
	}
	copy(g.area().Buf[:], b)
	e, _ := g.call3(abi.CallKeep, uint64(abi.KeepAppend), uint64(len(b)), c)
	return e
}

// KeepConsume is the consume of KeepAppend alone.
//
//go:nosplit
func (g Gate) KeepConsume() abi.Errno {
	e, _ := g.call1(abi.CallKeep, uint64(abi.KeepConsume))
	return e
}

// KeepSettled says that this life has restored what was kept.
//
//go:nosplit
func (g Gate) KeepSettled() abi.Errno {
	e, _ := g.call1(abi.CallKeep, uint64(abi.KeepSettled))
	return e
}

// KeepReading says where the task is with what it has kept (CallArea.Reading): the kernel reads it when the life ends.
//
//go:nosplit
func (g Gate) KeepReading(at uint64) { g.area().Reading = at }
