//go:build tamago

// ktest is a root task that tests the kernel from ring 3: as "bin/rs" of an archive of its own it gets all
// that a reincarnation server gets, makes tasks that use and misuse every right, and compares the
// kernel's free counts before and after each case. Results are KTAP lines in the kernel's log; the
// machine is powered off with status 0 when all is well.
package main

import (
	"strconv"

	_ "bennu/board/ring3"
	"bennu/kernel/abi"
)

// test is one case.
type test struct {
	name string
	run  func(*T)
}

// groups is all cases, in the order in which they run: what others rest on first.
var groups = [][]test{
	lifeTests, rightTests, portTests, guardTests, irqTests, exceptionTests, endpointTests, ipcTests, quoteTests, deadPeerTests, asyncTests,
	grantTests, windowTests, leakTests, memoryTests, imageTests, traceTests, tracingTests, snapshotTests, keepTests, scheduleTests, alarmTests, goTests, goMemoryTests, sharedTests, logTests,
	boundTests, reserveTests, enduranceTests,
}

func main() {
	if sys.Start().ArgsLen > 0 {
		goPeer()
		return
	}
	if sys.Start().Incarnation > 0 {
		resume()
	}
	n := len(departures)
	for _, g := range groups {
		n += len(g)
	}
	if e := rootAccount(); e != abi.OK {
		say("# the root task's account: " + e.Name())
		sys.Shutdown(abi.PowerOff, 1)
	}
	say("KTAP version 1")
	say("1.." + strconv.Itoa(n))
	warm()
	failed, number := 0, 0
	for _, g := range groups {
		for _, c := range g {
			number++
			result := "ok "
			if !runCase(c) {
				result = "not ok "
				failed++
			}
			say(result + strconv.Itoa(number) + " " + c.name)
		}
	}
	rebirths(0, number, failed, n)
}

// warm does once what may allocate once.
func warm() {
	runCase(test{"warm", func(t *T) { t.puppet().call(abi.CallTimes, uint64(abi.Self)) }})
}

func say(line string) { sys.Diag(line) }
