package docs

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"bennu/kernel/abi"
	"bennu/kernel/image"
	"bennu/kernel/space"
)

// arguments are numbers that calls take and give.
func arguments(p *page) {
	p.says("kind: %d send, %d sendrec (the sender waits for an answer), %d notify, %d sendnb or replyreceive, %d senda.", abi.KindSend, abi.KindSendRec, abi.KindNotify, abi.KindSendNB, abi.KindSendA)
	p.says("a notification from System (bit %d)", bitOf(abi.SystemAsync))
	p.says("is %d bytes: Source u32", binary.Size(abi.Msg{}))
	p.says("In what was received by one (kind %d)", abi.KindSendRec)
	p.says("EAGAIN (%d of the caller's wait", abi.MaxAsync)
	p.says("kind %d: exit, %d: panic", abi.ExitNormal, abi.ExitPanic)
	p.says("%d set: what the target may do; once, before it runs. %d allow: lets it run. %d disallow: stops it where it is. %d query:", abi.PrivSet, abi.PrivAllow, abi.PrivDisallow, abi.PrivQuery)
	p.says("over %s), ENOSPC", size(image.MaxSize))
	p.says("in order, at most %s a call", size(abi.MaxCopy))
	p.says("%d set policy: interrupts on the line", abi.IRQSetPolicy)
	p.says("is unmasked. %d remove. %d enable: handled. %d disable.", abi.IRQRmPolicy, abi.IRQEnable, abi.IRQDisable)
	p.says("%d Machine, %d Counts (what is free", abi.InfoMachine, abi.InfoCounts)
	p.says("%d TaskInfo of a slot, %d the oldest DeathRecord", abi.InfoTask, abi.InfoDeath)
	p.says("%d the oldest AsyncResult of the caller, %d a source of the log (below), %d ImageInfo, %d Latency", abi.InfoAsync, abi.InfoLog, abi.InfoImage, abi.InfoLatency)
	p.says("resets it), %d Check (root task only), %d AccountInfo, %d Heap, %d WindowInfo.", abi.InfoCheck, abi.InfoAccount, abi.InfoHeap, abi.InfoWindow)
	p.says("%d gives a Life of each task", abi.InfoLives)
	p.says("the Flags from bit %d on are the last %d bits of its Msg.Seq", abi.LifeSeqShift, 32-abi.LifeSeqShift)
	p.says("those with Arg[%d] not 0 a little later; all after 50 ms", 1)
	p.says("Flags: %d it may take the snapshot of its service (CallSnapshot), %d it begins with that snapshot", abi.TaskSnapshot, abi.TaskWarm)
	p.says("bit %d of the value tells", bits.TrailingZeros64(abi.TaskIsWarm))
	p.says("%d pokes one byte of the snapshot", abi.TracePokeSnapshot)
	p.says("At most %d pieces of %s of executable and RAM, and %d,%03d frames", space.MaxSnapshotParts, size(2<<20), space.MaxSnapshotFrames/1000, space.MaxSnapshotFrames%1000)
	p.says("%d peek 8 bytes, %d poke 8 bytes, %d registers into Buf, %d set the instruction pointer, %d poke one byte",
		abi.TracePeek, abi.TracePoke, abi.TraceRegs, abi.TraceSetPC, abi.TracePoke1)
	p.says("%d read (address, buffer, length) → bytes copied", abi.TraceRead)
	p.says("%d write (address, buffer, length): untouched", abi.TraceWrite)
	p.says("E2BIG (over %s of it). A buffer", size(abi.MaxCopy))
	p.says("kind %d ends that. %d ceiling", 0, abi.TraceCeiling)
	p.says("never more than AccountSpec says; %d ends that", 0)
	p.says("%d region (address); Buf: TraceArea", abi.TraceRegion)
	p.says("%d attach (account, classes) makes", abi.TraceAttach)
	p.says("until %d detach", abi.TraceDetach)
	p.says("what else does: %d exceptions that would end it, %d IPC primitives, before each is made and when it has returned, %d its birth", abi.TraceExceptions, abi.TraceCalls, abi.TraceBirth)
	p.says("%d its ports, which are closed", abi.TracePorts)
	p.says("a notification from System (bit %d), and asks", bitOf(abi.SystemTrace))
	p.says("%d next; Buf: TraceStop", abi.TraceNext)
	p.says("%d continue (how): %d go, as its registers say: a call is made; %d pass: what it was stopped for takes its course, so that a breakpoint or a fault is its end; %d step: go",
		abi.TraceContinue, abi.TraceGo, abi.TracePass, abi.TraceStep)
	p.says("%d skip, at StopCall", abi.TraceSkip)
	p.says("%d set registers; Buf: Registers", abi.TraceSetRegs)
	p.says("%d reads (port, width in bytes) → value, %d writes (port, width, value)", abi.TracePortIn, abi.TracePortOut)
	p.says("%d raise (line): the target is told", abi.TraceRaise)
	p.says("%d lose (line, n)", abi.TraceLose)
	p.says("%d watch (address, kind, bytes): its tracer has this life stop after each write (kind %d), or any access (%d)", abi.TraceWatch, abi.TraceWatchWrite, abi.TraceWatchAccess)
	p.says("%d ceiling (account, pages)", abi.TraceCeiling)
	p.says("%d verify (account): compares", abi.TraceVerify)
	p.says("%d end (endpoint, counts)", abi.TraceEnd)
	keeps(p)
	p.says("%d power off (status 0: success, else failure), %d reset.", abi.PowerOff, abi.Reset)
	p.says("E2BIG (over %s), EDEADSRCDST", size(abi.MaxCopy))
	p.says("%d reads, %d writes a guarded port", abi.PortIn, abi.PortOut)
	p.says("EINVAL (unknown op, more than 8 bits, a port that is not guarded)")
}

// keeps is CallKeep and kept memory.
func keeps(p *page) {
	p.says("| %s … | [kept memory]", address(abi.KeptBase))
	p.says("pages of [kept memory](#kept-memory), %d–%d or 0. They", abi.MinKept/abi.PageSize, abi.MaxKept/abi.PageSize)
	p.says("%d stage (offset, address, length): writes", abi.KeepStage)
	p.says("until %d flip (length)", abi.KeepFlip)
	p.says("%d append (length, consume): Buf", abi.KeepAppend)
	p.says("%d consume, and 1 as append's second argument", abi.KeepConsume)
	p.says("%d settled: this life", abi.KeepSettled)
	p.says("E2BIG (stage: over %s)", size(abi.MaxCopy))
	p.says("why is KillHung (%d) when the life is ended because it hangs", abi.KillHung)
	p.says("Each life sees it at %s, read-only", address(abi.KeptBase))
	p.says("magic %s (\"BENNUKPT\")", fmt.Sprintf("%#x", uint64(abi.KeptMagic)))
	p.says("at the next multiple of %d behind it", 8)
}

// pci is CallPCI, CallDMA, and what a privilege says of functions.
func pci(p *page) {
	p.says("A function is bus << %d | device << %d | number", 8, 3)
	p.says(". %d first, %d next (function) → function. %d info (function); Buf: FunctionInfo. %d reserve, %d release.", abi.PCIFirst, abi.PCINext, abi.PCIInfo, abi.PCIReserve, abi.PCIRelease)
	p.says("%d read (function, offset, width), %d write (function, offset, width, value): configuration space; width is 1, 2 or 4.", abi.PCIRead, abi.PCIWrite)
	p.says("%d capability (function, id, offset of the one before or 0) → offset; id + %#x is one of the list that begins at", abi.PCICap, abi.CapExtended)
	p.says("0x100. %d BAR (function, number, cache)", abi.PCIBar)
	p.says("%d interrupt (function, message, bit, kind) → hook", abi.PCIInterrupt)
	p.says("%d master (function, 1 or 0): bus mastering on or", abi.PCIMaster)
	p.says("%d reset (function, kind; 0: the mildest", abi.PCIReset)
	p.says("EPERM (from %d on: the caller has not reserved it", abi.PCIRead)
	p.says("%d alloc (function, size, flags) → address; Buf: DMAView", abi.DMAAlloc)
	p.says("with flag %d the device address has no more than 32 bits", abi.DMA32)
	p.says("%d free (function, address). %d map (function, window, rights, the window's owner) → device address; Buf: DMAView", abi.DMAFree, abi.DMAMap)
	p.says("%d unmap (function, window): when", abi.DMAUnmap)
	p.says("is of a kind: %d a vendor and device (ID is the dword at 0 of configuration space), and the subsystem's (Sub is the dword at 0x2c; all ones: any);", abi.MatchDevice)
	p.says("%d a class (ID is base << 16 | sub << 8 | interface, under Mask: %#x, %#x or %#x); %d the place", abi.MatchClass, abi.MaskBase, abi.MaskSub, abi.MaskInterface, abi.MatchSlot)
	p.says("does not look at is 0, else the whole")
	p.says("`DMA` is %d if the", abi.DMAUnconfined)
	p.says("%d FunctionInfo of the n-th PCI function", abi.InfoPCI)
	p.says("the root task sees all), %d BridgeInfo of the n-th bridge", abi.InfoBuses)
	p.says("%d DMAFaults of the n-th function", abi.InfoDMA)
	p.says("| rows of PCI functions | | %d |", abi.MaxPCI)
	p.says("One over %s is ENOSPC, as is the %drd of a task", size(abi.MaxWindowSize), 33)
	p.says("| PCI functions | %d | what is more", abi.MaxFunctions)
	p.says("| bridges | %d | nobody looks behind more |", abi.MaxBridges)
	p.says("| FunctionInfo.Flags | %d FunctionMaster, %d FunctionExpress, %d FunctionMulti, %d FunctionBridge |", abi.FunctionMaster, abi.FunctionExpress, abi.FunctionMulti,
		abi.FunctionBridge)
	p.says("| BAR.Flags | %d BARWide, %d BARPrefetch |", abi.BARWide, abi.BARPrefetch)
}

// windows are CallWindow and what is said of windows.
func windows(p *page) {
	p.says("| up to %s | [windows]", address(abi.WindowEnd))
	p.says(": %d create (size, flags) → address. %d allow (id, endpoint, rights)", abi.WindowCreate, abi.WindowAllow)
	p.says("%d map (id, owner's endpoint) → address. %d unmap (id), by who mapped it. %d revoke (id, endpoint):", abi.WindowMap, abi.WindowUnmap, abi.WindowRevoke)
	p.says("whatever it is doing. %d free (id).", abi.WindowFree)
	p.says("Rights are %d (read) or %d (read and write)", abi.WindowRead, abi.WindowRead|abi.WindowWrite)
	p.says("no size, or over %s; flags", size(abi.MaxWindowSize))
	p.says("it is whole pages, at most %s,", size(abi.MaxWindowSize))
	p.says("With flag %d (keep)", abi.WindowKeep)
	p.says("| windows | %d | %d an account, of at most %s each; %d holders a window; a task sees %d, its own included |", abi.WindowRows, abi.MaxWindows,
		size(abi.MaxWindowSize), abi.MaxWindowHolders, abi.MaxTaskWindows)
}

// logs are what CallGetInfo says of the log, and CallDiag.
func logs(p *page, s *source) {
	p.says("The log has %d sources", abi.LogSources)
	p.says("n (0–%d) is what account n wrote (%d the kernel, %d RS)", abi.LogAccounts-1, abi.AccountKernel, abi.AccountRoot)
	p.says("%d + n what the kernel and RS wrote", abi.LogAccounts)
	p.says("the index is source << %d | number of the first one wanted", bitOf(abi.LogIndex(1, 0)))
	p.says("A line of more than %d bytes is cut and ends with `%s`", abi.LogLineMax, abi.LogMark)
	own, about := room(s, "ownBytes"), room(s, "aboutBytes")
	p.says("| log | %d sources | %d lines and %s bytes of text of its own, %d and %s of what is said about it |", abi.LogSources,
		own.lines, grouped(own.text), about.lines, grouped(about.text))
}

type logRoom struct{ lines, text uint64 }

// room is how kernel/log divides a source's.
func room(s *source, name string) logRoom {
	bytes, perLine := s.number("kernel/log."+name), s.number("kernel/log.perLine")
	return logRoom{bytes / perLine, bytes / perLine * (perLine - s.number("kernel/log.lineBytes"))}
}

// accounts is CallAccount.
func accounts(p *page, s *source) {
	p.says("%d set: what an account may use (0: a new one). %d free: gives it up. %d pay:", abi.AccountSet, abi.AccountFree, abi.AccountPay)
	p.says("%d drops the account's snapshot", abi.AccountDropSnapshot)
	p.says("%d compares the snapshot", abi.AccountCheckSnapshot)
	p.says("| PeriodNS, at most %s |", nanoseconds(s.number("kernel/account.maxPeriodNS")))
}

// services are RS's protocol.
func services(p *page, s *source) {
	p.says("`sendrec` RSReady (%#x) to Root", abi.RSReady)
	p.says("`sendrec` RSHeartbeat (%#x) to Root", abi.RSHeartbeat)
	p.says("RSStop (%#x) from Root", abi.RSStop)
	p.says("A service has %d places for requests", abi.RSOpen)
	p.says("at most %d of them may wait for a life", abi.RSWaits)
	p.says("DriverFault (%#x; Arg[0] the way", abi.DriverFault)
	p.says("RSFaulted (%#x; Arg[0] OK", abi.RSFaulted)
	p.says("It has %s.", nanoseconds(s.number("rs/server.faultLimit")))
	p.says("RSMeasure (%#x; uid 0)", abi.RSMeasure)
	p.says("RSPCI (%#x; uid 0)", abi.RSPCI)
	p.says("RSWords (%#x; Arg[1]", abi.RSWords)
	p.says("RS keeps %d events, of which the newest %d of each service stay", abi.EventsKept, abi.EventsShare)
	p.says("RS keeps %d bytes of each service's", abi.RSMaxLen)
}

// limits is the table of them.
func limits(p *page, s *source) {
	p.says("| tasks | %d | |", abi.MaxTasks)
	p.says("| accounts | %d, the kernel's and RS's included |", abi.MaxAccounts)
	p.says("| images | %d | as many rows as the account has; RS %d, other services that may make them %d |", abi.MaxImages-1, // 0 names no image
		s.number("kernel.rootImages"), s.number("rs/server.imagesOfOthers"))
	p.says("| interrupt hooks | %d | one for each line of the privilege, at most %d;", abi.MaxHooks, abi.MaxIRQs)
	p.says("| port ranges | | %d |", abi.MaxPorts)
	p.says("| senda messages that wait | %d a task | %d of its own |", abi.MaxAsync, abi.MaxAsync)
	p.says("| copy grants | | %d, in its own call page |", len(abi.CallArea{}.Grants))
	p.says("| death records | %d |", abi.MaxTasks)
}

// address writes one as ABI.md does: 0x80_0020_0000.
func address(v uint64) string {
	s := strconv.FormatUint(v, 16)
	for i := len(s) - 4; i > 0; i -= 4 {
		s = s[:i] + "_" + s[i:]
	}
	return "0x" + s
}

// grouped writes a number with commas.
func grouped(v uint64) string {
	s := strconv.FormatUint(v, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// size writes a power of two with the largest unit that fits.
func size(v uint64) string {
	for i, unit := range []string{"GiB", "MiB", "KiB"} {
		if shift := 30 - 10*i; v>>shift != 0 && v&(1<<shift-1) == 0 {
			return fmt.Sprintf("%d %s", v>>shift, unit)
		}
	}
	return fmt.Sprintf("%d bytes", v)
}

func nanoseconds(v uint64) string {
	for i, unit := range []string{"s", "ms", "us"} {
		if n := []uint64{1e9, 1e6, 1e3}[i]; v%n == 0 {
			return fmt.Sprintf("%d %s", v/n, unit)
		}
	}
	return fmt.Sprintf("%d ns", v)
}

// magic is the text that StartMagic is in memory.
func magic() string {
	return strings.ToUpper(string(binary.LittleEndian.AppendUint64(nil, abi.StartMagic)))
}

// bitOf is the number of the only bit of v.
func bitOf(v uint64) int { return bits.TrailingZeros64(v) }
