//go:build tamago

package port

import "bennu/board/x86"

// Hardware is the machine's port space. Only ring 0 may use it.
type Hardware struct{}

var _ Space = Hardware{}

func (Hardware) In8(port uint16) uint8       { return x86.In8(port) }
func (Hardware) In16(port uint16) uint16     { return x86.In16(port) }
func (Hardware) In32(port uint16) uint32     { return x86.In32(port) }
func (Hardware) Out8(port uint16, v uint8)   { x86.Out8(port, v) }
func (Hardware) Out16(port uint16, v uint16) { x86.Out16(port, v) }
func (Hardware) Out32(port uint16, v uint32) { x86.Out32(port, v) }
