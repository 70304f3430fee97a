package sdk_test

import (
	"strings"
	"testing"

	"bennu/drivers/sdk"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// permitted is a driver that answers OK to whom its arguments name.
type permitted struct{ reads, types sdk.Permit }

func (d *permitted) Init(c *sdk.Context) error {
	return c.Permits(map[string]*sdk.Permit{"reads": &d.reads, "types": &d.types})
}

func (d *permitted) Message(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) {
	e := abi.EPERM
	if d.reads.Holds(c, m.Source) {
		e = abi.OK
	}
	c.Reply(m, e)
}

// A permit is its labels', whatever endpoint their lives have, and nobody's who has the endpoint's slot after them.
func TestPermit(t *testing.T) {
	k := fake.New(t, "d")
	k.Arguments("reads=a,reader types=b")
	k.Names = map[abi.Endpoint]string{fake.Client: "reader", fake.Other: "b", abi.MakeEndpoint(8, 2): "a", abi.MakeEndpoint(8, 3): "b"}
	k.Start(new(permitted))
	for _, c := range []struct {
		from abi.Endpoint
		want abi.Errno
	}{{fake.Client, abi.OK}, {fake.Client, abi.OK}, {fake.Other, abi.EPERM}, {abi.MakeEndpoint(8, 2), abi.OK}, {abi.MakeEndpoint(8, 3), abi.EPERM},
		{abi.MakeEndpoint(9, 1), abi.EPERM}} {
		if m, ok := k.Request(c.from, 0x900); !ok || abi.Errno(m.Arg[0]) != c.want {
			t.Errorf("from %d: %s (%v), want %s", c.from, abi.Errno(m.Arg[0]).Name(), ok, c.want.Name())
		}
	}
}

// Arguments that say nothing permit nothing, and wrong ones are told.
func TestPermitArguments(t *testing.T) {
	for args, words := range map[string]string{
		"":                "",
		"reads=a":         "",
		"reads=a reads=b": "",
		"read=a":          "args: read=a: expected reads or types=LABEL,LABEL…",
		"reads":           "args: reads: expected reads or types=LABEL,LABEL…",
		"reads=":          "args: reads=: expected labels with commas between them",
		"reads=a,,b":      "args: reads=a,,b: expected labels with commas between them",
	} {
		k := fake.New(t, "d")
		k.Arguments(args)
		k.Start(new(permitted))
		if got := strings.Join(k.Words, " "); !strings.Contains(got, words) || (got == "") != (words == "") {
			t.Errorf("%q: the last words are %q, want %q", args, got, words)
		}
	}
}
