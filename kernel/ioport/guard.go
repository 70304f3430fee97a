package ioport

import "bennu/kernel/abi"

// Ports are the machine's ports, which a Guard reads and writes.
type Ports interface {
	In8(port uint16) uint8
	Out8(port uint16, v uint8)
}

// The guarded ports.
const (
	portData    = 0x60
	portCommand = 0x64 // in: status
	portIndex   = 0x70
	portClock   = 0x71
)

// Guard stands between tasks and the guarded ports: only the device behind them notices the accesses that it
// lets through. It keeps the state of each device, since the meaning of a byte depends on the one before it;
// that state outlives the task that caused it.
type Guard struct {
	keyboard controller
	clock    clock
}

// NewGuard makes the guard of a machine that boot has just taken over: nobody knows what the firmware has
// left undone. century is the CMOS register of the century besides 32h, 0 for none.
func NewGuard(p Ports, century uint8) *Guard {
	return &Guard{controller{p: p, unknown: true}, clock{p: p, index: statusD, century: century}}
}

// In reads a guarded port. Preconditions: the port is the caller's.
//
// Errors: EPERM (the byte behind it is not the device's), EINVAL (not a guarded port).
func (g *Guard) In(port uint16) (v uint8, e abi.Errno) {
	switch port {
	case portData, portCommand:
		return g.keyboard.p.In8(port), abi.OK
	case portIndex:
		return g.clock.index, abi.OK
	case portClock:
		return g.clock.read()
	}
	return 0, abi.EINVAL
}

// Out writes a guarded port. A refused byte has not reached the device.
//
// Errors: EPERM (not a value that may be written now), EAGAIN (the device has not yet taken the byte before),
// EINVAL (not a guarded port). Preconditions: as In.
func (g *Guard) Out(port uint16, v uint8) abi.Errno {
	switch port {
	case portData:
		return g.keyboard.data(v)
	case portCommand:
		return g.keyboard.command(v)
	case portIndex:
		return g.clock.point(v)
	case portClock:
		return g.clock.write(v)
	}
	return abi.EINVAL
}

// Release is the end of the owner of some ports, perhaps in the middle of a sequence.
func (g *Guard) Release(r abi.PortRange) {
	if r.Has(portData) || r.Has(portCommand) {
		g.keyboard.orphan()
	}
	if r.Has(portIndex) || r.Has(portClock) {
		g.clock.index = statusD
	}
}

// Why says in words why a byte is not let through to a port; "" for one that may be.
func (g *Guard) Why(port uint16, v uint8) string {
	switch port {
	case portCommand:
		if why := CommandFault(v); why != "" {
			return why
		}
		if g.keyboard.pending != 0 {
			return "the data byte of the command before is due"
		}
	case portData:
		if g.keyboard.pending == writeConfig && !configAllowed(v) {
			return "not a command byte: bit 2 must be 1, bit 7 must be 0"
		}
	case portIndex:
		if v&maskNMI != 0 {
			return "bit 7 masks NMIs"
		}
	case portClock:
		if !g.clock.own(g.clock.index) {
			return "the register is not the clock's"
		}
	}
	return ""
}
