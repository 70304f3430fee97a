package main

import (
	"encoding/binary"

	"bennu/kernel/abi"
	"bennu/kernel/abi/printable"
	"bennu/kernel/crc32c"
)

// Words that a machine which starts itself again leaves to the next boot. Whether memory survives a reset is the board's: QEMU's does, and most PCs'
// where firmware does not clear it; a power cycle is the end of it. What is not whole is not believed.
const (
	willAt   = 8<<20 - willSize // firmware is done with what is above its first MiB, and loaders put what is large elsewhere
	willSize = abi.PageSize

	willMagic = 0x4c4c4957_554e4e42
	willHead  = 16 // magic, length, checksum
)

// putWill writes words into a page.
func putWill(page, words []byte) {
	n := copy(page[willHead:], words)
	binary.LittleEndian.PutUint64(page, willMagic)
	binary.LittleEndian.PutUint32(page[8:], uint32(n))
	binary.LittleEndian.PutUint32(page[12:], crc32c.Sum(page[willHead:willHead+n]))
}

// takeWill is the words in a page, printable, which are gone with that; "" when there are none.
func takeWill(page []byte) string {
	n := binary.LittleEndian.Uint32(page[8:])
	if binary.LittleEndian.Uint64(page) != willMagic || n > uint32(len(page)-willHead) {
		return ""
	}
	words := page[willHead : willHead+n]
	if crc32c.Sum(words) != binary.LittleEndian.Uint32(page[12:]) {
		return ""
	}
	clear(page[:8])
	printable.Mask(words) // in place: they are gone
	return string(words)
}
