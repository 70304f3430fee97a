package code

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/arch/x86/x86asm"
)

// Templates say what x86asm says of every instruction, whatever has been seen before.
func TestTemplates(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	known := new(templates)
	opcodes := 0
	for range 400000 {
		b := make([]byte, MaxLen)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		at := 0
		if r.IntN(3) == 0 {
			b[at] = []byte{0x66, 0x67, 0xf2, 0xf3, 0x64, 0xf0}[r.IntN(6)]
			at++
		}
		if r.IntN(2) == 0 {
			b[at] = 0x40 + byte(r.IntN(16))
			at++
		}
		if r.IntN(3) == 0 {
			b[at] = 0x0f
		}
		n, err := Length(b)
		if err != nil {
			continue
		}
		in := Inst{Bytes: b[:n], known: known}
		in.Decode()
		s, _ := parse(b[:n])
		want := x86asm.Inst{Len: n, Mode: 64}
		if x, err := x86asm.Decode(b[:n], 64); err == nil && x.Len == n && !s.vex {
			want = x
			opcodes++
		}
		if in.X != want {
			t.Fatalf("% x: %s, expected %s", b[:n], fmt.Sprintf("%+v", in.X), fmt.Sprintf("%+v", want))
		}
	}
	// these differ in their first byte only, which is among the bytes of a key or is not
	for n := range 10 {
		for _, first := range []byte{0xf2, 0xf3} {
			in := Inst{Bytes: slices.Concat([]byte{first}, bytes.Repeat([]byte{0x2e}, n), []byte{0x0f, 0x10, 0xc1}), known: known}
			in.Decode()
			if want, err := x86asm.Decode(in.Bytes, 64); err != nil || in.X != want {
				t.Errorf("% x: %v, expected %v, %v", in.Bytes, in.X, want, err)
			}
		}
	}
	if opcodes < 100000 {
		t.Errorf("only %d were instructions", opcodes)
	}
}

// What is no instruction, or more than one, has no operands.
func TestDecodeNone(t *testing.T) {
	for _, b := range [][]byte{{0x90, 0x90}, {0x06}, {0x8b}, {0xc5, 0xf8, 0x77}, {}} {
		in := Inst{Bytes: b}
		if in.Decode(); in.X.Op != 0 || in.X.Len != len(b) {
			t.Errorf("% x: %v, %d bytes", b, in.X, in.X.Len)
		}
	}
}
