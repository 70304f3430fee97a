// Package layout is the machine's address map: whose which linear addresses are. Every address space has the kernel's
// part of it, and has of tasks only its own. Tasks' own addresses cross the rings and stand in kernel/abi.
package layout

import "bennu/kernel/abi"

// What the kernel has, supervisor-only, in every address space.
const (
	// KernelBase is where the kernel is linked: its ELF header's page. From its image's end on is its Go heap, and
	// its stacks are below KernelEnd. The loader may put it at any physical address that is a multiple of LoadAlign.
	KernelBase = 0x100_0000
	KernelEnd  = 0x270_0000
	LoadAlign  = 2 << 20

	// HeadersEnd is where headers, the ELF's and those that loaders look for, end at most, in the kernel's first page. The rest
	// of it is what the first instructions write to.
	HeadersEnd = KernelBase + 0xe00

	// TSS is the task-state segment's page. The two after it are the I/O permission bitmap, and one page of ones ends
	// that. It has a PML4 entry of its own, since its pages are the address space's and not the kernel's.
	TSS = 0xffff_8000_0000_0000

	// Direct is the direct map: physical address a is mapped at Direct+a, never executable; RAM is cached, devices are
	// not. The frames of the kernel's own image, heap and stacks are left out.
	Direct     = 0xffff_8800_0000_0000
	DirectSize = 1 << 46 // 64 TiB
)

// SlotShift is log2 of what one entry of the top table, a PML4 slot, maps: 512 GiB.
const SlotShift = 39

// Slot is the number of the PML4 entry that va belongs to.
func Slot(va uint64) uint64 { return va >> SlotShift & 511 }

// Slots of the map's parts.
const (
	LowSlot    = 0 // the kernel in its first GiB, a task in the three that follow
	WindowSlot = abi.WindowBase >> SlotShift
	TSSSlot    = TSS >> SlotShift & 511
	DirectSlot = Direct >> SlotShift & 511
	DirectEnd  = DirectSlot + DirectSize>>SlotShift
)

// An Area is a part of the map.
type Area struct {
	Start, End uint64 // the last byte's address is End-1
	Whose      string // in every address space the kernel's, or the task's
	What       string
}

// Map is all areas, by address. What lies between them is never mapped.
var Map = [...]Area{
	{KernelBase, KernelEnd, "kernel", "the kernel: image, Go heap, stacks with guard pages between them"},
	{abi.StartPage, abi.StartPage + abi.PageSize, "task", "start page: who the task is; read-only"},
	{abi.CallPage, abi.CallPage + abi.PageSize, "task", "call page: messages, arguments of calls, copy grants"},
	{abi.ClockPage, abi.ClockPage + abi.PageSize, "task", "clock page: the date, one page for all tasks; read-only"},
	{abi.ImageBase, abi.ImageEnd, "task", "the executable: read-only pages are the image's own, writable ones private copies"},
	{abi.RAMBase, abi.RAMBase + abi.RAMSize, "task", "RAM: zeros, given as they are touched"},
	{abi.WindowBase, abi.WindowEnd, "task", "windows: memory of others and of devices, mapped by kernel calls; in the root task the boot archive"},
	{TSS, TSS + 4*abi.PageSize, "kernel", "task-state segment, and the I/O bitmap, which is the task's own where it has ports"},
	{Direct, Direct + DirectSize, "kernel", "direct map of physical memory, RAM and devices"},
}
