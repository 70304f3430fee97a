package bochs

import (
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed shim
var shimFiles embed.FS

// grubModules is what the boot image of the CD needs: to find the CD, and to load with Multiboot2.
var grubModules = []string{"biosdisk", "iso9660", "search", "search_fs_file", "normal", "configfile", "multiboot2", "serial", "terminal", "boot"}

const grubDir = "/usr/lib/grub/i386-pc"

// image makes a CD in dir that boots kernel with archive and a command line, and gives its path.
func image(dir string, c *Config) (string, error) {
	kernel, err := os.ReadFile(c.Kernel)
	if err != nil {
		return "", err
	}
	memory, err := flat(kernel)
	if err != nil {
		return "", fmt.Errorf("%s: %w", c.Kernel, err)
	}
	archive, err := os.ReadFile(c.Archive)
	if err != nil {
		return "", err
	}
	if strings.ContainsAny(c.CmdLine, "'\"\\\n$;{}") {
		return "", fmt.Errorf("command line %q: GRUB would not pass it as it is", c.CmdLine)
	}
	files := map[string][]byte{
		"cd/boot/kernel.bin":  memory,
		"cd/boot/archive.tar": archive,
		"cd/boot/grub.cfg": []byte("serial --unit=0 --speed=115200\nterminal_output serial\nmultiboot2 /boot/shim " + c.CmdLine +
			"\nmodule2 /boot/kernel.bin\nmodule2 /boot/archive.tar\nboot\n"),
		"early.cfg": []byte("search --no-floppy --set=root --file /boot/kernel.bin\nconfigfile /boot/grub.cfg\n"),
	}
	for _, n := range []string{"entry.S", "shim.c", "link.ld"} {
		if files[n], err = shimFiles.ReadFile("shim/" + n); err != nil {
			return "", err
		}
	}
	for name, b := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(p, b, 0o644); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, "cd.iso"), build(dir)
}

// build compiles the shim, makes the boot image of GRUB, and the CD of it all.
func build(dir string) error {
	for _, c := range [][]string{
		{"gcc", "-m32", "-O1", "-ffreestanding", "-fno-pic", "-fno-stack-protector", "-fno-builtin", "-mgeneral-regs-only", "-fcf-protection=none",
			"-fno-asynchronous-unwind-tables", "-Wall", "-Werror", "-Wno-array-bounds", "-nostdlib", "-static", "-no-pie", "-Wl,-N,--build-id=none,-T,link.ld",
			"-o", "cd/boot/shim", "entry.S", "shim.c"},
		append([]string{"grub-mkimage", "-O", "i386-pc", "-d", grubDir, "-o", "core.img", "-p", "/boot", "-c", "early.cfg"}, grubModules...),
	} {
		if err := command(dir, c...); err != nil {
			return err
		}
	}
	boot, err := os.ReadFile(filepath.Join(grubDir, "cdboot.img"))
	if err != nil {
		return err
	}
	core, err := os.ReadFile(filepath.Join(dir, "core.img"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "cd/boot/grub.img"), append(boot, core...), 0o644); err != nil {
		return err
	}
	return command(dir, "xorriso", "-as", "mkisofs", "-quiet", "-r", "-o", "cd.iso", "-b", "boot/grub.img", "-no-emul-boot", "-boot-load-size", "4",
		"-boot-info-table", "cd")
}

func command(dir string, args ...string) error {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", args[0], err, out)
	}
	return nil
}
