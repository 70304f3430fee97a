package model

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"golang.org/x/arch/x86/x86asm"

	"bennu/kernel/abi"
)

// ram is memory from address 0x1000 on.
type ram []byte

const ramBase = 0x1000

func (m ram) at(addr uint64, n int) []byte {
	if addr < ramBase || addr-ramBase+uint64(n) > uint64(len(m)) {
		return nil
	}
	return m[addr-ramBase:][:n]
}

func (m ram) Read(addr uint64, b []byte) abi.Errno {
	from := m.at(addr, len(b))
	if from == nil {
		return abi.EFAULT
	}
	copy(b, from)
	return abi.OK
}

func (m ram) Write(addr uint64, b []byte) abi.Errno {
	to := m.at(addr, len(b))
	if to == nil {
		return abi.EFAULT
	}
	copy(to, b)
	return abi.OK
}

// notes is a chip at ports 20h to 2Fh and 3F8h to 3FFh that writes down what it is asked.
type notes struct {
	log []string
	v   uint32
}

func (c *notes) Owns(port uint16, width int) bool {
	return port >= 0x20 && int(port)+width <= 0x30 || port >= 0x3f8 && int(port)+width <= 0x400
}

func (c *notes) In(port uint16, width int) uint32 {
	c.log = append(c.log, fmt.Sprintf("in%d %x", width, port))
	c.v += 0x01010101
	return c.v
}

func (c *notes) Out(port uint16, width int, v uint32) {
	c.log = append(c.log, fmt.Sprintf("out%d %x %x", width, port, v))
}

const (
	a = 0x1122334455667788
	d = 0xffffffffffff03f8
)

func TestEmulate(t *testing.T) {
	for _, c := range []struct {
		name   string
		code   []byte
		log    string
		rax    uint64
		length uint64
	}{
		{"in al, 21h", []byte{0xe4, 0x21}, "in1 21", 0x1122334455667701, 2},
		{"in eax, 20h", []byte{0xe5, 0x20}, "in4 20", 0x01010101, 2},
		{"in ax, 20h", []byte{0x66, 0xe5, 0x20}, "in2 20", 0x1122334455660101, 3},
		{"in al, dx", []byte{0xec}, "in1 3f8", 0x1122334455667701, 1},
		{"in eax, dx", []byte{0xed}, "in4 3f8", 0x01010101, 1},
		{"in ax, dx", []byte{0x66, 0xed}, "in2 3f8", 0x1122334455660101, 2},
		{"rex.w in eax, dx", []byte{0x48, 0xed}, "in4 3f8", 0x01010101, 2},
		{"out 22h, al", []byte{0xe6, 0x22}, "out1 22 88", a, 2},
		{"out 22h, eax", []byte{0xe7, 0x22}, "out4 22 55667788", a, 2},
		{"out dx, al", []byte{0xee}, "out1 3f8 88", a, 1},
		{"out dx, ax", []byte{0x66, 0xef}, "out2 3f8 7788", a, 2},
		{"out dx, eax", []byte{0xef}, "out4 3f8 55667788", a, 1},
		{"two REX", []byte{0x48, 0x41, 0xee}, "out1 3f8 88", a, 3},
		{"a REX that is no longer one", []byte{0x48, 0x66, 0xef}, "out2 3f8 7788", a, 3},
		{"a repeated out is not", []byte{0xf3, 0xee}, "out1 3f8 88", a, 2},
	} {
		chip, m := new(notes), make(ram, 64)
		copy(m, c.code)
		r := abi.Registers{RIP: ramBase}
		r.GPR[rax], r.GPR[rdx] = a, d
		if how := Emulate(&r, m, chip); how != Done || fmt.Sprint(chip.log) != "["+c.log+"]" || r.GPR[rax] != c.rax || r.RIP != ramBase+c.length {
			t.Errorf("%s: %d, %v, RAX %#x, RIP %#x; want [%s], %#x, %#x", c.name, how, chip.log, r.GPR[rax], r.RIP, c.log, c.rax, ramBase+c.length)
		}
	}
}

// String instructions move memory, forwards and backwards, once or as often as RCX says.
func TestStrings(t *testing.T) {
	for _, c := range []struct {
		name                  string
		code                  []byte
		rcx, flags            uint64
		log                   string
		memory                string // of 16 bytes at 1010h, which begin as "0123456789abcdef"
		si, di, count, length uint64
	}{
		{"outsb", []byte{0x6e}, 5, 0, "[out1 3f8 30]", "0123456789abcdef", 0x1011, 0x1010, 5, 1},
		{"rep outsb", []byte{0xf3, 0x6e}, 3, 0, "[out1 3f8 30 out1 3f8 31 out1 3f8 32]", "0123456789abcdef", 0x1013, 0x1010, 0, 2},
		{"rep outsw", []byte{0x66, 0xf3, 0x6f}, 2, 0, "[out2 3f8 3130 out2 3f8 3332]", "0123456789abcdef", 0x1014, 0x1010, 0, 3},
		{"rep outsd backwards", []byte{0xf2, 0x6f}, 1, flagDown, "[out4 3f8 33323130]", "0123456789abcdef", 0x100c, 0x1010, 0, 2},
		{"rep outsb of none", []byte{0xf3, 0x6e}, 0, 0, "[]", "0123456789abcdef", 0x1010, 0x1010, 0, 2},
		{"insb", []byte{0x6c}, 5, 0, "[in1 3f8]", "\x01123456789abcdef", 0x1010, 0x1011, 5, 1},
		{"rep insb", []byte{0xf3, 0x6c}, 2, 0, "[in1 3f8 in1 3f8]", "\x01\x0223456789abcdef", 0x1010, 0x1012, 0, 2},
		{"rep insd", []byte{0xf3, 0x48, 0x6d}, 1, 0, "[in4 3f8]", "\x01\x01\x01\x01456789abcdef", 0x1010, 0x1014, 0, 3},
	} {
		chip, m := new(notes), make(ram, 64)
		copy(m, c.code)
		copy(m[16:], "0123456789abcdef")
		r := abi.Registers{RIP: ramBase, RFLAGS: c.flags}
		r.GPR[rdx], r.GPR[rcx], r.GPR[rsi], r.GPR[rdi] = d, c.rcx, 0x1010, 0x1010
		how := Emulate(&r, m, chip)
		if how != Done || fmt.Sprint(chip.log) != c.log || string(m[16:32]) != c.memory || r.GPR[rsi] != c.si || r.GPR[rdi] != c.di || r.GPR[rcx] != c.count ||
			r.RIP != ramBase+c.length {
			t.Errorf("%s: %d, %v, memory %q, RSI %#x RDI %#x RCX %d RIP %#x", c.name, how, chip.log, m[16:32], r.GPR[rsi], r.GPR[rdi], r.GPR[rcx], r.RIP)
		}
	}
}

// Addresses of 32 bits wrap there; OUTS obeys FS and GS; INS does not.
func TestAddresses(t *testing.T) {
	chip, m := new(notes), make(ram, 64)
	copy(m, []byte{0x67, 0xf3, 0x6e})
	m[16] = 'x'
	r := abi.Registers{RIP: ramBase}
	r.GPR[rdx], r.GPR[rcx], r.GPR[rsi] = d, 0xabc00000001, 0xabc00001010
	if how := Emulate(&r, m, chip); how != Done || fmt.Sprint(chip.log) != "[out1 3f8 78]" || r.GPR[rcx] != 0 || r.GPR[rsi] != 0x1011 {
		t.Errorf("67: %d, %v, RCX %#x, RSI %#x", how, chip.log, r.GPR[rcx], r.GPR[rsi])
	}
	for prefix, base := range map[byte]string{0x64: "[out1 3f8 66]", 0x65: "[out1 3f8 67]", 0x2e: "[out1 3f8 30]"} {
		chip, m := new(notes), make(ram, 64)
		copy(m, []byte{prefix, 0x6e})
		m[16], m[24], m[32] = '0', 'f', 'g'
		r := abi.Registers{RIP: ramBase, FSBase: 8, GSBase: 16}
		r.GPR[rdx], r.GPR[rsi] = d, 0x1010
		if how := Emulate(&r, m, chip); how != Done || fmt.Sprint(chip.log) != base {
			t.Errorf("prefix %#x: %d, %v, want %s", prefix, how, chip.log, base)
		}
	}
}

// What is not the device's is left to the exception, and nothing is changed.
func TestLeft(t *testing.T) {
	for _, c := range []struct {
		name string
		code []byte
		rdx  uint64
		how  How
	}{
		{"hlt", []byte{0xf4}, d, NotIO},
		{"nothing", nil, d, NotIO},
		{"prefixes alone", bytes.Repeat([]byte{0x66}, 15), d, NotIO},
		{"prefixes alone, of more", bytes.Repeat([]byte{0x66}, 60), d, NotIO},
		{"lock out", []byte{0xf0, 0xee}, d, NotIO},
		{"another port", []byte{0xec}, 0x60, Foreign},
		{"half another port", []byte{0x66, 0xed}, 0x3ff, Foreign},
		{"no memory", []byte{0x6e}, d, Fault},
	} {
		chip, m := new(notes), make(ram, 64)
		if c.code == nil {
			m = nil
		}
		copy(m, c.code)
		r := abi.Registers{RIP: ramBase}
		r.GPR[rdx] = c.rdx
		before := r
		if how := Emulate(&r, m, chip); how != c.how || len(chip.log) > 0 || r != before {
			t.Errorf("%s: %d, %v; want %d", c.name, how, chip.log, c.how)
		}
	}
}

// A fault in the middle of a repeated instruction leaves what was done, and INS takes nothing from the port that memory does not take.
func TestFaultInTheMiddle(t *testing.T) {
	for code, log := range map[byte]int{0x6e: 3, 0x6c: 3} {
		chip, m := new(notes), make(ram, 64)
		copy(m, []byte{0xf3, code})
		r := abi.Registers{RIP: ramBase}
		r.GPR[rdx], r.GPR[rcx], r.GPR[rsi], r.GPR[rdi] = d, 10, ramBase+61, ramBase+61
		if how := Emulate(&r, m, chip); how != Fault || len(chip.log) != log || r.GPR[rcx] != 7 || r.RIP != ramBase {
			t.Errorf("%#x: %d, %v, RCX %d", code, how, chip.log, r.GPR[rcx])
		}
	}
}

// A long instruction is done in pieces.
func TestLong(t *testing.T) {
	chip, m := new(notes), make(ram, 3*mostTimes)
	copy(m, []byte{0xf3, 0x6e})
	r := abi.Registers{RIP: ramBase}
	r.GPR[rdx], r.GPR[rcx], r.GPR[rsi] = d, mostTimes+10, ramBase+16
	stops := 0
	for r.RIP == ramBase && stops < 5 {
		if Emulate(&r, m, chip) != Done {
			t.Fatal("not done")
		}
		stops++
	}
	if stops != 2 || len(chip.log) != mostTimes+10 {
		t.Errorf("%d stops, %d bytes", stops, len(chip.log))
	}
}

// Where the independent disassembler reads an IN, OUT, INS or OUTS, so does this one, with the same length; where it does not, neither does this one. It
// refuses a REX that is not the last prefix, which a processor passes over.
func TestDecodeAsX86asm(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	prefixes := []byte{0x66, 0x67, 0xf2, 0xf3, 0x64, 0x65, 0x2e, 0x3e, 0x48, 0x41}
	ops := []byte{0xe4, 0xe5, 0xe6, 0xe7, 0xec, 0xed, 0xee, 0xef, 0x6c, 0x6d, 0x6e, 0x6f, 0x90, 0xc3, 0xe8, 0x0f}
	same := 0
	for range 100_000 {
		var b []byte
		for range r.IntN(4) {
			b = append(b, prefixes[r.IntN(len(prefixes))])
			if b[len(b)-1]&0xf0 == 0x40 {
				break
			}
		}
		b = append(b, ops[r.IntN(len(ops))])
		for range 12 {
			b = append(b, byte(r.Uint32()))
		}
		b = b[:15]
		in, ok := decode(b)
		want, err := x86asm.Decode(b, 64)
		io := false
		switch want.Op {
		case x86asm.IN, x86asm.OUT, x86asm.INSB, x86asm.INSW, x86asm.INSD, x86asm.OUTSB, x86asm.OUTSW, x86asm.OUTSD:
			io = err == nil
		}
		if ok != io || ok && in.length != want.Len {
			t.Fatalf("% x: %v, %d bytes; x86asm: %v, %v, %d bytes", b, ok, in.length, want, err, want.Len)
		}
		if ok {
			same++
		}
	}
	if same < 10_000 {
		t.Errorf("only %d were instructions of the kind", same)
	}
}
