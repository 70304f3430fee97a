package main

import (
	"testing"

	"bennu/board/pc/cpu"
)

func TestCommandLine(t *testing.T) {
	for _, c := range []struct {
		line string
		want options
	}{{"", options{}}, {"seed=7", options{seed: 7, seeded: true}}, {"  seed=18446744073709551615 ", options{seed: 1<<64 - 1, seeded: true}},
		{"seed=1 seed=2", options{seed: 2, seeded: true}}, {"mitigate=auto", options{}}, {"mitigate=off", options{mitigate: cpu.MitigateOff}},
		{"mitigate=on seed=1", options{seed: 1, seeded: true, mitigate: cpu.MitigateOn}}} {
		o, fault := parseCommandLine(c.line)
		if fault != "" || o != c.want {
			t.Errorf("%q: %+v, %q", c.line, o, fault)
		}
	}
	for line, want := range map[string]string{
		"quiet":                     "command line: quiet: expected seed=N or mitigate=off|auto|on",
		"seed=":                     "command line: seed=: expected a decimal number below 2^64",
		"mitigate":                  "command line: mitigate: expected seed=N or mitigate=off|auto|on",
		"mitigate=":                 "command line: mitigate=: expected mitigate=off, mitigate=auto or mitigate=on",
		"mitigate=?":                "command line: mitigate=?: expected mitigate=off, mitigate=auto or mitigate=on",
		"mitigate=ON":               "command line: mitigate=ON: expected mitigate=off, mitigate=auto or mitigate=on",
		"seed=x":                    "command line: seed=x: expected a decimal number below 2^64",
		"seed=18446744073709551616": "command line: seed=18446744073709551616: expected a decimal number below 2^64",
	} {
		if _, fault := parseCommandLine(line); fault != want {
			t.Errorf("%q: %q, want %q", line, fault, want)
		}
	}
}

func TestSpread(t *testing.T) {
	if spread(1) == spread(2) || spread(0) == [4]uint64{} {
		t.Error("seeds are not told apart")
	}
	// The reference implementation's first two outputs for seed 1234567.
	if s := spread(1234567); s[0] != 6457827717110365317 || s[1] != 3203168211198807973 {
		t.Errorf("spread(1234567) = %d", s)
	}
}
