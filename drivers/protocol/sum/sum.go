// Package sum is the protocol of the service in C that campaigns break, docs/examples/sum.
package sum

import "bennu/kernel/abi"

const (
	Poly  abi.MsgType = 0xf00 // Arg[0]: x, Arg[1:5]: coefficients, the constant one first → Arg[1]: the polynomial's value, modulo 2^64
	CRC   abi.MsgType = 0xf01 // Arg[0]: read grant, Arg[1]: length ≤ MaxLength → Arg[1]: CRC-32 (IEEE), Arg[2]: Adler-32. E2BIG, and those of the copy
	Sort  abi.MsgType = 0xf02 // Arg[0]: read and write grant, Arg[1]: length ≤ MaxLength, whole words → Arg[1]: how many moves it took. The words are in order: each 64 bits without sign
	State abi.MsgType = 0xf03 // → Arg[1]: requests answered, Arg[2]: read grant to the asker of the first 8 bytes of its table
)

// MaxLength is the most bytes that a request is about.
const MaxLength = 2048
