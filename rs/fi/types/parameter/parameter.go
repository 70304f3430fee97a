// Package parameter is the fault type interface: a parameter or a result is not passed, as between a caller and a function that were written to
// different ideas of each other.
//
// MINIX: INTERFACE_FAULT (swifi, type 14): a load of a parameter from the stack, MOV from [EBP+disp8], is left out, each with a chance of 75 %, the
// first one of a function first. On amd64 parameters are in registers, so it is one of three moves that is left out:
//   - into a parameter's register, where straight code leads from there to a CALL and does not touch the register again;
//   - into a result's register, where straight code leads to RET;
//   - out of a parameter's register, where a function begins, before the register is written (Go only: where C's functions begin is not known).
//
// Registers are those of ABIInternal in a Go program, and of System V in any other; before SYSCALL they are the kernel's, in both. Parameters on the
// stack and in SSE registers are left out: a store to the stack can be anything.
//
// (The folder has another name than the type, which is a keyword.)
package parameter

import (
	"math/rand/v2"

	"bennu/rs/fi/code"
	"bennu/rs/fi/enc"
	"bennu/rs/fi/fault"
)

// Registers of parameters and results.
const (
	goRegs  enc.Regs = 1<<enc.RAX | 1<<enc.RBX | 1<<enc.RCX | 1<<enc.RDI | 1<<enc.RSI | 1<<enc.R8 | 1<<enc.R9 | 1<<enc.R10 | 1<<enc.R11
	cRegs   enc.Regs = 1<<enc.RDI | 1<<enc.RSI | 1<<enc.RDX | 1<<enc.RCX | 1<<enc.R8 | 1<<enc.R9
	cResult enc.Regs = 1<<enc.RAX | 1<<enc.RDX
	kernel  enc.Regs = 1<<enc.RDI | 1<<enc.RSI | 1<<enc.RDX | 1<<enc.R10 | 1<<enc.R8 | 1<<enc.R9
)

// How far is looked, in instructions and in bytes.
const (
	ahead     = 12
	beginning = 96
)

type kind struct{}

// New is the type.
func New() fault.Code { return kind{} }

func (kind) Name() string { return "interface" }
func (kind) Doc() string {
	return "a parameter or a result is not passed: the move into or out of its register is left out"
}

// Applies looks at what is around the instruction; one that stands alone is no site.
func (kind) Applies(in *code.Inst) bool {
	i, ok := in.Enc()
	if !ok || i.Idle() || !move(i) {
		return false
	}
	e, ok := i.Effect()
	if !ok {
		return false
	}
	if e.Stores || e.Writes&(e.Writes-1) != 0 {
		return e.Stores && taken(in, i)
	}
	return given(in, e.Writes) || taken(in, i)
}

func (kind) Mutate(_ *code.Inst, _ *rand.Rand, out []byte) { enc.Fill(out) }

// move tells whether an instruction gives one register a value and does nothing else, or stores one.
func move(i *enc.Inst) bool {
	switch i.Map {
	case enc.MapOne:
		switch op := i.Op; {
		case op == 0x63, op >= 0x88 && op <= 0x8B, op == 0x8D, op >= 0xB8 && op <= 0xBF:
			return true
		case op == 0xC7:
			return !i.Memory()
		}
		return i.Zeroes()
	case enc.Map0F:
		return i.Op == 0xB6 || i.Op == 0xB7 || i.Op == 0xBE || i.Op == 0xBF
	}
	return false
}

// given tells whether what is written to the register of r is a parameter of a call, or a result.
func given(in *code.Inst, r enc.Regs) bool {
	calls, results := cRegs, cResult
	if in.Func != nil {
		calls, results = goRegs, goRegs
	}
	return enc.Until(in.After(), ahead, r, func(_ *enc.Inst, e *enc.Effect) bool {
		switch e.Flow {
		case enc.Call:
			return r&calls != 0
		case enc.Syscall:
			return r&kernel != 0
		case enc.Ret:
			return r&results != 0
		}
		return false
	})
}

// taken tells whether the instruction is the first use of a parameter, at the begin of its function: a move of its register to another one or
// to the stack.
func taken(in *code.Inst, i *enc.Inst) bool {
	if in.Func == nil || in.Text == nil || i.Map != enc.MapOne || i.Op != 0x88 && i.Op != 0x89 {
		return false
	}
	r := enc.Regs(1) << i.RegNr()
	if i.Op == 0x88 && !i.HasREX && i.Reg() > 3 || r&goRegs == 0 {
		return false
	}
	b := in.Before()
	if len(b) > beginning {
		return false
	}
	for len(b) > 0 {
		p, ok := enc.Parse(b)
		if !ok {
			return false
		}
		e, ok := p.Effect()
		if !ok || e.Writes&r != 0 || e.Flow != enc.Next && e.Flow != enc.CondJump {
			return false
		}
		b = b[len(p.Bytes):]
	}
	return true
}
