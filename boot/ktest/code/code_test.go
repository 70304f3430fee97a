package code

import (
	"bytes"
	"debug/elf"
	"strings"
	"testing"

	"golang.org/x/arch/x86/x86asm"

	"bennu/kernel/abi"
)

// disassemble is the code in Intel syntax, an instruction a line.
func disassemble(t *testing.T, b []byte) string {
	var out strings.Builder
	for len(b) > 0 {
		i, err := x86asm.Decode(b, 64)
		if err != nil {
			t.Fatalf("% x: %v, after:\n%s", b[:min(15, len(b))], err, out.String())
		}
		out.WriteString(x86asm.IntelSyntax(i, 0, nil) + "\n")
		b = b[i.Len:]
	}
	return out.String()
}

func TestInstructions(t *testing.T) {
	for _, c := range []struct {
		p    *Prog
		want string
	}{
		{New().Set(AX, 0x1122334455667788), "mov rax, 0x1122334455667788\n"},
		{New().Set(R15, 5), "mov r15, 0x5\n"},
		{New().Load(R10, 0x8000300000), "mov rax, qword ptr [0x8000300000]\nmov r10, rax\n"},
		{New().Load(AX, 0x8000300000), "mov rax, qword ptr [0x8000300000]\n"},
		{New().Store(0x8000300000, R9), "mov rax, r9\nmov qword ptr [0x8000300000], rax\n"},
		{New().Store(0x8000300000, BX), "mov rax, rbx\nmov qword ptr [0x8000300000], rax\n"},
		{New().Unless(R12, 7), "mov r11, 0x7\ncmp r12, r11\njz .+0x2\nud2\n"},
		{New().Unless(AX, 7), "mov r11, 0x7\ncmp rax, r11\njz .+0x2\nud2\n"},
		{New().Count(0x8000300000), "mov rax, qword ptr [0x8000300000]\ninc rax\nmov qword ptr [0x8000300000], rax\n"},
		{New(0x90).Jump(Text), "nop\njmp .-0x6\n"},
		{New().Call(abi.CallSendRec, 1, 2, 3, 4, 5),
			"mov rdi, 0x1\nmov rsi, 0x2\nmov rdx, 0x3\nmov r10, 0x4\nmov r8, 0x5\nmov rax, 0x3\nsyscall\n"},
		{New().Flags(0x100, 0x200), "pushfq\nor qword ptr [rsp], 0x100\nand qword ptr [rsp], -0x201\npopfq\n"},
	} {
		if got := disassemble(t, c.p.Text()); got != c.want {
			t.Errorf("got:\n%swant:\n%s", got, c.want)
		}
	}
}

func TestPuppetCommandsAreInItsText(t *testing.T) {
	c := Puppet()
	f, err := elf.NewFile(bytes.NewReader(c.ELF))
	if err != nil {
		t.Fatal(err)
	}
	text := make([]byte, f.Progs[0].Filesz)
	if _, err := f.Progs[0].ReadAt(text, 0); err != nil {
		t.Fatal(err)
	}
	for _, w := range []struct {
		at   uint64
		want string
	}{{c.Syscall, "\x0f\x05"}, {c.In8, "\xec"}, {c.Out8, "\xee"}} {
		if !bytes.HasPrefix(text[w.at-abi.ImageBase:], []byte(w.want)) {
			t.Errorf("at %#x: % x, want % x", w.at, text[w.at-abi.ImageBase:][:2], w.want)
		}
	}
}

func TestELF(t *testing.T) {
	data := Pattern(9)
	b := ELF(New().Exit(0).Text(), data)
	f, err := elf.NewFile(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if f.Entry != Text || len(f.Progs) != 2 {
		t.Fatalf("entry %#x, %d segments", f.Entry, len(f.Progs))
	}
	d := f.Progs[1]
	got := make([]byte, len(data))
	if _, err := d.ReadAt(got, 0); err != nil || !bytes.Equal(got, data) || d.Vaddr != Data || d.Memsz != DataSize || d.Off%abi.PageSize != 0 {
		t.Errorf("data segment %+v: %v", d.ProgHeader, err)
	}
}

// Patterns differ in every register, are legal for FXRSTOR, and their YMM halves are their XMM.
func TestPattern(t *testing.T) {
	a, b := Pattern(1)[StatePattern-Data:], Pattern(2)[StatePattern-Data:]
	for at := 32; at < 1024; at += 16 {
		if at >= FXCompared && at < 512 {
			continue
		}
		if bytes.Equal(a[at:at+8], b[at:at+8]) {
			t.Errorf("+%d is the same in both", at)
		}
	}
	for i := range 16 {
		if !bytes.Equal(a[160+16*i:176+16*i], a[512+32*i:528+32*i]) {
			t.Errorf("XMM%d and YMM%d differ", i, i)
		}
	}
	if a[26] != 0 || a[27] != 0 {
		t.Error("MXCSR has reserved bits")
	}
}
