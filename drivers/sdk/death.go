package sdk

import (
	"runtime"
	"strings"
	"time"

	"bennu/kernel/abi"
)

// maxFrames bounds a death note.
const maxFrames = 32

// guard turns a panic of a handler into the end of the driver, with a note of where.
// Deferred directly: recover works nowhere else.
func (c *Context) guard() {
	v := recover()
	if v == nil {
		return
	}
	if x, ok := v.(exitNow); ok {
		c.end(x.status, abi.ExitNormal)
		return
	}
	c.end(ExitPanic, abi.ExitPanic)
	text := panicText(v)
	c.Log("panic", text)
	if at := c.logStack(); at != "" {
		text += " (" + at + ")"
	}
	m := abi.Msg{Type: abi.RSWords}
	c.say(&m, text, wordsLimit)
}

// wordsLimit is how long a driver that panicked may take to tell why.
const wordsLimit = time.Second

// logStack logs the frames below the panic, innermost first, one a line. at is the place of the first.
func (c *Context) logStack() (at string) {
	pc := make([]uintptr, maxFrames)
	frames := runtime.CallersFrames(pc[:runtime.Callers(2, pc)])
	for panicked := false; ; {
		f, more := frames.Next()
		inRuntime := strings.HasPrefix(f.Function, "runtime.")
		panicked = panicked || inRuntime
		if panicked && !inRuntime {
			line := shortFile(f.File) + ":" + Dec(uint64(f.Line))
			c.Log("at", f.Function, "line", line)
			if at == "" {
				at = line
			}
		}
		if !more {
			return at
		}
	}
}

// shortFile is the last two parts of a path: the folder says which driver.
func shortFile(path string) string {
	i := strings.LastIndexByte(path, '/')
	if i > 0 {
		i = strings.LastIndexByte(path[:i], '/')
	}
	return path[i+1:]
}

// panicText is the text that fmt would print for the values that drivers panic with.
func panicText(v any) (s string) {
	defer func() {
		if recover() != nil {
			s = "a value whose text panics"
		}
	}()
	switch v := v.(type) {
	case error:
		return v.Error()
	case string:
		return v
	case interface{ String() string }:
		return v.String()
	case int:
		if v < 0 {
			return "-" + Dec(-uint64(v))
		}
		return Dec(uint64(v))
	case uint64:
		return Dec(v)
	}
	return "a value of a type without text"
}
