package main

import "bennu/board/pc/cpu"

// options are what the kernel's command line says.
type options struct {
	seed   uint64
	seeded bool
	reset  bool // a panic or a refused boot resets the machine: it would halt else

	mitigate cpu.Mitigation
}

// parseCommandLine reads words NAME=VALUE; of two with one name the last one counts. fault is "" or says
// what is wrong, and then nothing of the line counts.
func parseCommandLine(s string) (o options, fault string) {
	for len(s) > 0 {
		var w string
		if w, s = word(s); w == "" {
			continue
		}
		want := "seed=N, panic=halt|reset or mitigate=off|auto|on"
		switch name, value := cut(w); name {
		case "seed":
			want = "a decimal number below 2^64"
			if v, ok := number(value); ok {
				o.seed, o.seeded, want = v, true, ""
			}
		case "mitigate":
			want = "mitigate=off, mitigate=auto or mitigate=on"
			for _, m := range []cpu.Mitigation{cpu.MitigateOff, cpu.MitigateAuto, cpu.MitigateOn} {
				if value == m.String() {
					o.mitigate, want = m, ""
				}
			}
		case "panic":
			want = "panic=halt or panic=reset"
			if value == "halt" || value == "reset" {
				o.reset, want = value == "reset", ""
			}
		}
		if want != "" {
			return options{}, "command line: " + w + ": expected " + want
		}
	}
	return o, ""
}

// cut splits NAME=VALUE; value is "" when there is none.
func cut(w string) (name, value string) {
	for i := 0; i < len(w); i++ {
		if w[i] == '=' {
			return w[:i], w[i+1:]
		}
	}
	return "", ""
}

// word cuts s at its first space.
func word(s string) (w, rest string) {
	for i := 0; i < len(s); i++ {
		if s[i] == ' ' {
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

func number(s string) (v uint64, ok bool) {
	for i := 0; i < len(s); i++ {
		d := uint64(s[i] - '0')
		if s[i] < '0' || s[i] > '9' || v > (1<<64-1-d)/10 {
			return 0, false
		}
		v = v*10 + d
	}
	return v, len(s) > 0
}

// spread makes the kernel's random state of one seed (splitmix64: Steele, Lea and Flood, "Fast Splittable
// Pseudorandom Number Generators").
func spread(seed uint64) (out [4]uint64) {
	for i := range out {
		seed += 0x9e3779b97f4a7c15
		v := seed
		v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
		v = (v ^ v>>27) * 0x94d049bb133111eb
		out[i] = v ^ v>>31
	}
	return out
}
