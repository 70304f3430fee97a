package control

import (
	"context"
	"fmt"
	"slices"
)

// Event is something that happened, as the port tells it. Times are in seconds since boot.
type Event struct {
	Kind        string  `json:"event"` // start, ready, death, give-up, down, refuse, boot, snapshot, storm; hello; lost; end
	Seq         uint64  `json:"seq"`
	T           float64 `json:"t"`
	Label       string  `json:"label"`
	Endpoint    uint32  `json:"endpoint"`
	Incarnation uint32  `json:"incarnation"`
	Warm        bool    `json:"warm"` // start, ready, death: the life began with the service's snapshot
	Reason      string  `json:"reason"`
	Vector      uint32  `json:"vector"`
	Exception   string  `json:"exception"` // "#PF"
	ErrorCode   uint64  `json:"error_code"`
	RIP         uint64  `json:"rip"`
	CR2         uint64  `json:"cr2"`
	Status      uint64  `json:"status"`
	Errno       string  `json:"errno"`
	Started     float64 `json:"started"`
	Fault       float64 `json:"fault"`
	DetectNS    uint64  `json:"detect_ns"`
	RecoveryNS  uint64  `json:"recovery_ns"`
	BackoffUS   uint64  `json:"backoff_us"`
	N           uint64  `json:"n"`   // lost: how many
	Why         string  `json:"why"` // end: of the subscription
	Raw         []byte  `json:"-"`
}

// Is tells whether e is of this kind, about this service.
func (e *Event) Is(kind, label string) bool { return e.Kind == kind && e.Label == label }

// Subscribe asks for all events from number since on.
func (c *Client) Subscribe(ctx context.Context, since uint64) error {
	c.mu.Lock()
	c.follow, c.next, c.known = true, since, since > 0
	c.mu.Unlock()
	return c.Do(ctx, "events", Args{"since": since}, nil)
}

// Events reads what the client has received. Each reader sees every event.
type Events struct {
	c  *Client
	at int
}

// Events makes a reader that begins with the next event to come; with past, with the first
// that this client has received.
func (c *Client) Events(past bool) *Events {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := &Events{c: c}
	if !past {
		e.at = len(c.events)
	}
	return e
}

// Recent is the newest events that the client has received, oldest first, for error messages.
func (c *Client) Recent(n int) []Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.events[max(0, len(c.events)-n):])
}

// Next waits for the next event. Errors: ErrClosed, the context's.
func (e *Events) Next(ctx context.Context) (Event, error) {
	for {
		e.c.mu.Lock()
		if e.at < len(e.c.events) {
			v := e.c.events[e.at]
			e.at++
			e.c.mu.Unlock()
			return v, nil
		}
		err, changed := e.c.err, e.c.changed
		e.c.mu.Unlock()
		if err != nil {
			return Event{}, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Event{}, ctx.Err()
		}
	}
}

// Wait takes events until one is wanted. what says which, for the error, which also tells what
// came instead. Errors: as Next.
func (e *Events) Wait(ctx context.Context, what string, wanted func(*Event) bool) (Event, error) {
	var seen []string
	for {
		v, err := e.Next(ctx)
		if err != nil {
			if len(seen) > 8 {
				seen = append([]string{"…"}, seen[len(seen)-8:]...)
			}
			return v, fmt.Errorf("waited for %s: %w; events meanwhile: %q", what, err, seen)
		}
		if wanted(&v) {
			return v, nil
		}
		s := v.Kind
		if v.Label != "" {
			s += " " + v.Label
		}
		if v.Reason != "" {
			s += " " + v.Reason
		}
		seen = append(seen, s)
	}
}
