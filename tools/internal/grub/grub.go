// Package grub makes CDs from which GRUB boots a kernel by Multiboot2, on a BIOS and by UEFI.
package grub

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// CD is what is on one.
type CD struct {
	Kernel  string   // an ELF file with a Multiboot2 header
	CmdLine string   // the kernel's
	Modules []string // files, in the order in which the kernel gets them
	Before  string   // a command of GRUB's before it loads
	UEFI    bool     // both firmwares find a loader; else the BIOS alone
}

// modules is what the boot images need: to find the CD, and to load with Multiboot2.
var modules = []string{"iso9660", "search", "search_fs_file", "normal", "configfile", "mmap", "multiboot2", "serial", "terminal", "boot"}

// Folders of GRUB's files for the two firmwares (Debian's grub-pc-bin and grub-efi-amd64-bin).
const (
	biosDir = "/usr/lib/grub/i386-pc"
	uefiDir = "/usr/lib/grub/x86_64-efi"
)

// Make makes the CD in dir, a folder of its own, and returns its file's name.
//
// Errors: a command line that GRUB would not pass as it is; what a tool says that is missing or fails (tools/need.sh grub).
func (c *CD) Make(dir string) (file string, err error) {
	if strings.ContainsAny(c.CmdLine, "'\"\\\n$;{}") {
		return "", fmt.Errorf("command line %q: GRUB would not pass it as it is", c.CmdLine)
	}
	config := "serial --unit=0 --speed=115200\nterminal_output serial\n" + c.Before + "\nmultiboot2 /boot/kernel " + c.CmdLine + "\n"
	copies := map[string]string{"cd/boot/kernel": c.Kernel}
	for i, m := range c.Modules {
		name := fmt.Sprintf("/boot/module%d", i)
		copies["cd"+name] = m
		config += "module2 " + name + "\n"
	}
	for to, from := range copies {
		b, err := os.ReadFile(from)
		if err != nil {
			return "", err
		}
		if err := write(filepath.Join(dir, to), b); err != nil {
			return "", err
		}
	}
	if err := write(filepath.Join(dir, "cd/boot/grub.cfg"), []byte(config+"boot\n")); err != nil {
		return "", err
	}
	if err := write(filepath.Join(dir, "early.cfg"), []byte("search --no-floppy --set=root --file /boot/grub.cfg\nconfigfile /boot/grub.cfg\n")); err != nil {
		return "", err
	}
	if err := bios(dir); err != nil {
		return "", err
	}
	image := []string{"xorriso", "-as", "mkisofs", "-quiet", "-r", "-o", "cd.iso", "-b", "boot/bios.img", "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table"}
	if c.UEFI {
		if err := uefi(dir); err != nil {
			return "", err
		}
		image = append(image, "-eltorito-alt-boot", "-e", "boot/uefi.img", "-no-emul-boot")
	}
	return filepath.Join(dir, "cd.iso"), command(dir, append(image, "cd")...)
}

// bios makes what a BIOS loads: GRUB with a first sector that reads the rest.
func bios(dir string) error {
	if err := mkimage(dir, "i386-pc", biosDir, "core.img", "biosdisk"); err != nil {
		return err
	}
	first, err := os.ReadFile(filepath.Join(biosDir, "cdboot.img"))
	if err != nil {
		return err
	}
	core, err := os.ReadFile(filepath.Join(dir, "core.img"))
	if err != nil {
		return err
	}
	return write(filepath.Join(dir, "cd/boot/bios.img"), append(first, core...))
}

// uefi makes what UEFI reads: a FAT volume with GRUB in it.
func uefi(dir string) error {
	if err := mkimage(dir, "x86_64-efi", uefiDir, "bootx64.efi"); err != nil {
		return err
	}
	s, err := os.Stat(filepath.Join(dir, "bootx64.efi"))
	if err != nil {
		return err
	}
	const image = "cd/boot/uefi.img"
	size := (s.Size()+1023)&^1023 + 64<<10 // with FAT's own
	if err := write(filepath.Join(dir, image), make([]byte, size)); err != nil {
		return err
	}
	for _, c := range [][]string{
		{"mformat", "-i", image, "-T", fmt.Sprint(size / 512), "-h", "1", "-s", "1", "::"},
		{"mmd", "-i", image, "::EFI", "::EFI/BOOT"},
		{"mcopy", "-i", image, "bootx64.efi", "::EFI/BOOT/BOOTX64.EFI"},
	} {
		if err := command(dir, c...); err != nil {
			return err
		}
	}
	return nil
}

func mkimage(dir, format, files, out string, more ...string) error {
	args := []string{"grub-mkimage", "-O", format, "-d", files, "-o", out, "-p", "/boot", "-c", "early.cfg"}
	return command(dir, append(append(args, modules...), more...)...)
}

func write(name string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, b, 0o644)
}

func command(dir string, args ...string) error {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", args[0], err, out)
	}
	return nil
}
