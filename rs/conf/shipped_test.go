package conf

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// MINIX once shipped a system.conf that its own parser refused (MINIX.md 6.2). Ours is the
// parts that stand beside the programs, joined as the image builder does: those of the image, those with which campaigns are run, and each
// driver for a device that not every machine has.
func TestShipped(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	_, parts, _ := strings.Cut(string(makefile), "\nPARTS := ")
	parts, _, ok := strings.Cut(parts, "\n")
	if !ok {
		t.Fatal("the Makefile has no PARTS")
	}
	var image, campaign []byte
	var alone [][]byte
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
			part = append(part, '\n')
			switch folder := filepath.Base(filepath.Dir(name)); {
			case strings.Contains(parts+" ", "=drivers/"+folder+" "):
				alone = append(alone, part)
			case strings.Contains(parts+" ", "=rs/"+folder+" "):
				campaign = append(campaign, part...)
			default:
				image = append(image, part...)
			}
		}
	}
	if len(alone) < 2 || len(campaign) == 0 {
		t.Errorf("%d parts that are not of each image, and %d bytes of campaigns", len(alone), len(campaign))
	}
	for _, more := range append(alone, nil, campaign) {
		f, faults := Parse("system.conf", append(image[:len(image):len(image)], more...))
		if len(faults) != 0 || len(f.Services) < 3 {
			t.Errorf("joined: %d services, faults %v", len(f.Services), faults)
		}
		for _, n := range f.Notes {
			t.Log(n.Error())
		}
	}
}
