package pci

import "bennu/kernel/abi"

// size finds out what f's base address registers ask for: those bits that keep what is written to them. Nothing answers at the
// addresses meanwhile.
//
// Source: PCI Local Bus Specification, "Base Addresses" and its implementation note "Sizing a 32-bit Base Address Register Example".
func (t *Table) size(f *Function) {
	n := 0
	switch f.Header {
	case headerNormal:
		n = abi.MaxBARs
	case headerBridge:
		n = 2
	default:
		f.fails(abi.UnfitHeader, 0)
		return
	}
	command := t.read(f.ID.Function, regCommand, 2)
	t.change(f.ID.Function, regCommand, cmdPorts|cmdMemory, 0)
	for i := 0; i < n; i++ {
		b := &f.BARs[i]
		what := t.bar(f.ID.Function, uint32(i), uint32(n), b)
		if what != abi.Fit {
			f.fails(what, i)
			*b = abi.BAR{}
		}
		if b.Flags&abi.BARWide != 0 {
			i++
		}
	}
	t.change(f.ID.Function, regCommand, 0, command&(cmdPorts|cmdMemory))
}

// bar fills b with what register i of n asks for.
func (t *Table) bar(name abi.Function, i, n uint32, b *abi.BAR) abi.Unfit {
	const ports, kinds, wide, prefetch, portBits, memoryBits = 1, 3 << 1, 2 << 1, 1 << 3, 3, 15
	at := regBAR + 4*i
	old, mask, same := t.probe(name, at)
	switch {
	case !same || mask != 0 && old&portBits != mask&portBits:
		return abi.UnfitChanges
	case mask == 0:
		return abi.Fit
	case mask&ports != 0:
		b.Kind, b.Base = abi.BARPorts, uint64(old&^portBits)
		if mask &^= portBits; mask>>16 == 0 {
			mask |= 0xffff << 16 // the upper half need not be there
		}
		b.Size = uint64(-mask)
		return sane(b, 1<<16)
	}
	b.Kind, b.Base = abi.BARMemory, uint64(old&^memoryBits)
	if mask&prefetch != 0 {
		b.Flags |= abi.BARPrefetch
	}
	high := ^uint32(0)
	switch kind := mask & kinds; {
	case kind == wide && i+1 < n:
		upper, mask, same := t.probe(name, at+4)
		if !same {
			return abi.UnfitChanges
		}
		high = mask
		b.Base |= uint64(upper) << 32
		b.Flags |= abi.BARWide
	case kind != 0:
		return abi.UnfitSize
	}
	b.Size = -(uint64(high)<<32 | uint64(mask&^memoryBits))
	return sane(b, 1<<63)
}

// probe is a register's value, and the bits that can be set in it. same tells whether it has its value again.
func (t *Table) probe(name abi.Function, at uint32) (old, mask uint32, same bool) {
	old = t.read(name, at, 4)
	t.space.Write(name, at, 4, ^uint32(0))
	mask = t.read(name, at, 4)
	t.space.Write(name, at, 4, old)
	return old, mask, t.read(name, at, 4) == old
}

// sane tells whether a size can be one; a BAR whose mask has no bits is none.
func sane(b *abi.BAR, most uint64) abi.Unfit {
	switch {
	case b.Size == 0:
		*b = abi.BAR{}
	case b.Size&(b.Size-1) != 0, b.Size > most:
		return abi.UnfitSize
	}
	return abi.Fit
}

// fails notes the first reason why nobody can have f.
func (f *Function) fails(what abi.Unfit, bar int) {
	if f.Unfit == abi.Fit {
		f.Unfit, f.UnfitBAR = what, uint16(bar)
	}
}

// check holds f's BAR i against all that is below it, above it and beside it.
func (t *Table) check(f *Function, i int) {
	b := &f.BARs[i]
	switch {
	case b.Kind == abi.BARNone:
		return
	case b.Base == 0:
		f.fails(abi.UnfitAddress, i)
	case !t.reaches(f, b):
		f.fails(abi.UnfitReach, i)
	case t.over(f, i):
		f.fails(abi.UnfitOverlap, i)
	}
}

// reaches tells whether all of b can be addressed: the processor reaches it, and each bridge on the way lets it through.
func (t *Table) reaches(f *Function, b *abi.BAR) bool {
	limit := t.limit
	if b.Kind == abi.BARPorts {
		limit = 1 << 16
	}
	if b.Base >= limit || b.Size > limit-b.Base {
		return false
	}
	for at := f.bridge; at >= 0; at = t.bridges[at].above {
		w := &t.bridges[at]
		through := w.Memory.Has(b.Base, b.Size) || w.Prefetch.Has(b.Base, b.Size)
		if b.Kind == abi.BARPorts {
			through = w.Ports.Has(b.Base, b.Size)
		}
		if !through && w.Subtractive == 0 {
			return false
		}
	}
	return true
}

// over tells whether f's BAR i lies over something else: what is taken, or another BAR. Memory is given away by pages, so that those of two
// functions have none in common. The other function is at fault as well.
func (t *Table) over(f *Function, i int) bool {
	b, bad := &f.BARs[i], false
	start, end := extent(b, abi.PageSize)
	if b.Kind == abi.BARMemory {
		for _, r := range t.taken {
			bad = bad || start < r.End && r.Start < end
		}
	}
	for j := range t.functions[:t.n] {
		o := &t.functions[j]
		grain := uint64(abi.PageSize)
		if o == f {
			grain = 1
		}
		for n := range o.BARs {
			c := &o.BARs[n]
			if c.Kind != b.Kind || c == b || o.Unfit == abi.UnfitGone {
				continue
			}
			start, end := extent(b, grain)
			if from, to := extent(c, grain); start < to && from < end && c.Base != 0 {
				bad = true
				o.fails(abi.UnfitOverlap, n)
			}
		}
	}
	return bad
}

// extent is b's addresses, memory widened to a grain. Preconditions: b.Size is not more than half of all addresses.
func extent(b *abi.BAR, grain uint64) (start, end uint64) {
	if b.Kind == abi.BARPorts {
		grain = 1
	}
	end = b.Base + b.Size
	if end < b.Base { // wraps: a function that is at fault for it
		end = ^uint64(0) - grain
	}
	return b.Base &^ (grain - 1), (end + grain - 1) &^ (grain - 1)
}
