//go:build !linux

package qemu

import "os/exec"

// ownGroup does nothing where process groups differ: QEMU may outlive a killed test.
func ownGroup(*exec.Cmd) {}

func killGroup(c *exec.Cmd) error { return c.Process.Kill() }
