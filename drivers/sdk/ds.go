package sdk

import (
	"time"

	"bennu/drivers/protocol/ds"
	"bennu/kernel/abi"
)

// Value is a driver's state in the data store: 32 bytes under a name.
type Value [4]uint64

const (
	// storeLimit is how long a request to the data store may take, its deaths meanwhile included.
	storeLimit = 5 * time.Second
	// storeStarts is how long to wait for a data store that is about to be ready: longer than its Init may take (rs/ds/ds.conf), so that one that hangs
	// there is not noticed.
	storeStarts = 4 * time.Second
)

var storeLabel, _ = abi.MakeLabel("ds")

// storeRequest is a request about a driver's own state.
func storeRequest(t abi.MsgType, key string) (m abi.Msg, ok bool) {
	l, ok := abi.MakeLabel(key)
	return LabelRequest(t, l), ok
}

// Publish keeps v under key in the data store, where it survives the driver's death, the store's and the reincarnation server's. When it returns
// OK it is there. Keys are made like labels, and are the service's own: nobody else sees them. `ipc ds` in system.conf lets a driver ask.
//
// Errors: EINVAL, ENOSPC (the service's share is full), ENODEV (there is no data store, or it is down), ECALLDENIED (no `ipc ds`), ETIMEDOUT
// (it does not answer, or does not come back: whether v is kept is open; to publish it again does no harm).
func (c *Context) Publish(key string, v Value) abi.Errno {
	m, ok := storeRequest(ds.Keep, key)
	if !ok {
		return abi.EINVAL
	}
	copy(m.Arg[2:6], v[:])
	return c.store(&m, nil)
}

// Retrieve gives back what Publish kept. Errors: ESRCH (nothing was), and those of Publish.
func (c *Context) Retrieve(key string) (v Value, e abi.Errno) {
	m, ok := storeRequest(ds.Recall, key)
	if !ok {
		return v, abi.EINVAL
	}
	if e = c.store(&m, nil); e == abi.OK {
		copy(v[:], m.Arg[1:5])
	}
	return v, e
}

// Delete forgets a key. Errors: ESRCH (there was none), EINDOUBT (the store died meanwhile: it is not there, and it is not known whether it was), and those of Publish.
func (c *Context) Delete(key string) abi.Errno {
	m, ok := storeRequest(ds.Forget, key)
	if !ok {
		return abi.EINVAL
	}
	return c.store(&m, nil)
}

// shared is memory that a request lets the store copy to and from; at is which argument its grant is. It begins with text whenever it is
// asked: a store that died may have begun to write its answer there.
type shared struct {
	b     []byte
	flags uint32
	at    int
	text  string
}

// store asks the data store. When that dies it asks the next life the same again, if the request may be repeated (package ds says so).
func (c *Context) store(m *abi.Msg, s *shared) abi.Errno {
	r, end := ds.Request(m.Type), c.deadline(storeLimit)
	for repeated := false; ; repeated = true {
		if e := c.findStore(end); e != abi.OK {
			return e
		}
		asked := *m
		e, open := c.askStore(&asked, s, end)
		if !open || e != abi.EDEADSRCDST || r.Repeat == abi.RepeatNever {
			*m = asked
			return verdict(r, e, open, repeated)
		}
		c.ds.endpoint = 0
	}
}

func (c *Context) askStore(m *abi.Msg, s *shared, end uint64) (e abi.Errno, open bool) {
	to := c.ds.endpoint
	if s != nil {
		copy(s.b, s.text)
		id, ok := c.k.Grant(to, s.b, s.flags)
		if !ok {
			return abi.ENOSPC, false
		}
		defer c.k.Revoke(id)
		m.Arg[s.at] = uint64(id)
	}
	now := c.k.Now()
	return c.callOpen(to, m, time.Duration(max(end, now)-now))
}

// findStore asks where the data store is, unless that is known.
func (c *Context) findStore(end uint64) abi.Errno {
	if c.ds.endpoint != 0 {
		return abi.OK
	}
	end = min(end, c.deadline(storeStarts))
	for pause := time.Millisecond; ; pause = min(2*pause, slice) {
		m := LabelRequest(abi.RSLookup, storeLabel)
		switch e := c.askRoot(&m, rsLimit); {
		case e == abi.OK:
			c.ds.endpoint = abi.Endpoint(m.Arg[1])
			return abi.OK
		case e == abi.ESRCH:
			return abi.ENODEV
		case e != abi.EAGAIN || m.Type != abi.MsgReply:
			return e
		}
		if c.k.Now() >= end {
			return abi.ETIMEDOUT
		}
		if e := c.Sleep(pause); e != abi.OK {
			return e
		}
	}
}
