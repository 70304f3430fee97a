//go:build qemu

package qemutest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"bennu/tools/internal/qemu"
)

// demo runs tools/demo, which breaks drivers and checks everything around them, and returns
// what it measured. All that it finds wrong is in its rows or makes its status 1.
func demo(t *testing.T, args ...string) (report []byte, err error) {
	t.Helper()
	root, rootErr := qemu.Root()
	if rootErr != nil {
		t.Fatal(rootErr)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", append([]string{"run", "./tools/demo", "-json"}, args...)...)
	cmd.Dir = root
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err = cmd.Run(); err != nil {
		err = fmt.Errorf("%w\n%s", err, stderr.Bytes())
	}
	return stdout.Bytes(), err
}

// Each way to die, of each service: RS sees why, the next life works, nobody else notices, nothing is lost.
func TestRecovery(t *testing.T) {
	for _, c := range []struct {
		machine string
		args    []string
		deaths  int // at least
	}{
		{"q35", nil, 20},
		{"pc", []string{"-only", "rtc"}, 2},
	} {
		t.Run(c.machine, func(t *testing.T) {
			report, err := demo(t, append([]string{"-machine", c.machine}, c.args...)...)
			var r struct {
				Deaths []struct {
					Label, Way, Reason string
					Failures           []string
				}
			}
			if jsonErr := json.Unmarshal(report, &r); jsonErr != nil {
				t.Fatalf("%v\n%s\n%v", jsonErr, report, err)
			}
			for _, d := range r.Deaths {
				t.Run(d.Label+"-"+d.Way, func(t *testing.T) {
					if len(d.Failures) > 0 {
						t.Error(strings.Join(d.Failures, "\n"))
					}
					if d.Reason == "" {
						t.Error("no reason")
					}
				})
			}
			if len(r.Deaths) < c.deaths {
				t.Errorf("%d deaths, want at least %d", len(r.Deaths), c.deaths)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// Many deaths in one boot: the resources after the last are those after the first.
func TestManyDeaths(t *testing.T) {
	report, err := demo(t, "-deaths", "200", "-icount", "0")
	if err != nil {
		t.Fatalf("%v\n%s", err, report)
	}
	var r struct{ Deaths int }
	if err := json.Unmarshal(report, &r); err != nil || r.Deaths != 200 {
		t.Errorf("%d deaths, %v\n%s", r.Deaths, err, report)
	}
}
