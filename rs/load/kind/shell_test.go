package kind

import (
	"strings"
	"testing"
	"time"

	"bennu/drivers/protocol/load"
	"bennu/drivers/protocol/tty"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
	"bennu/rs/service"
	"bennu/rs/shell/session"
)

// typist is a shell, seen from its console: it asks for lines, and writes what comes of them.
type typist struct {
	b      *bench
	ep     abi.Endpoint
	line   [256]byte
	grant  abi.GrantID
	lent   abi.GrantID // of a write
	out    []string    // pieces that are to be written
	reads  bool
	result func(line string) string
	dies   int // the line at which it does
	n      int
	early  bool // it reads before its text was taken
	quiet  bool // it reads and writes nothing more
}

func newTypist(t *testing.T, result func(line string) string) *typist {
	p := &typist{ep: victim, result: result}
	p.b = newBench(t, "shell", " role=tty", func(abi.Msg) fake.Answer { return answer(uint64(abi.ENOSYS)) })
	p.born()
	return p
}

// born begins a life.
func (p *typist) born() {
	p.out, p.reads = []string{"\nbennu, up 1s\n" + session.Prompt}, false
	p.grant = p.b.PeerGrant(p.ep, p.line[:], abi.GrantWrite)
	p.b.At(time.Microsecond, p.life())
}

// life is the turns of the life that begins.
func (p *typist) life() func() {
	ep := p.ep
	var turn func()
	turn = func() {
		if p.ep == ep && p.step() {
			p.b.At(20*time.Microsecond, turn)
		}
	}
	return turn
}

// step is the shell's next turn: it takes the answer that has come, then asks for the next thing.
func (p *typist) step() (on bool) {
	if p.quiet {
		return false
	}
	ep := p.ep
	for m, ok := p.b.Take(p.ep); ok; m, ok = p.b.Take(p.ep) {
		if m.Arg[6] == 8 {
			p.b.PeerRevoke(p.ep, p.lent)
		} else if p.reads {
			p.reads = false
			p.typed(string(p.line[:m.Arg[1]]))
		}
	}
	switch {
	case p.ep != ep: // it has died
		return false
	case p.early && !p.reads:
		p.read()
	case len(p.out) > 0:
		text := []byte(p.out[0])
		p.out = p.out[1:]
		id := p.b.PeerGrant(p.ep, text, abi.GrantRead)
		p.lent = id
		p.b.Post(abi.Msg{Source: p.ep, Type: tty.Write, Arg: [7]uint64{uint64(id), uint64(len(text)), 6: 8}}, abi.KindSendA)
	case !p.reads:
		p.read()
	}
	return true
}

func (p *typist) read() {
	p.reads = true
	p.b.Post(abi.Msg{Source: p.ep, Type: tty.Read, Arg: [7]uint64{uint64(p.grant), uint64(len(p.line)), 6: 7}}, abi.KindSendA)
}

func (p *typist) typed(line string) {
	if p.n++; p.n == p.dies {
		p.b.Dead[p.ep] = true
		p.ep = abi.MakeEndpoint(p.ep.Slot(), p.ep.Generation()+1)
		p.b.Labels["shell"], p.b.Names[p.ep], p.b.Peers[p.ep] = p.ep, "shell", p.b.Peers[victim]
		p.b.At(3*time.Millisecond, p.born)
		return
	}
	text := p.result(strings.TrimSuffix(line, "\n"))
	p.out = append(p.out, text[:len(text)/2], text[len(text)/2:]+session.Prompt)
}

// answers are those of a shell that works.
func answers0(b func() *typist) func(line string) string {
	return func(line string) string {
		r, ok, err := service.Parse(line)
		switch {
		case err != nil:
			return err.Error() + "\n"
		case !ok:
			return ""
		case r.Op == service.OpHelp:
			return service.Text(r, service.Result{Help: service.Help(r.Topic)})
		case r.Op == service.OpDate:
			return "2001-02-03 04:05:06 UTC\n"
		case r.Op == service.OpLookup:
			return "shell: endpoint " + service.Decimal(uint64(b().ep)) + ", incarnation 0\n"
		case r.Op == service.OpStatus:
			l, _ := abi.MakeLabel("shell")
			return service.StatusTable([]abi.ServiceStatus{{Label: l}}, 0)
		}
		l, _ := abi.MakeLabel("shell")
		return service.TaskTable([]abi.TaskInfo{{Label: l}})
	}
}

func TestShell(t *testing.T) {
	for _, early := range []bool{false, true} {
		var p *typist
		p = newTypist(t, answers0(func() *typist { return p }))
		p.early = early
		p.b.all(60)
		if early {
			continue
		}
		right := p.result
		for name, spoil := range map[string]func(string) string{
			"a letter":     func(s string) string { return strings.Replace(s, "e", "x", 1) },
			"a line twice": func(s string) string { return s + s },
			"a line less":  func(s string) string { return s[strings.IndexByte(s, '\n')+1:] },
		} {
			p.result = func(line string) string { return spoil(right(line)) }
			r := p.b.run(40)
			if r.why != load.Done || r.wrong < 20 || r.lost > 0 {
				t.Errorf("%s: %+v", name, r)
			}
		}
	}
}

// A shell that dies in the middle of a command is given it again, in its next life; one that is silent is lost.
func TestShellDies(t *testing.T) {
	var p *typist
	p = newTypist(t, answers0(func() *typist { return p }))
	p.dies = 5
	if r := p.b.run(20); r != (result{right: 20, interrupted: 1}) {
		t.Errorf("%+v", r)
	}
	p.b.At(2*time.Millisecond, func() { p.quiet = true })
	if r := p.b.run(60); r.lost == 0 || r.wrong > 0 {
		t.Errorf("silent: %+v", r)
	}
}

// Nobody else is shown anything, nor types.
func TestNoOtherShell(t *testing.T) {
	var p *typist
	p = newTypist(t, answers0(func() *typist { return p }))
	for _, typ := range []abi.MsgType{tty.Read, tty.Write} {
		if m, ok := p.b.Request(abi.MakeEndpoint(11, 1), typ, 1, 10); !ok || abi.Errno(m.Arg[0]) != abi.EPERM {
			t.Errorf("%#x: %+v, %v; want EPERM", typ, m, ok)
		}
	}
}
