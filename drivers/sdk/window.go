package sdk

import "bennu/kernel/abi"

// Window is memory that the driver shares with other tasks. What is in it others may change between any two instructions: take a
// value out once, and check the copy; words that say that others are ready are for sync/atomic.
type Window struct {
	ID     abi.WindowID // for those who are to map it: send it in a message
	Bytes  []byte       // begins a page; its length is a whole number of pages
	Rights abi.WindowRights
}

// NewWindow makes a window of the driver's own, zeros, at least so large. keep: who sees it when the driver ends goes on seeing it;
// else such a task dies at its next access. Errors: EINVAL (0 bytes, or more than abi.MaxWindowSize), ENOSPC (the service has
// abi.MaxWindows), ENOMEM, ECALLDENIED.
func (c *Context) NewWindow(size uint64, keep bool) (Window, abi.Errno) {
	flags := uint64(0)
	if keep {
		flags = abi.WindowKeep
	}
	return c.window(c.k.WindowCreate(size, flags))
}

// LetWindow lets a task map a window of the driver's: to read it, or with write to write it, too. Errors: EINVAL (it is no window of
// the driver's), EDEADSRCDST, ECALLDENIED (also: the driver may not send to it), EEXIST (it is let to it already), ENOSPC (it is let to
// abi.MaxWindowHolders).
func (c *Context) LetWindow(id abi.WindowID, to abi.Endpoint, write bool) abi.Errno {
	rights := abi.WindowRead
	if write {
		rights |= abi.WindowWrite
	}
	return c.k.WindowAllow(id, to, rights)
}

// MapWindow maps a window that its owner has let to the driver. When the owner takes it back, or ends and does not leave it, the next
// access is the driver's end: who must not rely on the owner copies from a grant instead. Errors: EPERM (it is not let), EDEADSRCDST,
// EEXIST (it is mapped), ENOSPC (abi.MaxTaskWindows are), ENOMEM, ECALLDENIED.
func (c *Context) MapWindow(id abi.WindowID, owner abi.Endpoint) (Window, abi.Errno) {
	return c.window(c.k.WindowMap(id, owner))
}

func (c *Context) window(v abi.WindowView, e abi.Errno) (Window, abi.Errno) {
	if e != abi.OK {
		return Window{}, e
	}
	return Window{ID: v.ID, Bytes: c.k.Memory(&v), Rights: v.Rights}, abi.OK
}

// UnmapWindow lets go of a window of another's. Its Bytes must not be used any more. Errors: EINVAL (it is not mapped).
func (c *Context) UnmapWindow(id abi.WindowID) abi.Errno { return c.k.WindowUnmap(id) }

// TakeWindow takes a window of the driver's from a task, whatever that is doing with it. Errors: EINVAL (it is no window of the driver's),
// ESRCH (it was not let to it), EDEADSRCDST.
func (c *Context) TakeWindow(id abi.WindowID, from abi.Endpoint) abi.Errno {
	return c.k.WindowRevoke(id, from)
}

// FreeWindow ends a window of the driver's, or one that an earlier life of it has left, for everybody. Its Bytes must not be used any
// more. Errors: EINVAL.
func (c *Context) FreeWindow(id abi.WindowID) abi.Errno { return c.k.WindowFree(id) }
