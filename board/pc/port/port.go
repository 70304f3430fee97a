//go:build tamago

package port

// Hardware is the machine's port space. Only ring 0 may use it.
type Hardware struct{}

var _ Space = Hardware{}

func (Hardware) In8(port uint16) uint8       { return In8(port) }
func (Hardware) In16(port uint16) uint16     { return In16(port) }
func (Hardware) In32(port uint16) uint32     { return In32(port) }
func (Hardware) Out8(port uint16, v uint8)   { Out8(port, v) }
func (Hardware) Out16(port uint16, v uint16) { Out16(port, v) }
func (Hardware) Out32(port uint16, v uint32) { Out32(port, v) }

// In8 reads one byte. defined in port_amd64.s
//
// Source: Intel SDM Vol. 2A, "IN—Input from Port".
//
//go:nosplit
func In8(port uint16) uint8

// In16 reads two bytes. defined in port_amd64.s
//
//go:nosplit
func In16(port uint16) uint16

// In32 reads four bytes. defined in port_amd64.s
//
//go:nosplit
func In32(port uint16) uint32

// Out8 writes one byte. defined in port_amd64.s
//
// Source: Intel SDM Vol. 2B, "OUT—Output to Port".
//
//go:nosplit
func Out8(port uint16, v uint8)

// Out16 writes two bytes. defined in port_amd64.s
//
//go:nosplit
func Out16(port uint16, v uint16)

// Out32 writes four bytes. defined in port_amd64.s
//
//go:nosplit
func Out32(port uint16, v uint32)
