//go:build unix && !linux

package qemu

import "syscall"

func tieToParent(*syscall.SysProcAttr) {}
