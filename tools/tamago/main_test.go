package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOfficial checks the command line for the official distribution, which is
// not run.
func TestOfficial(t *testing.T) {
	t.Setenv("TAMAGO", "/opt/tamago-go/bin/go")
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"build", "-n", "-o", "out/kernel", "-tags", "a,b", "./boot/kernel"},
			"CGO_ENABLED=0 GOAMD64=v1 GOARCH=amd64 GOOS=tamago GOOSPKG=github.com/usbarmory/tamago GOTOOLCHAIN=local " +
				"/opt/tamago-go/bin/go build -trimpath -buildvcs=false " +
				"-tags=tamago,linkcpuinit,linkramstart,linkramsize,linkprintk,a,b " +
				"'-ldflags=-s -w -T 0x1001000 -R 0x1000 -checklinkname=0' -o out/kernel ./boot/kernel\n"},
		{[]string{"build", "-n", "-ring", "3", "-symbols", "./drivers/rtc"},
			"CGO_ENABLED=0 GOAMD64=v1 GOARCH=amd64 GOOS=tamago GOOSPKG=github.com/usbarmory/tamago GOTOOLCHAIN=local " +
				"/opt/tamago-go/bin/go build -trimpath -buildvcs=false " +
				"-tags=tamago,linkcpuinit,linkramstart,linkramsize,linkprintk " +
				"'-ldflags=-T 0x40201000 -R 0x1000 -checklinkname=0' ./drivers/rtc\n"},
		{[]string{"vet", "-n", "./kernel", "./rs"},
			"CGO_ENABLED=0 GOAMD64=v1 GOARCH=amd64 GOOS=tamago GOOSPKG=github.com/usbarmory/tamago GOTOOLCHAIN=local " +
				"/opt/tamago-go/bin/go vet -trimpath -buildvcs=false " +
				"-tags=tamago,linkcpuinit,linkramstart,linkramsize,linkprintk ./kernel ./rs\n"},
	} {
		var out bytes.Buffer
		if err := run(test.args, &out, io.Discard); err != nil || out.String() != test.want {
			t.Errorf("%q:\n got %q, %v\nwant %q", test.args, out.String(), err, test.want)
		}
	}
}

// TestStock checks the environment for the stock toolchain.
func TestStock(t *testing.T) {
	t.Setenv("TAMAGO", "")
	var out bytes.Buffer
	if err := run([]string{"env", "-ring", "3"}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"GOOS=linux\n", "CGO_ENABLED=0\n", "GOTOOLCHAIN=local\n", "GOROOT=", "-trimpath\n", "-T 0x40201000 "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %q", want, out.String())
		}
	}
}

// TestBadArguments checks that each mistake gets its own line.
func TestBadArguments(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"", "no command: expected build, vet or env"},
		{"make x", `"make": expected build, vet or env`},
		{"build", "build: expected one package, found 0"},
		{"build a b", "build: expected one package, found 2"},
		{"vet", "vet: expected packages"},
		{"env x", `env: expected no arguments, found "x"`},
		{"build -ring 1 a", "-ring 1: expected 0 or 3"},
		{"build -text 0x123 a", "-text 0x123: expected a multiple of 0x1000"},
		{"build -text here a", "-text here: expected a multiple of 0x1000"},
	} {
		err := run(strings.Fields(test.args), io.Discard, io.Discard)
		if err == nil || err.Error() != test.want {
			t.Errorf("%q: got %v, expected %q", test.args, err, test.want)
		}
	}
}

func TestVersion(t *testing.T) {
	for version, known := range map[string]bool{
		"go1.26": true, "go1.26.4": true, "go1.26.12": true,
		"go1.25.7": false, "go1.27.0": false, "go1.26rc1": false, "go1.260": false,
		"devel go1.27-abc": false, "": false,
	} {
		err := checkVersion(version)
		if (err == nil) != known {
			t.Errorf("%q: %v", version, err)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "Go "+version+": expected go1.26.x") {
			t.Errorf("%q: unclear error %q", version, err)
		}
	}
}

// TestMissing takes away what the builder needs.
func TestMissing(t *testing.T) {
	t.Setenv("TAMAGO", "")
	expect := func(want string) {
		t.Helper()
		err := run([]string{"build", "x"}, io.Discard, io.Discard)
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, expected %q", err, want)
		}
	}
	t.Run("module", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module x\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Chdir(dir)
		t.Setenv("GOFLAGS", "-mod=mod")
		t.Setenv("GOPROXY", "off")
		expect("module github.com/usbarmory/tamago: expected in go.mod")
	})
	t.Run("go", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		expect("go: expected the Go toolchain")
	})
}
