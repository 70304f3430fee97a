package conf

import (
	"os"
	"path/filepath"
	"testing"
)

// MINIX once shipped a system.conf that its own parser refused (MINIX.md 6.2). Ours is the
// parts that stand beside the programs, joined as the image builder does.
func TestShipped(t *testing.T) {
	var text []byte
	for _, pattern := range []string{"../../boot/system.conf", "../../drivers/*/*.conf", "../*/*.conf"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("no file %s (%v)", pattern, err)
		}
		for _, name := range names {
			part, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if _, faults := Parse(name, part); len(faults) != 0 {
				t.Errorf("%v", faults)
			}
			text = append(append(text, part...), '\n')
		}
	}
	f, faults := Parse("system.conf", text)
	if len(faults) != 0 || len(f.Services) < 3 {
		t.Errorf("joined: %d services, faults %v", len(f.Services), faults)
	}
	for _, n := range f.Notes {
		t.Log(n.Error())
	}
}
