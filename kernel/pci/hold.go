package pci

import "bennu/kernel/abi"

// View is where a function's holder sees the memory of a BAR.
type View struct {
	Taken bool
	Cache abi.BARCache
	Place int
	Done  uint64 // pages that are there
}

// Next is the first function behind the i-th that p shows; nil: none.
func (t *Table) Next(i int, p *abi.Privilege) *Function {
	for i++; i < t.n; i++ {
		if f := &t.functions[i]; p.Shows(&f.ID) {
			return f
		}
	}
	return nil
}

// Shown is the function of a name, if p shows it, and the number of its row; nil: it is not there, for who has p.
func (t *Table) Shown(name uint64, p *abi.Privilege) (f *Function, row int) {
	for i := range t.functions[:t.n] {
		if f = &t.functions[i]; uint64(f.ID.Function) == name {
			if !p.Shows(&f.ID) {
				break
			}
			return f, i
		}
	}
	return nil, 0
}

// Hold makes ep the holder of a function. Errors: EBUSY (another is), ENODEV (nobody can be).
func (t *Table) Hold(f *Function, ep abi.Endpoint) abi.Errno {
	switch {
	case f.Holder == ep:
	case f.Holder != abi.None:
		return abi.EBUSY
	case f.Unfit != abi.Fit:
		return abi.ENODEV
	default:
		f.Holder = ep
		t.held++
	}
	return abi.OK
}

// Drop makes f quiet, and nobody's. Preconditions: it has a holder, who sees none of it.
func (t *Table) Drop(f *Function) {
	t.Quiet(f)
	f.Holder, f.Domain = abi.None, 0
	f.Views = [abi.MaxBARs]View{}
	t.held--
}

// Free is how many functions nobody holds.
func (t *Table) Free() uint64 { return uint64(t.n - t.held) }

// Held tells whether anybody holds one.
func (t *Table) Held() bool { return t.held != 0 }

// Page is the address of a page of f's BAR n, and whether its holder may write it: not where vectors of MSI-X are, by whatever BAR.
func (f *Function) Page(n int, page uint64) (at uint64, write bool) {
	at = f.BARs[n].Base&^(abi.PageSize-1) + page*abi.PageSize
	if f.Cap(CapMSIX) == 0 {
		return at, true
	}
	if f.MSIX == 0 {
		return at, false // nobody knows where they are
	}
	start := f.BARs[f.Table.BAR].Base + uint64(f.Table.Offset)
	return at, at+abi.PageSize <= start || start+uint64(f.Table.Size) <= at
}

// Pages is how many pages f's BAR n lies in.
func (f *Function) Pages(n int) uint64 {
	b := &f.BARs[n]
	return (b.Base%abi.PageSize + b.Size + abi.PageSize - 1) / abi.PageSize
}
