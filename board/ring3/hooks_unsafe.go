//go:build tamago

// Package ring3 is a task as a board: the hooks of the Go runtime made of kernel calls, so that any
// TamaGo program can be a task. Import it for its side effects.
package ring3

import (
	"math/bits"
	"runtime/goos"
	_ "unsafe"

	"bennu/kernel/abi"
	"bennu/kernel/usys"
)

// sys is the kernel.
var sys usys.Gate

//go:linkname ramStart runtime/goos.RamStart
var ramStart uint = abi.RAMBase

//go:linkname ramSize runtime/goos.RamSize
var ramSize uint = abi.RAMSize

// The official TamaGo runtime looks for argc and argv above the stack: zeros.
//
//go:linkname ramStackOffset runtime/goos.RamStackOffset
var ramStackOffset uint = abi.ArgsSize

//go:linkname nanotime runtime/goos.Nanotime
//go:nosplit
func nanotime() int64 { return int64(sys.Now()) }

//go:linkname hwinit0 runtime/goos.Hwinit0
func hwinit0() {
	goos.Bloc = abi.RAMBase
	random = sys.Start().Seed
	unix = &sys.Clock().UnixNS
}

// unix is where time.Now finds the date: read at each call, so that who sets it sets it for all tasks at once.
//
//go:linkname unix runtime.bareUnix
var unix *uint64

//go:linkname hwinit1 runtime/goos.Hwinit1
func hwinit1() {
	goos.Exit = exit
	goos.Idle = idle
	seeded = true
	limitMemory()
	usys.Kept = kept
}

// reseed draws the runtime's random state anew; nil in the official distribution's.
//
//go:linkname reseed runtime.bareReseed
var reseed func(seed *[4]uint64)

// kept is called when the program's memory has become the snapshot of its service, in this life and in each that begins with it: what
// the runtime has kept of the life that it was is set again.
func kept(resumed bool) {
	if resumed {
		random = sys.Start().Seed
		if reseed != nil {
			reseed(&random)
		}
	}
	limitMemory()
}

// line collects what the runtime prints, a byte at a time, into lines for the kernel's log.
var line struct {
	buf [256]byte
	n   int
	// died: a line began as the runtime's last words do
	died bool
}

//go:linkname printk runtime/goos.Printk
func printk(c byte) {
	if c != '\n' {
		line.buf[line.n] = c
		line.n++
	}
	if c == '\n' || line.n == len(line.buf) {
		flush()
	}
}

func flush() {
	if line.n == 0 {
		return
	}
	b := line.buf[:line.n]
	line.n = 0
	line.died = line.died || prefix(b, "panic: ") || prefix(b, "fatal error: ") || prefix(b, "runtime: ")
	sys.DiagBytes(b)
}

func prefix(b []byte, s string) bool { return len(b) >= len(s) && string(b[:len(s)]) == s }

// exit ends the task. The runtime exits with 2 after it has printed why it gives up: that is a
// panic, and not a program that chose to exit with 2.
func exit(code int32) {
	flush()
	kind := abi.ExitNormal
	if code == 2 && line.died {
		kind = abi.ExitPanic
	}
	sys.Exit(uint64(uint32(code)), kind)
}

// idle waits, with no goroutine ready, for the next timer. Messages stay in the kernel: whoever wants
// them receives them.
func idle(until int64) {
	d := until - nanotime()
	if d <= 0 {
		return
	}
	sys.Sleep(uint64(d))
}

// Numbers of two kinds are asked for by one hook. The runtime's own, for hash functions and scheduling, it draws once, before
// there is a heap: they come from the start page's Seed, so that a run can be replayed. All later ones are crypto/rand's, and the
// kernel's.
var (
	seeded bool // the runtime has its own
	random [4]uint64
)

//go:linkname initRNG runtime/goos.InitRNG
func initRNG() {}

// getRandomData is InitRNG's, then crypto/rand's.
//
//go:linkname getRandomData runtime/goos.GetRandomData
func getRandomData(b []byte) {
	if seeded {
		secret(b)
	} else {
		seed(b)
	}
}

// tooEarly is how long to wait for the interrupts that the kernel's generator still needs. The wait's own end is one.
const tooEarly = 1_000_000

// secret fills b by the kernel's generator. There is nothing to return an error by, and nothing else to give: without
// the right to it the program ends.
func secret(b []byte) {
	for len(b) > 0 {
		n := min(len(b), abi.MaxEntropy)
		switch e := sys.Entropy(b[:n]); e {
		case abi.OK:
			b = b[n:]
		case abi.EAGAIN:
			sys.Sleep(tooEarly)
		default:
			panic("crypto/rand: the kernel gives no random bytes: " + e.Name() + ": `system ENTROPY` is missing in the service's entry")
		}
	}
}

// seed draws from what the kernel gave this incarnation (xoshiro256**: Blackman and Vigna, "Scrambled Linear
// Pseudorandom Number Generators").
func seed(b []byte) {
	s := &random
	for len(b) > 0 {
		v := bits.RotateLeft64(s[1]*5, 7) * 9
		t := s[1] << 17
		s[2] ^= s[0]
		s[3] ^= s[1]
		s[1] ^= s[2]
		s[0] ^= s[3]
		s[2] ^= t
		s[3] = bits.RotateLeft64(s[3], 45)
		n := min(8, len(b))
		for i := range n {
			b[i] = byte(v >> (8 * i))
		}
		b = b[n:]
	}
}
