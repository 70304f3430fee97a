package msgrepeat

import (
	"testing"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault/fake"
)

func TestWants(t *testing.T) {
	k := New()
	own, ping := &abi.Msg{Type: abi.MsgReply}, &abi.Msg{Type: abi.RSHeartbeat}
	if !k.Wants(abi.CallSendRec, own) || !k.Wants(abi.CallReplyReceive, own) || k.Wants(abi.CallReceive, own) || k.Wants(abi.CallSendRec, ping) {
		t.Error("it does not take what is sent, but heartbeats")
	}
	if k.Wants(abi.CallNotify, ping) != false {
		t.Error("notify")
	}
}

func TestStrike(t *testing.T) {
	v := &fake.Victim{Message: abi.Msg{Type: 0x904}}
	v.Registers.GPR[0] = uint64(abi.CallReplyReceive)
	words, e := New().Strike(v, fake.Rand(1))
	if e != abi.OK || len(v.Did) != 1 || v.Did[0] != "again" || words != "reply-receive of type 0x904 is sent twice" {
		t.Errorf("%v: %q %s", v.Did, words, e.Name())
	}
}
