//go:build tamago

// Package board runs a bare-metal program as a Linux process, so that the
// runtime can be tested without a machine: its hooks are real system calls, made
// by its own assembly. Everything else in the program must make none.
package board

import (
	"runtime/goos"
	_ "unsafe" // for go:linkname
)

//go:linkname ramStart runtime/goos.RamStart
var ramStart uint = 0x90000000

//go:linkname ramSize runtime/goos.RamSize
var ramSize uint = 64 << 20

//go:linkname ramStackOffset runtime/goos.RamStackOffset
var ramStackOffset uint = 0x100

// Defined in board_amd64.s.
func sysExit(code int32)
func sysWrite(c *byte)
func sysNanotime() int64
func sysSleep(ns int64)
func sysRandom(p *byte, n int)

// char is a global because Printk may not allocate.
var char byte

//go:linkname printk runtime/goos.Printk
func printk(c byte) {
	char = c
	sysWrite(&char)
}

//go:linkname nanotime runtime/goos.Nanotime
//go:nosplit
func nanotime() int64 { return sysNanotime() }

//go:linkname initRNG runtime/goos.InitRNG
func initRNG() {}

//go:linkname getRandomData runtime/goos.GetRandomData
func getRandomData(b []byte) {
	if len(b) > 0 {
		sysRandom(&b[0], len(b))
	}
}

//go:linkname hwinit0 runtime/goos.Hwinit0
func hwinit0() {
	goos.Bloc = uintptr(ramStart)
	goos.Exit = sysExit
}

//go:linkname hwinit1 runtime/goos.Hwinit1
func hwinit1() {
	goos.Idle = idle
}

// Idles counts the calls of goos.Idle.
var Idles int

// OnIdle, if set, is called in place of the next wait.
var OnIdle func()

func idle(until int64) {
	Idles++
	if f := OnIdle; f != nil {
		OnIdle = nil
		f()
		return
	}
	if d := until - nanotime(); d > 0 {
		sysSleep(min(d, 1e8))
	}
}
