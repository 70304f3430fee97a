package pci

import "bennu/kernel/abi"

// Master turns the bus mastering of f on or off. The bridges before it pass on what it sends as long as anybody behind them is a bus master.
func (t *Table) Master(f *Function, on bool) {
	if on == (f.Flags&abi.FunctionMaster != 0) {
		return
	}
	if on {
		f.Flags |= abi.FunctionMaster
		t.ways(f, 1)
		t.change(f.ID.Function, regCommand, 0, cmdMaster)
		return
	}
	f.Flags &^= abi.FunctionMaster
	t.change(f.ID.Function, regCommand, cmdMaster, 0)
	t.read(f.ID.Function, regCommand, 2) // what it had sent is before the answer. Source: PCI Local Bus Specification, "Transaction Ordering"
	t.ways(f, -1)
}

// ways counts a bus master more or less behind each bridge before f.
func (t *Table) ways(f *Function, n int) {
	for i := f.bridge; i >= 0; i = t.bridges[i].above {
		b := &t.bridges[i]
		switch b.masters += n; {
		case b.masters == 0:
			t.change(b.Function, regCommand, cmdMaster, 0)
		case n > 0:
			t.change(b.Function, regCommand, 0, cmdMaster)
		}
	}
}

// Aliases is the requester ids that f's requests may bear besides its own, because a bridge before it puts its own in their place: 0xffff for none.
//
// Source: PCI Express to PCI/PCI-X Bridge Specification, "Requester ID".
func (t *Table) Aliases(f *Function) (ids [2]abi.Function) {
	ids = [2]abi.Function{NoAlias, NoAlias}
	for i := f.bridge; i >= 0; i = t.bridges[i].above {
		b := &t.bridges[i]
		if !b.express {
			ids = [2]abi.Function{b.Function, abi.MakeFunction(b.Bus, 0, 0)}
		}
	}
	return ids
}

// NoAlias is no function.
const NoAlias = ^abi.Function(0)
