package service

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"bennu/kernel/abi"
	"bennu/rs/conf"
	"bennu/rs/service/fake"
)

// answers are the errors that RS gives for each why.
var answers = map[abi.Why][]abi.Errno{
	abi.WhyNotOperator: {abi.EPERM}, abi.WhyNotControl: {abi.EPERM}, abi.WhyStranger: {abi.EPERM}, abi.WhyLabel: {abi.EINVAL},
	abi.WhyUnknown: {abi.ESRCH}, abi.WhyRefused: {abi.EINVAL, abi.ESRCH}, abi.WhyTooMany: {abi.EAGAIN}, abi.WhyRequest: {abi.ENOSYS},
	abi.WhyArgument: {abi.EINVAL}, abi.WhyGrant: {abi.EPERM, abi.EFAULT, abi.E2BIG, abi.EDEADSRCDST},
	abi.WhyDown: {abi.ESRCH}, abi.WhyFailed: {abi.ESRCH}, abi.WhyUp: {abi.EBUSY}, abi.WhyStarting: {abi.EBUSY, abi.EAGAIN},
	abi.WhyStopping: {abi.EBUSY, abi.ESRCH}, abi.WhyRestarting: {abi.EBUSY, abi.EAGAIN, abi.ESRCH}, abi.WhyShutdown: {abi.EBUSY, abi.EINTR},
	abi.WhyTakenDown: {abi.EINTR}, abi.WhyAskerStops: {abi.EINTR}, abi.WhyProgram: {abi.ENOEXEC},
	abi.WhyImage: {abi.ENOEXEC, abi.ENOMEM, abi.ENOSPC, abi.EINVAL}, abi.WhyTask: {abi.ENOSPC, abi.EAGAIN, abi.ENOMEM, abi.EINVAL, abi.ESRCH},
	abi.WhyPorts: {abi.EBUSY}, abi.WhyPrivilege: {abi.EPERM, abi.ENOSPC, abi.ENOMEM, abi.EINVAL}, abi.WhyAllow: {abi.EPERM, abi.EDEADSRCDST},
	abi.WhyInit: {abi.ENODEV, abi.EIO, abi.EBUSY, abi.ETIMEDOUT, abi.EPERM}, abi.WhyInitTimeout: {abi.ETIMEDOUT}, abi.WhyDied: {abi.EIO},
	abi.WhyNoFaults: {abi.ENOSYS}, abi.WhyFault: {abi.EIO, abi.EINVAL, abi.EBUSY}, abi.WhyFaultTimeout: {abi.ETIMEDOUT},
	abi.WhyFaultDied: {abi.EDEADSRCDST}, abi.WhyFaultBusy: {abi.EBUSY}, abi.WhyTrace: {abi.EFAULT, abi.ENOMEM, abi.EDEADSRCDST},
	abi.WhyAccount: {abi.ENOSPC, abi.ENOMEM, abi.EINVAL}, abi.WhyDeadly: {abi.EIO},
	abi.WhyStorm: {abi.EAGAIN}, abi.WhyRequires: {abi.ESRCH}, abi.WhyGroup: {abi.EIO}, abi.WhyBurst: {abi.EIO}, abi.WhyWaits: {abi.EAGAIN},
}

// same are the errors that say no more than the why itself does.
var same = map[abi.Why]bool{abi.WhyRefused: true, abi.WhyStarting: true, abi.WhyStopping: true, abi.WhyRestarting: true, abi.WhyShutdown: true}

// Each request × each why × each error of RS, and each error without an answer: different causes have different words, and
// the words name the service where it matters. That RS gives no error without a why is rs/server's to test.
func TestCausesHaveDifferentWords(t *testing.T) {
	label := name("x")
	for op := OpStatus; op <= OpReboot; op++ {
		texts := map[string]string{}
		add := func(cause string, f failed) {
			got := f.text()
			if old, ok := texts[got]; ok {
				t.Errorf("op %d: %s and %s are both %q", op, old, cause, got)
			}
			texts[got] = cause
			if got == "" {
				t.Errorf("op %d: %s has no words", op, cause)
			}
		}
		for w := abi.Why(1); w < abi.Whys; w++ {
			if len(answers[w]) == 0 {
				t.Fatalf("%v: which errors?", w)
			}
			for i, e := range answers[w] {
				if i > 0 && same[w] {
					break
				}
				m := &abi.Msg{Arg: [7]uint64{0: uint64(e), 4: 7e9, 5: uint64(w)}}
				add(w.String()+" "+e.Name(), failure(Request{Op: op, Label: label}, m, e))
			}
		}
		for _, e := range []abi.Errno{abi.EAGAIN, abi.ENOSPC, abi.EDEADSRCDST, abi.ETIMEDOUT, abi.ECALLDENIED, abi.ETRAPDENIED, abi.EINVAL} {
			add("no answer "+e.Name(), failure(Request{Op: op, Label: label}, nil, e))
		}
		for _, e := range []abi.Errno{abi.EIO, abi.EBUSY} {
			add("without a why "+e.Name(), failure(Request{Op: op, Label: label}, &abi.Msg{}, e))
		}
	}
}

// What an operator sees, word for word.
func TestRefusals(t *testing.T) {
	const init = 90 * uint64(time.Second)
	exception := uint64(abi.ReasonException) | 14<<32
	for _, c := range []struct {
		line   string
		e      abi.Errno
		why    abi.Why
		detail uint64
		words  string
		want   string
	}{
		{"service up x", abi.EBUSY, abi.WhyUp, 0, "", "EBUSY: x is up already\n"},
		{"service up x", abi.EBUSY, abi.WhyPorts, 0, "port 0x60 is held by kbd", "EBUSY: x was not started: port 0x60 is held by kbd\n"},
		{"service up x", abi.EBUSY, abi.WhyInit, 0, "irq 4 (x/x.go:12)", "EBUSY: Init of x failed: irq 4 (x/x.go:12)\n"},
		{"service up x", abi.EBUSY, abi.WhyInit, 0, "", "EBUSY: Init of x failed: in use\n"},
		{"service up x", abi.ETIMEDOUT, abi.WhyInitTimeout, init, "", "ETIMEDOUT: Init of x did not answer in 90.00s\n"},
		{"service up x", abi.EIO, abi.WhyDied, exception, "", "EIO: x died: exception #PF\n"},
		{"service up x", abi.EIO, abi.WhyDied, uint64(abi.ReasonPanic), "as asked (x/x.go:7)", "EIO: x died: panic: as asked (x/x.go:7)\n"},
		{"service up x", abi.EINVAL, abi.WhyRefused, 0, "system.conf:3:1: no", "EINVAL: the entry of x was refused: system.conf:3:1: no\n"},
		{"service up x", abi.ENOMEM, abi.WhyAccount, 0, "system.conf:3:1: no", "ENOMEM: x was not started: system.conf:3:1: no\n"},
		{"service up x", abi.ENOMEM, abi.WhyAccount, 0, "", "ENOMEM: x was not started: no account: its reserve is more than the memory that is not promised yet\n"},
		{"service restart x", abi.EBUSY, abi.WhyUp, 0, "", "EBUSY: x lives (service refresh replaces it)\n"},
		{"service down x", abi.ESRCH, abi.WhyDown, 0, "", "ESRCH: x is down (service up starts it)\n"},
		{"service down x", abi.ESRCH, abi.WhyUnknown, 0, "", "ESRCH: no service x (service status lists them)\n"},
		{"service lookup x", abi.EAGAIN, abi.WhyStarting, 0, "", "EAGAIN: x is being started\n"},
		{"service fi x hang", abi.EPERM, abi.WhyNotOperator, 0, "", "EPERM: not permitted: this needs uid 0 in the asker's entry of system.conf\n"},
		{"service fi x nil", abi.ENOSYS, abi.WhyNoFaults, 0, "", "ENOSYS: x has no such way to misbehave\n"},
		{"service fi x nil", abi.ETIMEDOUT, abi.WhyFaultTimeout, 2e9, "", "ETIMEDOUT: x did not answer the order to misbehave in 2.000s\n"},
		{"service up x", abi.OK, 0, 0, "", "x runs, endpoint 0\n"},
		{"date", abi.ESRCH, abi.WhyFailed, 0, "", "ESRCH: no clock: rtc was given up (service status tells why, service restart tries again)\n"},
		{"poweroff", abi.OK, 0, 0, "", ""},
	} {
		f := fake.New()
		a := NewAsker(f)
		r, _, _ := Parse(c.line)
		got := ""
		Run(a, r, func(res Result) { got = Text(r, res) })
		s, ok := f.Take()
		if !ok {
			t.Fatalf("%s: nothing was asked", c.line)
		}
		a.Answer(s.Refuse(c.e, c.why, c.detail))
		if s, ok := f.Take(); ok { // the row, for its words
			if s.Msg.Type != abi.RSStatus {
				t.Fatalf("%s: asked %#x then", c.line, s.Msg.Type)
			}
			row := abi.ServiceStatus{Label: r.Label, Errno: c.e, Why: c.why, Incarnation: 3, WordsOf: 3}
			row.WordsLen = uint32(copy(row.Words[:], c.words))
			copy(f.Grants[abi.GrantID(s.Msg.Arg[0])].Memory, abi.Bytes(&row))
			a.Answer(s.Reply(abi.OK, 1))
		}
		if got != c.want {
			t.Errorf("%s, %s: %q, want %q", c.line, c.e.Name(), got, c.want)
		}
	}
}

// Words that are about another life, or another fault, are not told as this one's.
func TestOldWords(t *testing.T) {
	row := abi.ServiceStatus{Label: name("x"), State: abi.ServiceFailed, Errno: abi.EIO, Why: abi.WhyDied, LastReason: abi.ReasonExit, Incarnation: 4, WordsOf: 3}
	row.WordsLen = uint32(copy(row.Words[:], "old"))
	if got := fate(&row); got != "x died: exit" {
		t.Errorf("fate %q", got)
	}
	row.WordsOf = 4
	if got := StatusTable([]abi.ServiceStatus{row}, 0); !strings.HasSuffix(got, "\nx died: exit: old\n") {
		t.Errorf("status %q", got)
	}
	if row.State = abi.ServiceRunning; fate(&row) != "" {
		t.Error("a service that runs has a fate")
	}
}

// A start may take as long as system.conf says at most: nobody gives up before RS does.
func TestLimitIsLonger(t *testing.T) {
	longest := time.Duration(0)
	for d := time.Minute; d < 24*time.Hour; d += time.Minute {
		text := fmt.Sprintf("service x { init %dm; };", d/time.Minute)
		if _, faults := conf.Parse("c", []byte(text)); len(faults) > 0 {
			break
		}
		longest = d
	}
	if longest == 0 || LimitLife <= 2*longest {
		t.Errorf("init may take %v, an answer is awaited for %v", longest, LimitLife)
	}
}
