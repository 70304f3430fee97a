package enc_test

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"testing"

	"bennu/rs/fi/enc"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func parse(t *testing.T, s string) enc.Inst {
	t.Helper()
	b := unhex(t, s)
	i, ok := enc.Parse(b)
	if !ok || len(i.Bytes) != len(b) {
		t.Fatalf("%s: not read as one instruction", s)
	}
	return i
}

// TestMasks holds which bits are whose, of an instruction of each kind.
func TestMasks(t *testing.T) {
	for _, row := range []struct{ words, code, source, destination, pointer string }{
		{"ADD EAX, ECX", "01c8", "0038", "00c7", "0000"},
		{"MOV RAX, RCX", "4889c8", "040038", "0100c7", "000000"},
		{"MOV RAX, [RBX+8]", "488b4308", "0100c7ff", "04003800", "010007ff"},
		{"MOV EAX, [RBX]", "8b03", "00c7", "0038", "0007"},
		{"MOV EAX, [RCX]: RM may not be 5", "8b01", "00c7", "0038", "0003"},
		{"MOV EAX, [RAX]: nor 4", "8b00", "00c7", "0038", "0003"},
		{"MOV RAX, [RBX+RCX*4+16]", "488b448b10", "0300c7ffff", "0400380000", "030000ffff"},
		{"MOV EAX, [16]: no index, so no scale", "8b042510000000", "00c73fffffffff", "00380000000000", "00000000000000"},
		{"MOV EAX, [RIP+16]", "8b0510000000", "00c7ffffffff", "003800000000", "000000000000"},
		{"the same with REX.B, which is ignored", "418b0510000000", "0000c7ffffffff", "04003800000000", "00000000000000"},
		{"MOV EAX, imm", "b878563412", "00ffffffff", "0700000000", "0000000000"},
		{"PUSH RAX", "50", "07", "00", "00"},
		{"POP R15", "415f", "0000", "0107", "0000"},
		{"CMP AL, 5", "3c05", "00ff", "0000", "0000"},
		{"ADD AL, 5: the opcode says where to", "0405", "00ff", "0000", "0000"},
		{"CMP EAX, ECX: both are sources", "39c8", "00ff", "0000", "0000"},
		{"SHL EAX, 3", "c1e003", "00001f", "00c700", "000000"},
		{"SHL RAX, 3", "48c1e003", "0000003f", "0100c700", "00000000"},
		{"JE", "7405", "00ff", "0000", "0000"},
		{"FLD: x87", "d9c0", "0000", "0000", "0000"},
		{"IMUL EAX, EAX, 7", "6bc007", "00c7ff", "003800", "000000"},
		{"MOV EAX, [moffs]", "a11122334455667788", "00ffffffffffffffff", "000000000000000000", "000000000000000000"},
		{"MOV [moffs], EAX", "a31122334455667788", "000000000000000000", "00ffffffffffffffff", "000000000000000000"},
	} {
		i := parse(t, row.code)
		for _, m := range []struct {
			name, want string
			is         enc.Mask
		}{{"source", row.source, i.Source()}, {"destination", row.destination, i.Destination()}, {"pointer", row.pointer, i.Pointer()}} {
			if is := hex.EncodeToString(m.is[:len(i.Bytes)]); is != m.want {
				t.Errorf("%s, %s: %s is %s: expected %s", row.code, row.words, m.name, is, m.want)
			}
		}
	}
}

// TestIgnored holds the bits of immediates that processors do not look at.
func TestIgnored(t *testing.T) {
	for code, want := range map[string]byte{
		"c0e003":         0x1f, // SHL AL
		"66c1e003":       0x1f,
		"48c1f803":       0x3f, // SAR RAX
		"0fa4c803":       0x1f, // SHLD
		"480facc803":     0x3f,
		"0fbae003":       0x1f, // BT
		"660fbae003":     0x0f,
		"480fbae803":     0x3f, // BTS
		"0fc2c103":       0x07, // CMPPS
		"660fc6c101":     0x03, // SHUFPD
		"0fc6c103":       0xff, // SHUFPS
		"660f70c103":     0xff, // PSHUFD
		"660f3a16c001":   0x03, // PEXTRD
		"66480f3a16c001": 0x01, // PEXTRQ
		"660f3a44c111":   0x11, // PCLMULQDQ
		"83c003":         0xff, // ADD EAX
	} {
		i := parse(t, code)
		if m := i.Source(); m[i.ImmAt] != want {
			t.Errorf("%s: of the immediate the bits %#x are the source's: expected %#x", code, m[i.ImmAt], want)
		}
	}
}

// TestFlipUniform draws bits of a mask with holes, and holds how often each comes against chance: chi-square, with a seed that is fixed.
func TestFlipUniform(t *testing.T) {
	m := enc.Mask{0x81, 0x00, 0x3c, 0xff}
	const each = 1000
	draws := each * m.Count()
	r := rand.New(rand.NewPCG(1, 2))
	count := map[string]int{}
	for range draws {
		var b [4]byte
		m.Flip(r, b[:])
		count[string(b[:])]++
	}
	if len(count) != m.Count() || m.Count() != 14 {
		t.Fatalf("%d different bits came of %d: expected 14", len(count), m.Count())
	}
	chi := 0.0
	for b, n := range count {
		for at := range b {
			if b[at]&^m[at] != 0 {
				t.Errorf("a bit of no mask was flipped: %x", b)
			}
		}
		d := float64(n - each)
		chi += d * d / each
	}
	if chi > 34.5 { // 13 degrees of freedom, 0.1 %
		t.Errorf("chi-square is %.1f: expected at most 34.5", chi)
	}
}

// TestEffects holds what is known of some instructions.
func TestEffects(t *testing.T) {
	for _, row := range []struct {
		words, code    string
		reads, writes  enc.Regs
		flow           enc.Flow
		asks, sets, st bool
	}{
		{"MOV EAX, ECX", "89c8", 1 << enc.RCX, 1 << enc.RAX, enc.Next, false, false, false},
		{"MOV AL, AH: a part of RAX", "88e0", 1 << enc.RAX, 1 << enc.RAX, enc.Next, false, false, false},
		{"MOV [RSP+8], RAX", "4889442408", 1<<enc.RAX | 1<<enc.RSP, 0, enc.Next, false, false, true},
		{"MOV R9, [RBX+RCX*8]", "4c8b0ccb", 1<<enc.RBX | 1<<enc.RCX, 1 << enc.R9, enc.Next, false, false, false},
		{"LEA RAX, [RDI+1]", "488d4701", 1 << enc.RDI, 1 << enc.RAX, enc.Next, false, false, false},
		{"XOR EAX, EAX reads nothing", "31c0", 0, 1 << enc.RAX, enc.Next, false, true, false},
		{"SBB EAX, EAX does", "19c0", 1 << enc.RAX, 1 << enc.RAX, enc.Next, true, true, false},
		{"ADD EAX, ECX", "01c8", 1<<enc.RAX | 1<<enc.RCX, 1 << enc.RAX, enc.Next, false, true, false},
		{"CMP EAX, ECX", "39c8", 1<<enc.RAX | 1<<enc.RCX, 0, enc.Next, false, true, false},
		{"INC EAX leaves CF", "ffc0", 1 << enc.RAX, 1 << enc.RAX, enc.Next, false, false, false},
		{"SHL EAX, CL may leave all", "d3e0", 1<<enc.RAX | 1<<enc.RCX, 1 << enc.RAX, enc.Next, false, false, false},
		{"SHL EAX, 3", "c1e003", 1 << enc.RAX, 1 << enc.RAX, enc.Next, false, true, false},
		{"MOVZX ECX, AH", "0fb6cc", 1 << enc.RAX, 1 << enc.RCX, enc.Next, false, false, false},
		{"SETE CL", "0f94c1", 1 << enc.RCX, 1 << enc.RCX, enc.Next, true, false, false},
		{"CMOVE EAX, ECX", "0f44c1", 1<<enc.RAX | 1<<enc.RCX, 1 << enc.RAX, enc.Next, true, false, false},
		{"JE", "7400", 0, 0, enc.CondJump, true, false, false},
		{"JMP", "eb00", 0, 0, enc.Jump, false, false, false},
		{"CALL", "e800000000", 0, 0, enc.Call, false, false, false},
		{"CALL [RAX+8]", "ff5008", 1 << enc.RAX, 0, enc.Call, false, false, false},
		{"RET", "c3", 0, 0, enc.Ret, false, false, false},
	} {
		i := parse(t, row.code)
		e, ok := i.Effect()
		want := enc.Effect{Reads: row.reads, Writes: row.writes, Flow: row.flow, ReadsFlags: row.asks, SetsFlags: row.sets, Stores: row.st}
		if !ok || e != want {
			t.Errorf("%s, %s: %+v, %t: expected %+v", row.code, row.words, e, ok, want)
		}
	}
	i := parse(t, "0fa2")
	if e, ok := i.Effect(); ok {
		t.Errorf("CPUID is taken for known: %+v", e)
	}
}

// TestFlagsDead asks what follows whether the flags matter.
func TestFlagsDead(t *testing.T) {
	for code, want := range map[string]bool{
		"4889c8" + "39c8":          true,  // MOV; CMP
		"4889c8" + "7400":          false, // MOV; JE
		"ffc0" + "7200":            false, // INC leaves CF; JB
		"ffc0" + "c3":              true,  // at RET nobody has flags
		"e800000000":               true,
		"eb00":                     false, // who knows
		"0f94c0":                   false, // SETE
		"11c8":                     false, // ADC
		"d3e0" + "7400":            false, // SHL by CL may leave them
		"0fa2":                     false, // CPUID is not known
		"c4e2f8f2c0" + "39c8":      false, // VEX
		"":                         false,
		"909090909090909090909090": false,
	} {
		if is := enc.FlagsDead(unhex(t, code)); is != want {
			t.Errorf("%q: %t: expected %t", code, is, want)
		}
	}
}

// TestBehind holds which constants are known behind some code.
func TestBehind(t *testing.T) {
	k, ok := enc.Behind(unhex(t, "b828000000"+"31ff"+"4889c6"+"48c7c2ffffffff"))
	if !ok || !k.Is(enc.RAX, 40) || !k.Is(enc.RDI, 0) || !k.Is(enc.RDX, -1) || k.Set.Has(enc.RSI) {
		t.Errorf("%+v, %t", k, ok)
	}
	for words, code := range map[string]string{
		"a call":       "b828000000" + "e800000000",
		"a jump":       "b828000000" + "7400",
		"a write":      "b828000000" + "ffc0",
		"another sets": "b828000000" + "b829000000",
		"unknown":      "b828000000" + "0fa2",
	} {
		if k, _ := enc.Behind(unhex(t, code)); k.Is(enc.RAX, 40) {
			t.Errorf("%s: RAX is still taken for 40", words)
		}
	}
}

// TestAlways makes a jump of a conditional one, to the same place.
func TestAlways(t *testing.T) {
	for code, want := range map[string]string{
		"7405":         "eb05",
		"74fe":         "ebfe",
		"e205":         "eb05",
		"67e305":       "eb0690",
		"0f8400010000": "e90101000090",
		"0f84faffffff": "e9fbffffff90",
	} {
		i := parse(t, code)
		out := bytes.Clone(i.Bytes)
		if !i.AlwaysFits() {
			t.Errorf("%s: does not fit", code)
		}
		if i.Always(out); hex.EncodeToString(out) != want {
			t.Errorf("%s: %x: expected %s", code, out, want)
		}
	}
	if i := parse(t, "67e37f"); i.AlwaysFits() {
		t.Error("a distance of 128 fits into a byte")
	}
}

// TestStep makes numbers one larger or smaller within their range.
func TestStep(t *testing.T) {
	for code, want := range map[string][2]string{
		"83c005":               {"83c004", "83c006"},
		"83c07f":               {"83c07e", "83c07e"}, // sign
		"83c080":               {"83c081", "83c081"},
		"04ff":                 {"04fe", "04fe"}, // none
		"047f":                 {"047e", "0480"},
		"b8ffffffff":           {"b8feffffff", "b8feffffff"},
		"4805ffffff7f":         {"4805feffff7f", "4805feffff7f"}, // ADD RAX: widened
		"48b8ffffffffffffffff": {"48b8feffffffffffffff", "48b8feffffffffffffff"},
	} {
		i := parse(t, code)
		s := i.ImmStep()
		seen := map[string]bool{}
		r := rand.New(rand.NewPCG(3, 4))
		for range 64 {
			out := bytes.Clone(i.Bytes)
			s.Draw(r, out)
			seen[hex.EncodeToString(out)] = true
		}
		if !s.Possible() || !seen[want[0]] || !seen[want[1]] || len(seen) > 2 || want[0] == want[1] && len(seen) != 1 {
			t.Errorf("%s becomes %v: expected %v", code, seen, want)
		}
	}
}
