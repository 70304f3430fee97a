package service

import (
	"strconv"
	"strings"
	"time"

	"bennu/drivers/protocol/rtc"
	"bennu/kernel/abi"
)

// timeLayout is ISO 8601 without fractions and zone: the clock runs in UTC.
const timeLayout = "2006-01-02T15:04:05"

var wantsTime = "a time from " + rtc.Years() + " as YYYY-MM-DDTHH:MM:SS (UTC), or as @ and Unix seconds"

// setTime takes a time in exactly one of two forms. A number alone is none: 2030 is a year to some and half
// an hour in 1970 to others.
func setTime(r *Request, s string) bool {
	r.Set = true
	if seconds, ok := strings.CutPrefix(s, "@"); ok {
		n, ok := number(seconds, 0, rtc.Last)
		r.Seconds = n
		return ok
	}
	t, err := time.Parse(timeLayout, s)
	// Parse also takes an hour of one digit, and fractions.
	if err != nil || t.Format(timeLayout) != s || t.Unix() < 0 || uint64(t.Unix()) > rtc.Last {
		return false
	}
	r.Seconds = uint64(t.Unix())
	return true
}

func date(a *Asker, r Request, done func(Result)) {
	Run(a, Request{Op: OpLookup, Label: rtcLabel}, func(found Result) {
		if found.Errno != abi.OK {
			done(Result{Errno: found.Errno, Text: "no clock: " + found.Text})
			return
		}
		ask := abi.Msg{Type: rtc.Get}
		if r.Set {
			ask = abi.Msg{Type: rtc.Set, Arg: [7]uint64{r.Seconds}}
		}
		a.Ask(found.Endpoint, ask, LimitDriver, func(m *abi.Msg, e abi.Errno) {
			res := Result{Errno: e, Seconds: r.Seconds}
			var doubt rtc.Doubt
			if m != nil && !r.Set {
				res.Seconds, doubt = m.Arg[1], rtc.Doubt(m.Arg[3])
			}
			if e == abi.OK {
				res.Doubt = doubt.String()
			} else {
				res.Text = dateReason(r.Set, e, doubt)
			}
			done(res)
		})
	})
}

func dateReason(set bool, e abi.Errno, doubt rtc.Doubt) string {
	const remedy = " (date -s sets it)"
	switch e {
	case abi.ETIMEDOUT:
		return "the clock driver rtc did not answer in " + Duration(uint64(LimitDriver))
	case abi.EDEADSRCDST:
		return "the clock driver rtc died while it was asked"
	case abi.ECALLDENIED:
		return "no right to talk to rtc (ipc in system.conf)"
	case abi.EDOM:
		if set {
			return "the clock of this machine cannot keep that: it has no register for the century, and two digits for " + shortYears
		}
	case abi.EIO:
		if set {
			return "the clock did not take the time; what it shows is not to be trusted"
		}
	default:
		return ""
	}
	if doubt == 0 {
		return ""
	}
	return "no time from the clock: " + doubt.String() + remedy
}

// shortYears are those of a clock without a century.
var shortYears = strconv.Itoa(rtc.FirstYear) + " to " + strconv.Itoa(rtc.FirstYear+99)

// Date writes Unix seconds as UTC.
func Date(seconds uint64) string {
	return time.Unix(int64(seconds), 0).UTC().Format("2006-01-02 15:04:05 UTC")
}

// dateLine is the time, with the doubts about it.
func dateLine(res *Result) string {
	if res.Doubt == "" {
		return Date(res.Seconds) + "\n"
	}
	return Date(res.Seconds) + ", not to be trusted: " + res.Doubt + " (date -s sets it)\n"
}
