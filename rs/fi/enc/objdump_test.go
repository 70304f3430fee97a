package enc_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"bennu/rs/fi/enc"
	"bennu/tools/objdump"
)

// codes is every opcode of a map behind prefixes, with ModRM bytes of each mod, each reg of regs, and those rm that differ. SIB bytes,
// displacements and immediates behind it are 90, as what fills up a piece: so objdump falls in with the next piece.
func codes(prefix, escape []byte, regs []byte) (all [][]byte) {
	for op := range 256 {
		for mod := range byte(4) {
			for _, reg := range regs {
				for _, rm := range []byte{0, 4, 5} {
					c := append(append(append([]byte{}, prefix...), escape...), byte(op), mod<<6|reg<<3|rm)
					all = append(all, append(c, bytes.Repeat([]byte{0x90}, objdump.Slot-1-len(c))...))
				}
			}
		}
	}
	return all
}

// odd is what objdump prints and Parse refuses: instructions that no compiler for 64-bit mode emits, or of privileged code, or whose length
// processors do not agree on.
var odd = map[string]bool{
	"bnd": true, "extrq": true, "insertq": true, "femms": true, "getsec": true, "vmread": true, "vmwrite": true, "xabort": true, "xbeginw": true, "xbegin": true,
	"montmul": true, "xcrypt-ecb": true, "xcrypt-cbc": true, "xcrypt-ctr": true, "xcrypt-cfb": true, "xcrypt-ofb": true, "xsha1": true, "xsha256": true, "xstore-rng": true,
}

// refused tells whether Parse may refuse what objdump prints.
func refused(b []byte, text string) bool {
	op := b
	for bytes.IndexByte([]byte{0x66, 0xf2, 0xf3, 0x67}, op[0]) >= 0 {
		op = op[1:]
	}
	if op[0]&0xf0 == 0x40 {
		op = op[1:]
	}
	short := bytes.IndexByte(b[:2], 0x66) >= 0 // a target of 16 bits on some processors
	switch c := op[0]; {
	case c == 0xc4, c == 0xc5, c == 0x62, c == 0x8f && op[1]&0x38 != 0: // VEX, EVEX, XOP
		return true
	case short && (c&0xf0 == 0x70 || c >= 0xe0 && c <= 0xe3 || c >= 0xe8 && c <= 0xeb || c == 0x0f && op[1]&0xf0 == 0x80):
		return true
	case c&0xf0 == 0x40, bytes.IndexByte([]byte{0xf0, 0xf2, 0xf3, 0x2e, 0x36, 0x26, 0x3e, 0x64, 0x65, 0x66, 0x67}, c) >= 0: // another prefix
		return true
	case c == 0x0f && (op[1] == 0x38 || op[1] == 0x3a || op[1] == 0x0f || op[1]&0xfc == 0x20): // newer ones, 3DNow!, control registers
		return true
	}
	for _, w := range strings.Fields(text) {
		if odd[w] {
			return true
		}
	}
	return strings.HasPrefix(text, "rex")
}

// TestLengths compares the length of every opcode with every ModRM byte, alone and behind prefixes, with objdump's.
func TestLengths(t *testing.T) {
	all8 := []byte{0, 1, 2, 3, 4, 5, 6, 7}
	compared := 0
	for n, prefix := range [][]byte{nil, {0x66}, {0xf2}, {0xf3}, {0x48}, {0x4f}, {0x66, 0x45}, {0x67}} {
		regs := all8
		if n > 1 {
			regs = []byte{0, 4, 7}
		}
		all := codes(prefix, nil, regs)
		all = append(all, codes(prefix, []byte{0x0f}, regs)...)
		all = append(all, codes(prefix, []byte{0x0f, 0x38}, all8[:1])...)
		all = append(all, codes(prefix, []byte{0x0f, 0x3a}, all8[:1])...)
		compared += compare(t, all)
	}
	if compared < 100_000 {
		t.Errorf("%d instructions compared: expected more than 100,000", compared)
	}
	t.Logf("%d instructions compared", compared)
}

// compare compares lengths, and is how many it has compared.
func compare(t *testing.T, all [][]byte) (compared int) {
	t.Helper()
	lines, err := objdump.First(all)
	if err != nil {
		t.Fatal(err)
	}
	last := ""
	for n, c := range all {
		i, ok := enc.Parse(c)
		l := lines[n]
		why := ""
		switch {
		case ok && i.Form == enc.None && (l.Text == "" || i.Op == 0x9b): // nothing is said of it; objdump joins WAIT with x87
		case ok && l.Text == "":
			why = "objdump knows no such instruction"
		case ok && len(l.Bytes) != len(i.Bytes):
			why = fmt.Sprintf("%d bytes: expected %d", len(i.Bytes), len(l.Bytes))
		case !ok && l.Text != "" && !refused(c, l.Text):
			why = "refused"
		case ok:
			compared++
		}
		if key := why + string(bytes.TrimRight(c, "\x90")); why != "" && key[:len(key)-1] != last {
			last = key[:len(key)-1]
			t.Errorf("% x (%s): %s", c[:6], l.Text, why)
		}
	}
	return compared
}
