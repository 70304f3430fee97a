package main

const sourceFile = "kernel/irq/source.go"

// handIRQ is mistakes in who is told of an interrupt, who is silenced, and what is survived.
var handIRQ = []mutation{
	{id: "irq-message-again", file: sourceFile, before: "\t\th.state |= again\n\t\tif h.missed++", after: "\t\tif h.missed++", why: "a message that comes while one is served is lost"},
	{id: "irq-storm", file: sourceFile, before: "h.missed >= StormAfter {", after: "h.missed >= 1<<31 {", why: "a storm is never silenced"},
	{id: "irq-storm-charge", file: sourceFile, before: "\t\t\tt.Report.Charge(h.owner)\n", after: "", why: "a storm is nobody's time"},
	{id: "irq-vector-pending", file: sourceFile, before: " && t.lines.Pending(source) {", after: " && false {", why: "a late message meets a new owner"},
	{id: "irq-vector-drop", file: "kernel/irq/irq.go", before: "\t\tt.Gate.Drop(i)\n", after: "\t\t_ = i\n", why: "a function interrupts after its owner's death"},
	{id: "irq-pin-ask", file: sourceFile, before: "h.state&quelled == 0 && t.Gate.Asserts(i):", after: "h.state&quelled == 0:", why: "all who share a line are told of each other's interrupts"},
	{id: "irq-pin-quell", file: sourceFile, before: "\th.state |= quelled\n\tt.Gate.Quell(i)\n", after: "\th.state |= quelled\n", why: "a pin that was told goes on"},
	{id: "irq-pin-liar", file: sourceFile, before: "\tt.anyShut = true\n\tt.lines.Mask(line)\n", after: "\tt.anyShut = true\n", why: "a line that nobody owns up to takes all time"},
	{id: "irq-msix-bounds", file: "kernel/pci/msi/msix.go", before: "\tif index >= v.Size {", after: "\tif index > v.Size {", why: "a message past the end of the table"},
	{id: "irq-msi-multiple", file: "kernel/pci/msi/msi.go", before: "control: control&^msiMultiple | msiOn}", after: "control: control | msiOn}", why: "a function has the vectors of others, too"},
	{id: "irq-withhold", file: "board/pc/apic/local.go", before: "\twithhold = FirstVector - 0x10\n", after: "\twithhold = 0\n", why: "a message comes as an exception"},
	{id: "irq-spurious", file: "board/pc/apic/local.go", before: "SpuriousVector); sent {", after: "SpuriousVector); false {", why: "a message with the spurious vector is the last interrupt"},
	{id: "message-lost", file: "kernel/interrupts.go", before: "k.dma[t.Slot].mark = k.iommu.Mark()", after: "_ = t", why: "an interrupt that comes before the IOMMU knows of it is lost"},
	{id: "message-bridge", file: "kernel/interrupts.go", before: "if k.m.Remaps() && k.pci.Aliases(f)[0] != pci.NoAlias {", after: "if false {", why: "messages that bear a bridge's name are refused, and the driver is not told"},
	{id: "message-stays", file: "kernel/interrupts.go", before: "g.m.NoMessage(uint64(v))", after: "_ = v", why: "a function that nobody has raises the vector of the next one"},
	{id: "irq-others-hooks", file: "kernel/interrupts.go", before: " || k.bound+k.hookRows >= abi.MaxHooks {", after: " {", why: "one driver has the hooks that others have a right to"},
}
