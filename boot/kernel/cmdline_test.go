package main

import "testing"

func TestCommandLine(t *testing.T) {
	for _, c := range []struct {
		line   string
		seed   uint64
		seeded bool
	}{{"", 0, false}, {"seed=7", 7, true}, {"  seed=18446744073709551615 ", 1<<64 - 1, true}, {"seed=1 seed=2", 2, true}} {
		o, fault := parseCommandLine(c.line)
		if fault != "" || o.seed != c.seed || o.seeded != c.seeded {
			t.Errorf("%q: %+v, %q", c.line, o, fault)
		}
	}
	for line, want := range map[string]string{
		"quiet":                     "command line: quiet: expected seed=N",
		"seed=":                     "command line: seed=: expected seed=N",
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
