// Package port is the PC's I/O port space behind a small
// interface, so that drivers of the board's own devices are tested on the host.
package port

// Space is the 64 KiB of I/O ports. A port that no device decodes reads as all ones and
// ignores writes; nothing here can fail.
//
// Source: Intel SDM Vol. 1, "Input/Output".
type Space interface {
	In8(port uint16) uint8
	In16(port uint16) uint16
	In32(port uint16) uint32
	Out8(port uint16, v uint8)
	Out16(port uint16, v uint16)
	Out32(port uint16, v uint32)
}
