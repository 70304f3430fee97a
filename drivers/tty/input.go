package main

import (
	"bytes"

	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

// keyRoom is what one key may need: another source's line is shown first.
const keyRoom = 2 * maxEcho

// keyboard is a task that types by tty.Input.
type keyboard struct {
	ep     abi.Endpoint
	editor editor
}

// typed takes received bytes as long as any line, and its echo, has room. The rest stays where it is, in the
// end in the chip and with its sender.
func (t *driver) typed(c *sdk.Context) {
	if h := t.port.Hangups; h != t.hangups {
		t.hangups = h
		if t.serial.Begun() {
			t.serial.Spoil(faultLost)
		}
	}
	for t.ahead.room() && t.port.Room() > keyRoom {
		b, ok := t.port.Next()
		if !ok {
			return
		}
		if b.Gap() {
			t.serial.Spoil(faultLost)
		}
		t.key(c, &t.serial, b.Byte())
	}
}

// input is tty.Input. A keyboard cannot wait: a line without room is dropped as a whole. Errors: EPERM (the
// sender is no keyboard), EINVAL (no byte).
func (t *driver) input(c *sdk.Context, m *abi.Msg, kind abi.ReceiveKind) {
	e := abi.OK
	switch {
	case !t.types.Holds(c, m.Source): // a task that types at the console is its operator
		e = abi.EPERM
	case m.Arg[0] > 0xff:
		e = abi.EINVAL
	default:
		t.key(c, t.keyboard(m.Source), byte(m.Arg[0]))
		t.noteKeyboards()
	}
	if kind == abi.KindSendRec {
		c.Reply(m, e)
	}
}

// keyboard is the editor of a task that types. A line that a dead task began is not joined with its
// successor's.
func (t *driver) keyboard(ep abi.Endpoint) *editor {
	place := &t.keyboards[ep.Slot()%len(t.keyboards)]
	if *place == nil {
		*place = &keyboard{ep: ep}
		if t.port.Flagged {
			(*place).editor.Spoil(faultLife)
		}
	}
	k := *place
	if k.ep != ep {
		k.ep = ep
		if k.editor.Begun() {
			k.editor.Spoil(faultSource)
		}
	}
	return &k.editor
}

// noteKeyboards keeps for the next life whether a line is begun on any keyboard.
func (t *driver) noteKeyboards() {
	begun := false
	for _, k := range t.keyboards {
		begun = begun || k != nil && k.editor.Begun()
	}
	t.port.SetFlag(begun)
}

// key takes one byte from any source.
func (t *driver) key(c *sdk.Context, e *editor, b byte) {
	show := t.echo[:0]
	if e != t.focus {
		if t.focus.n > 0 {
			show = append(show, '\n')
		}
		t.focus = e
		show = e.Show(show)
	}
	show, done := e.Type(b, &t.ahead, show)
	if t.port.Room() >= len(show)+bytes.Count(show, newline) {
		t.put(show)
	} else {
		t.bells += bytes.Count(show, oneBell)
	}
	if done {
		t.deliver(c)
	}
}

// ring sounds the bells that are owed.
func (t *driver) ring() {
	for ; t.bells > 0 && t.port.Room() > 0; t.bells-- {
		t.port.Write(oneBell)
	}
}

var oneBell, newline = []byte{bell}, []byte{'\n'}
