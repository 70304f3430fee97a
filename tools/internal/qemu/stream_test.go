package qemu

import (
	"context"
	"io"
	"regexp"
	"testing"
	"testing/synctest"
	"time"
)

func TestStreamLines(t *testing.T) {
	s := newStream()
	io.WriteString(s, "one\r\ntwo\n\nla")
	io.WriteString(s, "st")
	s.close()
	for _, want := range []string{"one", "two", "", "last"} {
		if got, err := s.line(t.Context(), time.Second); got != want || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	if _, err := s.line(t.Context(), time.Second); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	if got := s.text(); got != "one\ntwo\n\nlast" {
		t.Errorf("text %q", got)
	}
}

func TestStreamMatch(t *testing.T) {
	s := newStream()
	io.WriteString(s, "a=1\r\nb=2\r\nc=3\r\nprompt> ")
	if got, err := s.match(t.Context(), time.Second, regexp.MustCompile(`^b=\d$`)); got != "b=2" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := s.matchText(t.Context(), time.Second, regexp.MustCompile(`\w+> $`)); got != "prompt> " || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	s.close()
	if _, err := s.match(t.Context(), time.Second, regexp.MustCompile(`b=2`)); err != io.EOF {
		t.Errorf("what was taken matches again: %v", err)
	}
}

// A line is matched only when it has ended: its beginning may match what the whole does not.
func TestStreamWaitsForTheLineEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream()
		io.WriteString(s, "status=1")
		go func() {
			time.Sleep(time.Second)
			io.WriteString(s, "2\n")
		}()
		if got, err := s.match(t.Context(), time.Minute, regexp.MustCompile(`status=1`)); got != "status=12" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

func TestStreamSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream()
		go func() { // talks for 8 s, never what is awaited
			for range 4 {
				time.Sleep(2 * time.Second)
				io.WriteString(s, "still here\n")
			}
		}()
		start := time.Now()
		_, err := s.match(t.Context(), 3*time.Second, regexp.MustCompile("never"))
		if err != errSilent || time.Since(start) != 11*time.Second {
			t.Errorf("%v after %v, want errSilent after 11s", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.line(ctx, time.Minute); err != context.DeadlineExceeded {
			t.Errorf("%v, want the context's", err)
		}
	})
}
