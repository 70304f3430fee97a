package main

import (
	"bytes"

	"bennu/drivers/sdk"
	"bennu/kernel/abi"
	"bennu/kernel/abi/printable"
)

const (
	// ownWriters is how many requests of one client may wait for room; there is a place for each of them.
	ownWriters = 3
	maxWriters = ownWriters * abi.MaxTasks
	// turn is how many pieces of text without the end of a line are shown before it is somebody else's turn.
	turn = 4
	// echoRoom is what writers leave for what is typed.
	echoRoom = 4 * maxEcho
)

// writer is a request to write that is not all queued yet.
type writer struct {
	asker sdk.Asker
	grant abi.GrantID
	done  uint64 // bytes
	size  uint64
	shown int // pieces in this turn
}

// queue is the writers that wait. They take turns: one of a client's that has shown some lines lets the other clients
// go first. Those of one client stay in the order of their requests.
type queue struct {
	w [maxWriters]writer
	n int
}

func (q *queue) drop() {
	copy(q.w[:q.n-1], q.w[1:q.n])
	q.n--
}

// of counts a client's.
func (q *queue) of(ep abi.Endpoint) (n int) {
	for i := range q.w[:q.n] {
		if q.w[i].asker.To == ep {
			n++
		}
	}
	return n
}

// yield puts the writers of the first one's client behind all others.
func (q *queue) yield() {
	var own [ownWriters]writer
	n, others := 0, q.w[:0]
	client := q.w[0].asker.To
	for _, w := range q.w[:q.n] {
		if w.asker.To == client {
			own[n] = w
			n++
		} else {
			others = append(others, w)
		}
	}
	copy(q.w[len(others):], own[:n])
}

// refuse answers everybody: the driver ends.
func (q *queue) refuse(c *sdk.Context) {
	for ; q.n > 0; q.drop() {
		c.ReplyTo(q.w[0].asker, abi.EINTR, q.w[0].done)
	}
}

// write is tty.Write. Errors: EAGAIN (ownWriters of the sender's wait already), and those of the copy.
func (t *driver) write(c *sdk.Context, m *abi.Msg) {
	if t.writers.of(m.Source) == ownWriters || t.writers.n == maxWriters { // the dead have places until their turn comes
		c.Reply(m, abi.EAGAIN)
		return
	}
	t.writers.w[t.writers.n] = writer{asker: c.Asker(m), grant: abi.GrantID(m.Arg[0]), size: m.Arg[1]}
	t.writers.n++
	t.resume(c)
}

// resume queues as much text of the writers as there is room for, and answers those whose text is all queued.
// A writer that died, so that its text cannot be read, is forgotten.
func (t *driver) resume(c *sdk.Context) {
	for t.writers.n > 0 {
		w := &t.writers.w[0]
		full, e := t.fill(c, w)
		switch {
		case e != abi.OK || w.done == w.size:
			c.ReplyTo(w.asker, e, w.done)
			t.writers.drop()
		case full:
			return
		default:
			t.writers.yield()
		}
	}
}

// fill queues text of one writer until it is all, its turn is over, or there is no room but what is kept for
// what is typed (full). Whatever a terminal would obey is made visible.
func (t *driver) fill(c *sdk.Context, w *writer) (full bool, e abi.Errno) {
	for w.done < w.size {
		n := min(w.size-w.done, uint64(len(t.part)))
		if t.port.Room()-echoRoom < printable.Escaped*int(n) { // a newline becomes two bytes, what is not printable four
			return true, abi.OK
		}
		if e := c.CopyFrom(w.asker.To, w.grant, w.done, t.part[:n]); e != abi.OK {
			return false, e
		}
		line := bytes.LastIndexByte(t.part[:n], '\n')
		if line >= 0 {
			n = uint64(line + 1) // what is typed, and what others write, is shown between lines
		}
		t.put(printable.AppendText(t.safe[:0], t.part[:n]))
		w.done += n
		if w.shown++; line >= 0 || w.shown == turn {
			w.shown = 0
			break
		}
	}
	return false, abi.OK
}
