//go:build qemu

package main

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bennu/rs/fi/code"
	"bennu/rs/fi/fault"
	"bennu/rs/fi/outcome"
	"bennu/rs/fi/types"
	"bennu/tools/campaign/result"
)

// services are those that a campaign can break.
const services = "tty,ctl,rtc,kbd,shell,faulty,sum"

// campaign makes one, with two machines at once, and reads its records.
func campaign(t *testing.T, args ...string) (dir string, faults []result.Fault) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "campaign")
	t.Log(must(t, append([]string{"run", "-o", dir, "-jobs", "2"}, args...)...))
	r, err := result.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Faults {
		if err := f.Check(); err != nil {
			t.Errorf("%s: %v", f.ID, err)
		}
		if o, _ := outcome.Parse(f.Outcome); o.Bad() || o == outcome.InjectorError || o == outcome.Infrastructure {
			t.Errorf("%s: %s of %s: %s %v; %s", f.ID, f.Type, f.Service, f.Outcome, f.Collateral, f.Words)
		}
	}
	return dir, r.Faults
}

// Each type of faults is made in each service, and its record says what was done.
func TestEachType(t *testing.T) {
	n := len(types.All())
	_, faults := campaign(t, "-services", services, "-types", "all", "-turn", "-faults", "1", "-blocks", strconv.Itoa(n), "-reached", "-seed", "1")
	seen := map[string]int{}
	for _, f := range faults {
		seen[f.Service+" "+f.Type]++
		switch types.Named(f.Type).(type) {
		case fault.Code:
			changed(t, &f)
		case fault.Strike:
			if f.Activated && f.Did == "" {
				t.Errorf("%s: %s: the record does not say what was done", f.ID, f.Type)
			}
		}
	}
	for _, s := range strings.Split(services, ",") {
		for _, r := range types.All() {
			if seen[s+" "+r.Name()] != 1 {
				t.Errorf("%s in %s: %d times, want once", r.Name(), s, seen[s+" "+r.Name()])
			}
		}
	}
	if len(faults) != 7*n {
		t.Errorf("%d faults, want %d", len(faults), 7*n)
	}
}

// changed checks the record of a fault in the code.
func changed(t *testing.T, f *result.Fault) {
	if f.Addr == "" {
		if f.Did == "" || f.Activated {
			t.Errorf("%s: %s at no address: %q, activated %v", f.ID, f.Type, f.Did, f.Activated)
		}
		return
	}
	if f.Before == f.After || len(f.Before) != len(f.After) || f.BeforeAs == "" || f.AfterAs == "" || f.BeforeAs == f.AfterAs && f.Type != "text" {
		t.Errorf("%s: %s: %s %q becomes %s %q", f.ID, f.Type, f.Before, f.BeforeAs, f.After, f.AfterAs)
	}
	if f.Symbol == "" || f.Stratum == result.None {
		t.Errorf("%s: %s at %s: symbol %q, stratum %s", f.ID, f.Type, f.Addr, f.Symbol, f.Stratum)
	}
	if f.Activated && f.ActivatedAt == 0 {
		t.Errorf("%s: activated at no time", f.ID)
	}
}

// MINIX's seven types, and all of them mixed, 100 faults of each at once, in a service in Go and one in C: each death is followed by a life
// that works. Blocks of them, made again, come to the same at the same instruction.
func TestSelections(t *testing.T) {
	dir, faults := campaign(t, "-services", "rtc,sum", "-selections", "minix8", "-faults", "100", "-blocks", "1", "-seed", "9")
	if len(faults) != 2*8*100 {
		t.Fatalf("%d faults, want 1600", len(faults))
	}
	strata := map[string]bool{}
	var died []string
	for _, f := range faults {
		strata[f.Stratum] = true
		if f.Deaths > 0 && f.Activated {
			if f.RecoveryNS == 0 || f.Reason == "" {
				t.Errorf("%s: it died, and its record has reason %q, recovery %d ns", f.ID, f.Reason, f.RecoveryNS)
			}
			if id := f.ID[:strings.LastIndex(f.ID, "/")]; !slices.Contains(died, id) {
				died = append(died, id)
			}
		}
	}
	for s := range code.Strata {
		if !strata[s.String()] {
			t.Errorf("no fault in stratum %s", s)
		}
	}
	if len(died) < 8 {
		t.Fatalf("in %d of 16 blocks the service died: too few to be a test", len(died))
	}
	for _, id := range []string{died[0], died[len(died)/2], died[len(died)-1]} {
		t.Log(must(t, "replay", "-dir", dir, id))
	}
}
