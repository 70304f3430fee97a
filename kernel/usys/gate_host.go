//go:build !tamago

package usys

import "bennu/kernel/abi"

// Gate is the kernel as a task has it. On the host it is a simulated one.
type Gate struct{ k Kernel }

// NewGate makes the gate of a simulated kernel. On metal a Gate needs no making.
func NewGate(k Kernel) Gate { return Gate{k} }

func (g Gate) area() *abi.CallArea     { return g.k.CallArea() }
func (g Gate) address(b []byte) uint64 { return g.k.Address(b) }

// Start, Clock, Module and Now are as on metal.

func (g Gate) Start() *abi.StartInfo { return g.k.StartInfo() }
func (g Gate) Clock() *abi.ClockInfo { return g.k.ClockInfo() }
func (g Gate) Module() []byte        { return g.k.Module() }
func (g Gate) Now() uint64           { return g.k.Now() }

// TSC counts the simulated kernel's time.
func (g Gate) TSC() uint64 { return g.k.Now() }

// Memory is as on metal, but that what is taken from the task does not fault.
func (g Gate) Memory(v *abi.WindowView) []byte { return g.k.Window(v.Address) }

// Kept is the task's kept memory as it is now, from its header on; empty when its account has none. The kernel changes it under CallKeep.
func (g Gate) Kept() []byte {
	if g.Start().KeptSize == 0 {
		return nil
	}
	return g.k.Window(abi.KeptBase)
}

func (g Gate) call0(nr abi.CallNr) (abi.Errno, uint64) { return g.k.Syscall(nr, 0, 0, 0, 0, 0) }
func (g Gate) call1(nr abi.CallNr, a uint64) (abi.Errno, uint64) {
	return g.k.Syscall(nr, a, 0, 0, 0, 0)
}
func (g Gate) call2(nr abi.CallNr, a, b uint64) (abi.Errno, uint64) {
	return g.k.Syscall(nr, a, b, 0, 0, 0)
}
func (g Gate) call3(nr abi.CallNr, a, b, c uint64) (abi.Errno, uint64) {
	return g.k.Syscall(nr, a, b, c, 0, 0)
}
func (g Gate) call4(nr abi.CallNr, a, b, c, d uint64) (abi.Errno, uint64) {
	return g.k.Syscall(nr, a, b, c, d, 0)
}
func (g Gate) call5(nr abi.CallNr, a, b, c, d, e uint64) (abi.Errno, uint64) {
	return g.k.Syscall(nr, a, b, c, d, e)
}

// In8 and the others are IN and OUT.

func (g Gate) In8(port uint16) uint8     { return uint8(g.k.In(port, 1)) }
func (g Gate) In16(port uint16) uint16   { return uint16(g.k.In(port, 2)) }
func (g Gate) In32(port uint16) uint32   { return g.k.In(port, 4) }
func (g Gate) Out8(port uint16, v uint8) { g.k.Out(port, 1, uint32(v)) }
func (g Gate) Out8s(port uint16, b []byte) {
	for _, v := range b {
		g.k.Out(port, 1, uint32(v))
	}
}
func (g Gate) Out16(port uint16, v uint16) { g.k.Out(port, 2, uint32(v)) }
func (g Gate) Out32(port uint16, v uint32) { g.k.Out(port, 4, v) }
