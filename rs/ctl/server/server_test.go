package server

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"bennu/drivers/protocol/faulty"
	"bennu/drivers/protocol/rtc"
	"bennu/drivers/protocol/tty"
	"bennu/kernel/abi"
	"bennu/rs/service"
	"bennu/rs/service/fake"
)

// bench is a server, its machine, and the lines that it wrote.
type bench struct {
	t *testing.T
	f *fake.Machine
	a *service.Asker
	s *Server
}

func newBench(t *testing.T, inc uint32, sub Subscription) *bench {
	f := fake.New()
	a := service.NewAsker(f)
	return &bench{t, f, a, New(a, Config{Label: "ctl", Incarnation: inc, Version: "test"}, sub)}
}

func bareBench(t *testing.T, c Config) *bench {
	f := fake.New()
	a := service.NewAsker(f)
	c.Label = "ctl"
	return &bench{t, f, a, New(a, c, Subscription{})}
}

// quiet is a server that has found that nothing happened yet.
func quiet(t *testing.T) *bench {
	b := newBench(t, 0, Subscription{})
	new(rs).serve(b)
	b.want(hello0)
	return b
}

// lines takes what was written; each line must be JSON.
func (b *bench) lines() []string {
	b.t.Helper()
	b.s.Run()
	out := string(b.s.Output())
	b.s.Sent(len(out))
	var lines []string
	for _, l := range strings.Split(out, "\n") {
		if l == "" {
			continue
		}
		if !json.Valid([]byte(l)) {
			b.t.Errorf("not JSON: %s", l)
		}
		lines = append(lines, l)
	}
	return lines
}

// want checks that exactly these lines were written.
func (b *bench) want(lines ...string) {
	b.t.Helper()
	got := b.lines()
	if strings.Join(got, "\n") != strings.Join(lines, "\n") {
		b.t.Errorf("wrote\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(lines, "\n\t"))
	}
}

// ask puts a request in and gives the message that it made.
func (b *bench) ask(line string, want abi.MsgType) fake.Sent {
	b.t.Helper()
	b.s.Input([]byte(line + "\n"))
	return b.sent(want)
}

func (b *bench) sent(want abi.MsgType) fake.Sent {
	b.t.Helper()
	s, ok := b.f.Take()
	if !ok || s.Msg.Type != want {
		b.t.Fatalf("sent %#x (%v), want %#x; output %s", s.Msg.Type, ok, want, b.s.Output())
	}
	return s
}

const hello0 = `{"event":"hello","t":1.000000,"label":"ctl","incarnation":0,"abi":4,"version":"test","session":0,"subscribed":false,"next":0}`

func TestHello(t *testing.T) {
	b := quiet(t)
	b.s.Input([]byte("\n{\"id\":\"x\",\"cmd\":\"hello\"}\r\n"))
	b.want(`{"id":"x","ok":true,"t":1.000000,"label":"ctl","incarnation":0,"abi":4,"version":"test","session":1,"subscribed":false,"next":0}`)
}

func TestBadRequests(t *testing.T) {
	const commands = "cmd: expected one of hello, bye, events, echo, call, console, status, up, down, refresh, restart, fi, lookup, ps, accounts, info, pci, log, date, list, get, put, delete, help, poweroff, reboot"
	bad := func(id, text string) string {
		quoted, _ := json.Marshal(text)
		return `{"id":` + id + `,"ok":false,"errno":"EINVAL","error":` + string(quoted) + `}`
	}
	for _, c := range []struct{ line, want string }{
		{`status`, bad("null", "column 1: expected an object, {…}")},
		{`{"id":5,"cmd":status}`, bad("5", "column 15: expected a string, an unsigned integer, true, false, null or a list of these")},
		{`{"cmd":7}`, `{"ok":false,"errno":"EINVAL","error":"cmd: expected the name of a command"}`},
		{`{"cmd":status}`, bad("null", "column 8: expected a string, an unsigned integer, true, false, null or a list of these")},
		{`{"id":5,"id":6,"cmd":"status"}`, bad("5", "column 9: expected each field once")},
		{`{"id":01,"cmd":"status"}`, bad("null", "column 8: expected a comma or }")},
		{"\x00\x00", bad("null", "column 1: expected an object, {\u2026}")},
		{"{\"id\":5,\x00\"cmd\":\"status\"}", bad("5", "column 9: expected a field's name in quotes")},
		{"\x1b[2J{\"id\":5}", bad("null", "column 1: expected an object, {\u2026}")},
		{`{"id":5}`, bad("5", "cmd: expected the name of a command")},
		{`{"id":5,"cmd":7}`, bad("5", "cmd: expected the name of a command")},
		{`{"id":5,"cmd":"service"}`, strings.Replace(bad("5", commands+`, got "service"`), "EINVAL", "ENOSYS", 1)},
		{`{"id":5,"cmd":"up"}`, bad("5", "label: expected a label (1 to 16 of a-z 0-9 - _ .)")},
		{`{"id":5,"cmd":"up","label":"A"}`, bad("5", `label: expected a label (1 to 16 of a-z 0-9 - _ .), got "A"`)},
		{`{"id":5,"cmd":"up","label":["a"]}`, bad("5", `label: expected a label (1 to 16 of a-z 0-9 - _ .), got "a value of another kind"`)},
		{`{"id":5,"cmd":"up","lable":"a"}`, bad("5", `"lable": up has no such field`)},
		{`{"id":5,"cmd":"echo","label":"rtc","x":1}`, bad("5", `"x": echo has no such field`)},
		{`{"id":5,"cmd":"echo"}`, bad("5", "label: expected a label (1 to 16 of a-z 0-9 - _ .)")},
		{`{"id":5,"cmd":"fi","label":"a","kind":"b"}`, bad("5", `kind: expected exception, hang, kill or a way of faulty (help fi), got "b"`)},
		{`{"id":5,"cmd":"events","since":"x"}`, bad("5", "since: expected a number from 0 to 9223372036854775808")},
		{`{"id":5,"cmd":"console"}`, bad("5", "text: expected the text of the line")},
		{`{"id":5,"cmd":"call","type":1}`, bad("5", "endpoint: expected a number from 0 to 4294967295")},
		{`{"id":5,"cmd":"call","endpoint":1,"type":1,"arg":[1,2,3,4,5,6,7]}`, bad("5", "arg: expected a list of at most 6 numbers")},
		{`{"id":5,"cmd":"call","endpoint":1,"type":1,"arg":["a"]}`, bad("5", "arg: expected a list of at most 6 numbers")},
		{`{"id":5,"cmd":"call","endpoint":1,"type":1,"limit_ms":60001}`, bad("5", "limit_ms: expected a number from 0 to 60000")},
		{`{"id":5,"cmd":"` + strings.Repeat("x", MaxLine) + `"}`, strings.Replace(bad("null", "a line has at most 4096 bytes"), "EINVAL", "E2BIG", 1)},
	} {
		b := quiet(t)
		b.s.Input([]byte(c.line + "\n"))
		b.want(strings.NewReplacer(`\u003e`, ">", "\u2026", `\u2026`).Replace(c.want))
		if len(b.f.Outbox) > 0 {
			t.Errorf("%.40s: something was sent for it", c.line)
		}
		b.ask(`{"id":6,"cmd":"lookup","label":"rtc"}`, abi.RSLookup) // it lives on
	}
}

// Answers come as they are ready, one each, whatever their order.
func TestAnswersOutOfOrder(t *testing.T) {
	b := quiet(t)
	up := b.ask(`{"id":1,"cmd":"up","label":"rtc"}`, abi.RSUp)
	down := b.ask(`{"id":"two","cmd":"down","label":"kbd"}`, abi.RSDown)
	fi := b.ask(`{"id":3,"cmd":"fi","label":"faulty","kind":"loop"}`, abi.RSFault)
	if fi.Label() != "faulty" || fi.Msg.Arg[2] != uint64(abi.FaultSelf) || fi.Msg.Arg[3] != uint64(faulty.Loop) {
		t.Errorf("fi sent %+v", fi.Msg)
	}
	if up.Label() != "rtc" || down.Label() != "kbd" {
		t.Errorf("up of %s, down of %s", up.Label(), down.Label())
	}
	b.want()
	b.a.Answer(fi.Refuse(abi.EPERM, abi.WhyNotOperator, 0))
	b.want(`{"id":3,"ok":false,"errno":"EPERM","error":"not permitted: this needs uid 0 in the asker's entry of system.conf"}`)
	b.a.Answer(down.Reply(abi.OK))
	b.want(`{"id":"two","ok":true}`)
	b.a.Answer(up.Reply(abi.OK, 0x28007))
	b.want(`{"id":1,"ok":true,"endpoint":163847}`)
}

func TestStatus(t *testing.T) {
	b := quiet(t)
	rtc, _ := abi.MakeLabel("rtc")
	row := abi.ServiceStatus{Label: rtc, Endpoint: abi.None, State: abi.ServiceBackoff, Incarnation: 2, Deaths: 3,
		LastReason: abi.ReasonException, LastVector: 14, PeriodNS: 5e8, StartedNS: 12e8, BackoffNS: 1, ImageBytes: 77, PCI: 2, Unconfined: 1}
	const want = `{"label":"rtc","endpoint":0,"state":"backoff","incarnation":2,"restarts":0,"restarts_total":0,"deaths":3,"reason":"exception","vector":14,` +
		`"missed":0,"period_us":500000,"started":1.200000,"recovery_us":0,"warm":false,"backoff_until":0.000000,"image_bytes":77,"unguarded":0,"pci":2,"unconfined":true,"errno":"OK","why":"none","words":"","init_us":0}`
	answer := func(s fake.Sent) {
		g := b.f.Grants[abi.GrantID(s.Msg.Arg[0])]
		if !g.Write || g.To != fake.RSEndpoint {
			t.Fatalf("the grant is %+v", g)
		}
		copy(g.Memory, abi.Bytes(&row))
		b.a.Answer(s.Reply(abi.OK, 1))
	}
	answer(b.ask(`{"id":1,"cmd":"status"}`, abi.RSStatus))
	b.want(`{"id":1,"ok":true,"t":1.000000,"services":[` + want + `]}`)
	answer(b.ask(`{"id":1,"cmd":"status","label":"rtc"}`, abi.RSStatus))
	b.want(`{"id":1,"ok":true,"t":1.000000,"services":[` + want + `]}`)
	answer(b.ask(`{"id":1,"cmd":"status","label":"rtcx"}`, abi.RSStatus))
	b.want(`{"id":1,"ok":false,"errno":"ESRCH","error":"no service rtcx (service status lists them)"}`)
	if len(b.f.Grants) != 0 {
		t.Errorf("%d grants are left", len(b.f.Grants))
	}
}

// A clock that is dead, hangs or is not there is told at once or in time.
func TestDate(t *testing.T) {
	const clock abi.Endpoint = 0x8009
	b := quiet(t)
	found := func() fake.Sent {
		b.a.Answer(b.ask(`{"id":1,"cmd":"date"}`, abi.RSLookup).Reply(abi.OK, uint64(clock), 0))
		return b.sent(rtc.Get)
	}
	b.a.Answer(found().Reply(abi.OK, 951827696))
	b.want(`{"id":1,"ok":true,"seconds":951827696,"date":"2000-02-29 12:34:56 UTC"}`)
	b.a.Answer(found().Reply(abi.OK, 951827696, 7, uint64(rtc.Battery)))
	b.want(`{"id":1,"ok":true,"seconds":951827696,"date":"2000-02-29 12:34:56 UTC","doubt":"its battery has failed"}`)
	found()
	b.s.News() // of its death
	r := &rs{kept: 1, total: 1, death: abi.Event{Kind: abi.EventDeath, Endpoint: clock}}
	r.serve(b)
	b.want(`{"id":1,"ok":false,"errno":"EDEADSRCDST","error":"the clock driver rtc died while it was asked"}`)
	found()
	b.f.Pass(service.LimitDriver)
	b.want(`{"id":1,"ok":false,"errno":"ETIMEDOUT","error":"the clock driver rtc did not answer in 3.000s"}`)
	b.a.Answer(b.ask(`{"id":1,"cmd":"date","set":"@0"}`, abi.RSLookup).Refuse(abi.ESRCH, abi.WhyDown, 0))
	b.want(`{"id":1,"ok":false,"errno":"ESRCH","error":"no clock: rtc is down (service up starts it)"}`)
}

func TestEcho(t *testing.T) {
	const shell abi.Endpoint = 0x800b
	b := quiet(t)
	b.a.Answer(b.ask(`{"id":1,"cmd":"echo","label":"shell"}`, abi.RSLookup).Reply(abi.OK, uint64(shell), 4))
	s := b.sent(faulty.Echo)
	b.f.Pass(1234 * time.Nanosecond)
	b.a.Answer(s.Reply(abi.ENOSYS))
	b.want(`{"id":1,"ok":true,"endpoint":32779,"incarnation":4,"round_us":1,"round_ns":1234}`)
	b.s.Input([]byte(`{"id":2,"cmd":"echo","label":"ctl"}` + "\n"))
	b.want(`{"id":2,"ok":true,"incarnation":0,"round_us":0,"round_ns":0}`)
}

func TestCall(t *testing.T) {
	b := quiet(t)
	s := b.ask(`{"id":1,"cmd":"call","endpoint":32779,"type":3073,"arg":[1,2,3]}`, faulty.Echo)
	if s.To != 32779 || s.Msg.Arg[0] != 1 || s.Msg.Arg[2] != 3 {
		t.Errorf("sent %+v", s)
	}
	b.a.Answer(s.Reply(abi.OK, 2, 3))
	b.want(`{"id":1,"ok":true,"reply":[0,2,3,0,0,0]}`)
	b.f.Errno[32779] = abi.EDEADSRCDST
	b.s.Input([]byte(`{"id":1,"cmd":"call","endpoint":32779,"type":3073}` + "\n"))
	b.want(`{"id":1,"ok":false,"errno":"EDEADSRCDST","error":"the source or destination is dead"}`)
}

// The console takes a line in pieces.
func TestConsole(t *testing.T) {
	const console abi.Endpoint = 0x8003
	b := quiet(t)
	b.a.Answer(b.ask(`{"id":1,"cmd":"console","text":"hello"}`, abi.RSLookup).Reply(abi.OK, uint64(console), 0))
	var got string
	for n := 4; n > 0; n -= 2 {
		s := b.sent(tty.Write)
		g := b.f.Grants[abi.GrantID(s.Msg.Arg[0])]
		if g.Write || g.To != console || uint64(len(g.Memory)) != s.Msg.Arg[1] {
			t.Fatalf("the grant is %+v", g)
		}
		got += string(g.Memory[:n])
		b.a.Answer(s.Reply(abi.OK, uint64(n)))
	}
	b.want(`{"id":1,"ok":true}`)
	if got != "hello\n" || len(b.f.Grants) != 0 {
		t.Errorf("the console got %q, %d grants are left", got, len(b.f.Grants))
	}
}
