//go:build !tamago

package usys

// Load8 and the others access memory of a device.

func (g Gate) Load8(at uint64) uint8       { return uint8(g.k.Load(at, 1)) }
func (g Gate) Load16(at uint64) uint16     { return uint16(g.k.Load(at, 2)) }
func (g Gate) Load32(at uint64) uint32     { return uint32(g.k.Load(at, 4)) }
func (g Gate) Load64(at uint64) uint64     { return g.k.Load(at, 8) }
func (g Gate) Store8(at uint64, v uint8)   { g.k.Store(at, 1, uint64(v)) }
func (g Gate) Store16(at uint64, v uint16) { g.k.Store(at, 2, uint64(v)) }
func (g Gate) Store32(at uint64, v uint32) { g.k.Store(at, 4, uint64(v)) }
func (g Gate) Store64(at uint64, v uint64) { g.k.Store(at, 8, v) }
