package kind

import (
	"strings"
	"time"

	"bennu/drivers/protocol/tty"
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
	"bennu/rs/load/work"
	"bennu/rs/service"
	"bennu/rs/shell/session"
)

// shell is rs/shell, whose console the workload is: the shell reads, is given a command, and what it writes up to the next prompt must be
// the command's result.
type shell struct {
	reads  bool // a tty.Read waits
	reader sdk.Asker
	grant  abi.GrantID
	size   uint64
	last   abi.GrantID // of the last request
	gave   bool
	screen []byte
	want   *command // that was typed; nil: the prompt is waited for
	asked  time.Duration
}

// mostScreen is more than any result.
const mostScreen = 16 << 10

// command is a line and what comes of it.
type command struct {
	line  string
	right func(s *work.Site, line, text string) bool
}

func newShell() *shell { return new(shell) }

// Granted is work.Granter.
func (k *shell) Granted() (abi.GrantID, bool) { return k.last, k.gave }

// Join is work.Kind. The life may have asked before it was looked up. What comes of a line that was typed before is not looked at.
func (k *shell) Join(s *work.Site) work.Verdict {
	if k.reader.To != s.Ep {
		*k = shell{}
	}
	k.want, k.asked = nil, 0
	return work.Right
}

// Look is work.Kind: the shell knows no requests, and says so.
func (k *shell) Look(s *work.Site) work.Verdict { return unknown(s) }

// unknown is an operation on a service that has no requests.
func unknown(s *work.Site) work.Verdict {
	m := abi.Msg{Type: abi.MsgService}
	switch v := s.Call(&m); {
	case v == work.Refused && s.Errno == abi.ENOSYS:
		s.Errno = abi.OK
		return work.Right
	case v == work.Right:
		return work.Wrong
	default:
		return v
	}
}

// Operate is work.Kind.
func (k *shell) Operate(s *work.Site) work.Verdict {
	n := s.Rand.IntN(len(commands))
	k.want = &commands[n]
	s.Step = uint16(1 + n)
	if !k.idle() {
		return work.Pending
	}
	return k.give(s)
}

// Message is work.Waiter.
func (k *shell) Message(s *work.Site, m *abi.Msg) bool {
	if m.Type != tty.Read && m.Type != tty.Write && m.Type != tty.State {
		return false
	}
	if l, e := s.C.LabelOf(m.Source); e != abi.OK || l.String() != s.Label {
		s.C.Reply(m, abi.EPERM)
		return true
	}
	if k.reader.To != m.Source { // a new life
		*k = shell{reader: s.C.Asker(m), want: k.want}
	}
	switch m.Type {
	case tty.Read:
		k.reads, k.reader, k.grant, k.size = true, s.C.Asker(m), abi.GrantID(m.Arg[0]), m.Arg[1]
		k.last, k.gave = k.grant, true
	case tty.Write:
		k.write(s, m)
	default:
		s.C.Reply(m, abi.OK, 0, 0, 0, 0, 0)
	}
	k.goOn(s)
	return true
}

// idle tells whether the shell has nothing more to say, and waits for a line. It reads before all that it has to say was taken.
func (k *shell) idle() bool { return k.reads && strings.HasSuffix(string(k.screen), session.Prompt) }

// goOn does what has become possible: the line is typed when the shell is idle, and judged when it is so again.
func (k *shell) goOn(s *work.Site) {
	switch {
	case k.reader.To != s.Ep: // the operation's life has died, or the workload has not looked up the new one
		if s.Ep != abi.None && !s.Alive() {
			s.End(work.Died)
		}
	case k.want == nil || !k.idle():
	case k.asked == 0:
		if v := k.give(s); v != work.Pending {
			s.End(v)
		}
	default:
		c, text := k.want, strings.TrimSuffix(string(k.screen), session.Prompt)
		k.want, k.asked = nil, 0
		s.End(work.Equal(c.right(s, c.line, text), true))
	}
}

// give types the command.
func (k *shell) give(s *work.Site) work.Verdict {
	line := []byte(k.want.line + "\n")
	if uint64(len(line)) > k.size {
		return work.Wrong
	}
	k.reads, k.screen, k.asked = false, k.screen[:0], s.C.Now()
	e := s.C.CopyTo(k.reader.To, k.grant, 0, line)
	if e == abi.OK {
		e = s.C.ReplyTo(k.reader, abi.OK, uint64(len(line)))
	}
	switch e {
	case abi.OK:
		return work.Pending
	case abi.EDEADSRCDST:
		return work.Died
	}
	return s.Refuse(e)
}

// write takes what the shell shows.
func (k *shell) write(s *work.Site, m *abi.Msg) {
	n := m.Arg[1]
	k.last, k.gave = abi.GrantID(m.Arg[0]), true
	if n > mostScreen || uint64(len(k.screen))+n > mostScreen { // no result is so long: it stays wrong
		k.screen = append(k.screen[:0], "too much"...)
		s.C.Reply(m, abi.OK, n)
		return
	}
	b := make([]byte, n)
	e := s.C.CopyFrom(m.Source, abi.GrantID(m.Arg[0]), 0, b)
	if e == abi.OK {
		k.screen = append(k.screen, b...)
	}
	s.C.Reply(m, e, n)
}

// commands are typed in no order. What their results are the operator's own code tells, or a form that they must have.
var commands = [...]command{
	{"help", exactly},
	{"help date", exactly},
	{"help fi", exactly},
	{"", func(_ *work.Site, _, text string) bool { return text == "" }},
	{"service frob", mistaken},
	{"log -n 0", mistaken},
	{"date", dated},
	{"service status", listed("LABEL")},
	{"ps", listed("SLOT")},
	{"service lookup shell", found},
}

// exactly is a result that depends on the line alone.
func exactly(_ *work.Site, line, text string) bool {
	r, ok, err := service.Parse(line)
	if !ok || err != nil {
		return false
	}
	return text == service.Text(r, service.Result{Help: service.Help(r.Topic)})
}

// mistaken is what a line brings that is no command.
func mistaken(_ *work.Site, line, text string) bool {
	_, _, err := service.Parse(line)
	return err != nil && text == err.Error()+"\n"
}

func dated(s *work.Site, _, text string) bool {
	t, err := time.Parse("2006-01-02 15:04:05 UTC\n", text)
	unix, known := s.C.Date()
	off := time.Duration(t.UnixNano()) - unix
	return err == nil && (!known || off < slack && -off < slack)
}

// listed is a table with this first column, and a row that names the shell.
func listed(head string) func(*work.Site, string, string) bool {
	return func(s *work.Site, _, text string) bool {
		rows := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		if !strings.HasPrefix(strings.TrimLeft(rows[0], " "), head+" ") {
			return false
		}
		for _, row := range rows[1:] {
			cells := strings.Fields(row)
			for i, c := range cells {
				if c == s.Label && i < 3 && len(cells) > 6 {
					return true
				}
			}
		}
		return false
	}
}

// found is the answer to a lookup of the shell itself.
func found(s *work.Site, _, text string) bool {
	return strings.HasPrefix(text, s.Label+": endpoint "+service.Decimal(uint64(s.Ep))+", incarnation ")
}
