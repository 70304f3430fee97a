package code_test

import (
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"bennu/rs/fi/code"
)

// unhex takes bytes as manuals print them.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return b
}

// odd are instructions that a decoder gets wrong: bytes, and what objdump calls them. "bad": it has none either.
var odd = []struct{ bytes, mnemonic string }{
	{"90", "nop"},
	{"66 90", "xchg"},
	{"f3 90", "pause"},
	{"41 90", "xchg"},
	{"c3", "ret"},
	{"c2 08 00", "ret"},
	{"c8 10 00 01", "enter"},
	{"cd 03", "int"},
	// REX: size of constants, the last byte before the opcode alone counts
	{"b8 01 00 00 00", "mov"},
	{"48 b8 01 02 03 04 05 06 07 08", "movabs"},
	{"66 b8 01 00", "mov"},
	{"66 48 b8 01 02 03 04 05 06 07 08", "data16"},
	{"48 66 b8 01 00", "rex.W"},
	{"48 c7 c0 01 00 00 00", "mov"},
	{"66 c7 00 01 00", "movw"},
	{"66 48 c7 00 01 00 00 00", "data16"},
	{"41 bc 00 10 00 00", "mov"},
	{"48 48 89 c0", "rex.W"},
	{"68 00 00 00 00", "push"},
	{"66 68 00 00", "pushw"},
	{"6a ff", "push"},
	{"69 c0 00 10 00 00", "imul"},
	{"66 69 c0 00 10", "imul"},
	{"6b c0 03", "imul"},
	// ModRM, SIB, displacement, RIP
	{"8b 05 10 00 00 00", "mov"},
	{"48 8d 0d 10 00 00 00", "lea"},
	{"c6 05 10 00 00 00 01", "movb"},
	{"48 81 3d 10 00 00 00 00 01 00 00", "cmpq"},
	{"8b 04 24", "mov"},
	{"8b 44 24 08", "mov"},
	{"8b 84 24 00 01 00 00", "mov"},
	{"8b 04 25 00 20 00 40", "mov"},
	{"8b 04 6d 00 00 00 00", "mov"},
	{"8b 44 6d 00", "mov"},
	{"41 8b 45 00", "mov"},
	{"41 8b 04 24", "mov"},
	{"67 8b 04 24", "mov"},
	{"64 48 8b 0c 25 f8 ff ff ff", "mov"},
	// groups
	{"f6 c1 01", "test"},
	{"f6 d9", "neg"},
	{"f7 c1 00 01 00 00", "test"},
	{"66 f7 c1 00 01", "test"},
	{"f7 d9", "neg"},
	{"48 f7 e1", "mul"},
	{"8f 00", "pop"},
	{"8f 08", "bad"},
	{"fe c0", "inc"},
	{"fe d0", "bad"},
	{"ff e0", "jmp"},
	{"ff 24 c5 00 00 20 40", "jmp"},
	{"ff f8", "bad"},
	{"c6 f8 01", "xabort"},
	{"c7 f8 00 00 00 00", "xbegin"},
	{"66 c7 f8 00 00", "xbeginw"},
	// branches
	{"eb 10", "jmp"},
	{"e9 00 01 00 00", "jmp"},
	{"66 e9 00 01", "jmpw"},
	{"0f 84 00 01 00 00", "je"},
	{"66 0f 84 00 01", "je"},
	{"2e 75 00", "jne,pn"},
	{"e3 00", "jrcxz"},
	{"f2 e8 00 00 00 00", "bnd"},
	{"3e ff e0", "notrack"},
	{"66 66 48 e8 00 00 00 00", "data16"},
	// strings, I/O, addresses in the instruction
	{"f3 a4", "rep"},
	{"f3 48 ab", "rep"},
	{"e4 70", "in"},
	{"66 ed", "in"},
	{"48 a1 01 02 03 04 05 06 07 08", "movabs"},
	{"67 a1 01 02 03 04", "addr32"},
	{"f0 48 0f b1 0a", "lock"},
	// the second map
	{"0f 05", "syscall"},
	{"0f 0b", "ud2"},
	{"0f 1f 84 00 00 00 00 00", "nopl"},
	{"66 2e 0f 1f 84 00 00 00 00 00", "cs"},
	{"f3 0f 1e fa", "endbr64"},
	{"0f a2", "cpuid"},
	{"0f a4 c2 03", "shld"},
	{"48 0f ba e0 05", "bt"},
	{"0f 01 f9", "rdtscp"},
	{"f3 48 0f ae d0", "wrfsbase"},
	{"0f 20 c0", "mov"},
	{"0f 20 04", "mov"}, // of control registers the mode is not read
	{"0f c2 c1 00", "cmpeqps"},
	{"66 0f 70 c0 00", "pshufd"},
	{"66 0f 78 c1 01 02", "extrq"},
	{"f2 0f 78 c1 01 02", "insertq"},
	{"0f 78 c1", "vmread"},
	{"0f 0f c1 9e", "pfadd"},
	{"66 0f 38 00 c1", "pshufb"},
	{"f2 48 0f 38 f1 c1", "crc32"},
	{"66 0f 3a 0f c1 04", "palignr"},
	{"66 0f 3a 44 05 10 00 00 00 11", "pclmulhqhqdq"},
	// VEX of two bytes and three, EVEX
	{"c5 f8 77", "vzeroupper"},
	{"c5 fc 77", "vzeroall"},
	{"c4 e1 78 77", "vzeroupper"},
	{"c5 fe 6f 44 24 20", "vmovdqu"},
	{"c5 f9 70 c0 1b", "vpshufd"},
	{"c5 f8 90 c1", "kmovw"},
	{"c4 e2 7d 78 c0", "vpbroadcastb"},
	{"c4 e3 7d 39 c0 01", "vextracti128"},
	{"c4 e3 f9 30 c9 01", "kshiftrw"},
	{"c4 e2 f3 f7 05 10 00 00 00", "shrx"},
	{"67 c5 f8 10 00", "vmovups"},
	{"64 c5 f8 10 00", "vmovups"},
	{"62 f1 fe 48 6f 44 24 01", "vmovdqu64"},
	{"62 f1 fe 48 6f 05 10 00 00 00", "vmovdqu64"},
	{"62 f2 7d 48 7a c0", "vpbroadcastb"},
	{"62 f3 fd 48 ce c1 00", "vgf2p8affineqb"},
	{"62 f1 fd 48 72 e0 04", "vpsraq"},
	{"62 f5 7c 48 58 c1", "vaddph"},
	{"62 f6 7d 48 98 c1", "vfmadd132ph"},
	{"62 f4 7c 48 58 c1", "bad"}, // a map that is not there
	{"c4 e4 78 10 c1", "bad"},
	{"62 f1 78 48 58 c1", "bad"}, // a bit that is always 1
	// nothing, in 64-bit mode
	{"06", "bad"}, {"27", "bad"}, {"60", "bad"}, {"82 c0 01", "bad"}, {"9a 00 00 00 00 00 00", "bad"}, {"ce", "bad"}, {"d4 0a", "bad"},
	{"ea 00 00 00 00 00 00", "bad"}, {"d6", "bad"}, {"0f 04", "bad"}, {"0f 24 c0", "bad"}, {"0f 39", "bad"}, {"0f 7a c0", "bad"},
	// 15 bytes, and one more
	{"66 66 66 66 66 66 66 66 66 66 66 66 66 66 90", "data16"},
	{"2e 2e 2e 2e 64 66 48 81 84 88 00 00 00 00 01", "bad"}, // goes on
}

// hardware are sequences where objdump does not say what a processor does.
var hardware = []struct {
	bytes string
	want  int // 0: none
}{
	{"66 c5 f8 77", 0}, {"f3 c5 f8 77", 0}, {"f2 c5 f8 77", 0}, {"f0 c5 f8 77", 0}, {"48 c5 f8 77", 0}, {"48 62 f1 fe 48 6f c0", 0}, // #UD by the manual
	{"48 64 c5 f8 77", 5},    // the REX does nothing
	{"66 45 f0 a9 ca 43", 6}, // and the prefix before it does something
	{"62 f1 7c 48 77 c0", 6}, // there is none, but if there were
	{"0f a7 c0", 0},          // VIA's alone
	{"9b d9 3c 24", 1},       // FWAIT is an instruction
	{"66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 90", 0},
	{"", 0}, {"66", 0}, {"48", 0}, {"0f", 0}, {"0f 38", 0}, {"c5", 0}, {"c5 f8", 0}, {"c4 e2", 0}, {"62 f1 fe", 0}, {"62 f1 fe 48", 0}, {"8b", 0}, {"8b 04", 0},
}

func TestLength(t *testing.T) {
	var all [][]byte
	for _, c := range odd {
		all = append(all, unhex(t, c.bytes))
	}
	for i, lines := range objdumpEach(t, all) {
		b, l := all[i], lines[0]
		n, err := code.Length(b)
		if odd[i].mnemonic == "bad" {
			if err == nil || !strings.Contains(l.text, "(bad)") && len(l.bytes) <= len(b) {
				t.Errorf("% x: %d bytes, expected an error; objdump: %v", b, n, l)
			}
			continue
		}
		if err != nil || n != len(b) || len(l.bytes) != n || strings.Fields(l.text)[0] != odd[i].mnemonic {
			t.Errorf("% x: %d bytes, %v; expected %d, %s; objdump: %v", b, n, err, len(b), odd[i].mnemonic, l)
		}
		for cut := range b {
			if n, err := code.Length(b[:cut]); err == nil {
				t.Errorf("% x: %d bytes, expected an error: it is cut off", b[:cut], n)
			}
		}
	}
	for _, c := range hardware {
		b := unhex(t, c.bytes)
		if n, err := code.Length(b); n != c.want || (err != nil) != (c.want == 0) {
			t.Errorf("%s: %d bytes, %v; expected %d", c.bytes, n, err, c.want)
		}
	}
}

// draw is bytes that are an instruction more often than not.
func draw(r *rand.Rand) []byte {
	b := make([]byte, 16)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	at := 0
	for ; r.IntN(3) == 0 && at < 4; at++ {
		b[at] = []byte{0x66, 0x67, 0xf2, 0xf3, 0x2e, 0x64, 0xf0}[r.IntN(7)]
	}
	if r.IntN(3) == 0 {
		b[at] = 0x40 + byte(r.IntN(16))
		at++
	}
	switch r.IntN(5) {
	case 0:
		b[at] = 0x0f
	case 1:
		b[at], b[at+1] = 0x0f, []byte{0x38, 0x3a}[r.IntN(2)]
	case 2:
		if b[at] = []byte{0xc4, 0xc5, 0x62}[r.IntN(3)]; b[at] == 0xc4 {
			b[at+1] = b[at+1]&0xe0 | byte(1+r.IntN(3))
		}
	}
	return b
}

// differs tells whether objdump is known to be of another opinion about b: see hardware.
func differs(b []byte) bool {
	i, other, rex := 0, false, false
	for ; b[i]&0xf0 == 0x40 || slices.Contains([]byte{0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65}, b[i]); i++ {
		if rex && b[i]&0xf0 != 0x40 {
			return true // what is before and at the REX is lines of their own, and is forgotten
		}
		rex = b[i]&0xf0 == 0x40
		other = other || rex || slices.Contains([]byte{0x66, 0xf2, 0xf3, 0xf0}, b[i])
	}
	switch b[i] {
	case 0xc4, 0xc5, 0x62:
		return other
	case 0x9b:
		return true
	}
	return b[i] == 0x0f && (b[i+1] == 0xa6 || b[i+1] == 0xa7)
}

// Drawn bytes are as long as objdump says, where that knows the instruction.
func TestLengthDrawn(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	all := make([][]byte, 40000)
	for i := range all {
		all[i] = draw(r)
	}
	n := 0
	for i, lines := range objdumpEach(t, all) {
		l := lines[0]
		if strings.Contains(l.text, "(bad)") {
			continue
		}
		n++
		if got, err := code.Length(all[i]); (err != nil || got != len(l.bytes)) && !differs(all[i]) {
			t.Errorf("%v: %d bytes, %v", l, got, err)
		}
	}
	if n < len(all)/3 {
		t.Errorf("objdump knows only %d of %d", n, len(all))
	}
}

func FuzzLength(f *testing.F) {
	for _, c := range odd {
		f.Add(unhex(f, c.bytes))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := code.Length(b)
		if err != nil {
			if n != 0 {
				t.Errorf("% x: %d bytes and an error", b, n)
			}
		} else if n < 1 || n > len(b) || n > code.MaxLen {
			t.Fatalf("% x: %d bytes", b, n)
		} else if again, err := code.Length(b[:n]); again != n || err != nil {
			t.Errorf("% x: %d bytes, %v; with more behind it %d", b[:n], again, err, n)
		}
		if text := code.Disassemble(0x40201000, b); (text == "") != (len(b) == 0) {
			t.Errorf("% x: %q", b, text)
		}
	})
}
