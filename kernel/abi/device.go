package abi

import "strconv"

// Protocols of the device drivers.

// tty: a console. One reader at a time.
const (
	TTYWrite MsgType = 0x900 // Arg[0]: read grant, Arg[1]: length → Arg[1]: bytes taken. Answered when they are queued. What a terminal would obey is shown as \xNN (package printable)
	TTYRead  MsgType = 0x901 // Arg[0]: write grant, Arg[1]: length → Arg[1]: bytes of one line with its '\n', never a part of one. Answered when a line is there; EPERM: tty's `reads=` does not name the reader; EBUSY: another one waits; E2BIG: Arg[1] bytes are needed
	TTYState MsgType = 0x902 // → Arg[1]: bytes in, Arg[2]: bytes out, Arg[3]: interrupts, Arg[4]: overruns, Arg[5]: how often its interrupt line was reset
	TTYInput MsgType = 0x903 // from kbd: Arg[0] is a byte typed on another device. Each sender types lines of its own. Only from whom tty's `types=` names. Send, no answer
)

// rtc: the CMOS clock.
const (
	RTCGet   MsgType = 0xa00 // → Arg[1]: Unix seconds (UTC), Arg[2]: update interrupts seen, Arg[3]: RTCDoubt. EIO, EDOM: Arg[3] says why
	RTCSet   MsgType = 0xa01 // Arg[0]: Unix seconds. EPERM: rtc's `sets=` does not name the sender, EDOM: past what this clock keeps, EIO: it did not take it
	RTCWait  MsgType = 0xa02 // answered at the next update interrupt → as RTCGet; EAGAIN: the sender has asked again
	RTCState MsgType = 0xa03 // → Arg[1]: interrupts, Arg[2]: register B, Arg[3]: CMOS century register (0: none), Arg[4]: the last second it keeps
)

// The times that the clock is set to and read, in Unix seconds: the years RTCFirstYear to RTCLastYear.
const (
	RTCFirstYear        = 1970
	RTCLastYear         = 2099
	RTCLast      uint64 = 4102444799
)

// RTCDoubt is a set of reasons why a time is not to be trusted, or is none.
type RTCDoubt uint64

const (
	RTCBattery RTCDoubt = 1 << 0 // the battery has failed (register D)
	RTCHalfSet RTCDoubt = 1 << 1 // somebody died while they set it
	RTCStopped RTCDoubt = 1 << 2 // it was found stopped
	RTCMode    RTCDoubt = 1 << 3 // somebody changed how it writes numbers
	RTCBack    RTCDoubt = 1 << 4 // it went back, and nobody set it
	RTCUpdate  RTCDoubt = 1 << 5 // EIO: an update does not end
	RTCGarbage RTCDoubt = 1 << 6 // EIO: the registers hold no date and time
	RTCRange   RTCDoubt = 1 << 7 // EDOM: the year is none from RTCFirstYear to RTCLastYear
)

var rtcDoubts = [...]string{"its battery has failed", "a driver died while it set the clock", "the clock had stopped", "its mode was changed",
	"it went back, and nobody has set it", "an update of the clock does not end", "its registers hold no date and time",
	"it shows a year that is none from "}

// String is the reasons in words; "" for none.
func (d RTCDoubt) String() string {
	words, between := "", ""
	for i, w := range rtcDoubts {
		bit := RTCDoubt(1) << i
		if d&bit == 0 {
			continue
		}
		if bit == RTCRange {
			w += RTCYears()
		}
		words, between = words+between+w, "; "
		d &^= bit
	}
	if d != 0 {
		words += between + "for a reason that this program does not know (0x" + strconv.FormatUint(uint64(d), 16) + ")"
	}
	return words
}

// RTCYears is the years that the clock is read and set in, for people.
func RTCYears() string { return strconv.Itoa(RTCFirstYear) + " to " + strconv.Itoa(RTCLastYear) }

// kbd: the 8042 keyboard.
const (
	KBDRead  MsgType = 0xb00 // → Arg[1]: next character; EPERM: kbd's `reads=` does not name the reader, EAGAIN: none typed
	KBDState MsgType = 0xb01 // → Arg[1]: interrupts, Arg[2]: scan codes, Arg[3]: characters, Arg[4]: characters dropped
)

// faulty: the driver that misbehaves on command (DriverFault's Arg[0], or FaultyDo's).
const (
	FaultyDo   MsgType = 0xc00 // Arg[0]: FaultyWay. Answered only by the ways that live on
	FaultyEcho MsgType = 0xc01 // Arg[1:7] come back
)

// FaultyWay is a way to misbehave.
type FaultyWay uint64

const (
	FaultyExit        FaultyWay = 1
	FaultyPanic       FaultyWay = 2
	FaultyNil         FaultyWay = 3
	FaultyDivide      FaultyWay = 4
	FaultyIllegal     FaultyWay = 5  // UD2
	FaultyPrivileged  FaultyWay = 6  // HLT
	FaultyPort        FaultyWay = 7  // IN from a port it has not
	FaultyTextWrite   FaultyWay = 8  // a store into its own code
	FaultyJumpData    FaultyWay = 9  // a jump into its data
	FaultyStack       FaultyWay = 10 // endless recursion
	FaultyLoop        FaultyWay = 11 // endless loop without calls
	FaultyLoopCalls   FaultyWay = 12 // endless loop that makes kernel calls
	FaultyAlloc       FaultyWay = 13 // endless allocation
	FaultyNoHeartbeat FaultyWay = 14 // answers requests, but no pings
	FaultyBadCall     FaultyWay = 15 // a call number that does not exist
	FaultyKernelRead  FaultyWay = 16 // a load from the kernel's half
	FaultyWays        FaultyWay = 17
)

var faultyNames = [...]string{"", "exit", "panic", "nil", "divide", "illegal", "privileged", "port", "text-write", "jump-data",
	"stack", "loop", "loop-calls", "alloc", "no-heartbeat", "bad-call", "kernel-read"}

func (w FaultyWay) String() string {
	if int(w) < len(faultyNames) {
		return faultyNames[w]
	}
	return "?"
}

// FaultyWayByName is the inverse of String; ok is false for an unknown name.
func FaultyWayByName(s string) (w FaultyWay, ok bool) {
	for i := 1; i < len(faultyNames); i++ {
		if faultyNames[i] == s {
			return FaultyWay(i), true
		}
	}
	return 0, false
}
