// Package mmio reaches devices and tables by their physical addresses, through the kernel's direct map.
//
// Regs is a concrete type with two bodies, not an interface: on bare metal a load or a store of
// one 32-bit word, on the host a call of a fake. So the paths that run at each interrupt
// cost no dispatch and are tested all the same.
package mmio
