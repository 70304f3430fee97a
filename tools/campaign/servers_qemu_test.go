//go:build qemu

package main

import (
	"path/filepath"
	"testing"

	"bennu/rs/fi/outcome"
	"bennu/tools/campaign/result"
)

// The reincarnation server and the data store are victims like others: faults in their text and in their data are made, lives die and come back with the reason, the
// kernel survives, and a fault made again comes to the same at the same instruction. What a fault may do to what is kept is not this test's.
func TestServers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "campaign")
	t.Log(must(t, "run", "-o", dir, "-jobs", "2", "-services", "rs,ds", "-types", "source,nop,data-flip,reg-flip,hang", "-turn", "-faults", "1", "-blocks", "30", "-ops", "4", "-reached", "-seed", "2"))
	r, err := result.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	type seen struct{ text, data, died, back, hung int }
	all := map[string]*seen{"rs": {}, "ds": {}}
	again := ""
	for _, f := range r.Faults {
		if err := f.Check(); err != nil {
			t.Errorf("%s: %v", f.ID, err)
		}
		switch o, _ := outcome.Parse(f.Outcome); o {
		case outcome.InjectorError, outcome.Infrastructure, outcome.KernelCrash, outcome.MachineHang, outcome.Lie:
			t.Errorf("%s: %s of %s: %s; %s", f.ID, f.Type, f.Service, f.Outcome, f.Words)
		}
		s := all[f.Service]
		switch {
		case !f.Activated:
		case f.After != "":
			s.text++
		case f.Type != "hang":
			s.data++
		}
		if f.Deaths > 0 {
			s.died++
			if f.Works && f.RecoveryNS > 0 {
				s.back++
			}
			if f.Reason == "hang" || f.Reason == "no-heartbeat" {
				s.hung++
			}
			if f.Service == "rs" && again == "" && f.Outcome == outcome.Recovered.String() {
				again = f.ID
			}
			if f.Reason == "lost" {
				t.Errorf("%s: nobody told why it died", f.ID)
			}
		}
	}
	for label, s := range all {
		if s.text == 0 || s.data == 0 || s.died == 0 || s.back == 0 || s.hung == 0 {
			t.Errorf("%s: %+v: each is to be seen", label, *s)
		}
	}
	if again == "" {
		t.Fatal("no life of rs died and came back")
	}
	t.Log(must(t, "replay", "-dir", dir, again))
}
