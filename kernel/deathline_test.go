package kernel

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
	"bennu/kernel/log"
)

// deathsOf puts an end to n new tasks, and gives their endpoints.
func (r *rig) deathsOf(n int) (eps []abi.Endpoint) {
	r.t.Helper()
	s := abi.TaskSpec{Image: r.load(code.New().Exit(0).ELF()), Account: abi.AccountRoot}
	for range n {
		x, e := r.create(&s)
		r.want("create", e, abi.OK)
		eps = append(eps, x.Endpoint)
		r.kill(x, abi.DeathRecord{Cause: abi.CauseKilled})
		r.death(abi.CauseKilled)
	}
	return eps
}

// logged is the lines of all sources, in their order, without reading them as a task would.
func (r *rig) logged() string {
	r.flush()
	return string(r.m.debug)
}

// Whatever is written, read or done after a death comes behind its line, which has the time of the end: nobody meets a log without it.
func TestDeathLineComesInTime(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(r *rig, x abi.AccountID)
	}{
		{"another line", func(r *rig, _ abi.AccountID) { r.Print("next") }},
		{"a look at the log", func(r *rig, x abi.AccountID) {
			r.call(r.root, abi.CallGetInfo, uint64(abi.InfoLog), abi.LogIndex(int(log.About(int(x))), 0))
			if n := r.root.Call.Buf[:]; !bytes.Contains(n, []byte("kernel: death label=peer ")) {
				r.t.Error("the reader does not see it")
			}
		}},
		{"nothing else to do", func(r *rig, _ abi.AccountID) {
			r.call(r.root, abi.CallReceive, uint64(abi.System), 1<<20)
			r.call(r.root, abi.CallReceive, uint64(abi.System), 1<<20) // the first one brings the notification
			r.until("idle", func() bool { return r.nUnlogged == 0 })
			if r.root.Wait == 0 {
				r.t.Error("somebody had something to do")
			}
		}},
		{"its account is given up", func(r *rig, x abi.AccountID) {
			e, _ := r.call(r.root, abi.CallAccount, uint64(abi.AccountFree), uint64(x))
			r.want("account", e, abi.OK)
		}},
		{"the machine's end", func(r *rig, _ abi.AccountID) { r.call(r.root, abi.CallShutdown, uint64(abi.PowerOff), 0) }},
		{"a panic", func(r *rig, _ abi.AccountID) { r.Panic("of a test") }},
	} {
		r := newRig(t)
		x := r.make(rights())
		account := x.Account
		r.kill(x, abi.DeathRecord{Cause: abi.CauseKilled})
		clean := r.death(abi.CauseKilled).CleanNS
		if strings.Contains(r.logged(), "kernel: death") {
			t.Fatalf("%s: the line is there at once", c.name)
		}
		r.m.tsc += 1 << 30
		c.do(r, account)
		got := r.logged()
		want := fmt.Sprintf("[%d.%06d] kernel: death label=peer ", clean/1e9, clean/1e3%1e6)
		if at := strings.Index(got, want); at < 0 || strings.Count(got, "kernel: death") != 1 {
			t.Errorf("%s: %q, want one %q", c.name, got, want)
		} else if strings.Contains(got[:at], "next") || strings.Contains(got[:at], "panic") {
			t.Errorf("%s: it comes behind what was later: %q", c.name, got)
		}
	}
}

// Lines that are put off are few, come in the order of the deaths, and none is lost.
func TestDeathLinesArePutOffBriefly(t *testing.T) {
	r := newRig(t)
	eps := r.deathsOf(3 * len(r.dead))
	if n := strings.Count(r.logged(), "kernel: death"); n != len(eps)-unloggedMost || r.nUnlogged != unloggedMost {
		t.Errorf("%d of %d deaths have a line, %d are said to have none: want all but %d", n, len(eps), r.nUnlogged, unloggedMost)
	}
	r.logDeaths()
	lines := strings.Split(r.logged(), "\n")
	for _, l := range lines[:len(lines)-1] {
		if len(eps) == 0 || !strings.Contains(l, fmt.Sprintf(" ep=%d ", eps[0])) {
			t.Fatalf("%q, where %v are to come", l, eps)
		}
		eps = eps[1:]
	}
	if len(eps) > 0 {
		t.Errorf("no lines for %v", eps)
	}
}

// Who died pays for the line, whoever it is that writes next.
func TestDeathLineIsPaidByTheDead(t *testing.T) {
	r := newRig(t)
	x := r.make(rights())
	dead := x.Account
	r.kill(x, abi.DeathRecord{Cause: abi.CauseKilled})
	r.charge(r.m.tsc)
	payer, how, slot, before, rest := r.payer, r.how, r.slot, r.sched.Used(dead), r.sched.Used(r.payer)
	r.m.reading = 1000 // the counter is read before and after
	r.logDeaths()
	if used, others := r.sched.Used(dead)-before, r.sched.Used(payer)-rest; used != 1000 || others != 1000 || payer == dead {
		t.Errorf("the dead paid %d, the others %d, want 1000 and what was before", used, others)
	}
	if r.payer != payer || r.how != how || r.slot != slot {
		t.Errorf("then account %d pays, %d, for slot %d; want %d, %d, %d", r.payer, r.how, r.slot, payer, how, slot)
	}
}
