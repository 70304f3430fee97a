// Package bochstest runs the kernel's tests and those of ring 0 in Bochs (make test-bochs). Nothing is forgiven there
// that a processor would not do.
package bochstest
