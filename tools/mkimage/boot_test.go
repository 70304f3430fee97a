//go:build qemu

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"bennu/tools/internal/qemu"
	"bennu/tools/internal/tinyelf"
)

// QEMU takes what mkimage made, with symbols and without.
func TestPVHBoots(t *testing.T) {
	code := append(tinyelf.Print("by PVH\r\n"), tinyelf.DebugExit(2)...)
	for _, c := range []struct {
		name, machine string
		strip         bool
	}{{"q35", "q35", false}, {"q35 stripped", "q35", true}, {"pc", "pc", false}} {
		t.Run(c.name, func(t *testing.T) {
			o := tinyOptions
			o.strip = c.strip
			b, err := bootable(tinyelf.ELF(code, tinyelf.NoteGo), &o)
			if err != nil {
				t.Fatal(err)
			}
			kernel := filepath.Join(t.TempDir(), "kernel.elf")
			if err := os.WriteFile(kernel, b, 0o644); err != nil {
				t.Fatal(err)
			}
			v, err := qemu.Start(t.Context(), qemu.Config{Kernel: kernel, Archive: kernel, Machine: c.machine, Silence: 20 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			defer v.Close()
			if _, err := v.WaitLine(t.Context(), regexp.MustCompile("^by PVH$")); err != nil {
				t.Fatal(err)
			}
			if s, err := v.Wait(t.Context()); s != 5 || err != nil {
				t.Errorf("status %d, %v", s, err)
			}
		})
	}
}
