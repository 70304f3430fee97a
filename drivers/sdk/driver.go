package sdk

import (
	"runtime"

	"bennu/kernel/abi"
)

// Driver is the least that Run needs.
type Driver interface {
	// Init brings the device into a known state, whatever state it is in: the last
	// incarnation may have died at any instruction. An error is the answer to the
	// reincarnation server (Fail makes one with an Errno) and the end of this life.
	Init(c *Context) error

	// Message is a request of another task. m is valid until Message returns; to answer later keep
	// c.Asker(m). It answers ENOSYS to a request that it does not know.
	Message(c *Context, m *abi.Msg, kind abi.ReceiveKind)
}

// Interrupter takes interrupts. bits are those that Context.IRQ gave. The lines are
// enabled again after Interrupt has returned.
type Interrupter interface {
	Interrupt(c *Context, bits uint64)
}

// Alarmer is told that the time set by Context.Alarm is over.
type Alarmer interface{ Alarm(c *Context) }

// Stopper is told that the service is to end. The exit with status 0 follows.
type Stopper interface{ Stop(c *Context) }

// Faulter misbehaves on request (abi.DriverFault). Without it the request is answered ENOSYS.
type Faulter interface {
	// CanFault tells whether the driver has that way of misbehaving: OK, ENOSYS, or why not now.
	CanFault(way uint64) abi.Errno
	// Fault misbehaves. The reincarnation server has been told.
	Fault(c *Context, way uint64)
}

// Replier takes answers to asynchronous requests (Context.Ask). m.Source is the task that was asked, m.Arg[0]
// the Errno, m.Arg[6] the tag. A request that could not be delivered is answered by the SDK itself, with the
// kernel's Errno.
type Replier interface {
	Reply(c *Context, m *abi.Msg)
}

// Newser is told that an event of the watched number or above exists (RS.Watch), once for each Watch.
type Newser interface {
	News(c *Context, next uint64)
}

// Notifier takes notifications of tasks other than the reincarnation server. Without it
// they are ignored.
type Notifier interface {
	Notified(c *Context, from abi.Endpoint)
}

// Tracer is told that lives which it traces (Context.TraceAttach) are stopped: TraceNext tells which, until there is none.
type Tracer interface{ Traced(c *Context) }

// once is one of the further interfaces of a driver, looked up when it is first wanted.
type once[T any] struct {
	handler     T
	looked, has bool
}

func (o *once[T]) of(d Driver) (handler T, has bool) {
	if !o.looked {
		o.looked = true
		o.handler, o.has = d.(T)
	}
	return o.handler, o.has
}

// Error is an Errno with words about where it happened.
type Error struct {
	Errno abi.Errno
	Text  string
	Place string // file:line of the Fail
}

// Fail makes an Error; words are joined as they are.
func Fail(e abi.Errno, words ...string) error {
	n := 0
	for _, w := range words {
		n += len(w)
	}
	b := make([]byte, 0, n)
	for _, w := range words {
		b = append(b, w...)
	}
	return &Error{Errno: e, Text: string(b), Place: place(2)}
}

// place is where the skip-th caller of it stands: "rtc/rtc.go:40".
func place(skip int) string {
	_, file, line, ok := runtime.Caller(skip)
	if !ok {
		return ""
	}
	return shortFile(file) + ":" + Dec(uint64(line))
}

// wordsOf is the words about a failed Init, beside its Errno.
func wordsOf(err error) string {
	for x := err; x != nil; {
		if e, ok := x.(*Error); ok && x == err {
			return e.Text + " (" + e.Place + ")"
		} else if ok {
			return err.Error() + " (" + e.Place + ")"
		}
		u, ok := x.(interface{ Unwrap() error })
		if !ok {
			return err.Error()
		}
		x = u.Unwrap()
	}
	return ""
}

func (e *Error) Error() string { return e.Text + ": " + e.Errno.Name() }

// errnoOf finds the Errno in err: EIO when it has none.
func errnoOf(err error) abi.Errno {
	for err != nil {
		if e, ok := err.(*Error); ok {
			return e.Errno
		}
		if e := abi.AsErrno(err); e != abi.EIO {
			return e
		}
		u, ok := err.(interface{ Unwrap() error })
		if !ok {
			return abi.EIO
		}
		err = u.Unwrap()
	}
	return abi.OK
}
