// Package fake is physical memory and device registers for host tests.
package fake

// Piece is bytes at a physical address.
type Piece struct {
	Addr  uint64
	Bytes []byte
}

// Memory is physical memory made of pieces that do not overlap; between them is nothing.
type Memory []Piece

// Window is the n bytes at an address; ok is false when no one piece holds them all.
func (m Memory) Window(addr, n uint64) (b []byte, ok bool) {
	for _, p := range m {
		size := uint64(len(p.Bytes))
		if n != 0 && addr >= p.Addr && addr-p.Addr < size && n <= size-(addr-p.Addr) {
			return p.Bytes[addr-p.Addr:][:n:n], true
		}
	}
	return nil, false
}
