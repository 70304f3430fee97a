package main

import (
	"regexp"
	"strings"
	"testing"

	"bennu/drivers/protocol/tty"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// press types on another device.
func (c *console) press(from abi.Endpoint, s string) {
	c.t.Helper()
	for i := range len(s) {
		c.Deliver(abi.Msg{Source: from, Type: tty.Input, Arg: [7]uint64{uint64(s[i])}}, abi.KindSendA)
	}
}

// want reads lines that are there.
func (c *console) want(lines ...string) {
	c.t.Helper()
	for _, want := range lines {
		b := make([]byte, 300)
		if m, ok := c.read(fake.Client, b); !ok || string(b[:m.Arg[1]]) != want {
			c.t.Errorf("read %q (%v), want %q", b[:m.Arg[1]], ok, want)
		}
	}
	if line := c.tty.ahead.first(); line != nil {
		c.t.Errorf("%q is left", line)
	}
}

// A reader that has no room for the line is told so, and gets none of it.
func TestSmallReader(t *testing.T) {
	c := newConsole(t, &fake.UART{})
	b := make([]byte, 3)
	c.read(fake.Client, b)
	c.typing("date\r")
	c.wantAnswer(fake.Client, abi.E2BIG, 5)
	if string(b) != "\x00\x00\x00" {
		t.Errorf("it was given %q", b)
	}
	c.want("date\n")
}

// Two people who type at the same time type two lines, and each sees one's own.
func TestTwoKeyboards(t *testing.T) {
	c := newConsole(t, &fake.UART{})
	c.typing("da")
	c.press(fake.Other, "service ")
	c.typing("te\r")
	c.press(fake.Client, "x")
	c.press(fake.Other, "status\n")
	c.press(fake.Client, "\n")
	if s := c.screen(); s != "da\r\nservice \r\ndate\r\nx\r\nservice status\r\nx\r\n" {
		t.Errorf("screen %q", s)
	}
	c.want("date\n", "service status\n", "x\n")
}

// The keyboard's driver dies in the middle of a line: what its successor goes on with is no line.
func TestKeyboardDies(t *testing.T) {
	c := newConsole(t, &fake.UART{})
	again := abi.MakeEndpoint(8, 2)
	c.press(fake.Other, "da")
	c.press(again, "te\ndate\n")
	if s := c.screen(); !strings.Contains(s, "\a[tty: a line was dropped: its keyboard's driver died while it was typed]") {
		t.Errorf("screen %q", s)
	}
	c.press(abi.MakeEndpoint(8, 3), "ps\n") // nothing was begun
	c.want("date\n", "ps\n")
}

// tty.Input has one byte.
func TestInputOfNoByte(t *testing.T) {
	c := newConsole(t, &fake.UART{})
	if m, ok := c.Request(fake.Other, tty.Input, 0x100+'x'); !ok || abi.Errno(m.Arg[0]) != abi.EINVAL || c.screen() != "" {
		t.Errorf("answer %+v, %v", m, ok)
	}
}

// tty dies in the middle of lines, on the serial line and on a keyboard: their ends are no lines.
func TestHalfLinesOfADeadLife(t *testing.T) {
	for _, half := range []struct {
		serial, keys string
		lines        []string
	}{
		{"da", "", []string{"kbd\n", "ok\n"}},
		{"", "se", []string{"serial\n", "ok\n"}},
		{"x\rda", "y\nse", []string{"ok\n"}},
		{"x\r", "y\n", []string{"serial\n", "kbd\n", "ok\n"}},
		{"da\x15", "se\x03", []string{"serial\n", "kbd\n", "ok\n"}},
	} {
		c := newConsole(t, &fake.UART{})
		c.typing(half.serial)
		c.press(fake.Other, half.keys)
		c.screen()
		k := fake.New(t, "tty")
		k.Arguments("reads=client types=client")
		k.Info.Init, k.Info.Incarnation = abi.InitRestart, 1
		c = boot(t, k, c.chip)
		s := c.screen()
		if len(half.lines) < 3 && !strings.Contains(s, "\a[tty: life 1; what was queued and typed ahead is lost, and so is the line") {
			t.Errorf("%q, %q: screen %q", half.serial, half.keys, s)
		}
		c.typing("serial\r")
		c.press(fake.Other, "kbd\n")
		c.typing("ok\r")
		if s = c.screen(); strings.Count(s, "\a") != 3-len(half.lines) {
			t.Errorf("%q, %q: screen %q", half.serial, half.keys, s)
		}
		c.want(half.lines...)
	}
}

// What is typed is shown between the lines of what is written, not within them.
func TestEchoBetweenLines(t *testing.T) {
	c := newConsole(t, &fake.UART{})
	text := strings.Repeat("a line of output\n", 1000)
	c.write(fake.Client, text)
	for i := range 1000 {
		key := "#"
		if i%50 == 49 {
			key = "\x15"
		}
		c.chip.Offer([]byte(key))
		c.chip.Carry(16)
		c.Run()
	}
	screen := strings.ReplaceAll(c.screen(), "\b \b", "")
	if bad := regexp.MustCompile(`[a-z ]#.*`).FindString(screen); bad != "" || strings.Count(screen, "#") < 900 {
		t.Errorf("typed within a line: %q; %d keys are seen", bad, strings.Count(screen, "#"))
	}
	if got := strings.ReplaceAll(screen, "#", ""); got != strings.ReplaceAll(text, "\n", "\r\n") {
		t.Errorf("%d bytes of output, want %d", len(got), len(text)+1000)
	}
}
