package kind

import (
	"testing"

	"bennu/drivers/protocol/load"
	"bennu/drivers/sdk"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
	"bennu/rs/load/witness"
	"bennu/rs/load/work"
)

// noticer runs a function with a service's context.
type noticer struct{ f func(c *sdk.Context) }

func (n noticer) Init(c *sdk.Context) error                           { n.f(c); return nil }
func (noticer) Message(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) { c.Reply(m, abi.ENOSYS) }

// What a round has noticed is told by what was first, and judged by the worst: an answer that is wrong is worse than one that did not come or was an error.
func TestNoticed(t *testing.T) {
	wrong := witness.Notice{What: load.OtherLife.Of(1), Got: 1}
	lost := witness.Notice{What: load.Echoed, Errno: abi.ETIMEDOUT}
	refused := witness.Notice{What: load.Retrieved, Errno: abi.ESRCH}
	for name, c := range map[string]struct {
		told  []witness.Notice
		want  work.Verdict
		step  load.Noticed
		errno abi.Errno
	}{
		"nothing":              {nil, work.Right, 0, 0},
		"wrong":                {[]witness.Notice{wrong, lost}, work.Wrong, wrong.What, 0},
		"an error, then wrong": {[]witness.Notice{refused, wrong}, work.Wrong, refused.What, abi.ESRCH},
		"lost, then an error":  {[]witness.Notice{lost, refused}, work.Lost, lost.What, abi.ETIMEDOUT},
		"an error":             {[]witness.Notice{refused}, work.Refused, refused.What, abi.ESRCH},
	} {
		ran := false
		fake.New(t, "load").Start(noticer{func(ctx *sdk.Context) {
			ran = true
			s := &work.Site{C: ctx}
			k := &everybody{s: s}
			for i := range c.told {
				k.noticed(&c.told[i])
			}
			if k.v != c.want || load.Noticed(s.Step) != c.step || s.Errno != c.errno {
				t.Errorf("%s: verdict %d at %q with %s", name, k.v, load.Noticed(s.Step), s.Errno.Name())
			}
		}})
		if !ran {
			t.Fatal("nothing ran")
		}
	}
	for n, want := range map[load.Noticed]string{load.OtherLife.Of(1): "ctl: has another life", load.Echoed: "echo", 200: "step 200", load.Missing: "not all live any more"} {
		if n.String() != want {
			t.Errorf("%q, want %q", n, want)
		}
	}
}
