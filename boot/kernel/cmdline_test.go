package main

import (
	"strings"
	"testing"

	"bennu/board/pc/cpu"
	"bennu/kernel"
)

func TestCommandLine(t *testing.T) {
	for _, c := range []struct {
		line string
		want options
	}{
		{"", options{}}, {"seed=7", options{seed: 7, seeded: true}}, {"  seed=18446744073709551615 ", options{seed: 1<<64 - 1, seeded: true}},
		{"seed=1 seed=2", options{seed: 2, seeded: true}}, {"panic=halt", options{}}, {"panic=reset", options{reset: true}},
		{"panic=reset seed=3", options{seed: 3, seeded: true, reset: true}}, {"panic=reset panic=halt", options{}},
		{"mitigate=auto", options{}}, {"mitigate=off", options{mitigate: cpu.MitigateOff}},
		{"iommu=48", options{iommu: "48"}}, {"iommu=off iommu=auto", options{iommu: "auto"}},
		{"rs=twice", options{twice: true}}, {"rs=once", options{}}, {"rs=twice rs=once", options{}},
		{"mitigate=on seed=1", options{seed: 1, seeded: true, mitigate: cpu.MitigateOn}},
	} {
		c.want.limits = usualLimits
		if o, fault := parseCommandLine(c.line); fault != "" || o != c.want {
			t.Errorf("%q: %+v, %q", c.line, o, fault)
		}
	}
	const three = "expected mitigate=off, mitigate=auto or mitigate=on"
	const words, halt, decimal = "expected seed=N, panic=halt|reset, mitigate=off|auto|on, iommu=auto|39|48|off, rs.hang=MS, rs.limit=N/S or rs=once|twice", "expected panic=halt or panic=reset", "expected a decimal number below 2^64"
	for line, want := range map[string]string{
		"quiet":                     "command line: quiet: " + words,
		"=":                         "command line: =: " + words,
		"panic":                     "command line: panic: " + words,
		"panics=reset":              "command line: panics=reset: " + words,
		"panic=":                    "command line: panic=: " + halt,
		"panic=reboot":              "command line: panic=reboot: " + halt,
		"panic=reset seed=1x":       "command line: seed=1x: " + decimal,
		"seed=":                     "command line: seed=: " + decimal,
		"seed=x":                    "command line: seed=x: " + decimal,
		"seed=18446744073709551616": "command line: seed=18446744073709551616: " + decimal,
		"rs":                        "command line: rs: " + words,
		"rs=":                       "command line: rs=: expected rs=once or rs=twice",
		"rs=thrice":                 "command line: rs=thrice: expected rs=once or rs=twice",
		"mitigate":                  "command line: mitigate: " + words,
		"mitigate=":                 "command line: mitigate=: " + three,
		"mitigate=?":                "command line: mitigate=?: " + three,
		"iommu=40":                  "command line: iommu=40: expected iommu=auto, iommu=39, iommu=48 or iommu=off",
		"mitigate=ON":               "command line: mitigate=ON: " + three,
	} {
		if o, fault := parseCommandLine(line); fault != want || o != (options{limits: usualLimits}) {
			t.Errorf("%q: %+v, %q, want %q", line, o, fault, want)
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

func TestLimits(t *testing.T) {
	for line, want := range map[string]kernel.Limits{
		"":                          {HangNS: 2e9, Deaths: 16, WithinS: 10},
		"rs.hang=0 rs.limit=0":      {},
		"rs.hang=100 rs.limit=64/1": {HangNS: 1e8, Deaths: 64, WithinS: 1},
		"rs.hang=10":                {HangNS: 1e7, Deaths: usualLimits.Deaths, WithinS: usualLimits.WithinS},
		"rs.limit=1/3600":           {HangNS: 2e9, Deaths: 1, WithinS: 3600},
	} {
		if o, fault := parseCommandLine(line); fault != "" || o.limits != want {
			t.Errorf("%q: %+v, %q", line, o.limits, fault)
		}
	}
	for _, w := range []string{"rs.hang=", "rs.hang=9", "rs.hang=60001", "rs.hang=1s", "rs.limit=", "rs.limit=16", "rs.limit=0/1", "rs.limit=65/1", "rs.limit=1/0", "rs.limit=1/3601", "rs.limit=1/2/3", "rs.limit=a/1", "rs.limit=1/"} {
		if _, fault := parseCommandLine(w); !strings.HasPrefix(fault, "command line: "+w+": expected ") {
			t.Errorf("%q: %q", w, fault)
		}
	}
}
