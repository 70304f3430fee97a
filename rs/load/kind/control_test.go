package kind

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"bennu/drivers/protocol/swifi"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
	"bennu/rs/ctl/server"
	"bennu/rs/service"
	machine "bennu/rs/service/fake"
)

// wired is the control port behind the wire that the injector plays.
type wired struct {
	b      *bench
	s      *server.Server
	f      *machine.Machine
	a      *service.Asker
	out    []byte
	spoil  func(line string) string
	mute   bool
	piece  int // most bytes that are taken, or given, at a time; 0: all
	taken  int
	absent bool
}

func newWired(t *testing.T) *wired {
	p := &wired{f: machine.New()}
	p.a = service.NewAsker(p.f)
	p.s = server.New(p.a, server.Config{Label: "ctl", Version: "test"}, server.Subscription{})
	p.b = newBench(t, "ctl", "", func(abi.Msg) fake.Answer { return answer(uint64(abi.ENOSYS)) })
	p.b.Peers[swifi0] = p.serve
	return p
}

// root is the reincarnation server that the port asks.
func (p *wired) root() {
	for {
		p.a.Run()
		s, ok := p.f.Take()
		if !ok {
			break
		}
		switch s.Msg.Type {
		case abi.RSLookup:
			p.a.Answer(s.Reply(abi.OK, uint64(victim), 0))
		case abi.RSStatus:
			l, _ := abi.MakeLabel("ctl")
			row := abi.ServiceStatus{Label: l, Endpoint: victim}
			copy(p.f.Grants[abi.GrantID(s.Msg.Arg[0])].Memory, abi.Bytes(&row))
			p.a.Answer(s.Reply(abi.OK, 1))
		default:
			p.a.Answer(s.Reply(abi.OK))
		}
	}
	p.s.Run()
	out := string(p.s.Output())
	p.s.Sent(len(out))
	for line := range strings.SplitAfterSeq(out, "\n") {
		if p.spoil != nil && line != "" {
			line = p.spoil(line)
		}
		p.out = append(p.out, line...)
	}
}

func (p *wired) serve(m abi.Msg) fake.Answer {
	if p.absent {
		return answer(uint64(abi.ENODEV))
	}
	switch m.Type {
	case swifi.Type:
		b := p.b.DriverGrant(swifi0, m.Arg[0], abi.GrantRead)
		if p.piece > 0 {
			if p.taken++; p.taken%2 == 0 {
				return answer(uint64(abi.EAGAIN))
			}
			b = b[:min(p.piece, len(b))]
		}
		if !p.mute {
			p.s.Input(b)
			p.root()
		}
		return answer(0, uint64(len(b)))
	case swifi.Seen:
		n := len(p.out)
		if i := bytes.IndexByte(p.out, '\n'); i >= 0 {
			n = i + 1
		}
		if p.piece > 0 {
			n = min(n, p.piece)
		}
		n = copy(p.b.DriverGrant(swifi0, m.Arg[0], abi.GrantWrite), p.out[:n])
		p.out = p.out[n:]
		a := answer(0, uint64(n))
		if n == 0 {
			a.After = time.Duration(m.Arg[2])
		}
		return a
	}
	return answer(uint64(abi.ENOSYS))
}

func TestControl(t *testing.T) {
	p := newWired(t)
	p.b.all(60)
	p.piece = 5
	p.b.all(10)
	for name, spoil := range map[string]func(line string) string{
		"no JSON":        func(l string) string { return strings.Replace(l, "{", "[", 1) },
		"another id":     func(l string) string { return strings.Replace(l, `"id":`, `"id":1`, 1) },
		"another letter": func(l string) string { return strings.Replace(l, "t", "x", 1) },
		"an error":       func(l string) string { return strings.Replace(l, `"ok":true`, `"ok":false`, 1) },
	} {
		p := newWired(t)
		p.b.all(1)
		p.spoil = spoil
		if r := p.b.run(20); r.wrong == 0 {
			t.Errorf("%s: %+v", name, r)
		}
	}
	p = newWired(t)
	p.b.all(1)
	p.mute = true
	p.b.some("silence", true, 0)
	p = newWired(t)
	p.absent = true
	if r := p.b.run(5); r != (result{why: 4, errno: abi.ENODEV}) {
		t.Errorf("without a wire: %+v", r)
	}
}
