// Package operator is the fault type operator: another operator stands in an expression: - for +, | for &, >> for <<.
//
// EDFI: corrupt-operator, which takes any other one. Here each has one partner that the encoding holds in no more bytes: ADD and SUB, ADC and SBB, OR and
// AND, XOR to OR, INC and DEC, SHL and SHR, SAR to SHL, ROL and ROR, NEG and NOT, MUL and IMUL to ADD (of two operands), and in SSE registers
// sum and difference, product and quotient, MIN and MAX. What a compiler writes for other reasons is no site: XOR and SUB of a register with itself (0),
// AND and OR of one with itself (flags), sums with RSP (the frame), sums and shifts by 0.
package operator

import (
	"math/rand/v2"

	"bennu/rs/fi/code"
	"bennu/rs/fi/enc"
	"bennu/rs/fi/fault"
)

type kind struct{}

// New is the type.
func New() fault.Code { return kind{} }

func (kind) Name() string { return "operator" }
func (kind) Doc() string {
	return "an operator is another one: minus for plus, or for and, a shift to the right for one to the left"
}

// Applies takes the instructions of the list above.
func (kind) Applies(in *code.Inst) bool {
	i, ok := in.Enc()
	if !ok {
		return false
	}
	var b [15]byte
	return change(i, b[:copy(b[:], in.Bytes)])
}

func (kind) Mutate(in *code.Inst, _ *rand.Rand, out []byte) {
	i, _ := in.Enc()
	change(i, out)
}

// partner is by number of ADD, OR, ADC, SBB, AND, SUB, XOR; CMP has none.
var partner = [8]byte{5, 4, 3, 2, 1, 0, 1, 7}

// shifted is by number of ROL, ROR, RCL, RCR, SHL, SHR, SHL, SAR.
var shifted = [8]byte{1, 0, 2, 3, 5, 4, 5, 4}

// change writes the other operator into out. False: there is none.
func change(i *enc.Inst, out []byte) bool {
	switch i.Map {
	case enc.MapOne:
		return changeOne(i, out)
	case enc.Map0F:
		return changeTwo(i, out)
	}
	return false
}

func changeOne(i *enc.Inst, out []byte) bool {
	op := i.Op
	switch {
	case op < 0x38:
		nr := op >> 3
		if i.Form != enc.I && !i.Memory() && i.RegNr() == i.RMNr() && nr != 0 && nr != 2 && nr != 3 {
			return false
		}
		if i.Form == enc.I && neutral(nr, i.Imm()) || stack(i) {
			return false
		}
		out[i.OpAt] = op&7 | partner[nr]<<3
	case op == 0x80, op == 0x81, op == 0x83:
		if i.Reg() == 7 || neutral(i.Reg(), i.Imm()) || stack(i) {
			return false
		}
		field(i, out, partner[i.Reg()])
	case op == 0xC0, op == 0xC1:
		m := i.Source()
		if i.Bytes[i.ImmAt]&m[i.ImmAt] == 0 {
			return false
		}
		fallthrough
	case op >= 0xD0 && op <= 0xD3:
		if shifted[i.Reg()] == i.Reg() {
			return false
		}
		field(i, out, shifted[i.Reg()])
	case op == 0xF6, op == 0xF7:
		if i.Reg() != 2 && i.Reg() != 3 {
			return false
		}
		field(i, out, i.Reg()^1)
	case op == 0xFE, op == 0xFF:
		if i.Reg() > 1 {
			return false
		}
		field(i, out, i.Reg()^1)
	default:
		return false
	}
	return true
}

// field writes the number that extends the opcode.
func field(i *enc.Inst, out []byte, nr byte) { out[i.ModRMAt] = i.ModRM()&^0x38 | nr<<3 }

// neutral tells whether an operator and its partner do the same with an immediate: ADD, SUB, XOR and OR of 0.
func neutral(nr byte, imm int64) bool { return imm == 0 && (nr == 0 || nr == 5 || nr == 6) }

// stack tells whether the stack pointer is an operand.
func stack(i *enc.Inst) bool {
	if i.Form == enc.I || i.Op&1 == 0 {
		return false
	}
	return !i.Memory() && i.RMNr() == enc.RSP || i.Form != enc.MI && i.RegNr() == enc.RSP
}

func changeTwo(i *enc.Inst, out []byte) bool {
	switch i.Op {
	case 0xAF: // IMUL r, r/m: ADD r, r/m has one byte less
		n := copy(out, i.Bytes[:i.OpAt-1])
		n += copy(out[n:], []byte{0x03})
		n += copy(out[n:], i.Bytes[i.ModRMAt:])
		enc.Fill(out[n:])
	case 0x58, 0x5C:
		out[i.OpAt] ^= 0x58 ^ 0x5C
	case 0x59, 0x5E:
		out[i.OpAt] ^= 0x59 ^ 0x5E
	case 0x5D, 0x5F:
		out[i.OpAt] ^= 0x5D ^ 0x5F
	default:
		return false
	}
	return true
}
