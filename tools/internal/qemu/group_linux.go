package qemu

import (
	"os/exec"
	"syscall"
)

// ownGroup gives qemu.sh and QEMU a process group of their own, so that both can be killed; if
// this process dies, qemu.sh hears of it and ends QEMU.
func ownGroup(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}

// killGroup kills them. That they are gone already is no error.
func killGroup(c *exec.Cmd) error {
	if err := syscall.Kill(-c.Process.Pid, syscall.SIGKILL); err != nil && err != syscall.ESRCH {
		return err
	}
	return nil
}
