package ioport

// Lines is how many interrupt lines the kernel has vectors for: a line from there on exists on no
// machine (board/pc/apic.MaxLines).
const Lines = 192

// LineFault says why no device can have an interrupt line of the ISA bus, or of any I/O APIC; "" when
// one can.
//
// Source: IBM, "Personal Computer AT Technical Reference", "System Interrupts".
func LineFault(line uint32) string {
	switch {
	case line == 0:
		return "the interval timer's, which is the kernel's"
	case line == 2:
		return "the cascade of the interrupt controllers"
	case line == 13:
		return "the coprocessor's error"
	case line >= Lines:
		return "on no machine"
	}
	return ""
}

// EdgeLine tells whether a line is edge-triggered on every PC, so that two devices cannot share it: those of
// the ISA bus but 5, 9, 10 and 11, which firmware gives to PCI if it needs them.
func EdgeLine(line uint32) bool {
	switch line {
	case 5, 9, 10, 11:
		return false
	}
	return line < 16
}
