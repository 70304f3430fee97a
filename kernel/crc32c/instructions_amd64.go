package crc32c

// instructions is Update by the processor's CRC32. Preconditions: it has SSE4.2. defined in instructions_amd64.s
//
//go:noescape
func instructions(sum uint32, b []byte) uint32
