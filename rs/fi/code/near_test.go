package code_test

import (
	"testing"

	"bennu/rs/fi/code"
)

// TestNear holds what is around an instruction: in a function of a Go program its function, else the text behind it.
func TestNear(t *testing.T) {
	x := &code.Text{Base: 0x1000, Bytes: []byte{0xcc, 0x90, 0x31, 0xc0, 0xc3, 0xc3}}
	x.Funcs = []code.Func{{Start: 0x1001, End: 0x1005, Name: "main.f"}, {Start: 0x1005, End: 0x1006, Name: "main.g"}}
	in := code.Inst{Addr: 0x1002, Bytes: x.Bytes[2:4], Text: x, Func: &x.Funcs[0]}
	if b, a := in.Before(), in.After(); string(b) != "\x90" || string(a) != "\xc3" {
		t.Errorf("in a function: % x before, % x behind: expected 90 and c3", b, a)
	}
	if a, b, c := in.Callee(0x1005), in.Callee(0x1002), in.Callee(0x2000); a != "main.g" || b != "" || c != "" {
		t.Errorf("functions at 1005, 1002, 2000 are %q, %q, %q: expected main.g and none", a, b, c)
	}
	in.Func = nil
	if b, a := in.Before(), in.After(); b != nil || string(a) != "\xc3\xc3" {
		t.Errorf("without names: % x before, % x behind: expected nothing and c3 c3", b, a)
	}
	in.Text = nil
	if b, a := in.Before(), in.After(); b != nil || a != nil || in.Callee(0x1005) != "" {
		t.Errorf("alone: % x before, % x behind: expected nothing", b, a)
	}
}

// TestEnc reads an Inst's fields again when it has become another instruction, as in a sweep.
func TestEnc(t *testing.T) {
	b := []byte{0x31, 0xc0, 0xc5, 0xf8, 0x77, 0x90}
	in := code.Inst{Bytes: b[:2]}
	if i, ok := in.Enc(); !ok || i.Op != 0x31 {
		t.Errorf("XOR: opcode %#x, %t", i.Op, ok)
	}
	in.Bytes = b[2:5]
	if _, ok := in.Enc(); ok {
		t.Error("VZEROUPPER is read")
	}
	in.Bytes = b[5:6]
	if i, ok := in.Enc(); !ok || i.Op != 0x90 {
		t.Errorf("NOP: opcode %#x, %t", i.Op, ok)
	}
	in.Bytes = nil
	if _, ok := in.Enc(); ok {
		t.Error("nothing is read")
	}
}

// TestSweepHasText holds that each instruction, however it is come by, has its neighbours.
func TestSweepHasText(t *testing.T) {
	text := read(t, build(t)).Text
	s := text.Sites(code.All)
	if in := s.Inst(7); in.Text != text || len(in.After()) == 0 {
		t.Error("a site has no text")
	}
	if in, ok := text.At(s.Addr(7)); !ok || in.Text != text {
		t.Error("an instruction at an address has no text")
	}
	n := 0
	for in := range text.Sweep(code.All) {
		if n++; in.Text != text {
			t.Fatal("an instruction of a sweep has no text")
		}
	}
	if n == 0 {
		t.Error("nothing was swept")
	}
}
