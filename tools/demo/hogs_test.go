package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"bennu/kernel/abi"
	"bennu/rs/conf"
	"bennu/tools/internal/control"
	"bennu/tools/internal/qemu"
)

// Every role of boot/hog is in the list here, and every table that the command line can ask for is one that system.conf's
// checks take beside the services of the image.
func TestHogTables(t *testing.T) {
	root, err := qemu.Root()
	if err != nil {
		t.Fatal(err)
	}
	read := func(name ...string) string {
		t.Helper()
		b, err := os.ReadFile(filepath.Join(append([]string{root}, name...)...))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	known := regexp.MustCompile(`(?m)^\t\{"([a-z]+)", `).FindAllStringSubmatch(read("boot", "hog", "main.go"), -1)
	if len(known) != len(hogRoles) {
		t.Fatalf("boot/hog has %d roles, the list here %d", len(known), len(hogRoles))
	}
	for i, k := range known {
		if k[1] != hogRoles[i].name {
			t.Errorf("role %d is %q in boot/hog, %q here", i, k[1], hogRoles[i].name)
		}
	}
	base := read("boot", "system.conf")
	for _, d := range []string{"tty", "kbd", "faulty"} {
		base += read("drivers", d, d+".conf")
	}
	for _, s := range []string{"ds", "ctl", "shell"} {
		base += read("rs", s, s+".conf")
	}
	hogs := read("boot", "hog", "hogs.conf")
	class := hogs[strings.Index(hogs, hogsBegin):]
	class = class[:strings.Index(class, "};\n")+3]
	check := func(name, text string, services int) {
		t.Helper()
		f, faults := conf.Parse("system.conf", []byte(text))
		for _, x := range faults {
			t.Errorf("%s: %v", name, x)
		}
		if len(f.Services) != services {
			t.Errorf("%s: %d services, want %d", name, len(f.Services), services)
		}
	}
	check("mix", base+hogs, 6+hogCount)
	tables, err := hogTables("each")
	if err != nil || len(tables) != len(hogRoles) {
		t.Fatalf("each: %d tables, %v", len(tables), err)
	}
	for i, h := range tables {
		n := hogCount
		if hogRoles[i].once {
			n = 1
		}
		check(h.name, base+class+h.entries, 6+n)
	}
	for seed := range uint64(200) {
		h := drawn(seed)
		check(h.name, base+class+h.entries, 6+hogCount)
	}
	for _, bad := range []string{"", "frob", "seed=", "seed=x", "mix "} {
		if _, err := hogTables(bad); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
	if a := (abi.Priorities); a > hogCount {
		t.Errorf("%d priorities, and only %d hogs", a, hogCount)
	}
}

// Anything that hogs must not change is enough, and so is that nothing was looked at.
func TestHoggedOK(t *testing.T) {
	good := hogged{Rounds: 2, Accounts: control.Accounts{}}
	if !good.ok() {
		t.Error("nothing failed, yet it is not ok")
	}
	for _, bad := range []hogged{{}, {Rounds: 2, Failures: []string{"x"}}, {Rounds: 1}} {
		if bad.ok() {
			t.Errorf("%+v is ok", bad)
		}
	}
}
