package simulated

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"sync"

	"bennu/rs/fi/code"
)

// Base is where the made-up text lies.
const Base = 0x40000000

const textSize = 1 << 16

// Symbols are those of the made-up executable.
type Symbols struct{}

// Place names functions of 256 bytes.
func (Symbols) Place(addr uint64) (symbol, place string) {
	if addr < Base || addr >= Base+textSize {
		return "", ""
	}
	n := (addr - Base) >> 8
	return fmt.Sprintf("made.up%d+0x%x", n, addr&0xff), fmt.Sprintf("up.go:%d", n+1)
}

// Asm is no disassembly.
func (Symbols) Asm(_ uint64, b []byte) string { return fmt.Sprintf("bytes %x", b) }

// Bytes follow from their address.
func (Symbols) Bytes(addr uint64, n int) []byte {
	if addr < Base || addr+uint64(n) > Base+textSize {
		return nil
	}
	b := make([]byte, n)
	for i := range b {
		var a [8]byte
		binary.LittleEndian.PutUint64(a[:], addr+uint64(i))
		h := fnv.New32a()
		h.Write(a[:])
		b[i] = byte(h.Sum32())
	}
	return b
}

// Eligible is the same for all types.
func (Symbols) Eligible(string) [code.Strata]uint32 { return [code.Strata]uint32{1000, 2000, 5000} }

// counter tells how often something came up before.
type counter struct {
	mu sync.Mutex
	n  map[uint32]int
}

func (c *counter) next(k uint32) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[uint32]int{}
	}
	c.n[k]++
	return c.n[k] - 1
}
