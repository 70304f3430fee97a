package sdk_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"bennu/drivers/sdk"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// among starts a driver in whose program other goroutines have work as others says.
func among(t *testing.T, d *driver, others func() int64, yield func()) (*fake.Kernel, *sdk.Context) {
	t.Helper()
	k, c := start(t, d)
	c.SetScheduler(others, yield, func() uint { return 0 })
	k.Request(fake.Client, echo) // the wait that it was in knew nothing of it
	k.Waits = nil
	return k, c
}

// farTimer is the work of a goroutine that sleeps for long.
func farTimer() int64 { return int64(time.Hour) }

// While others can run the loop lets them, and looks at the kernel's word only: no call is made in vain. When none can, it waits until
// the next timer.
func TestTurns(t *testing.T) {
	work, yields := int64(sdk.NoWork), 0
	var k *fake.Kernel
	d := &driver{}
	k, c := among(t, d, func() int64 { return work }, func() {
		if yields++; yields == 5 {
			work = int64(k.Now()) + int64(7*time.Millisecond)
		}
	})
	work = 0
	k.Request(fake.Client, echo)
	if want := []uint64{uint64(7 * time.Millisecond)}; yields != 5 || !reflect.DeepEqual(k.Waits, want) {
		t.Errorf("%d yields, waited %v, want 5 and %v", yields, k.Waits, want)
	}
	work = sdk.NoWork
	k.Waits = nil
	k.Request(fake.Client, echo)
	if want := []uint64{abi.NoTimeout}; !reflect.DeepEqual(k.Waits, want) {
		t.Errorf("alone: waited %v, want %v", k.Waits, want)
	}
	_ = c
}

// What comes while others run is taken in the next turn, though they go on.
func TestWordIsLookedAt(t *testing.T) {
	work, yields := int64(sdk.NoWork), 0
	var k *fake.Kernel
	d := &driver{}
	k, _ = among(t, d, func() int64 { return work }, func() {
		switch yields++; yields {
		case 3:
			k.Post(abi.Msg{Source: abi.Hardware, Arg: [7]uint64{4}}, abi.KindNotify)
		case 10:
			work = sdk.NoWork
		}
	})
	work, d.log = 0, nil
	k.Request(fake.Client, echo)
	want := []string{"message " + sdk.Hex(uint64(echo)), "interrupt 0x4"}
	if !reflect.DeepEqual(d.log, want) || yields != 10 {
		t.Errorf("%v after %d turns, want %v", d.log, yields, want)
	}
	if want := []uint64{0, 0, abi.NoTimeout}; !reflect.DeepEqual(k.Waits, want) { // the interrupt; nothing more; the rest
		t.Errorf("asked the kernel %v, want %v", k.Waits, want)
	}
}

// A Call while others have timers: as one that is alone, but that the death of who has the request is found out later.
func TestCallAmong(t *testing.T) {
	const limit = time.Second
	for _, c := range []struct {
		name string
		peer fake.Answer
		busy time.Duration
		want abi.Errno
		took time.Duration
		late time.Duration // how much longer it may take
	}{
		{"at once", fake.Answer{Msg: reply(0, 9)}, 0, abi.OK, 0, 0},
		{"its error", fake.Answer{Msg: reply(uint64(abi.ENODEV), 9)}, 0, abi.ENODEV, 0, 0},
		{"after long", fake.Answer{Msg: reply(0, 9), After: 500 * time.Millisecond}, 0, abi.OK, 500 * time.Millisecond, 0},
		{"busy at first", fake.Answer{Msg: reply(0, 9)}, 300 * time.Millisecond, abi.OK, 300 * time.Millisecond, 0},
		{"never answers", fake.Answer{Silent: true}, 0, abi.ETIMEDOUT, limit, 0},
		{"never receives", fake.Answer{}, time.Hour, abi.ETIMEDOUT, limit, 0},
		{"dies over it", fake.Answer{Dies: true, After: 70 * time.Millisecond}, 0, abi.EDEADSRCDST, 70 * time.Millisecond, 90 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			var e abi.Errno
			var m abi.Msg
			var took time.Duration
			call := calling(limit, &e, &m)
			d := &driver{message: func(x *sdk.Context, r *abi.Msg, kind abi.ReceiveKind) {
				began := x.Now()
				call.message(x, r, kind)
				took = x.Now() - began
			}}
			k, ctx := start(t, d)
			ctx.SetScheduler(farTimer, func() {}, func() uint { return 0 })
			k.Peers[fake.Other] = func(abi.Msg) fake.Answer { return c.peer }
			k.BusyTo[fake.Other] = ctx.Now() + c.busy
			k.Deliver(abi.Msg{Source: fake.Client, Type: echo}, abi.KindSendNB)
			k.Advance(2 * limit)
			if e != c.want || took < c.took || took > c.took+c.late {
				t.Errorf("%s after %v, want %s after %v", e.Name(), took, c.want.Name(), c.took)
			}
			if c.want == abi.OK && m.Arg[1] != 9 {
				t.Errorf("answer %+v", m)
			}
		})
	}
}

// What comes within such a Call is handled after the handler, in order; pings at once.
func TestCallAmongPutsOff(t *testing.T) {
	var e abi.Errno
	var m abi.Msg
	d := calling(time.Second, &e, &m)
	k, ctx := start(t, d)
	ctx.SetScheduler(farTimer, func() {}, func() uint { return 0 })
	k.Peers[fake.Other] = func(abi.Msg) fake.Answer { return fake.Answer{Msg: reply(0), After: 100 * time.Millisecond} }
	k.Deliver(abi.Msg{Source: fake.Client, Type: echo}, abi.KindSendNB)
	d.message = nil
	k.Post(abi.Msg{Source: abi.Hardware, Arg: [7]uint64{2}}, abi.KindNotify)
	k.Run()
	k.Post(abi.Msg{Source: fake.Client, Type: 0x999}, abi.KindSendNB)
	k.Run()
	k.Post(abi.Msg{Source: abi.Clock}, abi.KindNotify)
	k.Run()
	k.Post(abi.Msg{Source: abi.Hardware, Arg: [7]uint64{1}}, abi.KindNotify)
	k.Run()
	if want := []string{"message " + sdk.Hex(uint64(echo))}; !reflect.DeepEqual(d.log, want) {
		t.Errorf("within the Call: %v, want %v", d.log, want)
	}
	k.Advance(200 * time.Millisecond)
	want := []string{"message " + sdk.Hex(uint64(echo)), "interrupt 0x3", "message 0x999", "alarm"}
	if e != abi.OK || !reflect.DeepEqual(d.log, want) {
		t.Errorf("%s, %v, want %v", e.Name(), d.log, want)
	}
}

// What is the driver's own goroutine's is a panic in another one.
func TestMisuse(t *testing.T) {
	for what, do := range map[string]func(c *sdk.Context){
		"Alarm": func(c *sdk.Context) { c.Alarm(1) }, "IRQ": func(c *sdk.Context) { c.IRQ(3) }, "Exit": func(c *sdk.Context) { c.Exit(0) },
		"IgnorePings": func(c *sdk.Context) { c.IgnorePings(true) }, "Permits": func(c *sdk.Context) { c.Permits(nil) },
	} {
		_, c := start(t, &driver{})
		c.SetScheduler(farTimer, func() {}, func() uint { return 7 })
		func() {
			defer func() {
				if v, _ := recover().(string); !strings.HasPrefix(v, "sdk: Context."+what+" by another goroutine") {
					t.Errorf("%s: panicked with %q", what, v)
				}
			}()
			do(c)
		}()
	}
}
