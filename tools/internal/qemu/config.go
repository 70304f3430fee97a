// Package qemu boots a machine with qemu.sh from a Go program and follows its serial
// console. Every wait ends: with what was awaited, with the machine's end, with the context, or
// because the machine fell silent. Errors carry the whole console.
package qemu

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Config says what to boot. The zero value boots what make built, as ./qemu.sh does.
type Config struct {
	Kernel  string // PVH ELF; "": out/kernel.elf
	Archive string // boot archive; "": out/boot.tar
	CD      string // what the firmware boots instead of Kernel with Archive; "": nothing
	UEFI    bool   // the firmware is OVMF
	Machine string // "q35" or "pc"; "": q35
	Memory  string // as QEMU's -m takes it: "64M"; "": 256M
	Accel   string // "tcg" or "kvm"; "": tcg
	CPU     string // as QEMU's -cpu takes it: "max,-smep"; "": max, host with kvm
	Icount  string // qemu.sh's ICOUNT: "0" makes an instruction a nanosecond; "": real time
	Seed    string // the kernel's random seed; "": none given
	CmdLine string // more words for the kernel's command line
	Control bool   // COM2 is a socket: see VM.Dial
	Records string // what is sent on COM3 goes into that file; "": there is no COM3
	Tape    string // qemu.sh's TAPE: "record:FILE" or "replay:FILE"
	GDB     int    // the machine waits for a debugger on that port; 0: it does not
	QMP     bool   // QEMU's own control socket: see VM.Monitor
	Args    []string
	Env     []string // more variables of qemu.sh, "NET=user"
	// Hardware leaves out what only an emulator has: a guest that fails halts instead of ending QEMU, and
	// one that resets starts again.
	Hardware bool

	// NoKernelLog leaves the debug console out: VM.KernelLog stays empty, and the guest spends no
	// instructions on it.
	NoKernelLog bool

	// Silence is how long the machine may print nothing on COM1 while somebody waits for
	// it. 0: DefaultSilence.
	Silence time.Duration
	// Console gets a live copy of COM1 and of QEMU's messages. nil: nobody.
	Console io.Writer
	// Script is qemu.sh. "": the one at the root of the module that the working directory is in.
	Script string
}

// DefaultSilence allows for an emulated machine on a busy host.
const DefaultSilence = 60 * time.Second

// Exit statuses of qemu.sh beside 0. QEMU makes 2*v+1 of what the guest writes to
// isa-debug-exit, so the guest's own are odd.
const (
	StatusOff     = 0 // powered off
	StatusQEMU    = 1 // QEMU did not start
	StatusMissing = 2 // qemu.sh found something missing
	StatusFailed  = 3 // powered off with a status that is not 0: tests failed
	StatusReset   = 4 // reset, or triple fault
	StatusPanic   = 5 // kernel panic
	StatusRefused = 7 // the kernel refused the machine or the archive
)

// Root is the module's folder: the nearest one with a go.mod at or above the working
// directory.
func Root() (string, error) {
	wd, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := wd; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod at or above %s", wd)
		}
	}
}

// env is what qemu.sh is run with: the caller's environment without qemu.sh's own
// variables, so that a developer's MACHINE= does not change what a test boots.
func (c *Config) env(socket string) []string {
	var env []string
	for _, v := range os.Environ() {
		if !scriptVariable(v) {
			env = append(env, v)
		}
	}
	for _, v := range []struct{ name, value string }{
		{"KERNEL", c.Kernel}, {"ARCHIVE", c.Archive}, {"CD", c.CD}, {"MACHINE", c.Machine}, {"MEM", c.Memory}, {"ACCEL", c.Accel},
		{"CPU", c.CPU}, {"ICOUNT", c.Icount}, {"SEED", c.Seed}, {"CMDLINE", c.CmdLine}, {"CTL", socket}, {"COM3", c.Records}, {"TAPE", c.Tape},
	} {
		if v.value != "" {
			env = append(env, v.name+"="+v.value)
		}
	}
	if c.UEFI {
		env = append(env, "UEFI=1")
	}
	if c.GDB != 0 {
		env = append(env, "GDB="+strconv.Itoa(c.GDB))
	}
	if c.Hardware {
		env = append(env, "HARDWARE=1")
	}
	return append(env, c.Env...)
}

var scriptVariables = []string{"KERNEL", "ARCHIVE", "CD", "UEFI", "MACHINE", "MEM", "ACCEL", "CPU", "ICOUNT", "SEED", "CMDLINE", "CTL",
	"GDB", "DISK", "NET", "QEMU_ARGS", "KLOG", "LOG", "HARDWARE", "COM3", "TAPE", "IOMMU"}

func scriptVariable(v string) bool {
	for _, n := range scriptVariables {
		if len(v) > len(n) && v[len(n)] == '=' && v[:len(n)] == n {
			return true
		}
	}
	return false
}
