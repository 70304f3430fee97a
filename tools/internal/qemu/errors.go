package qemu

import (
	"fmt"
	"strings"
	"time"
)

// InfraError says that there was no machine: qemu.sh or QEMU did not start, or QEMU itself
// crashed. It is nobody's test failure.
type InfraError struct {
	Err error  // may be nil
	Log string // what they said
}

func (e *InfraError) Error() string {
	s := "QEMU did not run"
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s + quoteLog(e.Log)
}

func (e *InfraError) Unwrap() error { return e.Err }

// BootError says that the machine ended before the system was up: without a byte on COM1, or
// because the kernel refused the machine or the archive.
type BootError struct {
	Status int // of qemu.sh
	Log    string
}

func (e *BootError) Error() string {
	return fmt.Sprintf("the machine did not boot: status %d (%s)%s", e.Status, StatusText(e.Status), quoteLog(e.Log))
}

// EndError says that the machine ended while something was awaited from it.
type EndError struct {
	Want   string // what was awaited
	Status int
	Log    string
}

func (e *EndError) Error() string {
	return fmt.Sprintf("the machine ended with status %d (%s) before %s%s", e.Status, StatusText(e.Status), e.Want, quoteLog(e.Log))
}

// TimeoutError says that what was awaited did not come in time.
type TimeoutError struct {
	Want   string        // what was awaited
	Silent time.Duration // how long nothing at all came; 0: the context ended first
	Err    error         // the context's, if it ended
	Log    string
}

func (e *TimeoutError) Error() string {
	why := "the machine fell silent for " + e.Silent.String()
	if e.Silent == 0 {
		why = e.Err.Error()
	}
	return fmt.Sprintf("waited for %s: %s%s", e.Want, why, quoteLog(e.Log))
}

func (e *TimeoutError) Unwrap() error { return e.Err }

// StatusText is an exit status of qemu.sh in words.
func StatusText(status int) string {
	switch status {
	case StatusOff:
		return "powered off"
	case StatusQEMU:
		return "QEMU did not start"
	case StatusMissing:
		return "something is missing"
	case StatusFailed:
		return "powered off, failed"
	case StatusReset:
		return "reset or triple fault"
	case StatusPanic:
		return "kernel panic"
	case StatusRefused:
		return "refused to boot"
	}
	if status < 0 || status > 128 {
		return "killed by a signal"
	}
	return "unknown"
}

// quoteLog sets a log off from the error it belongs to.
func quoteLog(log string) string {
	log = strings.TrimRight(log, "\n")
	if log == "" {
		return "\n    (nothing was printed)"
	}
	return "\n    | " + strings.ReplaceAll(log, "\n", "\n    | ")
}

// Tail is the last n lines of a log.
func Tail(log string, n int) string {
	lines := strings.Split(strings.TrimRight(log, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
