// Package regflip is the fault type reg-flip: one bit of the processor's registers changes between two instructions, as by a particle.
//
// The bit is drawn uniformly among those of the sixteen general registers, RSP too, and of the flags that a program can set. RIP is apart: what
// a wrong one does are the types branch, stuck-branch and hang. Of what the floating-point registers hold nothing can be traced.
package regflip

import (
	"math/rand/v2"
	"strconv"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
)

type kind struct{ fault.NoCall }

// New is the type.
func New() fault.Strike { return kind{} }

func (kind) Name() string     { return "reg-flip" }
func (kind) Doc() string      { return "a bit of a register changes" }
func (kind) When() fault.When { return fault.AtSite }

// Registers in the order of abi.Registers.GPR, and the flags CF, PF, AF, ZF, SF, DF, OF by their bits in RFLAGS.
var (
	names = [16]string{"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"}
	flags = [...]uint{0, 2, 4, 6, 7, 10, 11}
)

const width = 64

func (kind) Strike(v fault.Victim, r *rand.Rand) (string, abi.Errno) {
	regs := *v.Regs()
	n := r.IntN(len(names)*width + len(flags))
	name, value, bit := "rflags", &regs.RFLAGS, uint(0)
	if reg := n / width; reg < len(names) {
		name, value, bit = names[reg], &regs.GPR[reg], uint(n%width)
	} else {
		bit = flags[n%width]
	}
	was := *value
	*value ^= 1 << bit
	words := "bit " + strconv.Itoa(int(bit)) + " of " + name + ": 0x" + strconv.FormatUint(was, 16) + " is 0x" + strconv.FormatUint(*value, 16)
	return words, v.SetRegs(&regs)
}
