// Package msggarblein is the fault type msg-garble-in: a message that the victim has received is not what was sent.
//
// Notifications are left out: they are bits, and the kernel's. So is what a call of the protocol of lives was answered.
package msggarblein

import (
	"math/rand/v2"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
	"bennu/rs/fi/message"
)

type kind struct{}

// New is the type.
func New() fault.Strike { return kind{} }

func (kind) Name() string                        { return "msg-garble-in" }
func (kind) Doc() string                         { return "a bit or an argument of a message that it receives changes" }
func (kind) When() fault.When                    { return fault.AtReturn }
func (kind) Wants(_ abi.CallNr, m *abi.Msg) bool { return message.Received(m) }

func (kind) Strike(v fault.Victim, r *rand.Rand) (string, abi.Errno) { return message.Garble(v, r) }
