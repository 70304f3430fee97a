package kind

import (
	"testing"
	"time"

	"bennu/drivers/protocol/load"
	"bennu/drivers/sdk"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
	"bennu/rs/load/work"
)

const limit = 20 * time.Millisecond

var (
	victim = fake.Other
	swifi0 = fake.Client
	asker  = abi.MakeEndpoint(9, 1)
)

// bench is the workload with the service of a label.
type bench struct {
	*fake.Kernel
	t     *testing.T
	trace *tracer
}

// tracer is the victim's device, past the victim.
type tracer struct {
	in  func(port uint16) uint32
	out func(port uint16, v uint32)
	e   abi.Errno
}

func (x *tracer) PortIn(_ abi.Endpoint, port uint16, width int) (uint32, abi.Errno) {
	if x.e != abi.OK {
		return 0, x.e
	}
	return x.in(port), abi.OK
}

func (x *tracer) PortOut(_ abi.Endpoint, port uint16, width int, v uint32) abi.Errno {
	if x.e == abi.OK {
		x.out(port, v)
	}
	return x.e
}

func newBench(t *testing.T, label, args string, peer fake.Peer) *bench {
	b := &bench{Kernel: fake.New(t, "load"), t: t, trace: new(tracer)}
	b.Arguments("victim=" + label + args)
	b.Labels[label], b.Labels["swifi"] = victim, swifi0
	b.Names = map[abi.Endpoint]string{victim: label}
	b.Peers[victim] = peer
	b.Start(&work.Service{Kinds: Of, Trace: func(*sdk.Context) work.Tracer { return b.trace }})
	b.PeerGate(victim) // it lives
	if m, _ := b.Take(fake.Root); m.Arg[0] != 0 {
		t.Fatalf("not ready: %v, %q", abi.Errno(m.Arg[0]), b.Words)
	}
	return b
}

// result is what came of a Run.
type result struct {
	right, refused, wrong, lost int
	why                         load.Why
	errno                       abi.Errno // of the end
	interrupted                 int
	step                        uint16 // of the first silent one
}

func (b *bench) run(n int) (r result) {
	b.t.Helper()
	m, ok := b.Request(asker, load.Run, uint64(n), uint64(limit), 1)
	for i := 0; !ok && i < 2000; i++ {
		b.Advance(time.Millisecond)
		m, ok = b.Take(asker)
	}
	if !ok {
		b.t.Fatalf("the Run is not answered; log %q", b.Lines)
	}
	r.right, r.refused, r.wrong, r.lost = load.Tally(m.Arg[1]).Counts()
	_, r.step, _ = load.Place(m.Arg[3]).Parts()
	if op, step, e := load.Place(m.Arg[4]).Parts(); m.Arg[4] != 0 {
		b.t.Logf("refused at %d, step %d, with %v", op, step, e)
	}
	r.why, r.errno, r.interrupted = load.Ending(m.Arg[5]).Parts()
	return r
}

// all asks that a Run of n is all right.
func (b *bench) all(n int) {
	b.t.Helper()
	if r := b.run(n); r != (result{right: n}) {
		b.t.Errorf("a Run of %d: %+v", n, r)
	}
}

// some asks that a Run found something wrong, or lost, at that step.
func (b *bench) some(name string, lost bool, step uint16) {
	b.t.Helper()
	r := b.run(60)
	if r.why != load.Done && r.why != load.Deaf || (r.wrong == 0) != lost || lost && r.lost == 0 || r.step != step && step != 0 {
		b.t.Errorf("%s: %+v; want lost %v at step %d", name, r, lost, step)
	}
}

// answer is an answer a little later.
func answer(args ...uint64) fake.Answer {
	a := fake.Answer{After: 10 * time.Microsecond}
	copy(a.Msg.Arg[:], args)
	return a
}

// Every kind of the table has an operation, and no other label has.
func TestOf(t *testing.T) {
	for label := range kinds {
		if Of(label) == nil {
			t.Errorf("%s has none", label)
		}
	}
	for _, label := range load.Kinds {
		if kinds[label] == nil {
			t.Errorf("the protocol names %s, and there is none", label)
		}
	}
	if len(load.Kinds) != len(kinds) {
		t.Errorf("the protocol names %v", load.Kinds)
	}
	if Of("nobody") != nil {
		t.Error("nobody has one")
	}
}
