package msggarble

import (
	"testing"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault/fake"
)

func TestStrike(t *testing.T) {
	v := &fake.Victim{Message: abi.Msg{Type: 0x904}}
	was := v.Message
	if words, e := New().Strike(v, fake.Rand(1)); e != abi.OK || v.Message == was || words == "" {
		t.Errorf("%+v: %q %s", v.Message, words, e.Name())
	}
}

func TestWants(t *testing.T) {
	k := New()
	own, ping := &abi.Msg{Type: abi.MsgReply}, &abi.Msg{Type: abi.RSHeartbeat}
	if !k.Wants(abi.CallSendA, own) || k.Wants(abi.CallSendRec, ping) || k.Wants(abi.CallNotify, own) || k.Wants(abi.CallReceive, own) {
		t.Error("it does not take the messages that are sent, but heartbeats")
	}
}
