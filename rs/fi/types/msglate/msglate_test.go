package msglate

import (
	"testing"
	"time"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault/fake"
)

func TestWants(t *testing.T) {
	k := New()
	own, ping := &abi.Msg{Type: abi.MsgReply}, &abi.Msg{Type: abi.RSHeartbeat}
	if !k.Wants(abi.CallSendRec, own) || !k.Wants(abi.CallReplyReceive, own) || k.Wants(abi.CallReceive, own) || k.Wants(abi.CallSendRec, ping) {
		t.Error("it does not take what is sent, but heartbeats")
	}
	if k.Wants(abi.CallNotify, ping) != true {
		t.Error("notify")
	}
}

func TestStrike(t *testing.T) {
	v := &fake.Victim{Message: abi.Msg{Type: 0x904}}
	v.Registers.GPR[0] = uint64(abi.CallReplyReceive)
	words, e := New().Strike(v, fake.Rand(1))
	if e != abi.OK || len(v.Did) != 1 || v.Did[0] != "delay" || words != "reply-receive of type 0x904 leaves 20ms late" {
		t.Errorf("%v: %q %s", v.Did, words, e.Name())
	}
}

func TestDelays(t *testing.T) {
	low, high := time.Hour, time.Duration(0)
	for seed := range uint64(500) {
		v := &fake.Victim{}
		New().Strike(v, fake.Rand(seed))
		low, high = min(low, v.Held), max(high, v.Held)
	}
	if low != time.Millisecond || high != 20*time.Millisecond {
		t.Errorf("%s to %s", low, high)
	}
}
