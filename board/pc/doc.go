// Package pc is the PC in ring 0: the first instructions after the boot loader and the hooks of the
// Go runtime. Its parts (acpi, apic, clock, cpu, loader, memmap, multiboot, port, power, pvh, serial) are the silicon's, each by
// itself; package main of the kernel joins them.
package pc
