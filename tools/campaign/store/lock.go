//go:build unix

package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Lock keeps other runners out of the folder until the file is closed, or the process ends in any way: a lock is no older than its owner.
//
// Errors: another process has it, which is named.
func Lock(dir string) (*os.File, error) {
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		owner, _ := os.ReadFile(path) // who it is is only a help
		f.Close()
		if err != syscall.EWOULDBLOCK {
			return nil, &os.PathError{Op: "flock", Path: path, Err: err}
		}
		return nil, fmt.Errorf("%s: another runner works here (%s): wait for it, or give this one another folder", dir, strings.TrimSpace(string(owner)))
	}
	host, _ := os.Hostname()
	if err := f.Truncate(0); err == nil {
		_, err = fmt.Fprintf(f, "process %d on %s\n", os.Getpid(), host)
	}
	if err != nil {
		f.Close()
		return nil, (&Store{Dir: dir}).room(err)
	}
	return f, nil
}
