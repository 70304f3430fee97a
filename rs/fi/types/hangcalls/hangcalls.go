// Package hangcalls is the fault type hang-calls: the victim goes round in a loop that makes a kernel call, so that it is in the kernel for much of the
// time, and has no message.
//
// The loop lies over the next instructions, and may reach into the next function: nothing of that is executed any more. Where the text ends
// before it does, the fault is not done.
package hangcalls

import (
	"encoding/binary"
	"math/rand/v2"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
)

type kind struct{ fault.NoCall }

// New is the type.
func New() fault.Strike { return kind{} }

func (kind) Name() string     { return "hang-calls" }
func (kind) Doc() string      { return "an endless loop of kernel calls" }
func (kind) When() fault.When { return fault.AtSite }

// calls are those that any task may make, whether or not its privilege has them: without it the loop is one of refused calls.
var calls = [...]struct {
	words string
	nr    abi.CallNr
	first uint32
}{
	{"times", abi.CallTimes, uint32(abi.Self)},
	{"getinfo", abi.CallGetInfo, uint32(abi.InfoMachine)},
	{"receive, that takes its messages", abi.CallReceive, uint32(abi.Any)},
}

func (kind) Strike(v fault.Victim, r *rand.Rand) (string, abi.Errno) {
	c := calls[r.IntN(len(calls))]
	return "a loop of " + c.words, v.Jump(loop(c.nr, c.first))
}

// loop is MOV EAX, nr; MOV EDI, first; XOR ESI, ESI; SYSCALL; JMP to the first. The second argument 0 is an index, or a limit.
// Source: Intel SDM Vol. 2.
func loop(nr abi.CallNr, first uint32) []byte {
	b := binary.LittleEndian.AppendUint32([]byte{0xB8}, uint32(nr))
	b = binary.LittleEndian.AppendUint32(append(b, 0xBF), first)
	b = append(b, 0x31, 0xF6, 0x0F, 0x05)
	return append(b, 0xEB, byte(-(len(b) + 2)))
}
