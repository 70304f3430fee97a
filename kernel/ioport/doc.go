// Package ioport is the kernel's knowledge of the PC's I/O ports. Some belong to a device that a task may
// have (open), some reach past their device and are written through the kernel only (guarded), and some no
// task ever gets (never). A port right is a right to a device, not to the machine: a keyboard driver must not
// be able to reset the processor because the reset line hangs on its controller.
//
// The package is pure: the kernel, the reincarnation server and the image builder use the same
// table, so that a wrong system.conf stops the build.
package ioport
