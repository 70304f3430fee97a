package sdk_test

import (
	"errors"
	"strings"
	"testing"

	"bennu/drivers/sdk"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// One that cannot misbehave says so, and what Init and a panic have to say is told.
func TestWords(t *testing.T) {
	k, _ := start(t, &driver{})
	k.Deliver(abi.Msg{Source: fake.Root, Type: abi.DriverFault, Arg: [7]uint64{0: 3, 6: 78}}, abi.KindSendA)
	if m, ok := k.Take(fake.Root); !ok || m.Type != abi.RSFaulted || abi.Errno(m.Arg[0]) != abi.ENOSYS || m.Arg[1] != 78 {
		t.Errorf("the order was answered %+v, %v", m, ok)
	}
	words := func(d *driver) []string {
		k := fake.New(t, "probe")
		k.Start(d)
		k.Request(fake.Client, echo)
		return k.Words
	}
	for _, c := range []struct {
		d    *driver
		want string
	}{
		{&driver{init: func(*sdk.Context) error { return sdk.Fail(abi.ENODEV, "no chip at ", sdk.Hex(0x70)) }}, "no chip at 0x70 (sdk/words_test.go:"},
		{&driver{init: func(*sdk.Context) error { return wrapped{sdk.Fail(abi.EBUSY, "irq 3")} }}, "while opening: irq 3: EBUSY (sdk/words_test.go:"},
		{&driver{init: func(*sdk.Context) error { return errors.New("whatever") }}, "whatever"},
		{&driver{message: func(*sdk.Context, *abi.Msg, abi.ReceiveKind) { breakThings(nil) }}, "assignment to entry in nil map (sdk/sdk_test.go:"},
		{&driver{init: func(*sdk.Context) error { panic("early") }}, "early (sdk/words_test.go:"},
		{&driver{init: func(*sdk.Context) error { panic(strings.Repeat("x", 1000)) }}, strings.Repeat("x", abi.RSMaxLen)},
	} {
		if got := words(c.d); len(got) != 1 || !strings.HasPrefix(got[0], c.want) {
			t.Errorf("told %q, want %q", got, c.want)
		}
	}
	if got := words(&driver{}); len(got) != 0 {
		t.Errorf("a driver without trouble told %q", got)
	}
}

type wrapped struct{ error }

func (w wrapped) Error() string { return "while opening: " + w.error.Error() }
func (w wrapped) Unwrap() error { return w.error }
