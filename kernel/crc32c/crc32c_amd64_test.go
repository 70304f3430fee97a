package crc32c

import (
	"bytes"
	"hash/crc32"
	"math/rand/v2"
	"testing"
)

// The instructions give what hash/crc32 gives: of every length up to some blocks, at every place within a word, in parts, and
// they read nothing around.
func TestInstructions(t *testing.T) {
	table := crc32.MakeTable(crc32.Castagnoli)
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 3000)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	for n := range 1600 {
		from := n % 9
		part := b[from : from+n]
		if got, want := instructions(0, part), crc32.Checksum(part, table); got != want {
			t.Fatalf("%d bytes at %d: %08x, want %08x", n, from, got, want)
		}
		cut := r.IntN(n + 1)
		if got, want := instructions(instructions(0, part[:cut]), part[cut:]), crc32.Checksum(part, table); got != want {
			t.Fatalf("%d bytes, cut at %d: %08x, want %08x", n, cut, got, want)
		}
	}
	if instructions(0, nil) != 0 || instructions(0xabcd, nil) != 0xabcd {
		t.Error("nothing changes the sum")
	}
	// The check value of "CRC-32C (Castagnoli)": RFC 3720, B.4, and everybody's.
	if got := Sum([]byte("123456789")); got != 0xe3069283 {
		t.Errorf("%08x", got)
	}
	if got := instructions(0, bytes.Repeat([]byte{0xff}, 32)); got != 0x62a8ab43 {
		t.Errorf("%08x", got)
	}
}

// A burst of up to 32 bits is always found: what the boot trusts the sum for.
func TestFindsBursts(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	b := make([]byte, 1024)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	want := instructions(0, b)
	for range 20_000 {
		at, burst := r.IntN(len(b)-4), r.Uint32()|1
		c := bytes.Clone(b)
		for i := range 4 {
			c[at+i] ^= byte(burst >> (8 * i))
		}
		if instructions(0, c) == want {
			t.Fatalf("burst %08x at %d is not found", burst, at)
		}
	}
}
