package main

// handDMA is mistakes in what devices reach, and in what the units of the IOMMU are told of it.
var handDMA = []mutation{
	{id: "iommu-forget-pages", file: "kernel/iommu/domain.go", before: "\thw.Settle()\n\thw.ForgetPages(d.id, addr, n)\n", after: "\thw.Settle()\n", why: "a page that was taken away is reached through what the unit remembers"},
	{id: "iommu-tell-caching", file: "kernel/iommu/domain.go", before: "\t\td.table.hw.ForgetPages(d.id, addr, n)\n", after: "", why: "a unit in caching mode goes on finding nothing"},
	{id: "iommu-tell-settle", file: "kernel/iommu/domain.go", before: "\t} else {\n\t\td.table.hw.Settle()\n", after: "\t} else {\n", why: "what is mapped stays in the chipset's write buffer"},
	{id: "iommu-unmap-written", file: "kernel/iommu/domain.go", before: "\tt.written(table+mem.Addr(i)*8, n*8)\n", after: "", why: "a page that was taken away stays in memory behind the processor's cache"},
	{id: "iommu-rights", file: "kernel/iommu/domain.go", before: "to[n] = f | rights", after: "to[n] = f | Read | Write", why: "a device writes what it may read"},
	{id: "iommu-cut-context", file: "kernel/iommu/iommu.go", before: "\tt.hw.ForgetContext(source, d.id)\n", after: "", why: "a domain that has ended is used through what the unit remembers"},
	{id: "iommu-cut-domain", file: "kernel/iommu/iommu.go", before: "\tt.hw.ForgetDomain(d.id)\n", after: "", why: "the next domain of a number has translations of the one before"},
	{id: "iommu-quiet", file: "kernel/iommu/domain.go", before: "if !d.table.hw.Reached(d.quiet) {", after: "if false {", why: "tables are given back before the unit has forgotten them"},
	{id: "iommu-busy", file: "kernel/iommu/iommu.go", before: "case w[i]&present != 0 && t.Owner(source) != t.firmware:", after: "case false:", why: "two domains have one function"},
	{id: "iommu-mute", file: "kernel/iommu/fault.go", before: "\tw[i] |= faultless\n", after: "", why: "a flood of faults has no end"},
	{id: "iommu-source", file: "kernel/iommu/interrupt.go", before: "uint64(source)|checkAll", after: "uint64(source)", why: "a device raises another's interrupt"},
	{id: "vtd-line", file: "board/pc/vtd/units.go", before: "line < a+n; line += Line", after: "line < a+1; line += Line", why: "only the first line of a table is written back"},
	{id: "vtd-order", file: "board/pc/vtd/unit.go", before: "if !u.finish() || !u.turn(translation, true) {", after: "if !u.turn(translation, true) {", why: "translation begins with what the unit remembers from before"},
}
