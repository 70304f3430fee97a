//go:build qemu

package emulator

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"bennu/rs/fi/plan"
	"bennu/tools/campaign/machine"
	"bennu/tools/internal/tinyelf"
)

// What a guest writes on COM3 is read, and how it ends is told.
func TestGuest(t *testing.T) {
	frames := "\xb5\x01\x00\xff frames"
	for _, c := range []struct {
		name string
		end  []byte
		how  machine.How
	}{
		{"power-off", tinyelf.PowerOff(), machine.Off},
		{"panic", tinyelf.DebugExit(2), machine.Panic},
		{"triple fault", tinyelf.TripleFault(), machine.Reset},
		{"hang", tinyelf.Hang(), machine.Silent},
	} {
		t.Run(c.name, func(t *testing.T) {
			kernel := filepath.Join(t.TempDir(), "kernel.elf")
			if err := os.WriteFile(kernel, tinyelf.ELF(append(tinyelf.Record(frames), c.end...), tinyelf.NotePVH), 0o644); err != nil {
				t.Fatal(err)
			}
			m := &Machine{Kernel: kernel, Silence: 20 * time.Second, Archive: func(_ *plan.Plan, file string) error { return os.WriteFile(file, []byte("module"), 0o644) }}
			if c.how == machine.Silent {
				m.Silence = 700 * time.Millisecond // the first wait is three times as long
			}
			text, end := all(t, m)
			if text != frames || end.How != c.how {
				t.Errorf("%q, %v: want %q, %v", text, end, frames, c.how)
			}
		})
	}
}
