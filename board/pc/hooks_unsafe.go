//go:build tamago

package pc

import (
	"math/bits"
	"runtime/goos"
	"unsafe"

	"bennu/board/pc/cpu"
	"bennu/board/x86"
	"bennu/kernel/abi"
	"bennu/kernel/layout"
)

// The hooks that the Go runtime calls (tamago's package goos).

//go:linkname ramStart runtime/goos.RamStart
var ramStart uint = layout.KernelBase

//go:linkname ramSize runtime/goos.RamSize
var ramSize uint = g0Top - layout.KernelBase

//go:linkname ramStackOffset runtime/goos.RamStackOffset
var ramStackOffset uint = 16

// The clock before and after calibration: ns = (TSC - base) * mult >> 32.
var (
	clockBase uint64
	clockMult uint64 = 1 << 32 // 1 GHz until SetClock
)

// SetClock makes the runtime's clock count from base with the TSC's rate.
func SetClock(base, mult uint64) { clockBase, clockMult = base, mult }

//go:linkname nanotime runtime/goos.Nanotime
//go:nosplit
func nanotime() int64 {
	hi, lo := bits.Mul64(x86.TSC()-clockBase, clockMult)
	return int64(hi<<32 | lo>>32)
}

// Putc is where the runtime's own output goes: panics, before anything else works. Set once at
// start-up.
var Putc func(c byte)

//go:linkname printk runtime/goos.Printk
func printk(c byte) {
	if Putc != nil {
		Putc(c)
		return
	}
	putc(uint64(c))
}

// putc writes one byte to COM1 without anything of Go's. defined in entry_amd64.s
func putc(c uint64)

//go:linkname initRNG runtime/goos.InitRNG
func initRNG() {}

//go:linkname getRandomData runtime/goos.GetRandomData
func getRandomData(b []byte) {
	for len(b) > 0 {
		v := Random()
		n := min(8, len(b))
		for i := range n {
			b[i] = byte(v >> (8 * i))
		}
		b = b[n:]
	}
}

var randomState uint64

// Random is 64 random bits: RDRAND's, or without it a mix of the time-stamp counter, which is good
// enough to seed hash functions and nothing else.
func Random() uint64 {
	if cpu.Has(cpu.ID, cpu.RDRAND) {
		if v, ok := x86.Random(); ok {
			return v
		}
	}
	randomState += x86.TSC() + 0x9e3779b97f4a7c15
	v := randomState
	v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
	v = (v ^ v>>27) * 0x94d049bb133111eb
	return v ^ v>>31
}

//go:linkname hwinit0 runtime/goos.Hwinit0
func hwinit0() {}

// OnExit ends the machine when the runtime gives up or main returns.
var OnExit func(code int32)

//go:linkname hwinit1 runtime/goos.Hwinit1
func hwinit1() {
	clockBase = record().entryTSC
	goos.Exit = func(code int32) {
		if OnExit != nil {
			OnExit(code)
		}
		stop()
	}
}

// stop is the end when nothing else works. defined in entry_amd64.s
func stop()

func record() *bootRecord { return (*bootRecord)(pointer(bootInfo)) }

// Entry is what the kernel was entered with: the loader's protocol, the physical address of what it handed over, and the
// time-stamp counter at the first instructions.
func Entry() (by Protocol, info, entryTSC uint64) {
	r := record()
	return r.protocol, r.info, r.entryTSC
}

// imageEnd is the end of what the linker made. defined in entry_amd64.s
func imageEnd() uint64

// ImageEnd is where the kernel's image ends and its heap begins.
func ImageEnd() uint64 { return imageEnd() }

// Window is the physical addresses at which the kernel's own linear ones lie.
func Window() (start, end uint64) {
	start = uint64(uint32(layout.KernelBase + record().moved))
	return start, start + layout.KernelEnd - layout.KernelBase
}

// pointer makes a pointer of an address.
func pointer(a uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&a)) }

// Headers is the kernel's own first page: its ELF headers.
func Headers() []byte {
	return unsafe.Slice((*byte)(pointer(layout.KernelBase)), abi.PageSize)
}
