// Package qemutest tests the whole: it boots what make built in QEMU and looks at it from
// outside, through the serial console, the exit status and the kernel's log. Its tests need
// the build tag qemu and out/ (make test-qemu gives both).
package qemutest
