//go:build tamago

package usys

// Load8 and the others access memory of a device, each in one instruction. They are not inlined, which makes the access volatile: the
// compiler removes and joins none, and goes on in the program's order.

//go:noinline
func (Gate) Load8(at uint64) uint8 { return *(*uint8)(pointer(uintptr(at))) }

//go:noinline
func (Gate) Load16(at uint64) uint16 { return *(*uint16)(pointer(uintptr(at))) }

//go:noinline
func (Gate) Load32(at uint64) uint32 { return *(*uint32)(pointer(uintptr(at))) }

//go:noinline
func (Gate) Load64(at uint64) uint64 { return *(*uint64)(pointer(uintptr(at))) }

//go:noinline
func (Gate) Store8(at uint64, v uint8) { *(*uint8)(pointer(uintptr(at))) = v }

//go:noinline
func (Gate) Store16(at uint64, v uint16) { *(*uint16)(pointer(uintptr(at))) = v }

//go:noinline
func (Gate) Store32(at uint64, v uint32) { *(*uint32)(pointer(uintptr(at))) = v }

//go:noinline
func (Gate) Store64(at uint64, v uint64) { *(*uint64)(pointer(uintptr(at))) = v }
