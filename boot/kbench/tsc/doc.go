// Package tsc reads the time-stamp counter. With QEMU's -icount shift=0 it counts the guest's
// instructions.
package tsc
