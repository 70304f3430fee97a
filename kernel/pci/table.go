package pci

import "bennu/kernel/abi"

// Range is the physical addresses [Start, End).
type Range struct{ Start, End uint64 }

// Root is the bus that the processor sees first, and the last one behind it.
type Root struct{ Bus, Last uint32 }

// Function is a function that there is, or was.
type Function struct {
	abi.FunctionInfo
	Table   Place // of MSI-X: its vectors
	Pending Place // of MSI-X: their pending bits
	Views   [abi.MaxBARs]View

	bridge int // that it is behind; -1: none
	opens  int // number of its own row of bridges; -1: none
	seen   bool

	// ResetNS is when a reset that was begun is over; 0: none was.
	ResetNS uint64
	saved   saved
}

// Place is somewhere in the memory behind a BAR.
type Place struct{ BAR, Offset, Size uint32 }

// Bridge is a bridge that is looked behind.
type Bridge struct {
	abi.BridgeInfo
	above  int  // the bridge that it is behind; -1: none
	single bool // it is a port that leads to one device

	express bool // it is a port or switch of PCI Express: requests keep their requester id
	masters int  // functions behind it that are bus masters
}

// Table is the machine's functions and bridges, in the order in which they were found.
type Table struct {
	// Dropped is the functions that there was no place for.
	Dropped uint64

	space     ConfigSpace
	root      Root
	limit     uint64
	taken     []Range
	functions [abi.MaxFunctions]Function
	bridges   [abi.MaxBridges]Bridge
	n, nb     int
	held      int // functions that have a holder
	at        cursor
}

// New makes an empty table. No BAR may lie on what is taken, or end above limit. space may be nil: the machine has no PCI.
func New(space ConfigSpace, root Root, limit uint64, taken []Range) *Table {
	return &Table{space: space, root: root, limit: limit, taken: taken}
}

// Root is where it begins.
func (t *Table) Root() Root { return t.root }

// Space is the configuration space of all of them.
func (t *Table) Space() ConfigSpace { return t.space }

// Functions is all of them.
func (t *Table) Functions() []Function { return t.functions[:t.n] }

// Bridges is those that are looked behind.
func (t *Table) Bridges() []Bridge { return t.bridges[:t.nb] }

// Lookup is the function of a name; nil: there is none.
func (t *Table) Lookup(name abi.Function) *Function {
	for i := range t.functions[:t.n] {
		if f := &t.functions[i]; f.ID.Function == name {
			return f
		}
	}
	return nil
}

// Cap is the offset of f's first capability with an id (abi.CapExtended); 0: it has none.
func (f *Function) Cap(id uint32) uint32 { return f.NextCap(id, 0) }

// NextCap is the offset of f's first capability with an id that is listed behind the one at offset after; 0: it has none. after 0 means all.
func (f *Function) NextCap(id, after uint32) uint32 {
	found := after == 0
	for i := range f.Caps[:f.NCaps] {
		c := &f.Caps[i]
		extended := c.Offset >= extendedCaps
		if found && uint32(c.ID) == id&^abi.CapExtended && extended == (id&abi.CapExtended != 0) {
			return uint32(c.Offset)
		}
		found = found || uint32(c.Offset) == after
	}
	return 0
}

// Quiet has a function start nothing more: neither DMA nor interrupts of any kind.
func (t *Table) Quiet(f *Function) {
	t.Master(f, false)
	t.change(f.ID.Function, regCommand, cmdMaster, cmdNoINTx)
	if c := f.Cap(CapMSI); c != 0 {
		t.change(f.ID.Function, c+2, 1<<0, 0)
	}
	if c := f.Cap(CapMSIX); c != 0 {
		t.change(f.ID.Function, c+2, 1<<15, 0)
	}
}
