package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/account"
	"bennu/kernel/invariant"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

// Module is where the boot archive lies. Nobody writes there, a trace of a task whose text it is neither (boot/ktest, TestImageInPlace).
type Module struct {
	Start mem.Addr
	Size  uint64
}

// module is the boot archive, and the last-level tables that map it, read-only, in each life of the root task. They are on its account.
type module struct {
	Module
	tables  [maxModule >> tableShift]mem.Addr
	nTables int
	frames  mem.List
}

const (
	tableShift = 21      // what a last-level table maps
	maxModule  = 1 << 30 // bytes of a boot archive: all its tables are named by one

	modulePage  = paging.Present | paging.User | paging.NX | paging.Shared
	moduleTable = paging.Present | paging.User | paging.NX | paging.Shared
)

// mapModule makes the tables. Errors: E2BIG, ENOMEM. Preconditions: the module begins on a page.
func (k *Kernel) mapModule(m Module, a *account.Account) abi.Errno {
	if m.Size > maxModule {
		return abi.E2BIG
	}
	k.module.Module = m
	pages := (m.Size + abi.PageSize - 1) / abi.PageSize
	for n := uint64(0); n < pages; n++ {
		if n%512 == 0 {
			if k.module.frames.Full() {
				l := k.pool.GetDirty(&a.Frames)
				if l == 0 {
					return abi.ENOMEM
				}
				k.module.frames.Grow(k.phys, l)
			}
			t := k.pool.Get(&a.Frames)
			if t == 0 {
				return abi.ENOMEM
			}
			k.module.frames.Add(k.phys, t)
			k.module.tables[k.module.nTables] = t
			k.module.nTables++
		}
		k.phys.Words(k.module.tables[n/512])[n%512] = uint64(paging.Entry(m.Start+mem.Addr(n*abi.PageSize), modulePage))
	}
	return abi.OK
}

// part is the entry that each life of the root task has for the 2 MiB of va, if the archive is there; 0: it is not.
func (m *module) part(va uint64) paging.PTE {
	if i := (va - abi.ModuleBase) >> tableShift; i < uint64(m.nTables) {
		return paging.Entry(m.tables[i], moduleTable)
	}
	return 0
}

// checkModule looks whether the tables map the archive and nothing else.
func (k *Kernel) checkModule() invariant.Fault {
	pages := (k.module.Size + abi.PageSize - 1) / abi.PageSize
	for n := range uint64(k.module.nTables) * 512 {
		want := paging.PTE(0)
		if n < pages {
			want = paging.Entry(k.module.Start+mem.Addr(n*abi.PageSize), modulePage)
		}
		if e := paging.PTE(k.phys.Words(k.module.tables[n/512])[n%512]) &^ paging.Accessed; e != want {
			return invariant.Of("the boot archive is mapped otherwise (page, entry)", n, uint64(e))
		}
	}
	return invariant.Fault{}
}
