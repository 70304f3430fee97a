package main

import (
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

// reader is the task that waits for a line.
type reader struct {
	waits bool
	asker sdk.Asker
	grant abi.GrantID
	size  uint64
}

func (r *reader) refuse(c *sdk.Context) {
	if r.waits {
		r.waits = false
		c.ReplyTo(r.asker, abi.EINTR)
	}
}

// alive tells whether the reader can still take a line: it lives, and its grant stands. A
// reader that gave up has revoked it.
func (r *reader) alive(c *sdk.Context) bool {
	return r.waits && c.CopyTo(r.asker.To, r.grant, 0, nil) == abi.OK
}

// read is tty.Read. A reader that asks again takes the place of its first request.
// Errors: EPERM (the sender may only write), EBUSY (another one waits), EINVAL (a buffer without room), E2BIG (the line is longer: Arg[1] bytes), and
// those of the copy.
func (t *driver) read(c *sdk.Context, m *abi.Msg) {
	if !t.reads.Holds(c, m.Source) {
		c.Reply(m, abi.EPERM)
		return
	}
	if m.Arg[1] == 0 {
		c.Reply(m, abi.EINVAL)
		return
	}
	if t.reader.asker.To != m.Source && t.reader.alive(c) {
		c.Reply(m, abi.EBUSY)
		return
	}
	t.reader = reader{waits: true, asker: c.Asker(m), grant: abi.GrantID(m.Arg[0]), size: m.Arg[1]}
	t.deliver(c)
	t.typed(c) // what had no room
}

// deliver gives the reader its line, if both are there. A line stays until a reader has it: one
// that died, or cannot be written to, is forgotten, the line is not. A reader without room for all of it
// is told how much it needs (E2BIG): a line is never given in parts.
func (t *driver) deliver(c *sdk.Context) {
	r := &t.reader
	if !r.waits {
		return
	}
	line := t.ahead.first()
	if line == nil {
		return
	}
	r.waits = false
	n := uint64(len(line))
	if n > r.size {
		c.ReplyTo(r.asker, abi.E2BIG, n)
		return
	}
	if e := c.CopyTo(r.asker.To, r.grant, 0, line); e != abi.OK {
		c.ReplyTo(r.asker, e)
		return
	}
	if c.ReplyTo(r.asker, abi.OK, n) == abi.OK {
		t.ahead.drop()
	}
}
