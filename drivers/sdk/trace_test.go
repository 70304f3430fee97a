package sdk_test

import (
	"testing"
	"time"

	"bennu/drivers/sdk"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// tracing is a driver that is a tracer.
type tracing struct{ driver }

func (d *tracing) Traced(*sdk.Context) { d.log = append(d.log, "traced") }

// A tracer is told that something is stopped: at once while it waits, and once when its handler has returned, however often that was. A
// driver that is none hears nothing of it.
func TestTraced(t *testing.T) {
	d := &tracing{}
	k, _ := start(t, d)
	stopped := abi.Msg{Source: abi.System, Arg: [7]uint64{abi.SystemTrace}}
	k.Deliver(stopped, abi.KindNotify)
	wantLog(t, &d.driver, "traced")
	k.Deliver(abi.Msg{Source: abi.System, Arg: [7]uint64{abi.SystemAsync}}, abi.KindNotify)
	wantLog(t, &d.driver, "traced")
	d.message = func(c *sdk.Context, r *abi.Msg, _ abi.ReceiveKind) {
		c.Call(fake.Other, &abi.Msg{Type: echo}, time.Second)
		d.log = append(d.log, "handled")
		c.Reply(r, abi.OK)
	}
	k.Peers[fake.Other] = func(abi.Msg) fake.Answer { return fake.Answer{After: 50 * time.Millisecond} }
	for n := range time.Duration(3) {
		k.At((5+n)*time.Millisecond, func() { k.Post(stopped, abi.KindNotify) })
	}
	k.Request(fake.Client, echo)
	wantLog(t, &d.driver, "traced", "message 0xd00", "handled", "traced")

	none := &driver{}
	k, _ = start(t, none)
	k.Deliver(stopped, abi.KindNotify)
	wantLog(t, none)
}
