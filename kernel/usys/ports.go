//go:build tamago

package usys

// in8 reads an I/O port: #GP when the task's privilege does not list it. defined in ports_amd64.s
func in8(port uint16) uint8

// in16 is in8 for two ports. defined in ports_amd64.s
func in16(port uint16) uint16

// in32 is in8 for four ports. defined in ports_amd64.s
func in32(port uint16) uint32

// out8 writes an I/O port. Exceptions: as in8. defined in ports_amd64.s
func out8(port uint16, v uint8)

// out16 is out8 for two ports. defined in ports_amd64.s
func out16(port uint16, v uint16)

// out32 is out8 for four ports. defined in ports_amd64.s
func out32(port uint16, v uint32)
