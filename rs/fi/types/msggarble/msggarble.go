// Package msggarble is the fault type msg-garble: a message that the victim sends is not what it wrote.
package msggarble

import (
	"math/rand/v2"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
	"bennu/rs/fi/message"
)

type kind struct{}

// New is the type.
func New() fault.Strike { return kind{} }

func (kind) Name() string                         { return "msg-garble" }
func (kind) Doc() string                          { return "a bit or an argument of a message that it sends changes" }
func (kind) When() fault.When                     { return fault.AtCall }
func (kind) Wants(nr abi.CallNr, m *abi.Msg) bool { return message.Own(nr, m) }

func (kind) Strike(v fault.Victim, r *rand.Rand) (string, abi.Errno) { return message.Garble(v, r) }
