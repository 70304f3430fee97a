// Package msgdrop is the fault type msg-drop: a message or notification that the victim sends is lost.
//
// The victim does not learn of it: the call returns as if all had gone well. A sendrec waits for an answer to a request that nobody has got, as long as
// its own limit says. Of a server's answer and wait for the next request the answer is lost. What belongs to the protocol of lives is
// left alone (message.OfLife).
package msgdrop

import (
	"math/rand/v2"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
	"bennu/rs/fi/message"
)

type kind struct{}

// New is the type.
func New() fault.Strike { return kind{} }

func (kind) Name() string     { return "msg-drop" }
func (kind) Doc() string      { return "a message that it sends is lost" }
func (kind) When() fault.When { return fault.AtCall }

func (kind) Wants(nr abi.CallNr, m *abi.Msg) bool {
	return nr == abi.CallNotify || message.Own(nr, m)
}

func (kind) Strike(v fault.Victim, _ *rand.Rand) (string, abi.Errno) {
	words := message.Words(v)
	v.Drop()
	return words + " is lost", abi.OK
}
