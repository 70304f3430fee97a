package message

import (
	"math/bits"
	"strings"
	"testing"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault/fake"
)

// Of each call and message type it is known whether it can have a fault.
func TestOwn(t *testing.T) {
	sends := map[abi.CallNr]bool{abi.CallSend: true, abi.CallSendRec: true, abi.CallSendNB: true, abi.CallSendA: true, abi.CallReplyReceive: true}
	receives := map[abi.CallNr]bool{abi.CallReceive: true, abi.CallSendRec: true, abi.CallReplyReceive: true}
	for nr := abi.CallNr(0); nr <= abi.CallMax; nr++ {
		if Sends(nr) != sends[nr] || Receives(nr) != receives[nr] {
			t.Errorf("call %d: sends %v, receives %v", nr, Sends(nr), Receives(nr))
		}
	}
	life := map[abi.MsgType]bool{abi.RSReady: true, abi.RSHeartbeat: true, abi.RSStop: true, abi.RSWords: true, abi.RSFaulted: true, abi.DriverFault: true}
	for typ := abi.MsgType(0); typ < 0x2000; typ++ {
		m := abi.Msg{Type: typ}
		if Own(abi.CallSend, &m) == life[typ] || Own(abi.CallReceive, &m) || Received(&m) != (!life[typ] && typ != abi.MsgNotify) {
			t.Errorf("message %#x: own %v, received %v", uint32(typ), Own(abi.CallSend, &m), Received(&m))
		}
	}
}

// Garble changes one bit, or one argument; never who sent it, and never nothing.
func TestGarble(t *testing.T) {
	var typ abi.MsgType
	var arg, oneBit [7]int
	for seed := range uint64(20_000) {
		v := &fake.Victim{Message: abi.Msg{Source: 77, Type: 0x904, Arg: [7]uint64{0, 1, 2, 3, 1 << 40, 5, ^uint64(0)}}}
		was := v.Message
		words, e := Garble(v, fake.Rand(seed))
		m, changed := v.Message, 0
		if x := m.Type ^ was.Type; x != 0 {
			changed++
			typ |= x
			if bits.OnesCount32(uint32(x)) != 1 || !strings.Contains(words, ": type is 0x") {
				t.Fatalf("type %#x: %s", uint32(m.Type), words)
			}
		}
		for i := range m.Arg {
			if x := m.Arg[i] ^ was.Arg[i]; x != 0 {
				changed++
				arg[i]++
				if bits.OnesCount64(x) == 1 {
					oneBit[i]++
				}
				if !strings.Contains(words, ": argument "+string(rune('0'+i))+", 0x") {
					t.Fatalf("argument %d: %s", i, words)
				}
			}
		}
		if e != abi.OK || changed != 1 || m.Source != was.Source || len(v.Did) != 1 {
			t.Fatalf("%+v is %+v: %s %s", was, m, words, e.Name())
		}
	}
	if typ != ^abi.MsgType(0) {
		t.Errorf("bits of the type: %#x", uint32(typ))
	}
	for i := range arg {
		if arg[i] < 1000 || oneBit[i] < 500 || arg[i]-oneBit[i] < 500 {
			t.Errorf("argument %d changed %d times, %d of them by a bit", i, arg[i], oneBit[i])
		}
	}
}

func TestWords(t *testing.T) {
	for nr, want := range map[abi.CallNr]string{
		abi.CallSendRec: "sendrec of type 0x708", abi.CallReplyReceive: "reply-receive of type 0x708", abi.CallNotify: "notify", 0: "message of type 0x708",
	} {
		v := &fake.Victim{Message: abi.Msg{Type: 0x708}}
		v.Registers.GPR[0] = uint64(nr)
		if got := Words(v); got != want {
			t.Errorf("call %d: %q, want %q", nr, got, want)
		}
	}
}
