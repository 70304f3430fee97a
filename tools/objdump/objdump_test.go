package objdump_test

import (
	"encoding/hex"
	"testing"

	"bennu/tools/objdump"
)

// TestDisassemble reads what objdump prints of a few instructions.
func TestDisassemble(t *testing.T) {
	code, _ := hex.DecodeString("00019048b80102030405060708488b0510000000")
	lines, err := objdump.Disassemble(0x1000, code)
	if err != nil {
		t.Fatal(err)
	}
	want := []objdump.Line{
		{0x1000, code[:2], "add BYTE PTR [rcx],al"},
		{0x1002, code[2:3], "nop"},
		{0x1003, code[3:13], "movabs rax,0x807060504030201"},
		{0x100d, code[13:20], "mov rax,QWORD PTR [rip+0x10]"},
	}
	if len(lines) != len(want) {
		t.Fatalf("%d lines: expected %d: %v", len(lines), len(want), lines)
	}
	for n, w := range want {
		if l := lines[n]; l.Addr != w.Addr || string(l.Bytes) != string(w.Bytes) || l.Text != w.Text {
			t.Errorf("line %d is %x % x %q: expected %x % x %q", n, l.Addr, l.Bytes, l.Text, w.Addr, w.Bytes, w.Text)
		}
	}
}

// TestFirst takes the first instruction of each piece, whatever is behind it.
func TestFirst(t *testing.T) {
	lines, err := objdump.First([][]byte{{0x31, 0xc0, 0x0f}, {0x06}, {0x48, 0xb8}, {0xc3}})
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []string{"xor eax,eax", "", "movabs rax,0x9090909090909090", "ret"} {
		if lines[n].Text != want {
			t.Errorf("piece %d is %q: expected %q", n, lines[n].Text, want)
		}
	}
	if _, err := objdump.First([][]byte{make([]byte, objdump.Slot)}); err == nil {
		t.Error("a piece that is too long is taken")
	}
}
