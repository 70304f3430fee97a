// Package room divides a machine's memory before any service has some: so much for the kernel, the boot archive and the root
// task, and the rest for the services' reserves. The kernel boots by these figures, and the image builder checks system.conf
// by them.
package room

import (
	"bennu/kernel/abi"
	"bennu/kernel/layout"
)

const (
	// Minimum is the memory, in bytes, of the smallest machine that an image is made for, unless its system.conf
	// names another.
	Minimum = 128 << 20
	// Kernel is what the kernel takes: its image, heap and stacks, and the first MiB, a part of which no PC has as RAM.
	Kernel = 24 << 20
	// Firmware is what firmware keeps at the end of RAM, and the kernel's page tables: as in QEMU, where they are
	// less. A machine whose firmware keeps more needs as much more RAM.
	Firmware = 1 << 20
	// rootOwn is the root task's own memory, beside its images of executables. Nobody else can take it: the
	// machine ends when the root task does.
	rootOwn = 4 << 20
)

// pages is n bytes as whole pages, in bytes.
func pages(n uint64) uint64 { return (n + abi.PageSize - 1) &^ (abi.PageSize - 1) }

// Archive is what a boot archive of n bytes takes.
func Archive(n uint64) uint64 { return pages(n) }

// Images is what the executables of an archive of n bytes take beside that, as the images that tasks are made of: lists, tables, and
// the pages that are not whole. Their other pages are the archive's.
func Images(n uint64) uint64 { return pages(n / 64) }

// Root is the root task's reserve when it boots an archive of n bytes.
func Root(n uint64) uint64 { return rootOwn + Images(n) }

// Twice is what the root task's reserve has more when its program, an executable of n bytes, runs twice: that, once more, and its lives' memory.
func Twice(n uint64) uint64 { return rootOwn + pages(n) + pages(n/64) }

// taken is what a machine that boots an archive of n bytes has not for services.
func taken(n uint64) uint64 { return Kernel + Firmware + Archive(n) + Root(n) }

// Machine is the memory of the smallest machine that boots an archive of n bytes and has reserved bytes for its services.
// Loaders put the archive above the kernel, whose place is fixed: so there is a least one, whatever it has to hold.
func Machine(n, reserved uint64) uint64 {
	return max(taken(n)+reserved, layout.KernelEnd+Firmware+Archive(n))
}

// Least is the smallest machine of all: without any service.
func Least(n uint64) uint64 { return Machine(n, 0) }

// Services is what a machine with so much memory has for the reserves of services, beside an archive of n bytes.
func Services(memory, n uint64) uint64 {
	if memory < Least(n) {
		return 0
	}
	return memory - taken(n)
}
