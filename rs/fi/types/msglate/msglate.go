// Package msglate is the fault type msg-late: a message or notification that the victim sends leaves late, from 1 to 20 ms. The victim stands
// still until then, as if it had not had its turn.
package msglate

import (
	"math/rand/v2"
	"time"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
	"bennu/rs/fi/message"
)

type kind struct{}

// New is the type.
func New() fault.Strike { return kind{} }

func (kind) Name() string     { return "msg-late" }
func (kind) Doc() string      { return "a message that it sends leaves late" }
func (kind) When() fault.When { return fault.AtCall }

func (kind) Wants(nr abi.CallNr, m *abi.Msg) bool {
	return nr == abi.CallNotify || message.Own(nr, m)
}

// longest is the longest delay, in milliseconds.
const longest = 20

func (kind) Strike(v fault.Victim, r *rand.Rand) (string, abi.Errno) {
	d := time.Duration(1+r.IntN(longest)) * time.Millisecond
	v.Delay(d)
	return message.Words(v) + " leaves " + d.String() + " late", abi.OK
}
