package usys

import "bennu/kernel/abi"

// WindowCreate makes memory of zeros that the caller, its owner, can let others see; flags 0 or abi.WindowKeep. Errors:
// EINVAL, ENOSPC (the account has abi.MaxWindows, or the caller sees abi.MaxTaskWindows), ENOMEM.
func (g Gate) WindowCreate(size, flags uint64) (abi.WindowView, abi.Errno) {
	e, _ := g.call3(abi.CallWindow, uint64(abi.WindowCreate), size, flags)
	return g.windowView(e)
}

// WindowAllow lets a task map a window of the caller's. Errors: EINVAL, EDEADSRCDST, ECALLDENIED (the caller may not send to it),
// EEXIST (it is let to it), ENOSPC (it is let to abi.MaxWindowHolders).
func (g Gate) WindowAllow(id abi.WindowID, to abi.Endpoint, rights abi.WindowRights) abi.Errno {
	e, _ := g.call4(abi.CallWindow, uint64(abi.WindowAllow), uint64(id), uint64(to), uint64(rights))
	return e
}

// WindowMap has the caller see a window that is let to it. Errors: EPERM (it is not), EDEADSRCDST, EEXIST (the caller sees it),
// ENOSPC (it sees abi.MaxTaskWindows), ENOMEM.
func (g Gate) WindowMap(id abi.WindowID, owner abi.Endpoint) (abi.WindowView, abi.Errno) {
	e, _ := g.call3(abi.CallWindow, uint64(abi.WindowMap), uint64(id), uint64(owner))
	return g.windowView(e)
}

func (g Gate) windowView(e abi.Errno) (v abi.WindowView, _ abi.Errno) {
	if e == abi.OK {
		copy(abi.Bytes(&v), g.area().Buf[:])
	}
	return v, e
}

// WindowUnmap has the caller see a window of another's no more. Errors: EINVAL.
func (g Gate) WindowUnmap(id abi.WindowID) abi.Errno {
	e, _ := g.call2(abi.CallWindow, uint64(abi.WindowUnmap), uint64(id))
	return e
}

// WindowRevoke takes a window of the caller's from a task, whatever that is doing. Errors: EINVAL, ESRCH (it is not let to it),
// EDEADSRCDST.
func (g Gate) WindowRevoke(id abi.WindowID, from abi.Endpoint) abi.Errno {
	e, _ := g.call3(abi.CallWindow, uint64(abi.WindowRevoke), uint64(id), uint64(from))
	return e
}

// WindowFree ends a window of the caller's, or one that an earlier life of its service has left, for everybody. Errors: EINVAL.
func (g Gate) WindowFree(id abi.WindowID) abi.Errno {
	e, _ := g.call2(abi.CallWindow, uint64(abi.WindowFree), uint64(id))
	return e
}
