//go:build qemu

package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bennu/rs/fi/record"
	"bennu/tools/campaign/archive"
	"bennu/tools/internal/qemu"
)

// A plan that cannot be followed ends the machine with a status and words, on a machine without COM3 in its log, else in the last frame, too. Nobody
// waits for a machine that does nothing.
func TestPlanCannotBeFollowed(t *testing.T) {
	root, err := qemu.Root()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, plan, words string
		wire              bool
	}{
		{"no COM3", "victim=rtc", "no serial port at 0x3e8 for the records", false},
		{"bad arguments", "victim=rtc strata=kernel", "args: strata=: kernel: expected driver, sdk, runtime", true},
		{"a victim that is not there", "victim=nobody", "the victim or its workload is not there: ETIMEDOUT", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			image, err := archive.Build(archive.Options{Root: root, Bin: filepath.Join(root, "out", "bin"), Victim: "rtc", Plan: c.plan, Period: 5 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			o := qemu.Config{Archive: filepath.Join(dir, "boot.tar"), Icount: "0", Seed: "1"}
			if err := os.WriteFile(o.Archive, image.Archive, 0o600); err != nil {
				t.Fatal(err)
			}
			if c.wire {
				o.Records = filepath.Join(dir, "records")
			}
			vm, err := qemu.Start(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer vm.Close()
			status, err := vm.Wait(t.Context())
			if err != nil || status != qemu.StatusFailed {
				t.Fatalf("status %d, %v; want %d", status, err, qemu.StatusFailed)
			}
			if log := vm.KernelLog(); !strings.Contains(log, c.words) {
				t.Errorf("the log does not say %q:\n%s", c.words, log)
			}
			if c.wire {
				bye(t, o.Records, c.words)
			}
		})
	}
}

// bye tests that a file of records has one frame, which ends it with words.
func bye(t *testing.T, file, words string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f, rest, err := record.Next(b)
	bye, ok := f.(*record.Bye)
	if err != nil || !ok || !strings.Contains(bye.Words, words) || bye.Blocks != 0 {
		t.Fatalf("%d bytes, %v: %+v; want a Bye with %q", len(b), err, f, words)
	}
	if _, _, err := record.Next(rest); !errors.Is(err, record.ErrShort) || len(rest) > 0 {
		t.Errorf("%d bytes after it", len(rest))
	}
}
