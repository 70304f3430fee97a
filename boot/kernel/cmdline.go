package main

import (
	"bennu/board/pc/cpu"
	"bennu/kernel"
)

// options are what the kernel's command line says.
type options struct {
	seed   uint64
	seeded bool
	reset  bool // a panic or a refused boot resets the machine: it would halt else

	mitigate cpu.Mitigation
	iommu    string        // "auto" or "", "39" or "48": bits of device addresses, "off"
	limits   kernel.Limits // of RS
	twice    bool          // RS runs twice
}

// usualLimits are those of a command line that says nothing of them.
var usualLimits = kernel.Limits{HangNS: 2e9, Deaths: 16, WithinS: 10}

// parseCommandLine reads words NAME=VALUE; of two with one name the last one counts. fault is "" or says
// what is wrong, and then nothing of the line counts.
func parseCommandLine(s string) (o options, fault string) {
	o.limits = usualLimits
	for len(s) > 0 {
		var w string
		if w, s = word(s); w == "" {
			continue
		}
		want := "seed=N, panic=halt|reset, mitigate=off|auto|on, iommu=auto|39|48|off, rs.hang=MS, rs.limit=N/S or rs=once|twice"
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
		case "iommu":
			want = "iommu=auto, iommu=39, iommu=48 or iommu=off"
			if value == "auto" || value == "39" || value == "48" || value == "off" {
				o.iommu, want = value, ""
			}
		case "rs.hang":
			want = "milliseconds from 10 to 60000, or 0: never"
			if v, ok := number(value); ok && (v == 0 || v >= 10 && v <= 60000) {
				o.limits.HangNS, want = v*1e6, ""
			}
		case "rs.limit":
			want = "N/S, N deaths from 1 to 64 within S seconds from 1 to 3600, or 0: never"
			if n, s, ok := ratio(value); ok {
				o.limits.Deaths, o.limits.WithinS, want = n, s, ""
			}
		case "rs":
			want = "rs=once or rs=twice"
			if value == "once" || value == "twice" {
				o.twice, want = value == "twice", ""
			}
		case "panic":
			want = "panic=halt or panic=reset"
			if value == "halt" || value == "reset" {
				o.reset, want = value == "reset", ""
			}
		}
		if want != "" {
			return options{limits: usualLimits}, "command line: " + w + ": expected " + want
		}
	}
	return o, ""
}

// ratio reads N/S, or 0.
func ratio(v string) (n int, s uint64, ok bool) {
	if v == "0" {
		return 0, 0, true
	}
	for i := range len(v) {
		if v[i] != '/' {
			continue
		}
		a, first := number(v[:i])
		b, second := number(v[i+1:])
		return int(a), b, first && second && a > 0 && a <= kernel.MaxDeaths && b > 0 && b <= 3600
	}
	return 0, 0, false
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
