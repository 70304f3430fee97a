//go:build tamago

package main

import (
	"encoding/binary"
	"math/bits"

	"bennu/board/x86"
	"bennu/boot/kbench/role"
	"bennu/kernel/abi"
)

// interrupts measures from an interrupt to the task that waits for it. The real-time clock's edges come
// at times that nobody here knows, so those count from the kernel's taking them; an alarm's time is
// known, so it counts from then on, the hardware's part included.
func interrupts(b *bench) {
	p := portRights(abi.PortRange{First: 0x70, Last: 0x71})
	p.NIRQs, p.IRQs[0] = 1, 8
	for _, how := range []string{"idle", "busy"} {
		ep := b.peer(role.Clock, p)
		id := abi.GrantID(finish(ep, how == "busy"))
		samples := make([]byte, 8*role.Interrupts)
		must("CopyFrom", sys.CopyFrom(ep, id, 0, samples))
		end(ep)
		b.samples.Reset()
		for ; len(samples) > 0; samples = samples[8:] {
			b.samples.Add(binary.LittleEndian.Uint64(samples))
		}
		b.say(b.samples.Line("interrupt taken to driver, "+how, 0))
	}
	b.alarms()
}

// finish waits until the clock's driver has its samples; busy, it uses the CPU meanwhile.
func finish(ep abi.Endpoint, busy bool) uint64 {
	if !busy {
		return expect(ep, role.Finished)
	}
	var m abi.Msg
	for {
		for start := x86.TSC(); x86.TSC()-start < 1e6; {
		}
		if _, e := sys.Receive(ep, 0, &m); e == abi.OK {
			return m.Arg[0]
		}
	}
}

// alarms measures how late an alarm is received, waiting for it with nothing else to run.
func (b *bench) alarms() {
	const later = 50_000
	s := sys.Start()
	ticks := later * (s.TSCHz / 1000) / 1e6
	var m abi.Msg
	b.samples.Reset()
	for range many {
		start := x86.TSC()
		sys.SetAlarm(later)
		sys.Receive(abi.Clock, abi.NoTimeout, &m)
		b.samples.Add(x86.TSC() - start - ticks)
	}
	b.print("alarm: from its time to its task")
}

// now is the system clock in ns.
func now() uint64 {
	s := sys.Start()
	hi, lo := bits.Mul64(x86.TSC()-s.TSCBase, s.TSCMult)
	return hi<<32 | lo>>32
}
