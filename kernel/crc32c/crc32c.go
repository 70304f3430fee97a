// Package crc32c is the CRC-32C (Castagnoli) by which the system knows whether bytes are still what they were: files of the boot
// archive, images, snapshots. On bare metal it is the processor's CRC32 instruction, which the kernel asks for at boot (SSE4.2,
// board/pc/cpu.Required), and needs no tables: hash/crc32 makes some 40 KiB of them when a program starts, which
// costs more than the sum of ten MiB.
package crc32c

// Sum is the checksum of b.
func Sum(b []byte) uint32 { return Update(0, b) }
