//go:build qemu && long

package qemutest

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"bennu/kernel/layout"
	"bennu/tools/internal/grub"
	"bennu/tools/internal/qemu"
	"bennu/tools/internal/suite"
)

// Where a Multiboot2 loader is to put a kernel: as low or as high as it can.
const (
	lowest  = 1
	highest = 2
)

// placed is a copy of a kernel whose header asks for another place: [least, most), the lowest or the highest there.
func placed(t *testing.T, kernel string, least, most, preference uint32) string {
	t.Helper()
	b, err := os.ReadFile(kernel)
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	at := 0
	for at < 32<<10 && le.Uint32(b[at:]) != 0xe85250d6 {
		at += 8
	}
	for at += 16; le.Uint16(b[at:]) != 10; at += int(le.Uint32(b[at+4:])+7) &^ 7 {
		if le.Uint16(b[at:]) == 0 {
			t.Fatal("no relocatable tag")
		}
	}
	le.PutUint32(b[at+8:], least)
	le.PutUint32(b[at+12:], most)
	le.PutUint32(b[at+20:], preference)
	file := filepath.Join(t.TempDir(), filepath.Base(kernel))
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// loaderCase is a machine, its firmware, and where the kernel is to lie: at from (0: nowhere in particular).
type loaderCase struct {
	machine, memory string
	uefi            bool
	least, most     uint32
	preference      uint32
	from            uint64
}

const linked = layout.KernelBase

var loaderCases = []loaderCase{
	{"pc", "", false, linked, 1<<32 - 1, lowest, linked},
	{"q35", "", true, linked, 1<<32 - 1, lowest, 0}, // GRUB's own memory is in the way
	{"pc", "", true, linked, 1<<32 - 1, lowest, 0},
	{"q35", "", false, 2 << 20, 1<<32 - 1, lowest, 2 << 20}, // below where it is linked
	{"q35", "", true, 96 << 20, 1<<32 - 1, lowest, 96 << 20},
	{"q35", "5G", false, 0x6000_0000, 1<<32 - 1, lowest, 0x6000_0000},
	{"pc", "5G", false, linked, 1<<32 - 1, highest, 0}, // above 2 GiB
	{"q35", "5G", true, linked, 1<<32 - 1, highest, 0},
}

// TestLoaders: GRUB, from each firmware and on both machines, puts the kernel to many places, and it comes up there.
func TestLoaders(t *testing.T) {
	for _, c := range loaderCases {
		firmware := map[bool]string{false: "bios", true: "uefi"}[c.uefi]
		name := fmt.Sprintf("%s/%s/%#x-%#x/%d", c.machine, firmware, c.least, c.most, c.preference)
		t.Run(name, func(t *testing.T) {
			kernel := placed(t, suite.Built(t, "kernel.elf"), c.least, c.most, c.preference)
			cd := cdOf(t, grub.CD{Kernel: kernel, Modules: []string{suite.Built(t, "boot.tar")}, UEFI: c.uefi})
			m := boot(t, qemu.Config{CD: cd, UEFI: c.uefi, Machine: c.machine, Memory: c.memory})
			m.shell()
			log, at := m.ready(), uint64(linked)
			if said := place.FindStringSubmatch(log); said != nil {
				at, _ = strconv.ParseUint(said[1], 0, 64)
			}
			t.Logf("the kernel is at %#x", at)
			if at%layout.LoadAlign != 0 || at < uint64(c.least) || c.from != 0 && at != c.from || c.preference == highest && at < 1<<30 {
				t.Errorf("the kernel is at %#x:\n%s", at, log)
			}
			m.off()
		})
	}
}

// TestHole: GRUB is told to leave memory out of the map, and does not heed that itself when it looks for a place: the kernel does.
func TestHole(t *testing.T) {
	cd := cdOf(t, grub.CD{Kernel: suite.Built(t, "kernel.elf"), Modules: []string{suite.Built(t, "boot.tar")}, Before: "cutmem 0x1000000 0x1800000"})
	m := boot(t, qemu.Config{CD: cd})
	m.line(regexp.MustCompile(`bennu: no room in memory for the kernel: its place is not all RAM`))
	m.line(regexp.MustCompile(`^The kernel: 000001000000, size: 000001700000`))
	m.line(regexp.MustCompile(`^    000000100000, size: 000000f00000, type: 0001`))
	m.line(regexp.MustCompile(`^    000001800000, size: [0-9a-f]{12}, type: 0001`))
	m.ends(qemu.StatusRefused)
}

// TestKernelElsewhere: the kernel's own tests, run by a kernel that is not where it is linked.
func TestKernelElsewhere(t *testing.T) {
	kernel := placed(t, suite.Built(t, "kernel.elf"), 40<<20, 1<<32-1, lowest)
	cd := cdOf(t, grub.CD{Kernel: kernel, Modules: []string{suite.Built(t, "ktest.tar")}})
	m := boot(t, qemu.Config{CD: cd, Icount: "0"})
	if !m.results() {
		return
	}
	if !place.MatchString(m.KernelLog()) {
		t.Error("the kernel does not say where it lies")
	}
}
