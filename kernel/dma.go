package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/iommu"
	"bennu/kernel/log"
	"bennu/kernel/task"
)

// faultsEach is how many faults one entry takes. One interrupt may be for more; the rest are taken with the next one, or when somebody asks.
const faultsEach = 8

// dmaFaults takes faults that the IOMMU has recorded, at the expense of those whose devices they are. The first one of a source's life is told, and the one after
// which no more of them are recorded.
func (k *Kernel) dmaFaults() {
	for range faultsEach {
		f, s, last, ok := k.iommu.NextFault()
		if !ok {
			return
		}
		account, owner := abi.AccountKernel, &kernelLabel
		if d := k.iommu.Owner(f.Source); d != nil {
			if t := k.tasks.Lookup(d.Owner); t != nil {
				account, owner = t.Account, &t.Label
			}
		}
		if k.unclaimed || account != abi.AccountKernel {
			k.cause(account)
		}
		if s != nil {
			s.Owner = *owner
		}
		if s != nil && (last || s.First()) {
			k.tellFault(&f, s, account, owner)
		}
	}
}

func (k *Kernel) tellFault(f *iommu.Fault, s *iommu.Source, account abi.AccountID, owner *abi.Label) {
	l := k.stamp().str("kernel: dma refused function=").function(f.Source).str(" label=").label(owner).str(" access=")
	if f.Write {
		l.str("write")
	} else {
		l.str("read")
	}
	l.str(" address=").hex(f.Address).str(" faults=").dec(s.Count).str(" why=\"").str(f.Why()).str("\"")
	if s.Muted {
		l.str(" action=mute")
	}
	if account == abi.AccountKernel {
		k.emit(log.Own(0), owner)
		return
	}
	k.emit(log.About(int(account)), owner)
}

// function is a requester id as abi.Function writes it.
func (l *textLine) function(id uint16) *textLine {
	return l.digits(uint64(id>>8), 16, 2).str(":").digits(uint64(id>>3&31), 16, 2).str(".").digits(uint64(id&7), 16, 1)
}

// dmaInfo is the n-th row of faults. Errors: EPERM (only the root task sees all devices), EDOM (past the last row).
func (k *Kernel) dmaInfo(t *task.Task, n uint64, r *abi.DMAFaults) abi.Errno {
	switch {
	case t != k.root:
		return abi.EPERM
	case k.iommu == nil:
		return abi.EDOM
	}
	k.dmaFaults()
	s := k.iommu.Row(n)
	if s == nil {
		return abi.EDOM
	}
	*r = abi.DMAFaults{Function: abi.Function(s.Last.Source), Count: s.Count, Address: s.Last.Address, Label: s.Owner}
	if s.Last.Write {
		r.Flags |= abi.DMAWrite
	}
	if s.Muted {
		r.Flags |= abi.DMAMuted
	}
	copy(r.Why[:], s.Last.Why())
	return abi.OK
}
