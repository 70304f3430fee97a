// Package control is the client of the control port: what rs/ctl serves on COM2, which QEMU
// gives out as a UNIX socket. Package rs/ctl/server has the protocol.
//
// The task that serves the port may die like any other. Its next incarnation says hello; the
// client then sends again what was not answered and can be done twice, and ends the rest with
// ErrUnknown. Events come without gaps and once, whatever happens to the port meanwhile.
//
// The wire knows of no connections, so a client begins with a greeting of its own, and what comes before the
// answer to it was for clients before.
package control

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"
)

// ErrUnknown ends a request that was on its way when the port's task died: it was done, or it
// was not.
var ErrUnknown = errors.New("the control port's task died before it answered: the request was done or not")

// ErrClosed ends what waits when the machine is gone.
var ErrClosed = errors.New("the control port is closed: the machine ended")

// ErrUnserved ends it when the port had never answered this client.
var ErrUnserved = errors.New("the control port closed before it served this client: nothing was done")

// Error is a request's failure as the machine tells it.
type Error struct {
	Cmd   string
	Errno string // "EPERM"
	Text  string
}

func (e *Error) Error() string { return e.Cmd + ": " + e.Errno + ": " + e.Text }

// Args are the fields of a request beside id and cmd.
type Args map[string]any

// Client is one connection. Its methods may be used from several goroutines.
type Client struct {
	// Trace, if not nil, gets every line: "→" sent, "←" received. Set it before the first request.
	Trace func(direction, line string)

	conn    io.ReadWriteCloser
	socket  string // "": not known
	mu      sync.Mutex
	nonce   string        // the id of the greeting; "": not sent yet
	greeted bool          // it was answered
	served  chan struct{} // closed then
	last    uint64
	waiting map[uint64]*request
	out     []byte // to be written
	events  []Event
	follow  bool   // events are wanted
	next    uint64 // number of the next event
	taken   uint64 // events since the port was told that this client lives
	known   bool   // there was one, or next was asked for
	hellos  int
	heard   bool   // anything
	oddity  string // the last line that made no sense
	err     error  // why it is over
	wake    chan struct{}
	changed chan struct{} // closed and replaced when events or err change
}

type request struct {
	id    uint64
	cmd   string
	line  []byte
	twice bool // may be done twice
	done  chan struct{}
	raw   []byte
	err   error
}

// Dial connects to the socket; while it does not exist or nobody listens, it tries again.
// Errors: the context's, with the last try's.
func Dial(ctx context.Context, socket string) (*Client, error) {
	var d net.Dialer
	for {
		conn, err := d.DialContext(ctx, "unix", socket)
		if err == nil {
			c := New(conn)
			c.socket = socket
			return c, nil
		}
		// Nobody tells when QEMU makes its socket.
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("no control port at %s: %s: %w (%v)", socket, refusal(err), ctx.Err(), err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// New makes a client of a connection, which it closes at the end.
func New(conn io.ReadWriteCloser) *Client {
	c := &Client{conn: conn, waiting: map[uint64]*request{}, wake: make(chan struct{}, 1), changed: make(chan struct{}), served: make(chan struct{})}
	c.out = []byte("\n") // ends what a former client left, and may be lost in a port without a driver
	go c.write()
	go c.read()
	return c
}

// Greet waits until the port serves this client. Errors: ErrUnserved, the context's.
func (c *Client) Greet(ctx context.Context) error {
	c.mu.Lock()
	if c.err == ErrClosed && c.nonce == "" { // it closed before there was anything to answer
		c.err = ErrUnserved
	}
	c.greet()
	c.mu.Unlock()
	begin := time.Now()
	select {
	case <-c.served:
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.err
	case <-ctx.Done():
		return fmt.Errorf("the control port did not answer in %s: %s: %w", since(begin), c.Diagnose(), ctx.Err())
	}
}

// greet sends the greeting, if it was not sent. Precondition: c.mu is held.
func (c *Client) greet() {
	if c.nonce == "" {
		c.nonce = rand.Text()
		c.queue(c.greeting())
	}
}

func (c *Client) greeting() []byte { return fmt.Appendf(nil, `{"id":%q,"cmd":"hello"}`+"\n", c.nonce) }

func since(begin time.Time) time.Duration { return time.Since(begin).Round(time.Millisecond) }

// byeLimit is how long Close waits for the port to have heard it.
const byeLimit = 250 * time.Millisecond

// Close ends the connection, not the machine. What this client has subscribed to, and what was not
// answered, ends with it.
func (c *Client) Close() error {
	c.mu.Lock()
	owed := c.err == nil && c.greeted && (c.follow || len(c.waiting) > 0)
	c.follow = false
	c.mu.Unlock()
	if owed {
		ctx, cancel := context.WithTimeout(context.Background(), byeLimit)
		defer cancel()
		_, _ = c.DoRaw(ctx, "bye", nil) // the next client's greeting does it, too
	}
	c.end(ErrClosed)
	return c.conn.Close()
}

// again are the commands that may be done twice.
var again = []string{"hello", "bye", "events", "status", "lookup", "ps", "accounts", "info", "log", "date", "echo", "help", "poweroff", "reboot"}

// Do sends a request and waits for its answer, which is put into result (a pointer to a struct
// with JSON names, or nil).
//
// Errors: *Error (the machine said no), ErrUnknown, ErrClosed, ErrUnserved, the context's.
func (c *Client) Do(ctx context.Context, cmd string, args Args, result any) error {
	raw, err := c.DoRaw(ctx, cmd, args)
	if err != nil || result == nil {
		return err
	}
	if err := json.Unmarshal(raw, result); err != nil {
		return fmt.Errorf("%s: answer %s: %w", cmd, raw, err)
	}
	return nil
}

// DoRaw is Do that gives the answer as it came. Errors: as Do.
func (c *Client) DoRaw(ctx context.Context, cmd string, args Args) ([]byte, error) {
	begin := time.Now()
	r, err := c.send(cmd, args)
	if err != nil {
		return nil, err
	}
	select {
	case <-r.done:
		return r.raw, r.err
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, r.id)
	select {
	case <-r.done: // in the meantime
		return r.raw, r.err
	default:
	}
	if !c.greeted {
		return nil, fmt.Errorf("%s: the control port did not answer in %s: %s: %w", cmd, since(begin), c.Diagnose(), ctx.Err())
	}
	err = fmt.Errorf("%s: no answer in %s: %w (%d hellos so far)", cmd, since(begin), ctx.Err(), c.hellos)
	if c.oddity != "" {
		err = fmt.Errorf("%w; the port said %s", err, c.oddity)
	}
	return nil, err
}

func (c *Client) send(cmd string, args Args) (*request, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return nil, fmt.Errorf("%s: %w", cmd, c.err)
	}
	c.greet()
	c.last++
	fields := map[string]any{"id": c.last, "cmd": cmd}
	for k, v := range args {
		fields[k] = v
	}
	line, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", cmd, err)
	}
	r := &request{id: c.last, cmd: cmd, line: append(line, '\n'), done: make(chan struct{})}
	r.twice = slices.Contains(again, cmd) && args["set"] == nil
	c.waiting[r.id] = r
	c.queue(r.line)
	return r, nil
}

// queue has bytes written. Precondition: c.mu is held.
func (c *Client) queue(b []byte) {
	c.out = append(c.out, b...)
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// write is the goroutine that writes: a port that takes nothing holds up nobody else.
func (c *Client) write() {
	for {
		c.mu.Lock()
		b, over := c.out, c.err != nil
		c.out = nil
		c.mu.Unlock()
		if over {
			return
		}
		if len(b) == 0 {
			<-c.wake
			continue
		}
		for _, l := range bytes.Split(bytes.TrimSpace(b), []byte{'\n'}) {
			c.trace("→", l)
		}
		if _, err := c.conn.Write(b); err != nil {
			c.end(ErrClosed)
			return
		}
	}
}

// end ends everything that waits.
func (c *Client) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	if !c.greeted {
		if c.nonce != "" {
			err = ErrUnserved
		}
		close(c.served)
	}
	c.err = err
	for _, r := range c.waiting {
		c.finish(r, nil, fmt.Errorf("%s: %w", r.cmd, err))
	}
	c.change()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// finish ends a request. Precondition: c.mu is held.
func (c *Client) finish(r *request, raw []byte, err error) {
	delete(c.waiting, r.id)
	r.raw, r.err = raw, err
	close(r.done)
}

// change wakes those who wait for events. Precondition: c.mu is held.
func (c *Client) change() {
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *Client) trace(direction string, line []byte) {
	if c.Trace != nil && len(line) > 0 {
		c.Trace(direction, string(line))
	}
}
