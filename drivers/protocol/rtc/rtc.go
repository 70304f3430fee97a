// Package rtc is the protocol of the CMOS clock's driver, drivers/rtc.
package rtc

import (
	"strconv"

	"bennu/kernel/abi"
)

const (
	Get   abi.MsgType = 0xa00 // → Arg[1]: Unix seconds (UTC), Arg[2]: update interrupts seen, Arg[3]: Doubt. EIO, EDOM: Arg[3] says why
	Set   abi.MsgType = 0xa01 // Arg[0]: Unix seconds. EPERM: rtc's `sets=` does not name the sender, EDOM: past what this clock keeps, EIO: it did not take it
	Wait  abi.MsgType = 0xa02 // answered at the next update interrupt → as Get; EAGAIN: the sender has asked again
	State abi.MsgType = 0xa03 // → Arg[1]: interrupts, Arg[2]: register B, Arg[3]: CMOS century register (0: none), Arg[4]: the last second it keeps
)

// The times that the clock is set to and read, in Unix seconds: the years FirstYear to LastYear.
const (
	FirstYear        = 1970
	LastYear         = 2099
	Last      uint64 = 4102444799
)

// Doubt is a set of reasons why a time is not to be trusted, or is none.
type Doubt uint64

const (
	Battery Doubt = 1 << 0 // the battery has failed (register D)
	HalfSet Doubt = 1 << 1 // somebody died while they set it
	Stopped Doubt = 1 << 2 // it was found stopped
	Mode    Doubt = 1 << 3 // somebody changed how it writes numbers
	Back    Doubt = 1 << 4 // it went back, and nobody set it
	Update  Doubt = 1 << 5 // EIO: an update does not end
	Garbage Doubt = 1 << 6 // EIO: the registers hold no date and time
	Range   Doubt = 1 << 7 // EDOM: the year is none from FirstYear to LastYear
)

var doubts = [...]string{"its battery has failed", "a driver died while it set the clock", "the clock had stopped", "its mode was changed",
	"it went back, and nobody has set it", "an update of the clock does not end", "its registers hold no date and time",
	"it shows a year that is none from "}

// String is the reasons in words; "" for none.
func (d Doubt) String() string {
	words, between := "", ""
	for i, w := range doubts {
		bit := Doubt(1) << i
		if d&bit == 0 {
			continue
		}
		if bit == Range {
			w += Years()
		}
		words, between = words+between+w, "; "
		d &^= bit
	}
	if d != 0 {
		words += between + "for a reason that this program does not know (0x" + strconv.FormatUint(uint64(d), 16) + ")"
	}
	return words
}

// Years is the years that the clock is read and set in, for people.
func Years() string { return strconv.Itoa(FirstYear) + " to " + strconv.Itoa(LastYear) }
