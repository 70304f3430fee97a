package x86

// In8 reads one byte of an I/O port. #GP in a task whose privilege does not list the port. defined in ports_amd64.s
//
// Source: Intel SDM Vol. 2A, "IN—Input from Port".
//
//go:nosplit
func In8(port uint16) uint8

// In16 is In8 for two ports. defined in ports_amd64.s
//
//go:nosplit
func In16(port uint16) uint16

// In32 is In8 for four ports. defined in ports_amd64.s
//
//go:nosplit
func In32(port uint16) uint32

// Out8 writes one byte to an I/O port. Exceptions: as In8. defined in ports_amd64.s
//
// Source: Intel SDM Vol. 2B, "OUT—Output to Port".
//
//go:nosplit
func Out8(port uint16, v uint8)

// Out8s writes the bytes of b to one I/O port, in order, by one instruction. Exceptions: as In8. defined in ports_amd64.s
//
// Source: Intel SDM Vol. 2B, "OUTS/OUTSB/OUTSW/OUTSD—Output String to Port".
//
//go:nosplit
func Out8s(port uint16, b []byte)

// Out16 is Out8 for two ports. defined in ports_amd64.s
//
//go:nosplit
func Out16(port uint16, v uint16)

// Out32 is Out8 for four ports. defined in ports_amd64.s
//
//go:nosplit
func Out32(port uint16, v uint32)
