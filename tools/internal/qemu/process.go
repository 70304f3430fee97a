//go:build unix

package qemu

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup gives qemu.sh and QEMU a process group of their own, so that both can be killed; if
// this process dies, qemu.sh hears of it, where the system can tell it, and ends QEMU.
func ownGroup(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	tieToParent(c.SysProcAttr)
}

// killGroup kills them. That they are gone already is no error.
func killGroup(c *exec.Cmd) error {
	if err := syscall.Kill(-c.Process.Pid, syscall.SIGKILL); err != nil && err != syscall.ESRCH {
		return err
	}
	return nil
}

// fifo makes a named pipe. The reader meets the end of the file when hold is closed and nobody
// else has it open for writing.
func fifo(path string) (r, hold *os.File, err error) {
	if err = syscall.Mkfifo(path, 0o600); err != nil {
		return nil, nil, &os.PathError{Op: "mkfifo", Path: path, Err: err}
	}
	if r, err = os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0); err != nil {
		return nil, nil, err
	}
	if hold, err = os.OpenFile(path, os.O_WRONLY, 0); err != nil {
		r.Close()
		return nil, nil, err
	}
	return r, hold, nil
}
