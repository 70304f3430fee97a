// Package ring0 sets ring 0 up and looks after it: the kernel's page tables, its stacks with their guard pages, the
// comparison of the CPU's registers with what isolation rests on, and the last words when ring 0 itself fails. The
// kernel's main package and the test of ring 0 (boot/ring0test) share it.
package ring0
