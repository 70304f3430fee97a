// Package msgrepeat is the fault type msg-repeat: a message that the victim sends is sent twice.
//
// The call is made once more when it has returned; of a sendrec the victim sees the second answer. Notifications are left out: a second one
// makes no difference.
package msgrepeat

import (
	"math/rand/v2"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
	"bennu/rs/fi/message"
)

type kind struct{}

// New is the type.
func New() fault.Strike { return kind{} }

func (kind) Name() string                         { return "msg-repeat" }
func (kind) Doc() string                          { return "a message that it sends is sent twice" }
func (kind) When() fault.When                     { return fault.AtCall }
func (kind) Wants(nr abi.CallNr, m *abi.Msg) bool { return message.Own(nr, m) }

func (kind) Strike(v fault.Victim, _ *rand.Rand) (string, abi.Errno) {
	words := message.Words(v)
	v.Again()
	return words + " is sent twice", abi.OK
}
