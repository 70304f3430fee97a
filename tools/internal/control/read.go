package control

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"strconv"
)

// read is the goroutine that reads.
func (c *Client) read() {
	r := bufio.NewReaderSize(c.conn, 64<<10)
	for {
		line, err := r.ReadBytes('\n')
		if err != nil {
			c.end(ErrClosed)
			return
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			c.trace("←", line)
			c.line(line)
		}
	}
}

// line takes one line. What is not JSON was cut by a death, or is the kernel's own.
func (c *Client) line(line []byte) {
	var head struct {
		ID    json.RawMessage `json:"id"`
		OK    *bool           `json:"ok"`
		Errno string          `json:"errno"`
		Error string          `json:"error"`
		Event string          `json:"event"`
	}
	err := json.Unmarshal(line, &head)
	c.mu.Lock()
	defer c.mu.Unlock()
	defer func() { c.heard = true }()
	switch {
	case err == nil && head.Event != "":
		if !c.greeted && head.Event != "hello" {
			return // of a former client
		}
		var e Event
		if err := json.Unmarshal(line, &e); err != nil {
			c.oddity = string(line)
			return
		}
		e.Raw = line
		c.event(e)
	case err == nil && len(head.ID) > 0 && head.OK != nil:
		if !c.greeted {
			c.welcome(head.ID)
			return
		}
		r := c.waiting[number(head.ID)]
		switch {
		case r != nil && *head.OK:
			c.finish(r, line, nil)
		case r != nil:
			c.finish(r, line, &Error{r.cmd, head.Errno, head.Error})
		case string(head.ID) == "null":
			c.oddity = string(line)
		} // else nobody waits any more, or it was answered by two incarnations
	default:
		c.oddity = string(line)
	}
}

// number is an id of a request; 0 when it is none.
func number(id json.RawMessage) uint64 {
	n, err := strconv.ParseUint(string(id), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// welcome looks whether an answer is the one to the greeting. Precondition: c.mu is held.
func (c *Client) welcome(id json.RawMessage) {
	var text string
	if json.Unmarshal(id, &text) == nil && text == c.nonce && text != "" && c.err == nil {
		c.greeted = true
		close(c.served)
	}
}

// event takes an event. Precondition: c.mu is held.
func (c *Client) event(e Event) {
	switch {
	case e.Kind == "hello":
		c.hello(e)
	case e.Kind == "lost" || e.Kind == "end":
	case e.Seq < c.next:
		return // again, after a hello
	case e.Seq > c.next && c.known:
		// "lost" comes first and has no number: what follows it is not a gap.
		if n := len(c.events); n == 0 || c.events[n-1].Kind != "lost" {
			c.events = append(c.events, Event{Kind: "lost", T: e.T, N: e.Seq - c.next})
		}
	}
	if e.Kind != "hello" && e.Kind != "lost" && e.Kind != "end" {
		c.next, c.known = e.Seq+1, true
		c.alive()
	}
	c.events = append(c.events, e)
	c.change()
}

// aliveAfter is after how many events the port is told that this client is there (MaxUnheard in rs/ctl/server says
// why).
const aliveAfter = 512

// alive counts an event. Precondition: c.mu is held.
func (c *Client) alive() {
	if c.taken++; c.taken == aliveAfter {
		c.taken = 0
		c.queue([]byte("\n"))
	}
}

// hello sends again what the dead incarnation did not answer. Precondition: c.mu is held.
func (c *Client) hello(e Event) {
	c.hellos++
	if !c.heard && e.Incarnation == 0 {
		return // the first of all: what was sent waits in the port, unread
	}
	c.queue([]byte("\n")) // the port may ignore its first line
	if !c.greeted && c.nonce != "" {
		c.queue(c.greeting())
	}
	var ids []uint64
	for id := range c.waiting {
		ids = append(ids, id)
	}
	sort.Slice(ids, func(i, j int) bool { return ids[i] < ids[j] })
	for _, id := range ids {
		if r := c.waiting[id]; r.twice {
			c.queue(r.line)
		} else {
			c.finish(r, nil, fmt.Errorf("%s: %w", r.cmd, ErrUnknown))
		}
	}
	if c.follow {
		c.last++
		c.queue(fmt.Appendf(nil, `{"id":%d,"cmd":"events","since":%d}`+"\n", c.last, c.next))
	}
}
