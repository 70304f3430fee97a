//go:build tamago

// kbench is a root task that measures the kernel from ring 3, as "bin/rs" of an archive of its own: what the
// gate, messages, interrupts, memory and the life of a task cost, without a reincarnation server. Each
// figure is a line of JSON on COM1 (package figure); tools/bench reads them and says what
// they should be. Times are differences of the time-stamp counter: instructions, when QEMU counts
// them (ICOUNT=0).
package main

import (
	_ "bennu/board/ring3"
	"bennu/board/x86"
	"bennu/boot/kbench/figure"
	"bennu/boot/kbench/role"
	"bennu/kernel/abi"
	"bennu/kernel/archive"
	"bennu/kernel/usys"
)

// sys is the kernel.
var sys usys.Gate

// many is how often cheap things are measured, few those that take a life.
const (
	many = 2000
	few  = 200
)

// bench is what all measurements use.
type bench struct {
	archive *archive.Archive
	samples *figure.Samples
	// What two readings of the counter cost, and what they do in sample: taken off what was measured.
	base, loop uint64
	images     map[string]uint32
	console    abi.Endpoint
}

// failure ends the run.
type failure string

func main() {
	b := &bench{samples: figure.New(many), images: map[string]uint32{}}
	defer func() {
		if r := recover(); r != nil {
			text, ok := r.(failure)
			if !ok {
				panic(r)
			}
			sys.Diag("failed: " + string(text))
			sys.Shutdown(abi.PowerOff, 1)
		}
	}()
	a, err := archive.Open(sys.Module())
	if err != nil {
		panic(failure(err.Error()))
	}
	b.archive = a
	rootAccount()
	b.console = b.peer(role.Console, portRights(abi.PortRange{First: 0x3f8, Last: 0x3ff}))
	var l abi.Latency
	sys.GetInfo(abi.InfoLatency, 1, abi.Bytes(&l)) // forget the boot
	for _, run := range []func(*bench){gate, messages, copies, memory, interrupts, lives, driver, goroutines, control, images} {
		run(b)
	}
	sys.GetInfo(abi.InfoLatency, 0, abi.Bytes(&l))
	b.say(figure.Value("longest stay in ring 0, for "+why(l.MaxKernelCall), l.MaxKernelNS))
	b.say(`{"figure":"done"}`)
	sys.Shutdown(abi.PowerOff, 0)
}

// must ends the run unless e is OK.
func must(what string, e abi.Errno) {
	if e != abi.OK {
		panic(failure(what + ": " + e.Name()))
	}
}

// measure has op done n times and prints what it took, after one time that warms up.
func (b *bench) measure(name string, n int, op func()) {
	b.sample(n, op)
	b.say(b.samples.Line(name, b.loop))
}

// sample is measure without a name.
//
//go:noinline
func (b *bench) sample(n int, op func()) {
	op()
	b.samples.Reset()
	for range n {
		start := x86.TSC()
		op()
		b.samples.Add(x86.TSC() - start)
	}
}

// print prints the samples taken.
func (b *bench) print(name string) { b.say(b.samples.Line(name, b.base)) }

// say has the console's task write a line.
func (b *bench) say(line string) {
	text := []byte(line + "\r\n")
	id, _ := sys.Grant(b.console, text, abi.GrantRead)
	m := abi.Msg{Type: role.Print, Arg: [7]uint64{uint64(id), uint64(len(text))}}
	must("the console", sys.SendRec(b.console, &m))
	sys.Revoke(id)
	must("the console", abi.Errno(m.Arg[0]))
}

// gate measures the way into the kernel and back.
func gate(b *bench) {
	for range many {
		start := x86.TSC()
		b.samples.Add(x86.TSC() - start)
	}
	b.print("two readings of the counter")
	b.base = b.samples.Min()
	b.sample(many, func() {})
	b.loop = b.samples.Min()
	b.measure("null kernel call", many, sys.Null)
	var t abi.TaskInfo
	slot := uint64(sys.Start().Endpoint.Slot())
	b.measure("getinfo of a task", many, func() { sys.GetInfo(abi.InfoTask, slot, abi.Bytes(&t)) })
	b.measure("setalarm, far away", many, func() { sys.SetAlarm(1e12) })
	sys.SetAlarm(0)
	b.kept()
}

// kept measures what a root task keeps over its deaths: a record that is appended, and a part of the next snapshot.
func (b *bench) kept() {
	must("KeepFlip", sys.KeepFlip(0))
	line := make([]byte, 200)
	b.measure("keepappend, 200 B", few, func() { must("KeepAppend", sys.KeepAppend(line, true)) })
	part := make([]byte, abi.PageSize)
	b.measure("keepstage, 4 KiB", few, func() { must("KeepStage", sys.KeepStage(0, part)) })
}

// memory measures the first touch of a page: a page fault that gives a zeroed frame.
func memory(b *bench) {
	const first = abi.RAMBase + abi.RAMSize/2 // the heap is below, the stack above
	at := uint64(first)
	b.measure("page fault, demand zero", many, func() {
		touch(at)
		at += abi.PageSize
	})
}

// why is what a stay in ring 0 was for, in words.
func why(code uint64) string {
	if code >= 1000 {
		if n := abi.VectorName(uint32(code - 1000)); n != "" {
			return n
		}
		return "vector " + itoa(code-1000)
	}
	return "call " + itoa(code)
}
