// Package code writes the smallest tasks: machine code in a static ELF64 of bennu's ABI. The kernel's
// tests need tasks of which they know every instruction and every register; no compiler gives
// that.
package code
