package msggarblein

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
	if !k.Wants(abi.CallReceive, &abi.Msg{Type: 0x904}) || k.Wants(abi.CallReceive, &abi.Msg{Type: abi.MsgNotify}) || k.Wants(abi.CallSendRec, &abi.Msg{Type: abi.RSStop}) {
		t.Error("it does not take messages only, but the order to stop")
	}
}
