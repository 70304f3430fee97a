package server

import (
	"slices"
	"strings"
	"testing"

	"bennu/kernel/abi"
)

const tight = "service shell { uid 0; reserve 1M; };\nservice big { reserve 8M; };\nservice late { start manual; };\nservice small { };\nservice last { };"

// TestReservesOfASmallMachine: reserves are promised in the order of the table before anything runs, those of services that are not
// started too. Who gets none is refused with the sum, the room and what was expected; the rest lives.
func TestReservesOfASmallMachine(t *testing.T) {
	f := bootOn(t, 2304<<10+100<<10, tight)
	f.ready("shell", "small")
	var labels []string
	for _, a := range f.m.Accounts {
		labels = append(labels, a.Label.String())
	}
	if !slices.Equal(labels, []string{"shell", "late", "small"}) || f.m.Memory != 100<<10 {
		t.Errorf("accounts of %v, %d bytes left", labels, f.m.Memory)
	}
	for label, c := range map[string]struct{ log, row string }{
		"big": {`system.conf:2:23: service "big": reserve: 8M makes the sum 9M of 2404K, expected at most 1380K: 1M are promised to those before it; ` +
			`this machine has them beside kernel, boot archive and rs. A lower "reserve" helps, or a machine with more memory`, "8M makes the sum 9M of 2404K, expected at most 1380K"},
		"last": {`system.conf:5:1: service "last": reserve (the default, 640K) makes the sum 2944K of 2404K, expected at most 100K: 2304K are promised to those before it; this`,
			"makes the sum 2944K of 2404K, expected at most 100K"},
	} {
		if !f.logged(c.log) || !f.logged("label="+label+" event=refuse errno=ENOMEM why=account") {
			t.Errorf("log of %s: %q", label, f.log)
		}
		if e := f.last(abi.EventRefuse, label); e.Errno != abi.ENOMEM || e.Why != abi.WhyAccount {
			t.Errorf("%s: event %+v", label, e)
		}
		for _, ask := range []struct {
			t abi.MsgType
			e abi.Errno
		}{{abi.RSUp, abi.ENOMEM}, {abi.RSRestart, abi.ENOMEM}, {abi.RSLookup, abi.ESRCH}} {
			a, ok := f.ask("shell", named(ask.t, label))
			if !ok || abi.Errno(a.Arg[0]) != ask.e || abi.Why(a.Arg[5]) != abi.WhyAccount {
				t.Errorf("%s, request %#x: %v, %v", label, uint32(ask.t), ok, a.Arg)
			}
		}
		for _, r := range f.rows("shell") {
			if r.Label.String() == label && (r.State != abi.ServiceFailed || r.Errno != abi.ENOMEM || r.Why != abi.WhyAccount || !strings.Contains(string(r.Words[:r.WordsLen]), c.row)) {
				t.Errorf("row %v %s %v %q", r.State, r.Errno.Name(), r.Why, r.Words[:r.WordsLen])
			}
		}
	}
	f.ask("shell", named(abi.RSUp, "late"))
	if f.ep("late") == abi.None || len(f.m.Accounts) != 3 {
		t.Errorf("late has no life, or was promised anew: %d accounts", len(f.m.Accounts))
	}
}

// TestReservesFillTheMachine: to the last page, and not one more.
func TestReservesFillTheMachine(t *testing.T) {
	const all = 1<<20 + 3*640<<10 + 8<<20
	if f := bootOn(t, all, tight); f.m.Memory != 0 || len(f.m.Accounts) != 5 || f.logged("refuse") {
		t.Errorf("%d accounts, %d bytes left, log %q", len(f.m.Accounts), f.m.Memory, f.log)
	}
	if f := bootOn(t, all-1, tight); len(f.m.Accounts) != 4 || f.ep("last") != abi.None || !f.logged("label=last event=refuse") {
		t.Errorf("a byte less: %d accounts, log %q", len(f.m.Accounts), f.log)
	}
}

// TestNoAccount: what the kernel says against an account is told in its words, and harms nobody else.
func TestNoAccount(t *testing.T) {
	for _, e := range []abi.Errno{abi.ENOSPC, abi.EINVAL, abi.ENOMEM} {
		f := newFake(t, 256<<20, tight)
		f.refuse["account"] = []abi.Errno{abi.OK, e}
		f.start()
		f.ready("shell", "small", "last")
		if !f.logged(`system.conf:2:23: service "big": reserve: 8M cannot be promised, the kernel says: `+e.Text()) || len(f.m.Accounts) != 4 {
			t.Errorf("%s: %d accounts, log %q", e.Name(), len(f.m.Accounts), f.log)
		}
		a, ok := f.ask("shell", named(abi.RSUp, "big"))
		if !ok || abi.Errno(a.Arg[0]) != e || abi.Why(a.Arg[5]) != abi.WhyAccount {
			t.Errorf("%s: %v, %v", e.Name(), ok, a.Arg)
		}
	}
}
