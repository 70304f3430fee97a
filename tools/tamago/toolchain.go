package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
)

const tamagoModule = "github.com/usbarmory/tamago"

// A toolchain is the installed Go and the tamago module to build with.
type toolchain struct {
	root          string // GOROOT
	version       string // GOVERSION, as in "go1.26.8"
	tamagoDir     string
	tamagoVersion string
}

// knownGo matches the versions that the edits were written for.
var knownGo = regexp.MustCompile(`^go1\.26(\.[0-9]+)?$`)

// findToolchain asks the go command found in PATH, in the current folder. When
// go.mod wants a newer Go than the one in PATH, go answers for the toolchain
// that it has downloaded, which may be a read-only folder of the module cache.
func findToolchain() (*toolchain, error) {
	out, err := runGo("env", "-json", "GOROOT", "GOVERSION")
	if err != nil {
		return nil, err
	}
	var env struct{ GOROOT, GOVERSION string }
	if err := json.Unmarshal(out, &env); err != nil {
		return nil, fmt.Errorf("go env: expected JSON: %w", err)
	}
	if err := checkVersion(env.GOVERSION); err != nil {
		return nil, err
	}
	tc := &toolchain{root: env.GOROOT, version: env.GOVERSION}
	out, err = runGo("mod", "download", "-json", tamagoModule)
	if err != nil {
		return nil, fmt.Errorf("module %s: expected in go.mod and the module cache or proxy: %w", tamagoModule, err)
	}
	var mod struct{ Dir, Version string }
	if err := json.Unmarshal(out, &mod); err != nil || mod.Dir == "" {
		return nil, fmt.Errorf("module %s: expected a folder from go mod download, found %q", tamagoModule, firstLine(string(out)))
	}
	tc.tamagoDir, tc.tamagoVersion = mod.Dir, mod.Version
	return tc, nil
}

// checkVersion refuses a Go that the edits were not tried with.
func checkVersion(version string) error {
	if !knownGo.MatchString(version) {
		return fmt.Errorf("Go %s: expected go1.26.x, the versions that the edits of the runtime are known to fit", version)
	}
	return nil
}

// runGo returns what the go command in PATH prints. Its errors are one line.
func runGo(args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	// Whoever exported what the env command prints still means the installed Go.
	cmd.Env = append(os.Environ(), "GOOS=", "GOARCH=", "GOROOT=")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, errors.New("go: expected the Go toolchain (go1.26 or newer) in PATH, see https://go.dev/dl")
	}
	if err != nil {
		detail := firstLine(stderr.String())
		if detail == "" {
			detail = firstLine(string(out))
		}
		return nil, fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, detail)
	}
	return out, nil
}
