package main

// handPCI is mistakes in who sees PCI functions, and in what drivers do with them.
var handPCI = []mutation{
	{id: "pci-mask", file: "kernel/abi/pci.go", before: "return f.Class&m.Mask == m.ID", after: "return f.Class == m.ID", why: "a class shows no function but those of interface 0"},
	{id: "pci-subsystem", file: "kernel/abi/pci.go", before: "(m.Sub == AnySubsystem || m.Sub == uint32(f.SubDevice)<<16|uint32(f.SubVendor))", after: "true", why: "a subsystem that was not named is shown"},
	{id: "pci-count", file: "kernel/abi/pci.go", before: "p.PCI[:min(p.NPCI, MaxPCI)]", after: "p.PCI[:]", why: "rows that were not given show functions"},
	{id: "pci-set", file: "kernel/call_privctl.go", before: "if !p.Valid() {", after: "if p.NPCI > abi.MaxPCI {", why: "the kernel keeps rows that it does not know"},
	{id: "conf-pci-many", file: "rs/conf/pci.go", before: "len(a.s.PCI) == abi.MaxPCI+1", after: "len(a.s.PCI) == abi.MaxPCI+2", why: "a row of system.conf is lost without a word"},
	{id: "conf-pci-lines", file: "rs/conf/evaluate.go", before: " && k.name != \"pci\"", after: "", why: "an entry has one line of PCI functions"},
	{id: "rs-pci-rows", file: "rs/server/act.go", before: "copy(p.PCI[:], c.PCI)", after: "copy(p.PCI[:], c.PCI[:0])", why: "a driver sees no function"},
	{id: "rs-pci-dma", file: "rs/server/act.go", before: "\t\tDMA:      c.DMA,\n", after: "", why: "dma unconfined of system.conf gives nothing"},
	{id: "sdk-registers-align", file: "drivers/sdk/pci.go", before: "offset%width != 0 || ", after: "", why: "a register is read in two pieces"},
	{id: "edu-acknowledge", file: "drivers/edu/edu.go", before: "\td.r.Store32(regAcknowledge, d.r.Load32(regRaised))\n\tswitch", after: "\tswitch", why: "what the device raises stays raised"},
	{id: "edu-old", file: "drivers/edu/edu.go", before: "\td.r.Store32(regAcknowledge, d.r.Load32(regRaised))\n\tif d.dma", after: "\tif d.dma", why: "an interrupt of the last life stays raised"},
	{id: "edu-busy", file: "drivers/edu/edu.go", before: "case d.work != 0:", after: "case d.work > 1<<31:", why: "a second request takes the first one's place"},
	{id: "rs-pci-operator", file: "rs/server/pci.go", before: "\tif !s.allowOperator(from) {\n\t\treturn\n\t}\n\tswitch", after: "\tswitch", why: "every service is told of all devices"},
	{id: "rs-pci-room", file: "rs/server/pci.go", before: "room-min(room, count)", after: "room", why: "rows are written past the end of a grant, which is refused"},
	{id: "rs-pci-place", file: "rs/server/pci.go", before: "count*size, rowBytes", after: "0, rowBytes", why: "the second batch lies over the first"},
	{id: "pci-tree-circle", file: "rs/service/pci.go", before: "\t\tt.done[i] = true\n", after: "", why: "buses that lead round in a circle are told for ever"},
	{id: "pci-tree-master", file: "rs/service/pci.go", before: "f.Flags&abi.FunctionMaster != 0", after: "f.Flags&abi.FunctionMaster == 0", why: "a quiet device is called a bus master"},
	{id: "ctl-pci-bar", file: "rs/ctl/server/pci.go", before: "n = i + 1", after: "n++", why: "a BAR behind a gap is not told"},
}
