package service

import (
	"strconv"

	"bennu/drivers/protocol/faulty"
	"bennu/kernel/abi"
)

// DefaultLines is how much of the log is shown unless told otherwise.
const DefaultLines = 20

const (
	maxLines  = 10000
	maxStatus = 127
)

func setLabel(r *Request, s string) bool {
	l, ok := abi.MakeLabel(s)
	r.Label = l
	return ok
}

func setKind(r *Request, s string) bool {
	switch s {
	case "exception":
		r.Kind = abi.FaultException
	case "hang":
		r.Kind = abi.FaultHang
	case "kill":
		r.Kind = abi.FaultKill
	default:
		w, ok := faulty.WayByName(s)
		r.Kind, r.Way = abi.FaultSelf, w
		return ok
	}
	return true
}

func setLines(r *Request, s string) bool {
	n, ok := number(s, 1, maxLines)
	r.Lines = int(n)
	return ok
}

func setDelays(r *Request, s string) bool {
	r.Reset = s == "reset"
	return r.Reset
}

func setStatus(r *Request, s string) bool {
	n, ok := number(s, 0, maxStatus)
	r.Status = n
	return ok
}

func setTopic(r *Request, s string) bool {
	_, ok := ByName(s)
	r.Topic = s
	return ok || s == "service" || s == "ds"
}

// number reads decimal digits only: no sign, no underscore, no leading zero.
func number(s string, least, most uint64) (uint64, bool) {
	if len(s) > 1 && s[0] == '0' {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 64)
	return n, err == nil && n >= least && n <= most
}

// quote is for messages about input: bytes that do not print are written as \xNN.
func quote(s string) string {
	const longest = 40
	const hex = "0123456789abcdef"
	b := []byte{'"'}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case i == longest:
			return string(append(b, `..."`...))
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c > '~':
			b = append(b, '\\', 'x', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}
