package server

import (
	"slices"
	"strings"
	"testing"
	"time"

	"bennu/drivers/protocol/tty"
	"bennu/kernel/abi"
	"bennu/rs/conf"
)

// usual has an operator, a driver, one that may control it, and one that may nothing.
const usual = `
service shell { uid 0; ipc ALL; };
service uart { irq 4; io 3f8:8; system BASIC IRQCTL; ipc tty; period 100ms; backoff 10ms; burst 4 10s; };
service tty { control uart; backoff 10ms; };
service idle { };
`

func bootUsual(t *testing.T) *fake {
	t.Helper()
	f := boot(t, usual)
	f.ready("shell", "uart", "tty", "idle")
	f.calls, f.log = nil, nil
	return f
}

func TestBoot(t *testing.T) {
	f := boot(t, usual+"service late { start manual; };")
	want := []string{}
	for _, l := range []string{"shell", "uart", "tty", "idle"} {
		want = append(want, "create "+l, "privset "+l, "allow "+l)
	}
	if !slices.Equal(f.calls, want) {
		t.Errorf("calls %v\nwant  %v", f.calls, want)
	}
	if e := f.answer("idle", named(abi.RSLookup, "uart")); e != abi.EAGAIN {
		t.Errorf("lookup before ready: %s", e.Name())
	}
	f.ready("shell", "uart", "tty")
	if f.logged("event=boot") {
		t.Error("boot is over before the last is ready")
	}
	f.ready("idle")
	if !f.logged("event=boot") || !f.logged("label=uart inc=0 event=ready") {
		t.Errorf("log: %s", strings.Join(f.log, "\n"))
	}
	a, _ := f.ask("idle", named(abi.RSLookup, "uart"))
	if a.Arg[0] != 0 || abi.Endpoint(a.Arg[1]) != f.ep("uart") || a.Arg[2] != 0 {
		t.Errorf("lookup: %v", a.Arg)
	}
	if a, _ := f.ask("idle", named(abi.RSLookup, "rs")); abi.Endpoint(a.Arg[1]) != f.rs.Endpoint {
		t.Errorf("lookup of rs: %v", a.Arg)
	}
	for label, want := range map[string]abi.Errno{"late": abi.ESRCH, "nobody": abi.ESRCH, "": abi.EINVAL} {
		if e := f.answer("idle", named(abi.RSLookup, label)); e != want {
			t.Errorf("lookup of %q: %s, want %s", label, e.Name(), want.Name())
		}
	}
}

// A service gets what its entry says and nothing else, at each start anew; masks follow the
// lists of both sides.
func TestDefect8And16PrivilegesFromZero(t *testing.T) {
	f := bootUsual(t)
	p := f.task("uart").Priv()
	sends := func(label string, to ...string) {
		t.Helper()
		p, want := f.task(label).Priv(), []abi.Endpoint{f.rs.Endpoint}
		for _, l := range to {
			want = append(want, f.ep(l))
		}
		if got := p.SendTo[:p.NSendTo]; !slices.Equal(got, want) {
			t.Errorf("%s may send to %v, want %v", label, got, want)
		}
	}
	if p.NPorts != 1 || p.Ports[0] != (abi.PortRange{First: 0x3f8, Last: 0x3ff}) || p.NIRQs != 1 || p.IRQs[0] != 4 {
		t.Errorf("uart has %+v", p)
	}
	sends("uart", "shell")
	sends("tty", "shell", "uart")
	a := f.account("uart")
	if a.CeilingFrames != 16<<20/abi.PageSize || a.ReserveFrames != conf.DefaultReserve/abi.PageSize || p.TrapMask != abi.AllTraps || a.Priority != 4 ||
		a.BudgetNS != uint64(conf.DefaultBudget) || a.PeriodNS != uint64(conf.DefaultPeriod) || a.Flags != 0 || a.Images != 0 {
		t.Errorf("uart has %+v, %+v", p, a)
	}
	idle := f.task("idle").Priv()
	if idle.CallMask != 0 || idle.NPorts != 0 || idle.NIRQs != 0 {
		t.Errorf("defect 16: an entry without lines has rights: %+v", idle)
	}
	sends("idle", "shell")
	before := len(f.m.Accounts)
	f.dead("uart", abi.CauseException)
	sends("uart", "shell", "tty")
	if len(f.m.Accounts) != before { // the fake looks who pays
		t.Errorf("%d accounts after a restart, %d before", len(f.m.Accounts), before)
	}
	f.dead("idle", abi.CauseException)
	if p := f.task("idle").Priv(); p.NPorts != 0 || p.NIRQs != 0 || p.CallMask != 0 {
		t.Errorf("defect 8: idle has what another had: %+v", p)
	}
}

// Whom a service may trace, the kernel knows by accounts: those of the services that its entry names, in each of its lives, and no other.
func TestTraceRights(t *testing.T) {
	f := boot(t, usual+"service swifi { trace uart tty later nobody bad; };\nservice later { start manual; };\nservice bad { nice 3; };")
	f.ready("shell", "uart", "tty", "idle", "swifi")
	for range 2 {
		p := f.task("swifi").Priv()
		for id := range abi.AccountID(abi.MaxAccounts) {
			a := f.m.Account(id)
			want := a != nil && (a.Label.String() == "uart" || a.Label.String() == "tty" || a.Label.String() == "later")
			if p.Traced(id) != want {
				t.Errorf("it may trace account %d: %v, want %v", id, p.Traced(id), want)
			}
		}
		if p.CallMask != abi.CallBit(abi.CallTrace) {
			t.Errorf("its calls: %#x", p.CallMask)
		}
		f.dead("swifi", abi.CauseExit)
	}
	if p := f.task("shell").Priv(); p.Traces != [2]uint64{} {
		t.Errorf("shell may trace: %#x", p.Traces)
	}
}

// Who may trace the server itself is whose entry says so, however that names it; nobody else has that right, whomever it traces and whatever it is.
func TestTraceOfRS(t *testing.T) {
	f := boot(t, usual+"class fi { trace rs; };\nservice swifi { trace rs uart; };\nservice end { class fi; uid 0; };\nservice other { trace uart; uid 0; };\nservice call { system TRACE; uid 0; };")
	labels := []string{"shell", "uart", "tty", "idle", "swifi", "end", "other", "call"}
	f.ready(labels...)
	for _, l := range labels {
		p := f.task(l).Priv()
		may := l == "swifi" || l == "end"
		if p.Traced(abi.AccountRoot) != may || p.Traced(abi.AccountKernel) {
			t.Errorf("%s: it may trace rs: %v, want %v; the kernel: %v", l, p.Traced(abi.AccountRoot), may, p.Traced(abi.AccountKernel))
		}
		if calls := p.CallMask&abi.CallBit(abi.CallTrace) != 0; calls != (may || l == "other" || l == "call") {
			t.Errorf("%s: it may make the call: %v", l, calls)
		}
	}
}

func TestRefused(t *testing.T) {
	f := boot(t, usual+`
service bad { irqs 8; uid x; };
service gone { program missing; };
class c { nice 1; };
`)
	for _, want := range []string{
		`system.conf:7:15: service "bad": unknown keyword "irqs", expected one of class`,
		`system.conf:7:27: service "bad": uid: unexpected "x"`,
		`system.conf:8:1: service "gone": program: no bin/missing in the boot archive`,
		`system.conf:9:11: class "c": unknown keyword "nice"`,
		`label=bad event=refuse errno=EINVAL`,
	} {
		if !f.logged(want) {
			t.Errorf("no log line %q in\n%s", want, strings.Join(f.log, "\n"))
		}
	}
	for _, label := range []string{"bad", "gone", "c"} {
		if label == "c" { // a class is no service
			if f.logged("label=c ") {
				t.Error("an event of a class")
			}
		} else if e := f.last(abi.EventRefuse, label); e.TimeNS != uint64(f.now()) || e.Errno != abi.EINVAL || e.Why != abi.WhyRefused || e.Endpoint != abi.None {
			t.Errorf("%s: %+v", label, e)
		}
	}
	if f.ep("bad") != abi.None || f.ep("gone") != abi.None || f.ep("uart") == abi.None {
		t.Error("wrong services were started")
	}
	f.ready("shell")
	for typ, want := range map[abi.MsgType]abi.Errno{abi.RSUp: abi.EINVAL, abi.RSRefresh: abi.EINVAL, abi.RSLookup: abi.ESRCH} {
		if e := f.answer("shell", named(typ, "bad")); e != want {
			t.Errorf("%#x of a refused service: %s", uint32(typ), e.Name())
		}
	}
	rows := f.rows("shell")
	if last := rows[len(rows)-2]; len(rows) != 7 || last.State != abi.ServiceFailed || last.Errno != abi.EINVAL {
		t.Errorf("%d rows, the last %+v", len(rows), last)
	}
}

// What each asker may ask. "-" is a task that is in no table.
func TestPermissions(t *testing.T) {
	for _, c := range []struct {
		from string
		typ  abi.MsgType
		want abi.Errno
	}{
		{"shell", abi.RSUp, abi.EBUSY}, {"tty", abi.RSUp, abi.EPERM}, {"idle", abi.RSUp, abi.EPERM}, {"-", abi.RSUp, abi.EPERM},
		{"tty", abi.RSDown, abi.EPERM}, {"idle", abi.RSDown, abi.EPERM}, {"-", abi.RSDown, abi.EPERM},
		{"idle", abi.RSRefresh, abi.EPERM}, {"-", abi.RSRefresh, abi.EPERM},
		{"shell", abi.RSRestart, abi.EBUSY}, {"tty", abi.RSRestart, abi.EBUSY}, {"idle", abi.RSRestart, abi.EPERM}, {"-", abi.RSRestart, abi.EPERM},
		{"tty", abi.RSShutdown, abi.EPERM}, {"idle", abi.RSShutdown, abi.EPERM}, {"-", abi.RSShutdown, abi.EPERM},
		{"tty", abi.RSFault, abi.EPERM}, {"idle", abi.RSFault, abi.EPERM}, {"-", abi.RSFault, abi.EPERM}, {"shell", abi.RSFault, abi.EINVAL},
		{"shell", abi.RSLookup, abi.OK}, {"idle", abi.RSLookup, abi.OK}, {"-", abi.RSLookup, abi.OK},
		{"idle", abi.RSStatus, abi.OK}, {"idle", abi.RSEvents, abi.OK}, {"idle", abi.RSWatch, abi.OK}, {"-", abi.RSWatch, abi.EPERM},
		{"-", abi.RSReady, abi.EPERM}, {"idle", abi.RSReady, abi.OK},
	} {
		f := bootUsual(t)
		if c.from == "-" {
			stranger := f.m.Add(abi.MakeEndpoint(60, 1))
			stranger.SetLabel(abi.Label{'-'})
			f.puppet(stranger)
		}
		if e := f.answer(c.from, named(c.typ, "uart")); e != c.want {
			t.Errorf("%s asks %#x: %s, want %s", c.from, uint32(c.typ), e.Name(), c.want.Name())
		}
	}
}

func TestOperatorsWrongLabels(t *testing.T) {
	f := bootUsual(t)
	bad := abi.Msg{Type: abi.RSUp, Arg: [7]uint64{0x41, 0}} // "A"
	if e := f.answer("shell", bad); e != abi.EINVAL {
		t.Errorf("bad label: %s", e.Name())
	}
	for _, typ := range []abi.MsgType{abi.RSUp, abi.RSDown, abi.RSRefresh, abi.RSRestart, abi.RSFault} {
		if e := f.answer("shell", named(typ, "nobody")); e != abi.ESRCH {
			t.Errorf("%#x of nobody: %s", uint32(typ), e.Name())
		}
	}
}

func TestDefect1UpdateIsRefused(t *testing.T) {
	f := bootUsual(t)
	if e := f.answer("idle", named(0x705, "uart")); e != abi.ENOSYS {
		t.Errorf("update: %s", e.Name())
	}
}

func TestDefect2StrangersAndTheDead(t *testing.T) {
	f := bootUsual(t)
	old := f.ep("uart")
	f.dead("uart", abi.CauseException)
	for _, from := range []abi.Endpoint{old, abi.Hardware, abi.None, abi.Any, abi.MakeEndpoint(63, 9), 0, ^abi.Endpoint(0)} {
		for _, typ := range []abi.MsgType{abi.RSReady, abi.RSHeartbeat, abi.RSUp, abi.RSWatch} {
			f.send(from, abi.KindSend, named(typ, "uart"))
		}
		f.send(from, abi.KindNotify, abi.Msg{Type: abi.MsgNotify})
	}
	if e := f.answer("idle", named(abi.RSLookup, "uart")); e != abi.EAGAIN {
		t.Errorf("a stranger's ready was taken for uart's: %s", e.Name())
	}
}

func TestDefect3UnknownTypesAreAnswered(t *testing.T) {
	f := bootUsual(t)
	for _, typ := range []abi.MsgType{0, 0x42, 0x706, 0x7ff, 0x803, 0xffffffff, tty.Write, abi.MsgReply, abi.RSNews, abi.RSStop, abi.DriverFault} {
		if e := f.answer("idle", abi.Msg{Type: typ}); e != abi.ENOSYS {
			t.Errorf("type %#x: %s", uint32(typ), e.Name())
		}
	}
	// But who waits for nothing is not answered an answer, or two servers would never end.
	f.task("idle").got = nil
	f.send(f.ep("idle"), abi.KindSendA, abi.Msg{Type: abi.MsgReply})
	if n := len(f.task("idle").got); n != 0 {
		t.Errorf("an answer was answered %d times", n)
	}
}

func TestDefect5And6FailedStartsAreTriedAgain(t *testing.T) {
	for _, call := range []string{"create", "privset", "allow"} {
		f := bootUsual(t)
		f.refuse[call] = []abi.Errno{abi.ENOMEM, abi.ENOSPC}
		f.dead("uart", abi.CauseException)
		if f.ep("uart") != abi.None {
			t.Errorf("%s: a half-made task is left", call)
		}
		if e := f.last(abi.EventDeath, "uart"); e.Reason != abi.ReasonInitFailed || e.Errno != abi.ENOMEM || e.Endpoint != abi.None || e.RIP != 0 {
			t.Errorf("%s: event %+v", call, e)
		}
		f.pass(10 * time.Millisecond)
		f.pass(10 * time.Millisecond)
		f.ready("uart")
		if e := f.last(abi.EventReady, "uart"); e.Incarnation != 3 || e.RecoveryNS != uint64(20*time.Millisecond) {
			t.Errorf("%s: %+v", call, e)
		}
	}
}

func TestDefect7ArgumentsAreWhole(t *testing.T) {
	long := strings.Repeat("w ", 128)
	f := boot(t, `service a { args "`+long+`"; };`)
	if s := f.task("a").Spec; string(s.Args[:s.ArgsLen]) != long {
		t.Errorf("%d bytes of arguments", s.ArgsLen)
	}
	f = boot(t, `service a { args "one two three four five six seven"; }; service b { };`)
	if s := f.task("a").Spec; string(s.Args[:s.ArgsLen]) != "one two three four five six seven" {
		t.Errorf("arguments %q", s.Args[:s.ArgsLen])
	}
	if s := f.task("b").Spec; s.ArgsLen != 0 || s.Args != [abi.ArgsSize]byte{} {
		t.Error("b has a's arguments")
	}
}

func TestDefect9ImagesAreSharedByFullName(t *testing.T) {
	f := boot(t, `service a { program rtl8139a; }; service b { program rtl8139b; }; service c { program rtl8139a; uid 0; };`)
	a, b, c := f.task("a").Spec.Image, f.task("b").Spec.Image, f.task("c").Spec.Image
	if a != c || a == b || len(f.m.Images) != 2 || string(f.m.Image(b).Bytes) != "ELF of rtl8139b" {
		t.Fatalf("images %d, %d, %d of %d", a, b, c, len(f.m.Images))
	}
	f.ready("a", "b", "c")
	for _, l := range []string{"a", "b"} {
		f.ask("c", named(abi.RSDown, l))
		f.dead(l, abi.CauseExit)
	}
	if f.m.Image(a).Freed || !f.m.Image(b).Freed {
		t.Errorf("freed: shared %v, unused %v", f.m.Image(a).Freed, f.m.Image(b).Freed)
	}
	f.ask("c", named(abi.RSUp, "b"))
	if i := f.m.Image(f.task("b").Spec.Image); i.Freed || string(i.Bytes) != "ELF of rtl8139b" {
		t.Error("b came up without an image of its own")
	}
}

func TestDefect10NoImageLeaks(t *testing.T) {
	for _, call := range []string{"seal", "create", "privset", "allow"} {
		f := boot(t, "service op { uid 0; }; service a { start manual; };")
		f.ready("op")
		f.refuse[call] = []abi.Errno{abi.ENOEXEC}
		if e := f.answer("op", named(abi.RSUp, "a")); e != abi.ENOEXEC {
			t.Errorf("%s fails: up answers %s", call, e.Name())
		}
		live := 0
		for _, m := range f.m.Images {
			if !m.Freed {
				live++
			}
		}
		if live != 1 {
			t.Errorf("%s fails: %d images are left, want op's", call, live)
		}
	}
	f := boot(t, "service op { uid 0; }; service a { start manual; };")
	f.ready("op")
	f.bad["bin/a"] = true
	if e := f.answer("op", named(abi.RSUp, "a")); e != abi.ENOEXEC || !f.logged("bin/a: damaged") {
		t.Errorf("damaged program: %s", e.Name())
	}
	// The kernel's checksum counts, of the memory that tasks are made of.
	f = boot(t, "service op { uid 0; }; service a { start manual; };")
	f.ready("op")
	e, _ := f.Lookup("bin/a")
	e.CRC32C++
	f.placed["bin/a"] = e
	if e := f.answer("op", named(abi.RSUp, "a")); e != abi.ENOEXEC || !f.logged("bin/a: damaged: the kernel finds another checksum") || len(f.m.Images) != 2 || !f.m.Images[1].Freed {
		t.Errorf("damaged memory: %s", e.Name())
	}
}

func TestDefect14DownAnswersAll(t *testing.T) {
	f := boot(t, "service one { uid 0; }; service two { uid 0; }; service a { };")
	f.ready("one", "two", "a")
	for _, l := range []string{"one", "two"} {
		if _, ok := f.ask(l, named(abi.RSDown, "a")); ok {
			t.Fatalf("%s is answered while a lives", l)
		}
	}
	if n := len(f.task("a").got); n != 1 || f.task("a").got[0].Type != abi.RSStop {
		t.Errorf("a was told %v", f.task("a").got)
	}
	f.dead("a", abi.CauseExit)
	for _, l := range []string{"one", "two"} {
		if got := f.task(l).got; len(got) != 1 || got[0].Type != abi.MsgReply || got[0].Arg[0] != 0 || got[0].Arg[6] != 4711 {
			t.Errorf("%s: %v", l, got)
		}
	}
}

func TestDefect24LabelsOfTheDead(t *testing.T) {
	f := bootUsual(t)
	old := f.ep("uart")
	f.dead("uart", abi.CauseException)
	if e := f.answer("tty", named(abi.RSLookup, "uart")); e != abi.EAGAIN {
		t.Errorf("dead and coming back: %s", e.Name())
	}
	f.ready("uart")
	if a, _ := f.ask("tty", named(abi.RSLookup, "uart")); abi.Endpoint(a.Arg[1]) == old || a.Arg[2] != 1 {
		t.Errorf("lookup gives %v, the dead was %v", a.Arg, old)
	}
	f.ask("shell", named(abi.RSDown, "uart"))
	if e := f.answer("tty", named(abi.RSLookup, "uart")); e != abi.ESRCH {
		t.Errorf("going down: %s", e.Name())
	}
}

func TestDefect28NotificationIsNoHeartbeat(t *testing.T) {
	f := bootUsual(t)
	old := f.ep("uart")
	for i := 0; i < 35 && f.ep("uart") == old; i++ {
		f.pass(10 * time.Millisecond)
		f.send(old, abi.KindNotify, abi.Msg{Type: abi.MsgNotify})
	}
	if e := f.last(abi.EventDeath, "uart"); e.Reason != abi.ReasonNoHeartbeat {
		t.Errorf("it notified, and died of %v", e.Reason)
	}
	if f.ready("uart"); f.task("uart").pings != 0 {
		t.Error("pinged before its period")
	}
	old = f.ep("uart")
	for i := 0; i < 100; i++ {
		f.pass(10 * time.Millisecond)
		f.send(f.ep("uart"), abi.KindSend, abi.Msg{Type: abi.RSHeartbeat})
	}
	if f.ep("uart") != old || f.task("uart").pings != 10 {
		t.Errorf("with heartbeats: pinged %d times in 10 periods", f.task("uart").pings)
	}
}
