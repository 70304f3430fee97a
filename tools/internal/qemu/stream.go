package qemu

import (
	"bytes"
	"context"
	"errors"
	"io"
	"regexp"
	"sync"
	"time"
)

var errSilent = errors.New("silent")

// stream keeps what a console printed. Writers never wait; one reader at a time takes lines
// or text from where the last one stopped.
type stream struct {
	mu      sync.Mutex
	buf     []byte
	next    int // first byte that no reader has taken
	closed  bool
	changed chan struct{} // closed at the next write or close
}

func newStream() *stream { return &stream{changed: make(chan struct{})} }

func (s *stream) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buf = append(s.buf, b...)
	s.wake()
	return len(b), nil
}

// close says that nothing more comes.
func (s *stream) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.wake()
}

func (s *stream) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// text is everything so far, as terminals would show it: no carriage returns.
func (s *stream) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(bytes.ReplaceAll(s.buf, []byte("\r"), nil))
}

// await calls take with the bytes not yet taken until it answers how many of them it takes
// and that it is done.
//
// Errors: io.EOF (the stream ended first), errSilent (nothing came for silence), the context's.
func (s *stream) await(ctx context.Context, silence time.Duration, take func(unread []byte, closed bool) (n int, done bool)) error {
	timer := time.NewTimer(silence)
	defer timer.Stop()
	for {
		s.mu.Lock()
		n, done := take(s.buf[s.next:], s.closed)
		s.next += n
		closed, changed := s.closed, s.changed
		s.mu.Unlock()
		switch {
		case done:
			return nil
		case closed:
			return io.EOF
		}
		timer.Reset(silence)
		select {
		case <-changed:
		case <-timer.C:
			return errSilent
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// line takes the next line, without its end. A last line that has no end is a line.
func (s *stream) line(ctx context.Context, silence time.Duration) (line string, err error) {
	err = s.await(ctx, silence, func(b []byte, closed bool) (int, bool) {
		l, n := cutLine(b, closed)
		line = l
		return n, n > 0
	})
	return line, err
}

// match takes lines up to and with the first that re matches.
func (s *stream) match(ctx context.Context, silence time.Duration, re *regexp.Regexp) (line string, err error) {
	err = s.await(ctx, silence, func(b []byte, closed bool) (taken int, done bool) {
		for {
			l, n := cutLine(b[taken:], closed)
			if n == 0 {
				return taken, false
			}
			taken += n
			if re.MatchString(l) {
				line = l
				return taken, true
			}
		}
	})
	return line, err
}

// matchText takes everything up to the end of the first match of re, which may be in a line
// that has not ended: a prompt.
func (s *stream) matchText(ctx context.Context, silence time.Duration, re *regexp.Regexp) (text string, err error) {
	err = s.await(ctx, silence, func(b []byte, _ bool) (int, bool) {
		m := re.FindIndex(b)
		if m == nil {
			return 0, false
		}
		text = string(b[m[0]:m[1]])
		return m[1], true
	})
	return text, err
}

// cutLine is the first line of b, without "\r\n", and the bytes it takes; 0 when it has not ended.
func cutLine(b []byte, closed bool) (line string, n int) {
	i := bytes.IndexByte(b, '\n')
	switch {
	case i >= 0:
		n = i + 1
	case closed && len(b) > 0:
		i, n = len(b), len(b)
	default:
		return "", 0
	}
	return string(bytes.TrimRight(b[:i], "\r")), n
}
