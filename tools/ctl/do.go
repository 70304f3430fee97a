package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"

	"bennu/rs/service"
	"bennu/tools/internal/control"
)

// ownArgs reads the arguments of a command that only the control port has.
func ownArgs(cmd string, words []string) (control.Args, error) {
	switch {
	case cmd == "hello" && len(words) == 0:
		return nil, nil
	case cmd == "events" && len(words) == 0:
		return control.Args{"since": uint64(0)}, nil
	case cmd == "events" && len(words) == 1:
		n, err := number(words[0])
		return control.Args{"since": n}, err
	case cmd == "echo" && len(words) == 1:
		return control.Args{"label": words[0]}, nil
	case cmd == "console" && len(words) > 0:
		return control.Args{"text": strings.Join(words, " ")}, nil
	case cmd == "call" && len(words) >= 2 && len(words) <= 8:
		n := make([]uint64, len(words))
		for i, w := range words {
			var err error
			if n[i], err = number(w); err != nil {
				return nil, err
			}
		}
		return control.Args{"endpoint": n[0], "type": n[1], "arg": n[2:]}, nil
	}
	return nil, fmt.Errorf("got %d arguments", len(words))
}

// number reads decimal, or hexadecimal with 0x.
func number(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 0, 64)
	if err != nil {
		return 0, fmt.Errorf("expected a number, got %q", s)
	}
	return n, nil
}

// do sends one request and prints its answer.
func (t *ctl) do(ctx context.Context, r request) error {
	raw, err := t.c.DoRaw(ctx, r.cmd, r.args)
	if (r.cmd == "poweroff" || r.cmd == "reboot") && errors.Is(err, control.ErrClosed) {
		return nil
	}
	if t.json && raw != nil {
		fmt.Fprintf(t.out, "%s\n", ascii(raw))
	}
	if err != nil || t.json {
		return err
	}
	if r.op.Op == 0 {
		return t.show(raw)
	}
	res, err := result(raw)
	if err != nil {
		return fmt.Errorf("%s: answer %s: %w", r.cmd, raw, err)
	}
	fmt.Fprint(t.out, service.Text(r.op, res))
	return nil
}

// ascii is JSON with the escapes that mean what is not ASCII, so that it stays JSON on every terminal.
func ascii(raw []byte) string {
	var b strings.Builder
	for _, u := range string(raw) { // what is no UTF-8 is U+FFFD
		switch {
		case u < 0x7f:
			b.WriteRune(u)
		case u < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, u)
		default:
			high, low := utf16.EncodeRune(u)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		}
	}
	return b.String()
}

// show prints the fields of an answer that has no table.
func (t *ctl) show(raw []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return err
	}
	var words []string
	for _, name := range []string{"label", "endpoint", "incarnation", "abi", "version", "session", "next", "round_ns", "reply"} {
		if v, ok := fields[name]; ok {
			words = append(words, name+"="+string(v))
		}
	}
	if len(words) == 0 {
		words = []string{"ok"}
	}
	fmt.Fprintln(t.out, strings.Join(words, " "))
	return nil
}

// events prints what happens until ctx ends. The subscription has a limit of its own.
func (t *ctl) events(ctx, limit context.Context, r request) error {
	events := t.c.Events(true)
	if err := t.c.Subscribe(limit, r.args["since"].(uint64)); err != nil {
		return err
	}
	for {
		e, err := events.Next(ctx)
		switch {
		case errors.Is(err, context.Canceled):
			return nil
		case err != nil:
			return err
		}
		if t.json {
			if e.Raw != nil {
				fmt.Fprintf(t.out, "%s\n", ascii(e.Raw))
			}
			continue
		}
		fmt.Fprintln(t.out, eventLine(&e))
	}
}

// eventLine is an event for people.
func eventLine(e *control.Event) string {
	s := fmt.Sprintf("%12.6f  %5d  %-8s", e.T, e.Seq, e.Kind)
	if e.Label != "" {
		s += fmt.Sprintf(" %s inc=%d", e.Label, e.Incarnation)
	}
	switch e.Kind {
	case "death":
		s += " reason=" + e.Reason
		if e.Exception != "" {
			s += fmt.Sprintf(" %s error=%#x cr2=%#x", e.Exception, e.ErrorCode, e.CR2)
		}
		if e.RIP != 0 {
			s += fmt.Sprintf(" rip=%#x", e.RIP)
		}
		s += " detected=" + service.Duration(e.DetectNS) + " backoff=" + service.Duration(e.BackoffUS*1000)
	case "ready":
		if e.RecoveryNS != 0 {
			s += " recovery=" + service.Duration(e.RecoveryNS)
		}
	case "give-up", "refuse":
		s += " reason=" + e.Reason + " errno=" + e.Errno
	case "lost":
		s += fmt.Sprintf(" n=%d", e.N)
	case "end":
		s += " " + e.Why
	}
	return s
}
