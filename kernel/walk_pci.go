package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
	"bennu/kernel/space"
	"bennu/kernel/task"
)

// devices is the pages of devices that a task has: those of BARs of functions that it holds.
type devices struct {
	k *Kernel
	t *task.Task
}

// Entry implements paging.Devices.
func (d *devices) Entry(va uint64) paging.PTE {
	if d.t.Dying { // it has let go already, and never runs again
		return *d.t.Space.Lookup(va) &^ (paging.Accessed | paging.Dirty)
	}
	all := d.k.pci.Functions()
	for i := range all {
		f := &all[i]
		if f.Holder != d.t.Endpoint {
			continue
		}
		for n := range f.Views {
			v := &f.Views[n]
			if page := (va - space.DeviceAt(v.Place)) / abi.PageSize; v.Taken && page < v.Done {
				at, write := f.Page(n, page)
				return space.DeviceEntry(mem.Addr(at), write, v.Cache == abi.BARCombine)
			}
		}
	}
	return 0
}
