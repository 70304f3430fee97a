package sdk

import (
	"time"

	"bennu/kernel/abi"
)

// Limits of requests to the reincarnation server. Requests that wait for a service's life to begin or end have the
// limits of system.conf (init, stop), which the server keeps.
const (
	lifeLimit = Forever
	rsLimit   = 5 * time.Second
)

// RS asks the reincarnation server. Each method waits for the answer (Context.Call); to
// ask without waiting, give Context.Ask a message of LabelRequest or of the protocol.
//
// A request that may have been done, and whose answer will not come, is made again if its repetition does no harm (abi.Request), within its limit. Else the error is
// EINDOUBT: look how it is before you ask again. So it is where the answer to the second does not tell whether the first was done: Up of a service that is up.
// That happens seldom: the server's next life answers what the one before has received. ETIMEDOUT and EINTR of a request that may be repeated leave it open, too: make it again.
type RS struct{ c *Context }

// RS is the reincarnation server.
func (c *Context) RS() RS { return RS{c} }

// LabelRequest is a request that names a service: RSUp, RSDown, RSRefresh, RSRestart, RSLookup.
func LabelRequest(t abi.MsgType, l abi.Label) (m abi.Msg) {
	m.Type = t
	m.Arg[0], m.Arg[1] = abi.PackLabel(l)
	return m
}

// FaultRequest asks to break a service.
func FaultRequest(l abi.Label, kind abi.FaultKind, param uint64) abi.Msg {
	m := LabelRequest(abi.RSFault, l)
	m.Arg[2], m.Arg[3] = uint64(kind), param
	return m
}

// askRoot asks the reincarnation server. *m becomes the answer.
func (c *Context) askRoot(m *abi.Msg, limit time.Duration) abi.Errno {
	return c.askAgain(abi.RSRequest(m.Type), m, limit, c.root)
}

// askAgain asks to, and asks again what may be asked again, until limit (rsLimit, if that is less).
func (c *Context) askAgain(r *abi.Request, m *abi.Msg, limit time.Duration, to abi.Endpoint) abi.Errno {
	end, last, asked := c.deadline(limit), c.deadline(min(limit, rsLimit)), *m
	for repeated := false; ; repeated = true {
		*m = asked
		left := limit
		if limit != Forever {
			now := c.k.Now()
			left = time.Duration(max(end, now) - now)
		}
		e, open := c.callOpen(to, m, left)
		if open && e == abi.EDEADSRCDST && r.Repeat != abi.RepeatNever && c.k.Now() < last && c.Sleep(time.Millisecond) == abi.OK {
			continue
		}
		return verdict(r, e, open, repeated)
	}
}

// verdict is what who has asked is told. open: no answer has come, and the request may have been received; repeated: it is not the first.
func verdict(r *abi.Request, e abi.Errno, open, repeated bool) abi.Errno {
	if open && r.Repeat == abi.RepeatNever || repeated && !open && r.Doubtful(e) {
		return abi.EINDOUBT
	}
	return e
}

func (r RS) label(t abi.MsgType, l abi.Label) (abi.Endpoint, abi.Errno) {
	m := LabelRequest(t, l)
	e := r.c.askRoot(&m, lifeLimit)
	return answerEndpoint(&m, e), e
}

// answerEndpoint is Arg[1] of an answer; None when the request failed.
func answerEndpoint(m *abi.Msg, e abi.Errno) abi.Endpoint {
	if e != abi.OK {
		return abi.None
	}
	return abi.Endpoint(m.Arg[1])
}

// Up starts a service and waits until it has initialised.
func (r RS) Up(l abi.Label) (abi.Endpoint, abi.Errno) { return r.label(abi.RSUp, l) }

// Down ends a service and waits until it is gone.
func (r RS) Down(l abi.Label) abi.Errno {
	_, e := r.label(abi.RSDown, l)
	return e
}

// Refresh replaces a living service by a new incarnation and waits until that is ready.
func (r RS) Refresh(l abi.Label) (abi.Endpoint, abi.Errno) { return r.label(abi.RSRefresh, l) }

// Restart starts a dead service. Errors: EBUSY (it lives), ESRCH, EPERM.
func (r RS) Restart(l abi.Label) (abi.Endpoint, abi.Errno) { return r.label(abi.RSRestart, l) }

// Shutdown ends the machine with a status. It returns when it is refused.
func (r RS) Shutdown(status uint64) abi.Errno {
	m := abi.Msg{Type: abi.RSShutdown, Arg: [7]uint64{status}}
	return r.c.askRoot(&m, lifeLimit)
}

// PowerOff ends the machine at once, with a status, and stops no service before. It returns when it is refused: ECALLDENIED (no ABORT in its
// `system`).
func (c *Context) PowerOff(status uint64) abi.Errno { return c.k.Shutdown(abi.PowerOff, status) }

// Fault breaks a service. param is the driver's way for abi.FaultSelf.
func (r RS) Fault(l abi.Label, kind abi.FaultKind, param uint64) abi.Errno {
	m := FaultRequest(l, kind, param)
	return r.c.askRoot(&m, rsLimit)
}

// Status fills rows with the table of services and tells how many there are: if these are more than
// len(rows), the rest was left out.
func (r RS) Status(rows []abi.ServiceStatus) (n int, e abi.Errno) {
	m := abi.Msg{Type: abi.RSStatus}
	if e = r.fill(&m, sliceBytes(rows)); e != abi.OK {
		return 0, e
	}
	return int(m.Arg[1]), abi.OK
}

// Functions fills rows with the machine's PCI functions and tells how many there are: if these are more than len(rows), the rest was left out.
// Errors: EPERM (no `uid 0`).
func (r RS) Functions(rows []abi.FunctionInfo) (n int, e abi.Errno) {
	return r.pci(abi.InfoPCI, sliceBytes(rows))
}

// Bridges is Functions for the bridges to other buses.
func (r RS) Bridges(rows []abi.BridgeInfo) (n int, e abi.Errno) {
	return r.pci(abi.InfoBuses, sliceBytes(rows))
}

// DMAFaults is Functions for what devices have asked for and not got, a row for each function that did.
func (r RS) DMAFaults(rows []abi.DMAFaults) (n int, e abi.Errno) {
	return r.pci(abi.InfoDMA, sliceBytes(rows))
}

func (r RS) pci(kind abi.InfoKind, b []byte) (n int, e abi.Errno) {
	m := abi.Msg{Type: abi.RSPCI, Arg: [7]uint64{2: uint64(kind)}}
	if e = r.fill(&m, b); e != abi.OK {
		return 0, e
	}
	return int(m.Arg[1]), abi.OK
}

// Events fills rows with the events numbered from first on. n is how many there were, next
// the number to ask for next, lost how many were gone already.
func (r RS) Events(rows []abi.Event, first uint64) (n int, next, lost uint64, e abi.Errno) {
	m := abi.Msg{Type: abi.RSEvents}
	m.Arg[2] = first
	if e = r.fill(&m, sliceBytes(rows)); e != abi.OK {
		return 0, first, 0, e
	}
	return min(int(m.Arg[1]), len(rows)), m.Arg[2], m.Arg[3], abi.OK
}

// fill makes a request whose answer is written into b.
func (r RS) fill(m *abi.Msg, b []byte) abi.Errno {
	id, ok := r.c.k.Grant(r.c.root, b, abi.GrantWrite)
	if !ok {
		return abi.ENOSPC
	}
	m.Arg[0], m.Arg[1] = uint64(id), uint64(len(b))
	e := r.c.askRoot(m, rsLimit)
	r.c.k.Revoke(id) // of an answer that comes too late, too
	return e
}

// Watch has Newser.News called once, when an event numbered first or later exists.
func (r RS) Watch(first uint64) abi.Errno {
	m := abi.Msg{Type: abi.RSWatch, Arg: [7]uint64{first}}
	return r.c.askRoot(&m, rsLimit)
}

// WatchLater is Watch of who has time: of a service that is reborn it is told when the first that need it have had it.
func (r RS) WatchLater(first uint64) abi.Errno {
	m := abi.Msg{Type: abi.RSWatch, Arg: [7]uint64{first, 1}}
	return r.c.askRoot(&m, rsLimit)
}

// Lookup finds a service's endpoint and incarnation. Errors: ESRCH (no such service, or it is
// down), EAGAIN (it is about to be ready), EINVAL (not a label).
func (c *Context) Lookup(label string) (ep abi.Endpoint, inc uint32, e abi.Errno) {
	l, ok := abi.MakeLabel(label)
	if !ok {
		return abi.None, 0, abi.EINVAL
	}
	m := LabelRequest(abi.RSLookup, l)
	e = c.askRoot(&m, rsLimit)
	return answerEndpoint(&m, e), uint32(m.Arg[2]), e
}

// LookupWait is Lookup that waits for the service to be ready. Errors: ETIMEDOUT, EINTR, EINVAL.
func (c *Context) LookupWait(label string, limit time.Duration) (abi.Endpoint, abi.Errno) {
	pause := time.Millisecond // doubles: a restart takes about one
	for end := c.deadline(limit); ; pause = min(2*pause, slice) {
		ep, _, e := c.Lookup(label)
		if e != abi.ESRCH && e != abi.EAGAIN {
			return ep, e
		}
		if c.k.Now() >= end {
			return abi.None, abi.ETIMEDOUT
		}
		if e := c.Sleep(pause); e != abi.OK {
			return abi.None, e
		}
	}
}
