package control

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// refusal says why there is no connection.
func refusal(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "no machine has made this socket"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the machine that made this socket has ended"
	case errors.Is(err, syscall.EAGAIN):
		return "another client has the port, and others wait for it; QEMU serves one at a time"
	}
	return "it cannot be reached"
}

// Diagnose says why a port that took the connection does not answer.
func (c *Client) Diagnose() string {
	if c.socket != "" {
		if b, err := os.ReadFile("/proc/net/unix"); err == nil {
			return diagnose(string(b), c.socket)
		}
	}
	return diagnose("", c.socket)
}

// diagnose reads the kernel's list of sockets: one that was accepted is in state 03, one that waits for that in 02.
// Source: proc(5), "/proc/net/unix".
func diagnose(table, socket string) string {
	accepted, waits := 0, 0
	for _, l := range strings.Split(table, "\n") {
		f := strings.Fields(l)
		if len(f) < 8 || !same(f[7], socket) {
			continue
		}
		switch f[5] {
		case "02":
			waits++
		case "03":
			accepted++
		}
	}
	switch {
	case waits > 0 && accepted > 0:
		return "another client has the port, and QEMU serves one at a time"
	case waits > 0:
		return "QEMU does not take the connection"
	case accepted > 0:
		return "QEMU has taken the connection, but nothing in the machine answers it (not booted yet, or its control port is down)"
	}
	return "another client has the port (QEMU serves one at a time), or nothing in the machine answers"
}

// same tells whether a socket's path, as it was bound, is the one that was dialled. A relative one is relative to where
// QEMU was started.
func same(bound, dialled string) bool {
	if !filepath.IsAbs(bound) {
		return filepath.Base(bound) == filepath.Base(dialled)
	}
	abs, err := filepath.Abs(dialled)
	return err == nil && filepath.Clean(bound) == abs
}
