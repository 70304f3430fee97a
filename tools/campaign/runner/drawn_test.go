package runner

import (
	"strings"
	"testing"

	"bennu/rs/fi/outcome"
	"bennu/rs/fi/record"
	"bennu/tools/campaign/machine"
	"bennu/tools/campaign/simulated"
)

// Of a machine that ended in a block it is known which faults were drawn, where the injector has told before it made them.
func TestDrawn(t *testing.T) {
	s := small()
	told, err := read(t.Context(), at(simulated.Fine, true), machine.Boot{Plan: s.Plan(s.Groups()[0], 0)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &boot{hello: told.hello}
	mb := machine.Boot{Plan: s.Plan(s.Groups()[0], 0)}
	want := told.blocks[0].faults[0]
	if err := b.take((*record.Drawn)(want), &mb); err == nil {
		t.Error("a fault that is drawn outside of a block is taken")
	}
	if err := b.take(told.blocks[0].begin, &mb); err != nil {
		t.Fatal(err)
	}
	if err := b.take((*record.Drawn)(want), &mb); err != nil {
		t.Fatal(err)
	}
	b.failed = &failure{outcome: outcome.KernelCrash, words: "panic"}
	b.finish(10)
	w := &writer{campaign: "c", spec: s, group: s.Groups()[0], symbols: simulated.Symbols{}}
	l := w.lines(b.hello, 0, &b.blocks[0])
	if len(l) != s.Faults || l[0].Addr == "" || l[0].Before == l[0].After || l[0].Outcome != outcome.KernelCrash.String() || !strings.Contains(l[0].Did, "nobody told whether it was met") || l[1].Type != "unknown" && l[1].Addr != "" {
		t.Errorf("%+v", l)
	}
}
