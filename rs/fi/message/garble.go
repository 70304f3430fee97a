package message

import (
	"math/rand/v2"
	"strconv"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
)

const (
	argBits  = 64
	typeBits = 32
)

// Garble changes a message where it stands: one bit of its type or its arguments, or one argument is another number. Who sent it the kernel
// says, and nobody can change.
func Garble(v fault.Victim, r *rand.Rand) (words string, e abi.Errno) {
	m := *v.Msg()
	words = Words(v)
	if r.IntN(2) == 0 {
		i := r.IntN(len(m.Arg))
		was := m.Arg[i]
		for m.Arg[i] == was {
			m.Arg[i] = r.Uint64() >> r.IntN(argBits) // of all sizes
		}
		return words + arg(i, was, m.Arg[i]), v.SetMsg(&m)
	}
	bit := r.IntN(len(m.Arg)*argBits + typeBits)
	if i := bit / argBits; i < len(m.Arg) {
		was := m.Arg[i]
		m.Arg[i] ^= 1 << (bit % argBits)
		words += arg(i, was, m.Arg[i])
	} else {
		m.Type ^= 1 << (bit % argBits)
		words += ": type is 0x" + strconv.FormatUint(uint64(m.Type), 16)
	}
	return words, v.SetMsg(&m)
}

func arg(i int, was, is uint64) string {
	return ": argument " + strconv.Itoa(i) + ", 0x" + strconv.FormatUint(was, 16) + ", is 0x" + strconv.FormatUint(is, 16)
}

// regAX is its place in abi.Registers.GPR.
const regAX = 0

var names = map[abi.CallNr]string{
	abi.CallSend: "send", abi.CallSendRec: "sendrec", abi.CallNotify: "notify", abi.CallSendNB: "sendnb", abi.CallSendA: "senda",
	abi.CallReplyReceive: "reply-receive",
}

// Words names the message that a victim sends, or has received.
func Words(v fault.Victim) string {
	of := " of type 0x" + strconv.FormatUint(uint64(v.Msg().Type), 16)
	switch nr := abi.CallNr(v.Regs().GPR[regAX]); {
	case nr == abi.CallNotify:
		return "notify"
	case names[nr] != "":
		return names[nr] + of
	}
	return "message" + of // the call has returned
}
