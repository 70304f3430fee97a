package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/pci"
)

// resetFunction begins a function level reset of fn, whose interrupts and bus mastering are then gone, or ends the one that was begun. Errors: EAGAIN (it is on its
// way: nothing waits here), ENODEV (there is none, or not of that kind), EIO (the function does not come back).
func (k *Kernel) resetFunction(fn *pci.Function, kind abi.ResetKind) abi.Errno {
	switch {
	case fn.ResetNS != 0:
		return k.endReset(fn)
	case kind > abi.ResetFunction || fn.Resets>>abi.ResetFunction&1 == 0:
		return abi.ENODEV
	}
	k.pci.Quiet(fn)
	k.releaseInterrupts(fn)
	k.pci.BeginReset(fn)
	fn.ResetNS = k.Now() + pci.ResetTakesNS
	return abi.EAGAIN
}

// endReset ends a reset that was begun. Errors: EAGAIN, EIO.
func (k *Kernel) endReset(fn *pci.Function) abi.Errno {
	switch now := k.Now(); {
	case now < fn.ResetNS:
		return abi.EAGAIN
	case k.pci.EndReset(fn):
		fn.ResetNS = 0
		return abi.OK
	case now < fn.ResetNS+pci.ResetMostNS:
		return abi.EAGAIN
	}
	fn.ResetNS, fn.Unfit = 0, abi.UnfitGone
	return abi.EIO
}
