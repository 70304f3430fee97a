//go:build tamago

package crc32c

// Update adds b to a checksum, which is 0 at first.
func Update(sum uint32, b []byte) uint32 { return instructions(sum, b) }
