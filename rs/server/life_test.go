package server

import (
	"strings"
	"testing"
	"time"

	"bennu/kernel/abi"
)

func TestDeath(t *testing.T) {
	f := bootUsual(t)
	f.now += 5 * time.Millisecond
	old := f.ep("uart")
	f.dead("uart", abi.CauseException)
	if got, want := strings.Join(f.calls, ", "), "create uart, privset uart, allow uart"; got != want {
		t.Errorf("calls %s, want %s", got, want)
	}
	e := f.last(abi.EventDeath, "uart")
	if e.Endpoint != old || e.Vector != 14 || e.RIP != 0x1234 || e.CR2 != 0x10 || e.FaultNS != uint64(f.now) {
		t.Errorf("event %+v", e)
	}
	if !f.logged("label=uart inc=0 reason=exception action=start vector=#PF rip=0x1234 cr2=0x10") {
		t.Errorf("log %v", f.log)
	}
	f.dead("uart", abi.CausePanic)
	if !f.logged("label=uart inc=1 reason=panic action=start after=10ms status=0") {
		t.Errorf("log %v", f.log)
	}
	f.pass(10 * time.Millisecond)
	f.now += 3 * time.Millisecond
	f.ready("uart")
	if !f.logged("label=uart inc=2 event=ready ep=") || f.last(abi.EventReady, "uart").RecoveryNS != uint64(13*time.Millisecond) {
		t.Errorf("log %v", f.log)
	}
}

func TestGiveUp(t *testing.T) {
	f := bootUsual(t)
	for i := 0; i < 4; i++ {
		f.dead("uart", abi.CauseMemory)
		f.pass(10 * time.Millisecond)
	}
	if f.ep("uart") != abi.None || !f.logged("action=give-up") || !f.logged("label=uart inc=3 event=give-up reason=memory errno=EIO") {
		t.Errorf("log %v", f.log)
	}
	for _, r := range f.rows("idle") {
		if want := abi.ServiceRunning; r.Label.String() != "uart" && r.State != want {
			t.Errorf("%s is %v", r.Label, r.State)
		}
		if r.Label.String() == "uart" && (r.State != abi.ServiceFailed || r.Deaths != 4 || r.LastReason != abi.ReasonMemory || r.Errno != abi.EIO || r.ImageBytes != 0) {
			t.Errorf("uart: %+v", r)
		}
	}
	if _, ok := f.ask("tty", named(abi.RSRestart, "uart")); ok {
		t.Error("restart is answered before uart is ready")
	}
	tty := f.task("tty")
	f.ready("uart")
	if len(tty.got) != 1 || tty.got[0].Arg[0] != 0 || abi.Endpoint(tty.got[0].Arg[1]) != f.ep("uart") {
		t.Errorf("restart: %v", tty.got)
	}
}

func TestInjection(t *testing.T) {
	fault := func(kind abi.FaultKind, param uint64) abi.Msg {
		m := named(abi.RSFault, "uart")
		m.Arg[2], m.Arg[3] = uint64(kind), param
		return m
	}
	const rip = 0x80_0020_0fff // the second byte is in another page
	for kind, code := range map[abi.FaultKind][2]byte{abi.FaultException: {0x0f, 0x0b}, abi.FaultHang: {0xeb, 0xfe}} {
		f := bootUsual(t)
		if e := f.answer("shell", fault(kind, 0)); e != abi.OK {
			t.Fatalf("fault %d: %s", kind, e.Name())
		}
		if u := f.task("uart"); u.code[rip] != code[0] || u.code[rip+1] != code[1] || u.pings != 1 {
			t.Errorf("fault %d: code %x, pings %d", kind, u.code, u.pings)
		}
	}
	f := bootUsual(t)
	f.ask("shell", fault(abi.FaultHang, 0))
	f.pass(250 * time.Millisecond)
	if e := f.last(abi.EventDeath, "uart"); e.Reason != abi.ReasonNoHeartbeat || e.DetectNS != uint64(200*time.Millisecond) {
		t.Errorf("hang: %+v", e)
	}
	f.ready("uart")
	if e := f.last(abi.EventReady, "uart"); e.RecoveryNS != uint64(250*time.Millisecond) {
		t.Errorf("hang: recovered in %v", time.Duration(e.RecoveryNS))
	}
	f.ask("shell", fault(abi.FaultKill, 0))
	if e := f.last(abi.EventDeath, "uart"); e.Reason != abi.ReasonInjected {
		t.Errorf("kill: %v", e.Reason)
	}
	f.pass(10 * time.Millisecond)
	f.ready("uart")
	f.ask("shell", fault(abi.FaultSelf, 5))
	if got := f.task("uart").got; len(got) != 1 || got[0].Type != abi.DriverFault || got[0].Arg[0] != 5 {
		t.Errorf("self: %v", got)
	}
	f.refuse["poke"] = []abi.Errno{abi.EFAULT}
	if e := f.answer("shell", fault(abi.FaultException, 0)); e != abi.EFAULT {
		t.Errorf("poke fails: %s", e.Name())
	}
	f.dead("uart", abi.CauseExit)
	for kind, want := range map[abi.FaultKind]abi.Errno{abi.FaultKill: abi.ESRCH, 5: abi.EINVAL, 0: abi.EINVAL} {
		if e := f.answer("shell", fault(kind, 0)); e != want {
			t.Errorf("fault %d of the dead: %s", kind, e.Name())
		}
	}
}

func TestShutdown(t *testing.T) {
	f := bootUsual(t)
	uart := f.task("uart")
	if e := f.answer("shell", abi.Msg{Type: abi.RSShutdown, Arg: [7]uint64{33}}); e != abi.OK {
		t.Fatal(e.Name())
	}
	var order []string
	for n := 0; n < 10 && !f.off; n++ {
		for _, l := range []string{"shell", "uart", "tty", "idle"} {
			task := f.tasks[f.ep(l)]
			if task == nil || len(task.got) == 0 || task.got[len(task.got)-1].Type != abi.RSStop {
				continue
			}
			order = append(order, l)
			if l == "uart" { // hangs: the grace is over after two seconds
				f.pass(2 * time.Second)
			} else {
				f.dead(l, abi.CauseExit)
			}
			break
		}
	}
	if got := strings.Join(order, " "); got != "idle tty uart shell" {
		t.Errorf("stopped in the order %s", got)
	}
	if !f.off || f.status != 33 || f.how != abi.PowerOff || !f.s.Over() || len(uart.got) != 1 {
		t.Errorf("off %v with %d", f.off, f.status)
	}
	if !f.logged("label=shell inc=0 event=down") {
		t.Error("the last line is lost")
	}
}

func TestReset(t *testing.T) {
	f := boot(t, "service a { uid 0; };")
	f.ready("a")
	if e := f.answer("a", abi.Msg{Type: abi.RSShutdown, Arg: [7]uint64{0, 3}}); e != abi.EINVAL {
		t.Errorf("no such way: %s", e.Name())
	}
	f.answer("a", abi.Msg{Type: abi.RSShutdown, Arg: [7]uint64{5, uint64(abi.Reset)}})
	if e := f.answer("a", abi.Msg{Type: abi.RSShutdown}); e != abi.EBUSY {
		t.Errorf("a second shutdown: %s", e.Name())
	}
	f.dead("a", abi.CauseExit)
	if !f.off || f.how != abi.Reset || f.status != 5 {
		t.Errorf("off %v, how %d, status %d", f.off, f.how, f.status)
	}
}

func TestReceiveFails(t *testing.T) {
	f := bootUsual(t)
	f.refuse["receive"] = []abi.Errno{abi.ETRAPDENIED}
	f.s.Turn()
	if !f.off || f.status != receiveFailed || !f.s.Over() || !f.logged("event=fatal receive=ETRAPDENIED") {
		t.Errorf("off %v, status %d, log %v", f.off, f.status, f.log)
	}
}

// An alarm that comes a little early (its clock is another than Now's) is set again.
func TestEarlyAlarm(t *testing.T) {
	f := bootUsual(t)
	due := f.alarm
	f.alarm, f.now = f.now+time.Millisecond, f.now+time.Millisecond
	f.run()
	if f.task("uart").pings != 0 || f.alarm != due {
		t.Errorf("pings %d, alarm %v, want %v", f.task("uart").pings, f.alarm, due)
	}
}

// A watch ends with the life that asked for it.
func TestWatchOfTheDead(t *testing.T) {
	f := bootUsual(t)
	f.ask("tty", abi.Msg{Type: abi.RSWatch, Arg: [7]uint64{f.s.events.seq + 3}})
	f.dead("tty", abi.CauseException)
	f.ready("tty")
	f.dead("uart", abi.CauseException)
	if got := f.task("tty").got; len(got) != 0 {
		t.Errorf("the new life gets %v", got)
	}
}

func TestAppendTime(t *testing.T) {
	for ns, want := range map[uint64]string{
		0: "", 1: " t=1ns", 999: " t=999ns", 1000: " t=1us", 65_600: " t=65.6us", 10_000_000: " t=10ms", 1_000_001: " t=1.000001ms",
		2_000_000_000: " t=2s", 1_004_143_344: " t=1.004143344s", 61_050_000_000: " t=61.05s", 1<<64 - 1: " t=18446744073.709551615s",
	} {
		if got := string(appendTime(nil, " t=", ns)); got != want {
			t.Errorf("%d ns: %q, want %q", ns, got, want)
		}
	}
}

func TestLogAfterOverflow(t *testing.T) {
	f := bootUsual(t)
	f.log = nil
	for range abi.EventsKept + 50 {
		f.s.events.add().Kind = abi.EventBoot
	}
	f.s.logEvents()
	if len(f.log) != abi.EventsKept {
		t.Errorf("%d lines of %d events", len(f.log), abi.EventsKept+50)
	}
}

func TestDataStore(t *testing.T) {
	f := bootUsual(t)
	put := named(abi.DSPublish, "key")
	put.Arg[2], put.Arg[5] = 7, 9
	get := named(abi.DSRetrieve, "key")
	if e := f.answer("uart", put); e != abi.OK {
		t.Fatal(e.Name())
	}
	if e := f.answer("tty", get); e != abi.ESRCH {
		t.Errorf("another's key: %s", e.Name())
	}
	f.dead("uart", abi.CauseException)
	f.ready("uart")
	if a, _ := f.ask("uart", get); a.Arg[0] != 0 || a.Arg[1] != 7 || a.Arg[4] != 9 {
		t.Errorf("after a death: %v", a.Arg)
	}
	f.ask("shell", named(abi.RSRefresh, "uart"))
	f.dead("uart", abi.CauseExit)
	f.ready("uart")
	if e := f.answer("uart", get); e != abi.OK {
		t.Errorf("after a refresh: %s", e.Name())
	}
	f.ask("shell", named(abi.RSDown, "uart"))
	f.dead("uart", abi.CauseExit)
	f.ask("shell", named(abi.RSUp, "uart"))
	f.ready("uart")
	if e := f.answer("uart", get); e != abi.ESRCH {
		t.Errorf("after down: %s", e.Name())
	}
}

func TestEvents(t *testing.T) {
	f := boot(t, "service a { burst none; }; service w { };")
	f.ready("a", "w")
	events := func(first uint64, room int) (rows []abi.Event, next, lost uint64) {
		t.Helper()
		rows = make([]abi.Event, room)
		f.grants[3] = rowBytes(rows)
		a, ok := f.ask("w", abi.Msg{Type: abi.RSEvents, Arg: [7]uint64{3, uint64(len(f.grants[3])), first}})
		if !ok || a.Arg[0] != 0 {
			t.Fatalf("events: %v, %v", ok, a.Arg)
		}
		return rows[:a.Arg[1]], a.Arg[2], a.Arg[3]
	}
	rows, next, lost := events(0, 100)
	if len(rows) != 5 || next != 5 || lost != 0 || rows[4].Kind != abi.EventBoot || rows[0].Kind != abi.EventStart {
		t.Fatalf("%d events, next %d, lost %d", len(rows), next, lost)
	}
	if rows, next, _ = events(99, 100); len(rows) != 0 || next != 5 {
		t.Errorf("of the future: %d events, next %d", len(rows), next)
	}
	w := f.task("w")
	if e := f.answer("w", abi.Msg{Type: abi.RSWatch, Arg: [7]uint64{6}}); e != abi.OK {
		t.Fatal(e.Name())
	}
	w.got = nil
	f.dead("a", abi.CauseException) // events 5 and 6
	f.ready("a")                    // 7
	if len(w.got) != 1 || w.got[0].Type != abi.RSNews || w.got[0].Arg[0] != 7 {
		t.Errorf("news: %v", w.got)
	}
	for f.s.events.seq < 3*abi.EventsKept+100 {
		f.dead("a", abi.CauseException)
		f.pass(time.Second)
	}
	total := f.s.events.seq
	rows, next, lost = events(10, 600)
	if len(rows) != abi.EventsKept || next != total || lost != total-abi.EventsKept-10 {
		t.Errorf("%d events, next %d, lost %d of %d", len(rows), next, lost, total)
	}
	for i, e := range rows {
		if e.Seq != total-abi.EventsKept+uint64(i) {
			t.Fatalf("row %d has number %d", i, e.Seq)
		}
	}
	if rows, next, _ = events(total-10, 3); len(rows) != 3 || next != total-7 {
		t.Errorf("room for 3: %d, next %d", len(rows), next)
	}
	if e := f.answer("w", abi.Msg{Type: abi.RSEvents, Arg: [7]uint64{77, 1 << 20, 0}}); e != abi.EPERM {
		t.Errorf("no grant: %s", e.Name())
	}
	if e := f.answer("w", abi.Msg{Type: abi.RSStatus, Arg: [7]uint64{77, 1 << 20, 0}}); e != abi.EPERM {
		t.Errorf("no grant: %s", e.Name())
	}
}

// Nothing is allocated from a death to the next start, nor for a heartbeat or a lookup.
func TestNoAllocation(t *testing.T) {
	f := boot(t, "service a { burst none; backoff 1ms; period 1s; };")
	f.ready("a")
	f.quiet = true
	ep := f.ep("a")
	beat := arrived{abi.Msg{Source: ep, Type: abi.RSHeartbeat}, abi.KindSend}
	if n := testing.AllocsPerRun(100, func() {
		f.inbox = append(f.inbox, beat)
		f.run()
	}); n > 0 {
		t.Errorf("a heartbeat allocates %v times", n)
	}
	var r abi.DeathRecord
	r.Endpoint, r.Cause, r.DiedNS = ep, abi.CauseException, uint64(f.now)
	f.s.record = r
	f.s.line = make([]byte, 0, 512)
	k := &still{fake: f}
	f.s.k = k
	f.deaths = make([]abi.DeathRecord, 0, 4)
	if n := testing.AllocsPerRun(100, func() {
		r.Endpoint = f.s.table[0].endpoint
		f.deaths = append(f.deaths, r)
		f.told = true
		for f.told || f.alarm > 0 && f.alarm <= f.now || f.s.tickDue {
			f.s.Turn()
		}
		f.now += time.Millisecond
		for f.alarm > 0 && f.alarm <= f.now || f.s.tickDue {
			f.s.Turn()
		}
	}); n > 0 {
		t.Errorf("a death and a start allocate %v times", n)
	}
	if k.starts < 100 {
		t.Errorf("only %d starts", k.starts)
	}
}

// still is the fake without the allocations of its own task table.
type still struct {
	*fake
	starts int
}

func (k *still) AccountSet(abi.AccountID, *abi.AccountSpec) (abi.AccountID, abi.Errno) {
	return abi.AccountRoot + 1, abi.OK
}
func (k *still) TaskCreate(*abi.TaskSpec) (abi.Endpoint, abi.Errno) {
	k.starts++
	return abi.MakeEndpoint(1, uint32(k.starts+10)), abi.OK
}
func (k *still) PrivSet(abi.Endpoint, *abi.Privilege) abi.Errno { return abi.OK }
func (k *still) PrivAllow(abi.Endpoint) abi.Errno               { return abi.OK }

// BenchmarkDeath is RS's own part of a recovery, kernel calls left out.
func BenchmarkDeath(b *testing.B) {
	f := boot(&testing.T{}, "service a { burst none; backoff 1ms; };")
	f.ready("a")
	f.quiet = true
	k := &still{fake: f}
	f.s.k = k
	f.deaths = make([]abi.DeathRecord, 0, 4)
	for b.Loop() {
		f.deaths = append(f.deaths, abi.DeathRecord{Endpoint: f.s.table[0].endpoint, Cause: abi.CauseException, DiedNS: uint64(f.now)})
		f.told = true
		f.s.Turn()
		f.now += 2 * time.Millisecond
		for f.alarm > 0 && f.alarm <= f.now || f.s.tickDue {
			f.s.Turn()
		}
	}
}

// The event of a start says when the server asked the kernel for the task, which is later than when it heard of the death.
func TestStartIsWhenTheTaskWasAskedFor(t *testing.T) {
	f := boot(t, "service a { burst none; };")
	f.ready("a")
	f.lag = 5 * time.Microsecond
	f.dead("a", abi.CauseException)
	e := f.last(abi.EventStart, "a")
	if want := e.TimeNS + uint64(f.lag); e.StartedNS != want {
		t.Errorf("heard at %d ns, asked at %d, want %d", e.TimeNS, e.StartedNS, want)
	}
}
