package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/task"
)

// functionInfo is InfoPCI: what t's privilege does not show is not there.
func (k *Kernel) functionInfo(t *task.Task, index uint64) (abi.Errno, uint64) {
	all := k.pci.Functions()
	if index >= uint64(len(all)) && t != k.root {
		return abi.ESRCH, 0 // nor how many there are
	}
	if index >= uint64(len(all)) {
		return abi.EDOM, 0
	}
	f := &all[index]
	if t != k.root && !t.Priv.Shows(&f.ID) {
		return abi.ESRCH, 0
	}
	return put(t, abi.OK, &f.FunctionInfo)
}

// bridgeInfo is InfoBuses.
func (k *Kernel) bridgeInfo(t *task.Task, index uint64) (abi.Errno, uint64) {
	switch b := k.pci.Bridges(); {
	case t != k.root:
		return abi.EPERM, 0
	case index >= uint64(len(b)):
		return abi.EDOM, 0
	default:
		return put(t, abi.OK, &b[index].BridgeInfo)
	}
}
