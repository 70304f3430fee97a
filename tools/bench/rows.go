package main

import (
	"regexp"
	"strings"
	"sync"

	"bennu/tools/internal/figure"
)

// row says what figures mean: those of a section whose name is like name, in which a * is any text. The first row
// that a figure is like is its own.
type row struct {
	section, name string
	begins, ends  string // the events that a sample lies between; or begins alone: what is counted
	most          uint64 // what it should cost at most, the worst sample included; 0: no target
	linux         string // the figures of Linux for the same work; "": none is comparable
	within        int    // how far, in thousandths of the recorded median, a new median may be from what is recorded (stale); 0: not at all
	cc            bool   // measured with -linux only: it needs a C compiler
}

const mib = 1 << 20

// notCompared is the worst of many: of fewer it is another.
const notCompared = -1

// Names of figures that this program makes.
const (
	bootTotal   = "kernel entry to all services ready"
	bootApart   = bootTotal + ", calibration apart"
	bootReset   = "reset to all services ready"
	bootArchive = "boot archive"
	taskRow     = "task "
	reborn      = "reborn "
	warmGo      = "Go (faulty), nil pointer"
	noticed     = "noticed by missed heartbeats: "

	toDecided = ": fault to RS's decision"
	toCreate  = ": fault to TaskCreate"
	toAllowed = ": fault to PrivAllow"
	toFirst   = ": fault to first instruction in ring 3"
	toReady   = ": fault to ready"
	toAnswer  = ": fault to a waiting client's answer"
)

// Where the times of a rebirth begin and end.
const (
	theInterrupt = "the kernel's note of when it took the real-time clock's interrupt"
	theFault     = "the first instruction in ring 0 after the fault; of a kill, after RS's TaskKill"
	theRootsEnd  = "the kernel ends the reincarnation server, which has a request of a client's in hand"
	theReady     = "RS has received RSReady of the next life"
	theAnswer    = "a client that waited (RSWatch), looked the label up (RSLookup) and asked the new endpoint has its answer"
	// Between two runs the subscriber's being in the host's time and the phase of the pings change: how RS is told, a little; which of the
	// others run before the new life and before the client, more: a turn of one of them is a third of a whole rebirth.
	repeatable, deciding, shifting = 20, 100, 400
)

// rows is every figure that bench makes. docs/BENCHMARKS.md has it as a table (tools/figures).
var rows = []row{
	{section: sectionKernel, name: "two readings of the counter", begins: "RDTSC", ends: "the next RDTSC: taken off all that follows"},
	{section: sectionKernel, name: "null kernel call", begins: "before Gate.Null (CallTimes of the caller)", ends: "after it", most: 250, linux: "getppid*"},
	{section: sectionKernel, name: "getinfo of a task", begins: "before CallGetInfo (InfoTask)", ends: "after it"},
	{section: sectionKernel, name: "setalarm, far away", begins: "before CallSetAlarm", ends: "after it"},
	{section: sectionKernel, name: "keepappend, *", begins: "before CallKeep (KeepAppend) of a record, which consumes what there is", ends: "after it: the record outlives its task", most: 800},
	{section: sectionKernel, name: "keepstage, *", begins: "before CallKeep (KeepStage)", ends: "after it"},
	{section: sectionKernel, name: "round trip: sendrec, replyreceive", begins: "before sendrec", ends: "after it: a Go task of a worse priority has received 72 bytes and answered with replyreceive",
		most: 900, linux: "round trip: *"},
	{section: sectionKernel, name: "round trip to a driver of the SDK", begins: "before sendrec", ends: "after it: the driver's handler has answered", most: 1_800, linux: "round trip: *"},
	{section: sectionKernel, name: "round trip to a driver of the SDK, with goroutines", begins: "before sendrec",
		ends: "after it: the handler has answered; ten goroutines of the driver wait, and a timer is an hour away", most: 4_000, linux: "round trip: *"},
	{section: sectionKernel, name: "* until the receiver runs*", begins: "before the call", ends: "the receiver's first instruction after its receive: call, switch, return"},
	{section: sectionKernel, name: "* to a waiting task, no switch", begins: "before the call", ends: "after it; the receiver, of a worse priority, waited"},
	{section: sectionKernel, name: "* to a task that does not wait", begins: "before the call", ends: "after it"},
	{section: sectionKernel, name: "copy * a grant, *", begins: "before CallCopyFrom or CallCopyTo", ends: "after it"},
	{section: sectionKernel, name: "page fault, demand zero", begins: "before the first store to a page", ends: "after it; the worst needs a page table, too", most: 900},
	{section: sectionKernel, name: "interrupt taken to driver, idle", begins: theInterrupt, ends: "the driver's first instruction after its receive; nobody was ready", most: 450, within: 100},
	{section: sectionKernel, name: "interrupt taken to driver, busy", begins: theInterrupt, ends: "the same; another task ran", most: 5_000, within: 100},
	{section: sectionKernel, name: "alarm: from its time to its task", begins: "the time that was asked for", ends: "after the receive: the timer's and the CPU's part are in it", most: 5_000, within: 100},
	{section: sectionKernel, name: "start: task create", begins: "before CallTaskCreate of a Go task", ends: "after it"},
	{section: sectionKernel, name: "start: privctl *", begins: "before CallPrivCtl", ends: "after it"},
	{section: sectionKernel, name: "start: first instruction to main.main", begins: "after PrivAllow; the task runs when its maker waits", ends: "main.main", within: 2},
	{section: sectionKernel, name: "start: create to main.main, Go, cold", begins: "before CallTaskCreate", ends: "main.main", within: 2},
	{section: sectionKernel, name: "start: create to ready, driver of the SDK, cold", begins: "before CallTaskCreate", ends: "its RSReady is received", within: 2},
	{section: sectionKernel, name: "page faults of a Go task until main.main", begins: "page faults, not instructions"},
	{section: sectionKernel, name: "smallest task: create, run, exit, reap", begins: "before CallTaskCreate", ends: "its death record is taken", within: 2},
	{section: sectionKernel, name: "Go task: create, run, exit, reap", begins: "before CallTaskCreate", ends: "its death record is taken", within: 2},
	{section: sectionKernel, name: "death: stopped to nothing left", begins: "the entry to ring 0 that ended the task", ends: "all that it had is free", within: 2},
	{section: sectionKernel, name: "death: stopped to the root task has the record", begins: "the entry to ring 0 that ended the task", ends: "after CallGetInfo (InfoDeath)", within: 2},
	{section: sectionKernel, name: "control port: * is told", begins: "what the port's task has used (InfoTask) before RSNews", ends: "the same when its line has left and it waits again: it has asked for the event, written it for one client, and said how far that is",
		most: 30_000, within: repeatable},
	{section: sectionKernel, name: "image of *: create, write, seal, free", begins: "before CallImageCreate", ends: "after CallImageFree", within: 50},
	{section: sectionKernel, name: "longest stay in ring 0, boot and rebirths*", begins: "an entry to ring 0", ends: "the next exit, interrupts off", most: 20_000, within: notCompared},
	{section: sectionKernel, name: "longest stay in ring 0, *", begins: "an entry to ring 0", ends: "the next exit, interrupts off", most: 20_000, within: repeatable},

	{section: sectionRebirth, name: rootReady, begins: theRootsEnd, ends: "its next life has its state, has compared it with the kernel's tables, and receives", within: shifting},
	{section: sectionRebirth, name: rootAnswer, begins: theRootsEnd, ends: "the client has the answer of the next life", most: 150_000, within: shifting},
	{section: sectionRebirth, name: "*" + toDecided, begins: theFault, ends: "RS has taken the record and its policy has decided", most: 50_000, within: deciding},
	{section: sectionRebirth, name: "*, backed off" + toCreate, begins: theFault, ends: "RS calls TaskCreate, the policy's wait in between", within: repeatable},
	{section: sectionRebirth, name: warmGo + toCreate, begins: theFault, ends: "RS calls TaskCreate", most: 5_000, within: deciding},
	{section: sectionRebirth, name: "*" + toCreate, begins: theFault, ends: "RS calls TaskCreate", within: deciding},
	{section: sectionRebirth, name: "*" + toAllowed, begins: theFault, ends: "the entry to ring 0 for PrivAllow", within: deciding},
	{section: sectionRebirth, name: warmGo + toFirst, begins: theFault, ends: "ring 0 is left for the new life's first instruction", most: 12_000, within: shifting},
	{section: sectionRebirth, name: "*" + toFirst, begins: theFault, ends: "ring 0 is left for the new life's first instruction", within: shifting},
	{section: sectionRebirth, name: "*, backed off" + toReady, begins: theFault, ends: theReady + ", the policy's wait in between", within: repeatable},
	{section: sectionRebirth, name: "Go *, killed" + toReady, begins: theFault, ends: theReady, most: 2_000_000, linux: "SIGKILL to ready: Go", within: shifting},
	{section: sectionRebirth, name: "Go *" + toReady, begins: theFault, ends: theReady, most: 2_000_000, linux: "nil pointer to ready: Go", within: shifting},
	{section: sectionRebirth, name: "C, killed" + toReady, begins: theFault, ends: theReady, linux: "SIGKILL to ready: static C", within: shifting, cc: true},
	{section: sectionRebirth, name: "C, *" + toReady, begins: theFault, ends: theReady, linux: "nil pointer to ready: static C", within: shifting, cc: true},
	{section: sectionRebirth, name: "assembly, killed" + toReady, begins: theFault, ends: theReady, linux: "SIGKILL to ready: assembly", within: shifting},
	{section: sectionRebirth, name: "assembly, *" + toReady, begins: theFault, ends: theReady, linux: "nil pointer to ready: assembly", within: shifting},
	{section: sectionRebirth, name: "*, backed off" + toAnswer, begins: theFault, ends: theAnswer + ", the policy's wait in between", within: repeatable},
	{section: sectionRebirth, name: warmGo + toAnswer, begins: theFault, ends: theAnswer, most: 60_000, linux: "nil pointer to answer: Go", within: shifting},
	{section: sectionRebirth, name: "Go (faulty, cold), nil pointer" + toAnswer, begins: theFault, ends: theAnswer, most: 180_000, linux: "nil pointer to answer: Go", within: shifting},
	{section: sectionRebirth, name: "Go *, killed" + toAnswer, begins: theFault, ends: theAnswer, linux: "SIGKILL to answer: Go", within: shifting},
	{section: sectionRebirth, name: "Go *" + toAnswer, begins: theFault, ends: theAnswer, linux: "nil pointer to answer: Go", within: shifting},
	{section: sectionRebirth, name: "C, killed" + toAnswer, begins: theFault, ends: theAnswer, most: 40_000, linux: "SIGKILL to answer: static C", within: shifting, cc: true},
	{section: sectionRebirth, name: "C, *" + toAnswer, begins: theFault, ends: theAnswer, most: 40_000, linux: "nil pointer to answer: static C", within: shifting, cc: true},
	{section: sectionRebirth, name: "assembly, killed" + toAnswer, begins: theFault, ends: theAnswer, linux: "SIGKILL to answer: assembly", within: shifting},
	{section: sectionRebirth, name: "assembly, *" + toAnswer, begins: theFault, ends: theAnswer, linux: "nil pointer to answer: assembly", within: shifting},
	{section: sectionRebirth, name: "way *" + toAnswer, begins: theFault, ends: theAnswer, within: shifting},
	{section: sectionRebirth, name: noticed + "*", begins: "RS injects the fault", ends: "RS has taken the record of the life that it killed for missed pings: a matter of the period in system.conf, not of speed", within: 500},

	{section: sectionBoot, name: "service *: start to ready", begins: "RS's clock when it began to start them all", ends: "RS has received its RSReady", within: 50},
	{section: sectionBoot, name: "reset to kernel entry (firmware)", begins: "reset (TSC 0)", ends: "the kernel's first instruction", within: repeatable},
	{section: sectionBoot, name: "kernel entry to main.main", begins: "the kernel's first instruction", ends: "its main.main", within: repeatable},
	{section: sectionBoot, name: "main.main to hardware ready", begins: "the kernel's main.main", ends: "its own page tables, interrupts and clocks work", within: repeatable},
	{section: sectionBoot, name: "calibrating the clocks", begins: "part of main.main to hardware ready: before the first read of a reference clock", ends: "the rates of time-stamp counter and APIC timer are known", within: repeatable},
	{section: sectionBoot, name: "hardware ready to first entry to ring 3", begins: "the same", ends: "the first entry to ring 3, RS's; its image is made before", within: repeatable},
	{section: sectionBoot, name: "first entry to ring 3 to all services ready", begins: "RS's first instruction", ends: "RS has received the last RSReady", within: repeatable},
	{section: sectionBoot, name: bootTotal, begins: "the kernel's first instruction", ends: "RS has received the last RSReady", most: 300_000_000, within: repeatable},
	{section: sectionBoot, name: bootApart, begins: "the row before, less the row \"calibrating the clocks\", which waits for time to pass", ends: "RS has received the last RSReady", most: 9_000_000, within: repeatable},
	{section: sectionBoot, name: bootReset, begins: "reset (TSC 0), firmware included", ends: "RS has received the last RSReady", linux: "reset to init, *", within: repeatable},

	{section: sectionMemory, name: "memory of *", begins: "pages that it has then, page tables included, shared text not", within: repeatable},
	{section: sectionMemory, name: reborn + "faulty", begins: rebornPages, most: 40 * 4096, within: memoryWithin},
	{section: sectionMemory, name: reborn + "*", begins: rebornPages, within: memoryWithin},
	{section: sectionMemory, name: taskRow + "rtc", begins: peakPages, most: 4 * mib, within: memoryWithin},
	{section: sectionMemory, name: taskRow + "kbd", begins: peakPages, most: 4 * mib, within: memoryWithin},
	{section: sectionMemory, name: taskRow + "faulty", begins: peakPages, most: 4 * mib, within: memoryWithin},
	{section: sectionMemory, name: taskRow + "*", begins: peakPages, within: memoryWithin},
	{section: sectionMemory, name: "kernel image", begins: "the kernel's segments in memory", within: memoryWithin},
	{section: sectionMemory, name: "kernel heap in use", begins: "bytes of the kernel's Go heap at the end of the boot", within: memoryWithin},

	{section: sectionSize, name: "kernel, with symbols", begins: "bytes of out/kernel.elf", within: sizeWithin},
	{section: sectionSize, name: bootArchive, begins: "bytes of out/boot.tar", most: 16 * mib, within: sizeWithin},
	{section: sectionSize, name: "bin/*", begins: "bytes of an executable in it", within: sizeWithin},
}

const (
	rebornPages  = "pages of its own that a life which began warm has when all rebirths are done: tables, context, copies"
	peakPages    = "most pages that the task had until the end of the boot, page tables included, shared text not"
	memoryWithin = 60
	sizeWithin   = 50
)

var patterns sync.Map // of a name with stars, compiled

// like tells whether a name is like one with stars.
func like(name, pattern string) bool {
	re, ok := patterns.Load(pattern)
	if !ok {
		re, _ = patterns.LoadOrStore(pattern, regexp.MustCompile("^"+strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*")+"$"))
	}
	return re.(*regexp.Regexp).MatchString(name)
}

// rowOf is the row of a figure; nil when there is none.
func rowOf(f *figure.Figure) *row {
	for i := range rows {
		if r := &rows[i]; r.section == f.Section && like(f.Name, r.name) {
			return r
		}
	}
	return nil
}
