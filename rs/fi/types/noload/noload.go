// Package noload is the fault type no-load: a variable is taken for 0, as one that was read before it was written.
//
// EDFI: no-load. Sites are the instructions that only load: MOV, MOVZX, MOVSX and the moves of SSE registers from memory. The register is
// set to 0 in no more bytes, and what the load leaves alone stays: the rest of a register of one or two bytes, and the flags. The
// latter decides: MOV of 0 where it fits, else XOR where the code behind sets the flags before it looks at them, else no site.
// EDFI's rnd-load (a random value) has no such short encoding.
package noload

import (
	"math/rand/v2"

	"bennu/rs/fi/code"
	"bennu/rs/fi/enc"
	"bennu/rs/fi/fault"
)

type kind struct{}

// New is the type.
func New() fault.Code { return kind{} }

func (kind) Name() string { return "no-load" }
func (kind) Doc() string  { return "a load gives 0" }

// Applies takes loads whose register can be set to 0 in their place.
func (kind) Applies(in *code.Inst) bool {
	var z zero
	return z.make(in)
}

func (kind) Mutate(in *code.Inst, _ *rand.Rand, out []byte) {
	var z zero
	z.make(in)
	enc.Fill(out, z.code[:z.n]...)
}

// zero is an instruction that sets a register to 0.
type zero struct {
	code [8]byte
	n    int
}

func (z *zero) put(b ...byte) { z.n += copy(z.code[z.n:], b) }

// rex writes a REX prefix where the register needs one.
func (z *zero) rex(need bool, b byte) {
	if need {
		z.put(b)
	}
}

func (z *zero) make(in *code.Inst) bool {
	i, ok := in.Enc()
	if !ok || !i.Memory() || i.Form != enc.RM {
		return false
	}
	reg, low := i.RegNr(), i.Reg()
	switch {
	case i.Map == enc.MapOne && i.Op == 0x8A: // MOV r8, 0
		z.rex(i.HasREX, 0x40|reg>>3)
		z.put(0xB0|low, 0)
	case i.Map == enc.MapOne && (i.Op == 0x8B || i.Op == 0x63),
		i.Map == enc.Map0F && (i.Op == 0xB6 || i.Op == 0xB7 || i.Op == 0xBE || i.Op == 0xBF):
		z.integer(in, i, reg, low)
	case i.Map == enc.Map0F && xmm(i): // XORPS x, x
		z.rex(reg > 7, 0x45)
		z.put(0x0F, 0x57, 0xC0|low<<3|low)
	default:
		return false
	}
	return z.n <= len(in.Bytes)
}

// integer is for a register of two, four or eight bytes; the upper half goes with a write of four.
func (z *zero) integer(in *code.Inst, i *enc.Inst, reg, low byte) {
	size := 4
	if i.DataSize && !i.Wide() {
		z.put(0x66)
		size = 2
	}
	need := size + z.n + 1
	if reg > 7 {
		need++
	}
	if need <= len(in.Bytes) || !enc.FlagsDead(in.After()) { // a MOV that does not fit is no site
		z.rex(reg > 7, 0x41)
		z.put(0xB8 | low)
		z.n += size
		return
	}
	z.rex(reg > 7, 0x45)
	z.put(0x31, 0xC0|low<<3|low)
}

// xmm tells whether it loads all of an SSE register.
func xmm(i *enc.Inst) bool {
	switch i.Op {
	case 0x10, 0x28: // MOVUPS, MOVSS, MOVAPS
		return true
	case 0x6E: // MOVD
		return i.DataSize && i.Rep == 0
	case 0x6F: // MOVDQA, MOVDQU
		return i.DataSize || i.Rep == 0xF3
	case 0x7E: // MOVQ
		return i.Rep == 0xF3
	}
	return false
}
