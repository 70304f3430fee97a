package main

import (
	"bytes"

	"bennu/drivers/sdk"
	"bennu/kernel/abi"
	"bennu/kernel/abi/printable"
)

const (
	// maxWriters is how many writers may wait for room.
	maxWriters = 16
	// echoRoom is what writers leave for what is typed.
	echoRoom = 4 * maxEcho
)

// writer is a request to write that is not all queued yet.
type writer struct {
	asker sdk.Asker
	grant abi.GrantID
	done  uint64 // bytes
	size  uint64
}

// queue is the writers that wait, in the order of their requests.
type queue struct {
	w [maxWriters]writer
	n int
}

func (q *queue) drop() {
	copy(q.w[:q.n-1], q.w[1:q.n])
	q.n--
}

// refuse answers everybody: the driver ends.
func (q *queue) refuse(c *sdk.Context) {
	for ; q.n > 0; q.drop() {
		c.ReplyTo(q.w[0].asker, abi.EINTR, q.w[0].done)
	}
}

// write is abi.TTYWrite. Errors: EAGAIN (maxWriters wait already), and those of the copy.
func (t *tty) write(c *sdk.Context, m *abi.Msg) {
	if t.writers.n == maxWriters {
		c.Reply(m, abi.EAGAIN)
		return
	}
	t.writers.w[t.writers.n] = writer{asker: c.Asker(m), grant: abi.GrantID(m.Arg[0]), size: m.Arg[1]}
	t.writers.n++
	t.resume(c)
}

// resume queues as much text of the writers as there is room for, and answers those whose
// text is all queued. One whose text cannot be read, because it died, is forgotten.
func (t *tty) resume(c *sdk.Context) {
	for t.writers.n > 0 {
		w := &t.writers.w[0]
		e := t.fill(c, w)
		if e == abi.OK && w.done < w.size {
			return
		}
		c.ReplyTo(w.asker, e, w.done)
		t.writers.drop()
	}
}

// fill queues text of one writer until it is all, or there is no room but what is kept for
// what is typed. Whatever a terminal would obey is made visible.
func (t *tty) fill(c *sdk.Context, w *writer) abi.Errno {
	for w.done < w.size {
		n := min(w.size-w.done, uint64(len(t.part)))
		if t.port.Room()-echoRoom < printable.Escaped*int(n) { // a newline becomes two bytes, what is not printable four
			return abi.OK
		}
		if e := c.CopyFrom(w.asker.To, w.grant, w.done, t.part[:n]); e != abi.OK {
			return e
		}
		if i := bytes.LastIndexByte(t.part[:n], '\n'); i >= 0 {
			n = uint64(i + 1) // what is typed may be shown next: not within a line
		}
		t.put(printable.AppendText(t.safe[:0], t.part[:n]))
		w.done += n
	}
	return abi.OK
}
