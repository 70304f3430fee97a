package server

import (
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"bennu/kernel/abi"
	kernel "bennu/kernel/fake"
	"bennu/kernel/usys"
	"bennu/rs/policy"
)

func TestDeath(t *testing.T) {
	f := bootUsual(t)
	f.busy(5 * time.Millisecond)
	old := f.ep("uart")
	f.dead("uart", abi.CauseException)
	if got, want := strings.Join(f.calls, ", "), "create uart, privset uart, allow uart"; got != want {
		t.Errorf("calls %s, want %s", got, want)
	}
	e := f.last(abi.EventDeath, "uart")
	if e.Endpoint != old || e.Vector != 14 || e.RIP != 0x1234 || e.CR2 != 0x10 || e.FaultNS != uint64(f.now()) {
		t.Errorf("event %+v", e)
	}
	if f.logged("reason=exception") {
		t.Errorf("told before the next life is ready: %v", f.log)
	}
	f.dead("uart", abi.CausePanic)
	if !f.logged("label=uart inc=0 reason=exception action=start vector=#PF rip=0x1234 cr2=0x10") {
		t.Errorf("log %v", f.log)
	}
	if !f.logged("label=uart inc=1 reason=panic action=start after=10ms status=0") {
		t.Errorf("log %v", f.log)
	}
	f.pass(10 * time.Millisecond)
	f.busy(3 * time.Millisecond)
	f.ready("uart")
	f.pass(hushRest)
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
		if u := f.task("uart"); u.Code[rip] != code[0] || u.Code[rip+1] != code[1] || u.pings != 1 {
			t.Errorf("fault %d: code %x, pings %d", kind, u.Code, u.pings)
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
	for n := 0; n < 10 && f.m.Off == nil; n++ {
		for _, l := range []string{"shell", "uart", "tty", "idle"} {
			task := f.living(f.ep(l))
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
	if off := f.m.Off; off == nil || *off != (kernel.Off{How: abi.PowerOff, Status: 33}) || !f.s.Over() || len(uart.got) != 1 {
		t.Errorf("off %+v", off)
	}
	if !f.logged("label=shell inc=0 event=down") {
		t.Error("the last line is lost")
	}
}

// Each step of a start that fails is told apart, and of a port that is another's, whose it is.
func TestStartFails(t *testing.T) {
	for call, c := range map[string]struct {
		e     abi.Errno
		why   abi.Why
		words string
	}{
		"image":   {abi.ENOMEM, abi.WhyImage, ""},
		"seal":    {abi.ENOEXEC, abi.WhyImage, ""},
		"create":  {abi.EAGAIN, abi.WhyTask, ""},
		"privset": {abi.EBUSY, abi.WhyPorts, "port 0x3f8 is held by uart"},
		"allow":   {abi.EPERM, abi.WhyAllow, ""},
		"":        {abi.ENOEXEC, abi.WhyProgram, ""},
	} {
		f := boot(t, usual+"service late { start manual; };")
		f.ready("shell", "uart", "tty", "idle")
		late := &f.s.table[f.s.byLabel(f.s.table[4].label)]
		f.bad["bin/late"] = call == ""
		if call == "privset" { // as if system.conf had let it pass
			late.conf.Ports = []abi.PortRange{{First: 0x3f0, Last: 0x3ff}}
			f.s.rights(late)
		} else {
			f.refuse[call] = []abi.Errno{c.e}
		}
		a, ok := f.ask("shell", named(abi.RSUp, "late"))
		if !ok || abi.Errno(a.Arg[0]) != c.e || abi.Why(a.Arg[5]) != c.why {
			t.Errorf("%q: %v, %v, want %s, %v", call, ok, a.Arg, c.e.Name(), c.why)
		}
		row := f.rows("idle")[4]
		if string(row.Words[:row.WordsLen]) != c.words || row.Why != c.why || row.Errno != c.e || row.WordsOf != row.Incarnation {
			t.Errorf("%q: row %v %s, words %q", call, row.Why, row.Errno.Name(), row.Words[:row.WordsLen])
		}
		if e := f.last(abi.EventGiveUp, "late"); e.Why != c.why {
			t.Errorf("%q: the event says %v", call, e.Why)
		}
		if c.words != "" && !f.logged(`why=ports words="`+c.words+`"`) {
			t.Errorf("log %q", f.log)
		}
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
	if off := f.m.Off; off == nil || *off != (kernel.Off{How: abi.Reset, Status: 5}) {
		t.Errorf("off %+v", off)
	}
}

// A life whose receive is refused ends, and not the machine: that is the kernel's to decide, if the next ones do too.
func TestReceiveFails(t *testing.T) {
	f := bootUsual(t)
	f.refuse["receive"] = []abi.Errno{abi.ETRAPDENIED}
	f.s.Turn()
	if f.m.Off != nil || !f.s.Over() || f.m.Root() == f.rs || !f.logged("its receive is answered ETRAPDENIED") {
		t.Errorf("off %+v, log %v", f.m.Off, f.log)
	}
}

// An alarm that comes a little early (its clock is another than Now's) is set again.
func TestEarlyAlarm(t *testing.T) {
	f := bootUsual(t)
	due, _ := f.rs.AlarmAt()
	f.busy(time.Millisecond)
	f.m.Alarm(f.rs)
	f.run()
	if at, _ := f.rs.AlarmAt(); f.task("uart").pings != 0 || at != due {
		t.Errorf("pings %d, alarm at %v, want %v", f.task("uart").pings, at, due)
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
	r := &f.s.events
	first, all := r.seq, abi.EventsKept+50
	for range all {
		e, _ := r.add(policy.Nobody)
		e.Kind = abi.EventBoot
	}
	f.s.logEvents()
	kept := 0
	for p := r.from(first); p != 0; p = r.newer[p-1] {
		kept++
	}
	want := "events that were gone before they had a line: " + strconv.Itoa(all-kept)
	if len(f.log) != kept+1 || !strings.HasSuffix(f.log[0], want) {
		t.Errorf("%d lines of %d events, first %q, want %q and %d more", len(f.log), all, f.log[0], want, kept)
	}
	f.s.logEvents()
	if len(f.log) != kept+1 {
		t.Errorf("%d lines the second time", len(f.log)-kept-1)
	}
}

func TestEvents(t *testing.T) {
	f := boot(t, "service a { burst none; }; service w { };")
	f.ready("a", "w")
	events := func(first uint64, room int) (rows []abi.Event, next, lost uint64) {
		t.Helper()
		rows = make([]abi.Event, room)
		id, revoke := f.grant("w", rowBytes(rows))
		defer revoke()
		a, ok := f.ask("w", abi.Msg{Type: abi.RSEvents, Arg: [7]uint64{id, uint64(len(rowBytes(rows))), first}})
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
	f.pass(hushRest)
	if len(w.got) != 1 || w.got[0].Type != abi.RSNews || w.got[0].Arg[0] != 8 {
		t.Errorf("news: %v", w.got)
	}
	for f.s.events.seq < 3*abi.EventsKept+100 {
		f.dead("a", abi.CauseException)
		f.pass(time.Second)
	}
	total := f.s.events.seq
	rows, next, lost = events(10, 600)
	const others = 3 // a start, a ready, and the end of the boot
	if kept := uint64(abi.EventsKept - others); uint64(len(rows)) != kept || next != total || lost != total-kept-10 {
		t.Errorf("%d events, next %d, lost %d of %d", len(rows), next, lost, total)
	}
	for i, e := range rows {
		if e.Seq != total-uint64(len(rows))+uint64(i) {
			t.Fatalf("row %d has number %d", i, e.Seq)
		}
	}
	if rows, _, lost := events(0, 5); lost != rows[4].Seq+1-5 || rows[2].Kind != abi.EventBoot || rows[1].Label.String() != "w" || rows[3].Seq < 100 {
		t.Errorf("the others' events: %v, %d lost", rows, lost)
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

// Ten thousand deaths, starts, requests and mails for those who do not receive leave the heap as it was.
func TestNoAllocation(t *testing.T) {
	// One is pinged: of two that are silent the server would suspect itself.
	f := boot(t, "service alpha { uid 0; burst none; backoff 1ms; period none; }; service beta-of-16-bytes { uid 0; burst none; backoff 1ms; period 10ms; };")
	f.ready("alpha", "beta-of-16-bytes")
	f.quiet = true
	k := newStill(f)
	f.s.archive = k
	var before, after runtime.MemStats
	for range 2000 {
		k.whatever()
	}
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 10_000 {
		k.whatever()
	}
	runtime.ReadMemStats(&after)
	if n := after.Mallocs - before.Mallocs; n > 10 { // the run-time's own
		t.Errorf("%d allocations", n)
	}
	if k.starts < 500 || k.delivered < 1000 || k.deaf < 1000 {
		t.Errorf("only %d starts, %d messages delivered, %d not", k.starts, k.delivered, k.deaf)
	}
}

// still is the root task's kernel with tasks that are only numbers: nothing in it allocates.
type still struct {
	*kernel.Task
	*fake
	b                       []byte // what the next call is about
	n                       uint64
	starts, delivered, deaf int
}

func newStill(f *fake) *still {
	k := &still{Task: f.rs, fake: f}
	f.s.k = usys.NewGate(k)
	f.m.Deaths, f.forged = make([]abi.DeathRecord, 0, 4), make([]arrived, 0, 4)
	return k
}

func (k *still) Address(b []byte) uint64 {
	k.b = b
	return abi.RAMBase
}

func (k *still) Syscall(nr abi.CallNr, a1, a2, a3, a4, a5 uint64) (abi.Errno, uint64) {
	switch nr {
	case abi.CallAccount:
		return abi.OK, uint64(abi.AccountRoot + 1)
	case abi.CallTaskCreate:
		k.starts++
		return abi.OK, uint64(abi.MakeEndpoint(1+k.starts%3, uint32(k.starts%10_000+10)))
	case abi.CallImageModule:
		return abi.OK, 1
	case abi.CallImageSeal:
		return abi.OK, uint64(k.seen.CRC32C)
	case abi.CallCopyFrom:
		for i := range k.b {
			k.b[i] = 'x'
		}
		return abi.OK, 0
	case abi.CallTaskKill:
		k.kill(abi.Endpoint(a1))
		return abi.OK, 0
	case abi.CallSendNB:
		if k.random(3) == 0 {
			k.deaf++
			return abi.ENOTREADY, 0
		}
		k.delivered++
		return abi.OK, 0
	case abi.CallGetInfo:
		if abi.InfoKind(a1) == abi.InfoLives {
			return abi.EINVAL, 0 // there are none
		}
		return k.Task.Syscall(nr, a1, a2, a3, a4, a5)
	case abi.CallReceive, abi.CallSetAlarm, abi.CallDiag:
		return k.Task.Syscall(nr, a1, a2, a3, a4, a5)
	}
	return abi.OK, 0
}

func (k *still) File(string) ([]byte, bool) { return elf, true }

var elf = []byte("ELF")

// kill has a death recorded.
func (k *still) kill(ep abi.Endpoint) {
	k.m.Deaths = append(k.m.Deaths, abi.DeathRecord{Endpoint: ep, Cause: abi.CauseKilled, DiedNS: k.m.Now()})
	k.m.System(k.rs, abi.SystemDeath)
}

func (k *still) random(n uint64) uint64 {
	k.n = k.n*6364136223846793005 + 1442695040888963407
	return k.n >> 33 % n
}

var stillTypes = [...]abi.MsgType{abi.RSUp, abi.RSDown, abi.RSRefresh, abi.RSRestart, abi.RSLookup, abi.RSStatus, abi.RSEvents, abi.RSWatch,
	abi.RSFault, abi.RSReady, abi.RSReady, abi.RSHeartbeat, abi.RSHeartbeat, abi.RSWords, 0x7f3}

// stillLabels are long: a string of one byte takes no memory, whoever makes it.
var stillLabels = [...]abi.Label{{'a', 'l', 'p', 'h', 'a'}, abi.Label([]byte("beta-of-16-bytes")), {'n', 'o', 'b', 'o', 'd', 'y'}}

// whatever has one thing happen.
func (k *still) whatever() {
	s := k.s
	t := &s.table[k.random(2)]
	m := abi.Msg{Source: t.endpoint, Type: stillTypes[k.random(uint64(len(stillTypes)))]}
	m.Arg[0], m.Arg[1] = abi.PackLabel(stillLabels[k.random(3)])
	m.Arg[2], m.Arg[6] = k.random(5), k.random(1000)
	if m.Type == abi.RSReady {
		m.Arg[0] = 0
	}
	if t.endpoint == abi.None { // both may be down
		s.clock()
		s.step(policy.Event{Kind: policy.Up, ID: policy.ID(k.random(2))})
		s.finish()
	}
	switch n := k.random(20); {
	case n == 0 && t.endpoint != abi.None:
		k.kill(t.endpoint)
	default:
		k.forged = append(k.forged, arrived{m, [...]abi.ReceiveKind{abi.KindSendRec, abi.KindSendA, abi.KindSend}[k.random(3)]})
	}
	for len(k.forged) > 0 || k.rs.Pending() || s.tickDue {
		s.Turn()
	}
	k.busy(time.Duration(k.random(uint64(5 * time.Millisecond))))
}

// BenchmarkDeath is RS's own part of a recovery, kernel calls left out.
func BenchmarkDeath(b *testing.B) {
	f := boot(&testing.T{}, "service a { burst none; backoff 1ms; };")
	f.ready("a")
	f.quiet = true
	k := newStill(f)
	for b.Loop() {
		k.kill(f.s.table[0].endpoint)
		f.s.Turn()
		f.busy(2 * time.Millisecond)
		for f.rs.Pending() || f.s.tickDue {
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
