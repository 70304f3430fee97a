package main

const (
	bootFile  = "board/pc/entry_amd64.s"
	roomFile  = "board/pc/room_amd64.s"
	tagsFile  = "board/pc/multiboot/multiboot.go"
	spaceFile = "boot/ring0/space.go"
)

// handBoot is mistakes in what is done before there is a kernel: with what a loader hands over, and with where it has put the kernel.
var handBoot = []mutation{
	{id: "boot-magic", file: bootFile, before: "\tCMPL\tAX, $0x36d76289\n\tJNE\tneither\n", after: "", why: "any loader is believed"},
	{id: "boot-crooked", file: bootFile, before: "\tTESTL\t$(const_loadAlign-1), SI\n\tJNE\tcrooked\n", after: "", why: "a kernel that 2 MiB pages cannot map"},
	{id: "boot-caller", file: bootFile, before: "(6-const_kernelText)(SI)(AX*1)", after: "(5-const_kernelText)(SI)(AX*1)", why: "it takes itself to be a byte beside where it is"},
	{id: "boot-first-module", file: bootFile, before: "\tADDL\t$32, DI\n\tJMP\tmodule\n", after: "", why: "only the first of PVH's modules is looked at"},
	{id: "boot-endless-module", file: bootFile, before: "\tJCS\tlong\n\tCMPL\t12(DI), $0\n\tJEQ\tshort\n", after: "\tJCC\tshort\n", why: "a module of 4 GiB and more ends where its lower half says"},
	{id: "boot-large-entry", file: bootFile, before: "\tCMPL\tAX, $const_page\n\tJCC\tunmapped\n", after: "", why: "entries of any size"},
	{id: "boot-small-entry", file: bootFile, before: "\tCMPL\tAX, $24\n\tJCS\tunmapped\n", after: "", why: "entries that are shorter than what is read of them"},
	{id: "boot-over-information", file: bootFile, before: "\tMOVL\t0(BX), DX\n\tADDL\tBX, DX\n\tCALL\t·apart(SB)\n", after: "", why: "the kernel's heap grows over what it is told"},
	{id: "boot-moved", file: bootFile, before: "\tMOVL\tSI, bootRecord_moved(DI)\n", after: "", why: "the kernel gives its own memory away, and maps somebody else's"},
	{id: "boot-link-size", file: bootFile, before: "\tJCS\tentry\n", after: "", why: "no more than the first 2 MiB are mapped"},
	{id: "boot-room-type", file: roomFile, before: "\tCMPL\t16(DI), $1\n\tJNE\tnext\n", after: "", why: "reserved memory is as good as RAM"},
	{id: "boot-room-high", file: roomFile, before: "\tCMPL\t4(DI), $0\n\tJNE\tnext\t// from 4 GiB on\n", after: "", why: "RAM above 4 GiB is taken for RAM below"},
	{id: "boot-room-start", file: roomFile, before: "\tCMPL\tCX, AX\n\tJCS\tnext\t// it begins above\n", after: "", why: "RAM that begins within the kernel"},
	{id: "boot-room-end", file: roomFile, before: "\tCMPL\tCX, DX\n\tJCS\tagain\n", after: "", why: "RAM that ends within the kernel"},
	{id: "boot-apart-below", file: roomFile, before: "\tCMPL\tBX, DX\n\tJCC\tdone\n", after: "\tCMPL\tBX, DX\n\tJHI\tdone\n", why: "what ends where the kernel begins"},
	{id: "boot-apart-above", file: roomFile, before: "\tCMPL\tAX, BX\n\tJCC\tdone\n", after: "\tCMPL\tAX, BX\n\tJHI\tdone\n", why: "what begins where the kernel ends"},
	{id: "boot-archive-given-away", file: "boot/kernel/memory.go", before: "ring0.Window(), module, m.will)", after: "ring0.Window(), m.will)", why: "the archive's memory is somebody's"},
	{id: "boot-page-rounding", file: spaceFile, before: "r.End&^(abi.PageSize-1)", after: "(r.End+abi.PageSize-1)&^(abi.PageSize-1)", why: "a device's registers on the last page of RAM are cached"},
	{id: "boot-direct-kernel", file: spaceFile, before: ".Without(k.Physical)", after: ".Without(memmap.Range{})", why: "the kernel's code can be written by another address"},
	{id: "boot-direct-end", file: spaceFile, before: "memory.Clip(0, layout.DirectSize)", after: "memory", why: "RAM is mapped past the end of the direct map"},
	{id: "boot-old-root", file: tagsFile, before: "if kind == tagNewRSDP || !p.newer {", after: "if p.info.RootPointer == nil {", why: "the first root pointer counts"},
	{id: "boot-root-alias", file: tagsFile, before: "append([]byte(nil), b[offFirst:]...)", after: "b[offFirst:]", why: "the root pointer lies in memory that is given away"},
	{id: "boot-region-wraps", file: tagsFile, before: "if start+length < start {", after: "if start+length < start && length == 0 {", why: "a region that ends before it begins"},
	{id: "boot-misplaced", file: tagsFile, before: "if wrong := p.info.Misplaced(); wrong != \"\" {", after: "if wrong := p.info.Misplaced(); wrong == \"x\" {", why: "a module in a device"},
}
