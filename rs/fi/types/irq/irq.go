// Package irq is the fault type irq: an interrupt is not acknowledged, so that its line stays masked and the device is not heard again.
//
// MINIX: IRQ_FAULT (swifi, type 26): the PUSH before POPF is left out, so that the interrupt flag is not restored. A driver in ring 3 has no interrupt flag:
// CLI and STI fault, and POPF leaves it alone. What it enables interrupts with is the kernel call IRQCtl with IRQEnable, which says that the
// interrupt was handled: its counterpart is that this call is forgotten. The site is the instruction that makes it, and it is one only where the code
// itself says what is called: SYSCALL behind straight code that sets RAX and RDI to the two numbers; in a Go program, whose stubs have the number
// from their caller, the CALL of usys.Gate.IRQEnable, or of usys.Gate.irq with IRQEnable. A program that calls by variables has no sites.
package irq

import (
	"math/rand/v2"
	"strings"

	"bennu/kernel/abi"
	"bennu/rs/fi/code"
	"bennu/rs/fi/enc"
	"bennu/rs/fi/fault"
)

type kind struct{}

// New is the type.
func New() fault.Code { return kind{} }

func (kind) Name() string { return "irq" }
func (kind) Doc() string  { return "an interrupt is not acknowledged: the call of IRQCtl is left out" }

// Applies takes SYSCALL and CALL that are known to enable an interrupt.
func (kind) Applies(in *code.Inst) bool {
	i, ok := in.Enc()
	switch {
	case !ok, in.Text == nil:
		return false
	case i.Map == enc.Map0F && i.Op == 0x05:
		return anyBehind(in, func(k *enc.Known) bool {
			return k.Is(enc.RAX, int64(abi.CallIRQCtl)) && k.Is(enc.RDI, int64(abi.IRQEnable))
		})
	case i.Map == enc.MapOne && i.Op == 0xE8:
		name := in.Callee(in.Addr + uint64(len(in.Bytes)) + uint64(i.Imm()))
		if strings.HasSuffix(name, "/usys.Gate.IRQEnable") {
			return true
		}
		if strings.HasSuffix(name, "/usys.Gate.irq") {
			k, ok := enc.Behind(in.Before())
			return ok && k.Is(enc.RAX, int64(abi.IRQEnable))
		}
	}
	return false
}

func (kind) Mutate(_ *code.Inst, _ *rand.Rand, out []byte) { enc.Fill(out) }

// anyBehind asks about what is known before the instruction. Where its function's begin is not known, each place of the last bytes is tried that leads to
// it: instructions that are read from a wrong place fall in with the right ones soon.
func anyBehind(in *code.Inst, is func(*enc.Known) bool) bool {
	if b := in.Before(); b != nil {
		k, ok := enc.Behind(b)
		return ok && is(&k)
	}
	const near = 64
	at := int(in.Addr - in.Text.Base)
	for from := max(0, at-near); from < at; from++ {
		if k, ok := enc.Behind(in.Text.Bytes[from:at]); ok && is(&k) {
			return true
		}
	}
	return false
}
