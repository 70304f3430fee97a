package code

import (
	"encoding/binary"

	"golang.org/x/arch/x86/x86asm"
)

// Decode fills X, once. X.Op stays 0 for an instruction whose operands are not known: what begins with VEX or EVEX, and what x86asm
// does not read. X.Len is right in any case. What Text.At and the predicates of Sites.Select have is decoded; what Sweep has is not.
func (in *Inst) Decode() {
	if in.X.Len != 0 {
		return
	}
	if in.shape.len == 0 {
		in.shape, _ = parse(in.Bytes) // of what is none the length is 0
	}
	switch s := &in.shape; {
	case s.vex || s.len != len(in.Bytes):
		in.X = x86asm.Inst{Len: len(in.Bytes), Mode: 64}
	case in.known == nil || !in.known.decode(&in.X, in.Bytes, s):
		in.X = decode(in.Bytes)
	}
}

func decode(b []byte) x86asm.Inst {
	if x, err := x86asm.Decode(b, 64); err == nil && x.Len == len(b) {
		return x
	}
	return x86asm.Inst{Len: len(b), Mode: 64}
}

// A template is what x86asm makes of an instruction whose displacement and constant are left open. x86asm takes thousands of
// instructions for each that it reads, and a text has few that differ otherwise: BenchmarkSelect.
type template struct {
	key               uint64
	x                 x86asm.Inst
	dispArg, immArg   int8 // which arguments have them; negative: none does
	dispPlus, immPlus bool // they are numbers without sign
	relative          bool // the constant is the place that a branch goes to
}

// templates are those seen last, by key.
type templates [2048]template

// open is what stands for a number that is left open: -2 shows whether x86asm extends its sign.
const open = -2

// decode is false where a template does not tell.
func (t *templates) decode(x *x86asm.Inst, b []byte, s *shape) bool {
	head, disp := s.opcode+1, 0
	if s.modrm {
		n, size := modRM(b, head), 1
		if m := b[head]; m>>6 != 3 && m&7 == 4 {
			size = 2
		}
		head += size
		disp = n - size
	}
	imm := len(b) - head - disp
	if head > 7 || disp < 0 || imm < 0 {
		return false // too many prefixes; MOV of a control register, whose ModRM means another thing
	}
	key := uint64(1) // so that a first byte of 0 counts
	for _, c := range b[:head] {
		key = key<<8 | uint64(c)
	}
	e := &t[key*0x9e3779b97f4a7c15>>53]
	if e.key != key {
		if !e.make(key, b, head, disp, imm) {
			e.key = 0
			return false
		}
	}
	*x = e.x
	if e.dispArg >= 0 {
		m := x.Args[e.dispArg].(x86asm.Mem)
		m.Disp = number(b[head:head+disp], e.dispPlus)
		x.Args[e.dispArg] = m
	}
	if e.immArg >= 0 {
		n := number(b[head+disp:], e.immPlus)
		if e.relative {
			x.Args[e.immArg] = x86asm.Rel(n)
		} else {
			x.Args[e.immArg] = x86asm.Imm(n)
		}
	}
	return true
}

// make asks x86asm. False: the numbers are not found again in what it says.
func (e *template) make(key uint64, b []byte, head, disp, imm int) bool {
	var sample [MaxLen]byte
	n := copy(sample[:], b)
	blank(sample[head : head+disp])
	blank(sample[head+disp : n])
	*e = template{key: key, x: decode(sample[:n]), dispArg: -1, immArg: -1}
	if e.x.Op == 0 {
		return true
	}
	for i, a := range e.x.Args {
		switch a := a.(type) {
		case x86asm.Mem:
			if disp == 0 {
				continue
			}
			if e.dispArg >= 0 || !signed(a.Disp, disp, &e.dispPlus) {
				return false
			}
			e.dispArg = int8(i)
		case x86asm.Imm:
			if imm == 0 {
				continue // a constant that has no bytes
			}
			if e.immArg >= 0 || !signed(int64(a), imm, &e.immPlus) {
				return false
			}
			e.immArg = int8(i)
		case x86asm.Rel:
			if e.immArg >= 0 || !signed(int64(a), imm, &e.immPlus) {
				return false
			}
			e.immArg, e.relative = int8(i), true
		}
	}
	return (disp == 0 || e.dispArg >= 0) && (imm == 0 || e.immArg >= 0)
}

// blank writes open, little-endian.
func blank(b []byte) {
	for i := range b {
		b[i] = 0xff
	}
	if len(b) > 0 {
		b[0] = open & 0xff
	}
}

// signed tells whether n is open of a size in bytes; plus, whether it is without sign.
func signed(n int64, size int, plus *bool) bool {
	*plus = n != open
	return !*plus || size < 8 && n == 1<<(8*size)+open
}

// number reads a little-endian number of 1, 2, 4 or 8 bytes.
func number(b []byte, plus bool) int64 {
	switch len(b) {
	case 1:
		if plus {
			return int64(b[0])
		}
		return int64(int8(b[0]))
	case 2:
		n := binary.LittleEndian.Uint16(b)
		if plus {
			return int64(n)
		}
		return int64(int16(n))
	case 4:
		n := binary.LittleEndian.Uint32(b)
		if plus {
			return int64(n)
		}
		return int64(int32(n))
	}
	return int64(binary.LittleEndian.Uint64(b))
}
