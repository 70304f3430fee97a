package kernel

import (
	"encoding/binary"

	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/mem"
	"bennu/kernel/task"
)

// callTrace: (TraceOp, endpoint, address, value): fault injection and post-mortem. Writes go into a copy of
// the target's own, never into the image that others share.
//
// Errors: EDEADSRCDST, EFAULT (not the target's memory), EINVAL (unknown op, the caller itself),
// ENOMEM.
func (k *Kernel) callTrace(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	to := k.tasks.Lookup(abi.Endpoint(f.SI))
	if to == nil {
		return abi.EDEADSRCDST, 0
	}
	if to == t {
		return abi.EINVAL, 0
	}
	var word [8]byte
	switch abi.TraceOp(f.DI) {
	case abi.TracePeek:
		if k.peek(to, f.DX, word[:]) != len(word) {
			return abi.EFAULT, 0
		}
		return abi.OK, binary.LittleEndian.Uint64(word[:])
	case abi.TracePoke:
		binary.LittleEndian.PutUint64(word[:], f.R10)
		return k.poke(to, f.DX, word[:]), 0
	case abi.TracePoke1:
		word[0] = byte(f.R10)
		return k.poke(to, f.DX, word[:1]), 0
	case abi.TraceRegs:
		var r abi.Registers
		registers(to, &r)
		return put(t, abi.OK, &r)
	case abi.TraceSetPC:
		if !abi.TaskAddress(f.DX) { // SYSRET to a non-canonical address faults in ring 0
			return abi.EFAULT, 0
		}
		to.Ctx.Frame.IP, to.Done, to.Traced = f.DX, 0, true
		return abi.OK, 0
	case abi.TracePokeSnapshot:
		return k.pokeSnapshot(to, f.DX, byte(f.R10)), 0
	}
	return abi.EINVAL, 0
}

func (k *Kernel) poke(to *task.Task, va uint64, b []byte) abi.Errno {
	to.Traced = true
	for len(b) > 0 {
		a := to.Space.Private(va)
		if a == 0 {
			return abi.EFAULT
		}
		off := va % abi.PageSize
		n := copy(k.phys.Bytes(a+mem.Addr(off), abi.PageSize-off), b)
		b, va = b[n:], va+uint64(n)
	}
	return abi.OK
}
