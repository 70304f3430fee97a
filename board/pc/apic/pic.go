package apic

import "bennu/board/pc/port"

// Ports of the two 8259s, and a port that nothing minds, written to give them time.
//
// Source: Intel, "8259A Programmable Interrupt Controller", "Programming the 8259A".
const (
	picCommand1 = 0x20
	picData1    = 0x21
	picCommand2 = 0xa0
	picData2    = 0xa1
	postPort    = 0x80

	icw1Init   = 0x11 // edge, cascade, ICW4 follows
	icw3Master = 1 << isaCascade
	icw3Slave  = isaCascade
	icw4x86    = 0x01
	picAll     = 0xff
)

// DisablePIC moves the 8259s' vectors to PICVector, away from the exceptions, and masks all
// their lines: what they may still raise then (a spurious line 7 or 15) is seen as such.
//
// Precondition: interrupts off.
func DisablePIC(s port.Space) {
	for _, w := range [...]struct {
		port uint16
		v    uint8
	}{
		{picData1, picAll}, {picData2, picAll},
		{picCommand1, icw1Init}, {picCommand2, icw1Init},
		{picData1, PICVector}, {picData2, PICVector + 8},
		{picData1, icw3Master}, {picData2, icw3Slave},
		{picData1, icw4x86}, {picData2, icw4x86},
		{picData1, picAll}, {picData2, picAll},
	} {
		s.Out8(w.port, w.v)
		s.Out8(postPort, 0)
	}
}
