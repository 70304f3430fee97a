package docs

import (
	"fmt"
	"os"
	"strings"
	"testing"

	whose "bennu/kernel/room"
)

// TestSmallestMachineIsDocumented: the memory that documents tell people to have is what the image builder counts with.
func TestSmallestMachineIsDocumented(t *testing.T) {
	for _, name := range []string{"README.md", "docs/ARCHITECTURE.md", "docs/DRIVER.md"} {
		text, err := os.ReadFile(root + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("%d MiB", whose.Minimum>>20); !strings.Contains(string(text), want) {
			t.Errorf("%s does not say that a machine needs %s", name, want)
		}
	}
}
