package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"bennu/drivers/protocol/faulty"
	"bennu/kernel/abi"
	"bennu/tools/internal/qemu"
)

// linuxSources is where the programs that Linux runs are.
const linuxSources = "tools/bench/linux"

// defaultLine is the command line of the boot as it comes; the figures of all else are of a boot without what this work
// does not need: self-tests, certificates, tracers, other processors' interrupt controllers, mitigations, the check of all page
// tables, random addresses, zeroing of what is allocated. It begins at the kernel proper (PVH), not at the decompressor.
const (
	defaultLine = "console=ttyS0 panic=-1 -- boot"
	tunedLine   = "console=ttyS0 quiet panic=-1 cryptomgr.notests lsm=lockdown mitigations=off rodata=off nosmp noreplace-smp noapic nolapic " +
		"norandmaps init_on_alloc=0 kfence.sample_interval=0 " +
		"initcall_blacklist=load_system_certificate_list,cubictcp_register,init_kprobe_trace,bpf_rstat_kfunc_init,init_blk_tracer,slab_sysfs_init"
)

// linux boots a Linux twice: as it comes, and tuned; there its first process measures. Without -linux it does nothing.
func linux(ctx context.Context, o *options, r *Report) error {
	if o.linux == "" {
		return nil
	}
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	disk := filepath.Join(dir, "initrd")
	if err := initialDisk(ctx, o, dir, disk); err != nil {
		return err
	}
	image, err := os.ReadFile(o.linux)
	if err != nil {
		return err
	}
	r.LinuxOf = kernelVersion(image)
	plain := filepath.Join(dir, "vmlinux")
	if err := unpackKernel(ctx, image, plain); err != nil {
		return fmt.Errorf("%s: %w", o.linux, err)
	}
	for _, boot := range []struct{ kernel, line, name string }{{o.linux, defaultLine, "default"}, {plain, tunedLine, "tuned"}} {
		c := o.config(disk)
		c.Kernel, c.CmdLine = boot.kernel, boot.line
		figures, err := collect(ctx, c)
		if err != nil {
			return fmt.Errorf("Linux, %s: %w", boot.name, err)
		}
		for _, f := range figures {
			if f.Name == "reset to init" {
				f.Name += ", " + boot.name
			}
			r.Linux = append(r.Linux, f)
		}
	}
	return nil
}

// initialDisk builds the programs and packs them.
func initialDisk(ctx context.Context, o *options, dir, disk string) error {
	for _, build := range [][]string{
		{"cc", "-std=gnu11", "-Wall", "-Wextra", "-O2", "-static", "-o", "init", "c/init.c"},
		{"cc", "-std=gnu11", "-Wall", "-Wextra", "-O2", "-static", "-o", "child", "c/child.c"},
		{"cc", "-static", "-nostdlib", "-o", "smallest", "c/smallest.S"},
		{"go", "build", "-o", "go", "."},
	} {
		for i, a := range build[:len(build)-1] {
			if a == "-o" {
				build[i+1] = filepath.Join(dir, build[i+1])
			}
		}
		if err := compile(ctx, filepath.Join(o.root, linuxSources), build...); err != nil {
			return err
		}
	}
	files := map[string][]byte{}
	for _, name := range []string{"init", "child", "smallest", "go"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		files[name] = b
	}
	return os.WriteFile(disk, ramdisk(files), 0o600)
}

// compile runs a compiler in a folder. CC may name another C compiler than cc.
func compile(ctx context.Context, dir string, command ...string) error {
	if cc := os.Getenv("CC"); command[0] == "cc" && cc != "" {
		command[0] = cc
	}
	build := exec.CommandContext(ctx, command[0], command[1:]...)
	build.Dir, build.Env = dir, append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", build, err, text)
	}
	return nil
}

// compileVictim builds the service in C, as docs/examples/echo/build.sh builds its own.
func compileVictim(ctx context.Context, dir string) ([]byte, error) {
	root, err := qemu.Root()
	if err != nil {
		return nil, err
	}
	out := filepath.Join(dir, cName)
	command := []string{"cc", "-O2", "-ffreestanding", "-fno-pic", "-mcmodel=large", "-mgeneral-regs-only", "-fno-stack-protector", "-fno-asynchronous-unwind-tables",
		"-fno-delete-null-pointer-checks", "-static", "-nostdlib", fmt.Sprintf("-Wl,-Ttext-segment=%#x", uint64(abi.ImageBase)), "-Wl,-z,noexecstack",
		"-Wl,-z,separate-code", "-Wl,--build-id=none"}
	for name, v := range map[string]uint64{
		"CALL_PAGE": abi.CallPage, "START_PAGE": abi.StartPage, "FOREVER": abi.NoTimeout, "ANY": uint64(abi.Any),
		"SEND": uint64(abi.CallSend), "RECEIVE": uint64(abi.CallReceive), "SENDREC": uint64(abi.CallSendRec), "SENDNB": uint64(abi.CallSendNB), "EXIT": uint64(abi.CallExit),
		"REPLY": uint64(abi.MsgReply), "NOTIFY": uint64(abi.MsgNotify), "READY": uint64(abi.RSReady), "HEARTBEAT": uint64(abi.RSHeartbeat), "STOP": uint64(abi.RSStop),
		"FAULT": uint64(faulty.Do),
	} {
		command = append(command, fmt.Sprintf("-D%s=%#x", name, v))
	}
	command = append(command, fmt.Sprintf("-DSTACK=\"%#x\"", uint64(abi.RAMBase+abi.RAMSize-16)), "-o", out, "boot/kbench/victim/c/victim.c")
	if err := compile(ctx, root, command...); err != nil {
		return nil, err
	}
	return os.ReadFile(out)
}

// kernelVersion is what a bzImage says of itself. Source: Linux, "The Linux/x86 Boot Protocol", kernel_version.
func kernelVersion(image []byte) string {
	const at, magic = 0x20e, 0x202
	if len(image) < 0x300 || string(image[magic:magic+4]) != "HdrS" {
		return "Linux"
	}
	from := int(image[at]) | int(image[at+1])<<8 + 0x200
	if from >= len(image) {
		return "Linux"
	}
	version, _, _ := bytes.Cut(image[from:min(len(image), from+200)], []byte{0})
	words := bytes.Fields(version)
	if len(words) == 0 {
		return "Linux"
	}
	return "Linux " + string(words[0])
}

// unpackKernel writes the ELF that a bzImage holds, packed by xz, as Debian's are. Errors: another format.
func unpackKernel(ctx context.Context, image []byte, path string) error {
	at := bytes.Index(image, []byte("\xfd7zXZ\x00"))
	if at < 0 {
		return fmt.Errorf("expected a bzImage packed by xz")
	}
	unpack := exec.CommandContext(ctx, "xz", "-dc", "--single-stream")
	unpack.Stdin = bytes.NewReader(image[at:])
	var failed bytes.Buffer
	unpack.Stderr = &failed
	elf, err := unpack.Output()
	if !bytes.HasPrefix(elf, []byte("\x7fELF")) {
		return fmt.Errorf("what is packed in it is no ELF: %v %s", err, failed.Bytes())
	}
	return os.WriteFile(path, elf, 0o600)
}

// ramdisk is an initial RAM disk with a console, a folder for /proc, and programs.
//
// Source: Linux, "initramfs buffer format" (the "newc" format of cpio).
func ramdisk(programs map[string][]byte) []byte {
	const folder, device, file = 0o040755, 0o020600, 0o100755
	var b bytes.Buffer
	n := 0
	add := func(name string, mode, major, minor int, data []byte) {
		n++
		fmt.Fprintf(&b, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", n, mode, 0, 0, 1, 0, len(data), 0, 0, major, minor, len(name)+1, 0)
		b.WriteString(name + "\x00")
		pad(&b)
		b.Write(data)
		pad(&b)
	}
	add("dev", folder, 0, 0, nil)
	add("dev/console", device, 5, 1, nil)
	add("dev/null", device, 1, 3, nil)
	add("proc", folder, 0, 0, nil)
	for _, name := range slices.Sorted(maps.Keys(programs)) {
		add(name, file, 0, 0, programs[name])
	}
	add("TRAILER!!!", 0, 0, 0, nil)
	return b.Bytes()
}

// pad fills up to a multiple of four bytes.
func pad(b *bytes.Buffer) { b.Write(make([]byte, -b.Len()&3)) }
