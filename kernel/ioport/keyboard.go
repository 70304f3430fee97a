package ioport

import "bennu/kernel/abi"

// Bits of the controller.
//
// Source: IBM, "Personal System/2 Hardware Interface Technical Reference", "Keyboard and Auxiliary Device
// Controller".
const (
	statusBusy = 1 << 1 // in the status: a byte of ours waits in the input buffer

	configSystem   = 1 << 2 // of the command byte: the self test has passed. Firmware takes 0 for a cold start
	configReserved = 1 << 7
	configQuiet    = 0x74 // both devices and their interrupts off, translation on, the self test has passed

	writeConfig = 0x60
)

// settlePolls bounds each of the three waits for a controller in an unknown state. A call that has to wait
// for one is the longest stay in the kernel.
const settlePolls = 100

// controller is the 8042 or one of its successors.
//
// It takes a byte at 60 for the data of a command that was written to 64 before, if that one has data, and
// else sends it to the keyboard. Another command in between cancels the first on some chips and not on
// others, so no command passes while data is due. A byte written before the last one was taken would replace
// it, so none passes while the input buffer is full. By both rules the kernel knows what the controller
// expects.
type controller struct {
	p       Ports
	pending uint8 // the command whose data byte is due; 0: none
	unknown bool  // the data of some command may be due
	settled int   // how many of the bytes that settle it are written
}

func (c *controller) busy() bool { return c.p.In8(portCommand)&statusBusy != 0 }

// command writes to 64.
func (c *controller) command(b uint8) abi.Errno {
	if CommandFault(b) != "" {
		return abi.EPERM
	}
	if e := c.settle(); e != abi.OK {
		return e
	}
	switch {
	case c.pending != 0:
		return abi.EPERM
	case c.busy():
		return abi.EAGAIN
	}
	c.p.Out8(portCommand, b)
	if hasData(b) {
		c.pending = b
	}
	return abi.OK
}

// data writes to 60.
func (c *controller) data(b uint8) abi.Errno {
	if e := c.settle(); e != abi.OK {
		return e
	}
	switch {
	case c.pending == writeConfig && !configAllowed(b):
		return abi.EPERM
	case c.busy():
		return abi.EAGAIN
	}
	c.p.Out8(portData, b)
	c.pending = 0
	return abi.OK
}

// orphan is the end of the owner. The controller would take the next owner's first byte to the keyboard for
// data that is due.
func (c *controller) orphan() {
	c.unknown = c.unknown || c.pending != 0
	c.pending = 0
}

// settling is what settle writes.
var settling = [...]struct {
	port uint16
	v    uint8
}{{portCommand, writeConfig}, {portData, configQuiet}}

// settle ends any wait of the controller for data: it writes the command 60, which replaces a waiting command
// or is its data, and then data that leaves both devices off. The next owner's first write does this, not the
// death, which it would make longer.
//
// Errors: EAGAIN (the controller is busy: it is to be tried again, and goes on from there).
func (c *controller) settle() abi.Errno {
	if !c.unknown {
		return abi.OK
	}
	for ; c.settled < len(settling); c.settled++ {
		if !c.taken() {
			return abi.EAGAIN
		}
		c.p.Out8(settling[c.settled].port, settling[c.settled].v)
	}
	if !c.taken() {
		return abi.EAGAIN
	}
	c.settled = 0
	c.unknown = false
	return abi.OK
}

// taken waits until the input buffer is empty, or for as long as a kernel call may.
func (c *controller) taken() bool {
	for range settlePolls {
		if !c.busy() {
			return true
		}
	}
	return false
}

// configAllowed tells whether a command byte leaves the machine alone.
func configAllowed(b uint8) bool { return b&(configSystem|configReserved) == configSystem }

// hasData tells whether a command that is allowed is followed by a byte at 60.
func hasData(b uint8) bool { return b == writeConfig || b >= 0xd2 && b <= 0xd4 }

// commands are the 256 bytes that can be written to 64, in order; why is empty for those that may be.
//
// Source: IBM, as above; American Megatrends, "AMIKEY-2 Keyboard Controller"; Phoenix, "MultiKey/42i"; Ralf
// Brown, "Interrupt List", PORTS.A, port 0064.
var commands = [...]struct {
	last uint8
	why  string
}{
	{0x1f, "reads memory of the controller, on some chips"},
	{0x20, ""}, // read the command byte
	{0x3f, "reads memory of the controller: passwords, secrets of the firmware"},
	{0x5f, "writes memory of the controller, on some chips"},
	{0x60, ""}, // write the command byte: its data is checked
	{0x7f, "writes memory of the controller: passwords, security"},
	{0xa3, "differs from maker to maker"},
	{0xa6, "passwords: locks the keyboard"},
	{0xa9, ""}, // the auxiliary device off, on, test of its port
	{0xab, ""}, // self test, test of the keyboard's port
	{0xac, "reads memory of the controller"},
	{0xae, ""}, // the keyboard off, on
	{0xaf, "differs from maker to maker"},
	{0xbf, "sets lines of the controller's ports: reset and A20 on some chips"},
	{0xcf, "reads or holds lines of the controller's ports"},
	{0xd0, "reads the output port: reset and A20 are there"},
	{0xd1, "writes the output port: reset and A20 are there"},
	{0xd4, ""}, // as if the keyboard, as if the auxiliary device had sent it; to the auxiliary device
	{0xdf, "switches A20 on some chips"},
	{0xef, "reads or sets lines of the controller's ports"},
	{0xff, "pulses lines of the output port: reset is one"},
}

// CommandFault says why a command does not pass; "" for one that does.
func CommandFault(b uint8) string {
	for _, c := range commands {
		if b <= c.last {
			return c.why
		}
	}
	return "no command"
}
