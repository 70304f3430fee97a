package service

import (
	"strings"
	"testing"

	"bennu/drivers/protocol/rtc"
	"bennu/kernel/abi"
)

// What the clock says, in the words that the operator sees.
func TestDateWords(t *testing.T) {
	const noon = 1783166400
	for _, c := range []struct {
		set   bool
		errno abi.Errno
		doubt rtc.Doubt
		want  string
	}{
		{false, abi.OK, 0, "2026-07-04 12:00:00 UTC\n"},
		{false, abi.OK, rtc.Battery, "2026-07-04 12:00:00 UTC, not to be trusted: its battery has failed (date -s sets it)\n"},
		{false, abi.OK, rtc.HalfSet | rtc.Mode, "2026-07-04 12:00:00 UTC, not to be trusted: a driver died while it set the clock; its mode was changed (date -s sets it)\n"},
		{false, abi.OK, 1 << 40, "2026-07-04 12:00:00 UTC, not to be trusted: for a reason that this program does not know (0x10000000000) (date -s sets it)\n"},
		{false, abi.EIO, rtc.Garbage, "EIO: no time from the clock: its registers hold no date and time (date -s sets it)\n"},
		{false, abi.EIO, rtc.Update | rtc.Stopped, "EIO: no time from the clock: the clock had stopped; an update of the clock does not end (date -s sets it)\n"},
		{false, abi.EDOM, rtc.Range, "EDOM: no time from the clock: it shows a year that is none from 1970 to 2099 (date -s sets it)\n"},
		{true, abi.OK, 0, "2026-07-04 12:00:00 UTC\n"},
		{true, abi.EDOM, 0, "EDOM: the clock of this machine cannot keep that: it has no register for the century, and two digits for 1970 to 2069\n"},
		{true, abi.EIO, 0, "EIO: the clock did not take the time; what it shows is not to be trusted\n"},
	} {
		r, res := Request{Op: OpDate, Set: c.set}, Result{Errno: c.errno, Seconds: noon}
		if c.errno == abi.OK {
			res.Doubt = c.doubt.String()
		} else {
			res.Text = dateReason(c.set, c.errno, c.doubt)
		}
		if got := Text(r, res); got != c.want {
			t.Errorf("%s, doubt %#x: %q, want %q", c.errno.Name(), c.doubt, got, c.want)
		}
	}
	if help := Help("date"); !strings.Contains(help, "1970 to 2099") {
		t.Errorf("help %q", help)
	}
}
