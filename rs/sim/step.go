package sim

import (
	"fmt"
	"math/rand/v2"
	"time"

	"bennu/kernel/abi"
)

// Op is what a step does.
type Op uint8

const (
	Ask     Op = iota // a service sends a request
	Flood             // a service sends many requests at once
	Die               // a service ends by itself
	Listen            // a service that did not receives
	Mood              // a service becomes deaf, mute, stubborn, or good again
	Pass              // time goes by
	Late              // time goes by in which the server does not run
	Hold              // the server does not run in the next steps
	Fail              // kernel calls of the server fail
	DieAt             // a service ends while the server works
	PassAt            // time goes by while the server works
	Kill              // the server ends at one of its next kernel calls
	KillNow           // the server ends while it waits
	Damage            // what the server keeps is damaged when it ends next
	ops
)

var opNames = [ops]string{"ask", "flood", "die", "listen", "mood", "pass", "late", "hold", "fail", "die-at", "pass-at", "kill", "kill-now", "damage"}

func (o Op) String() string { return opNames[o] }

// Step is one event of a world. What A and B mean is the op's; any value means something.
type Step struct {
	Op   Op
	A, B uint32
}

// weights are how often each op is drawn.
type weights [ops]int

// draw takes a step.
func (w *weights) draw(r *rand.Rand) Step {
	total := 0
	for _, n := range w {
		total += n
	}
	n, op := r.IntN(total), Op(0)
	for n >= w[op] {
		n -= w[op]
		op++
	}
	return Step{op, r.Uint32(), r.Uint32()}
}

// Kind is what sort of world a seed makes.
type Kind uint8

const (
	Busy    Kind = iota // everything but damage
	Calm                // nobody ends but the server
	Hostile             // what is kept is damaged, and the server ends by itself
	kinds
)

func (k Kind) String() string { return [...]string{"busy", "calm", "hostile"}[k] }

var drawn = [kinds]weights{
	Busy:    {Ask: 400, Flood: 6, Die: 25, Listen: 50, Mood: 15, Pass: 150, Late: 8, Hold: 10, Fail: 12, DieAt: 15, PassAt: 15, Kill: 60, KillNow: 10},
	Calm:    {Ask: 400, Flood: 6, Pass: 150, Hold: 10, PassAt: 10, Kill: 100, KillNow: 20},
	Hostile: {Ask: 400, Flood: 6, Die: 25, Listen: 50, Mood: 15, Pass: 150, Late: 8, Hold: 10, Fail: 12, DieAt: 15, PassAt: 15, Kill: 60, KillNow: 10, Damage: 30},
}

// asked are the types of requests: those that change lives first.
var asked = [...]abi.MsgType{
	abi.RSUp, abi.RSDown, abi.RSRefresh, abi.RSRestart, abi.RSFault, abi.RSLookup, abi.RSLookup, abi.RSStatus, abi.RSWatch, abi.RSMeasure, 0x7f3, abi.RSLookup,
}

// lifeTypes is how many of them do.
const lifeTypes = 5

var primitives = [...]abi.ReceiveKind{abi.KindSendRec, abi.KindSend, abi.KindSendNB, abi.KindSendA, abi.KindSendRec, abi.KindSendA}

// failures are the calls of a start that can fail, and how.
var failures = [...]struct {
	nr abi.CallNr
	e  abi.Errno
}{
	{abi.CallTaskCreate, abi.ENOMEM}, {abi.CallTaskCreate, abi.ENOSPC}, {abi.CallTaskCreate, abi.EAGAIN}, {abi.CallPrivCtl, abi.EBUSY},
	{abi.CallImageModule, abi.ENOMEM}, {abi.CallImageModule, abi.ENOSPC}, {abi.CallImageSeal, abi.ENOMEM},
}

// causes of a service's end.
var causes = [...]abi.Cause{abi.CauseExit, abi.CausePanic, abi.CauseException, abi.CauseKilled, abi.CauseMemory, abi.CauseBadCall}

// length is a time: short ones are as likely as long ones.
func length(v uint32, most time.Duration) time.Duration {
	d := time.Microsecond << (v % 24)
	return min(d+time.Duration(v>>8)%d, most)
}

// String says what a step is drawn to do: which service it means depends on who lives.
func (s Step) String() string {
	switch s.Op {
	case Ask:
		return fmt.Sprintf("ask %#x by %d, service %d→%d", uint32(asked[s.B%uint32(len(asked))]), primitives[s.B>>16%uint32(len(primitives))], s.A%64, s.B>>8%8)
	case Flood:
		return fmt.Sprintf("flood by service %d, %d times", s.A%64, floodLeast+s.B%floodMost)
	case Die:
		return fmt.Sprintf("die service %d of %d", s.A%64, causes[s.B%uint32(len(causes))])
	case Pass:
		return "pass " + length(s.A, passMost).String()
	case Late:
		return "late " + length(s.A, lateMost).String()
	case Hold:
		return fmt.Sprintf("hold %d steps", s.A%holdMost)
	case Fail:
		f := failures[s.A%uint32(len(failures))]
		return fmt.Sprintf("fail call %d, %s, %d times", f.nr, f.e.Name(), 1+s.B%failMost)
	case DieAt:
		return fmt.Sprintf("die-at call +%d service %d", s.B%atMost, s.A%64)
	case PassAt:
		return fmt.Sprintf("pass-at call +%d %v", s.B%atMost, length(s.A, passMost))
	case Kill:
		return fmt.Sprintf("kill call +%d %s", s.A%atMost, [2]string{"before", "after"}[s.B&1])
	}
	return fmt.Sprintf("%s %d %d", s.Op, s.A%64, s.B%64)
}

// Limits of what steps ask for.
const (
	passMost = 100 * time.Millisecond
	lateMost = 2 * time.Second
	holdMost = 12
	failMost = 4
	atMost   = 24 // kernel calls
	thenMost = 12

	floodLeast, floodMost = 4, 14 // requests
)
