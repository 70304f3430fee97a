//go:build !tamago

package crc32c

import "hash/crc32"

var table = crc32.MakeTable(crc32.Castagnoli)

// Update adds b to a checksum, which is 0 at first.
func Update(sum uint32, b []byte) uint32 { return crc32.Update(sum, table, b) }
