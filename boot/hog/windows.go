//go:build tamago

package main

import "bennu/kernel/abi"

// left is windows that are there at the end of a step, oldest first.
var left [abi.MaxWindows]abi.WindowID

// windows has as much memory to share come and go as it may: it makes windows that are to stay when it ends, writes them, lets RS see
// them, who never looks, and takes them back, once by name and once by freeing them. All but the newest are there all the time.
func windows() {
	const size = 64 << 10
	for range 8 {
		if left[0] != 0 {
			sys.WindowRevoke(left[0], root())
			if sys.WindowFree(left[0]) != abi.OK || sys.WindowFree(left[0]) == abi.OK {
				sys.Diag("a window of its own is not free, or twice")
				sys.Exit(exitRights, abi.ExitNormal)
			}
		}
		copy(left[:], left[1:])
		v, e := sys.WindowCreate(size, abi.WindowKeep)
		left[len(left)-1] = v.ID
		if e == abi.ENOMEM {
			return
		}
		if e != abi.OK || sys.WindowAllow(v.ID, root(), abi.WindowRead|abi.WindowWrite) != abi.OK {
			sys.Diag("no window: " + e.Name())
			sys.Exit(exitRights, abi.ExitNormal)
		}
		b := sys.Memory(&v)
		for i := 0; i < len(b); i += abi.PageSize {
			b[i]++
		}
	}
}
