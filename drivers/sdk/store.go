package sdk

import (
	"encoding/binary"
	"slices"

	"bennu/drivers/protocol/ds"
	"bennu/kernel/abi"
)

// Store is the data store with all that it has: values of three types that others may see, labels, subscriptions. Package
// ds has the flags, the limits, and what keys are whose. All methods have the errors of Context.Publish besides those that they name.
// They are for the driver's own goroutine.
type Store struct{ c *Context }

// Store is the data store.
func (c *Context) Store() Store { return Store{c} }

// Changer is told what happened to entries that a subscription of the driver's is about. A Notice may be told again after a death of the driver, never after
// one of the store that the driver outlived.
type Changer interface {
	Changed(c *Context, n *Notice)
}

// Notice is what happened to one entry. What is ds.Missed when something may have happened that is not known any more: whoever must know looks at all
// (Store.List, Store.Retrieve). Label entries tell of services: ds.Deleted, one has died; else there is a life that is ready.
type Notice struct {
	Pattern string
	ds.Entry
}

// storeState is what a context knows of the data store.
type storeState struct {
	endpoint abi.Endpoint // 0: to be looked up
	subs     []*subscribed
	buf      []byte
	row      ds.Entry
}

type subscribed struct {
	pattern string
	flags   ds.Flags
	number  uint64
	heard   uint64       // all up to this revision was told to the handler
	of      abi.Endpoint // the store that knows of it
	end     bool         // it was ended by Unsubscribe
}

// PublishU32 publishes a number. flags: ds.Overwrite, ds.PrivX. Errors: EEXIST (it is there, with another value, and ds.Overwrite is not in flags), EPERM (another's, that keeps it; or a key
// that is another's alone), ENOSPC, EINVAL.
func (s Store) PublishU32(key string, v uint32, flags ds.Flags) abi.Errno {
	return s.publish(key, binary.LittleEndian.AppendUint32(nil, v), flags|ds.TypeU32)
}

// PublishString publishes text. Errors: those of PublishU32, E2BIG.
func (s Store) PublishString(key, v string, flags ds.Flags) abi.Errno {
	return s.publish(key, []byte(v), flags|ds.TypeString)
}

// PublishMemory publishes bytes. Errors: those of PublishString.
func (s Store) PublishMemory(key string, v []byte, flags ds.Flags) abi.Errno {
	return s.publish(key, v, flags|ds.TypeMemory)
}

func (s Store) publish(key string, v []byte, flags ds.Flags) abi.Errno {
	if len(key) == 0 || len(key) > ds.MaxKey {
		return abi.EINVAL
	}
	if len(v) > ds.MaxValue {
		return abi.E2BIG
	}
	b := append(append(s.c.ds.buf[:0], key...), v...)
	s.c.ds.buf = b
	m := abi.Msg{Type: ds.Publish, Arg: [7]uint64{1: ds.Lengths(len(key), len(v)), 2: uint64(flags)}}
	return s.c.store(&m, &shared{b, abi.GrantRead, 0, ""})
}

// Retrieve is what is published under a key: of a type, or of any but a label (0). Errors: ESRCH, EPERM (private), EINVAL.
func (s Store) Retrieve(key string, t ds.Flags) (entry ds.Entry, value []byte, e abi.Errno) {
	if len(key) == 0 || len(key) > ds.MaxKey {
		return entry, nil, abi.EINVAL
	}
	b := make([]byte, ds.EntrySize+ds.MaxValue)
	m := abi.Msg{Type: ds.Retrieve, Arg: [7]uint64{1: ds.Lengths(len(key), len(b)), 2: uint64(t)}}
	if e = s.c.store(&m, &shared{b, abi.GrantRead | abi.GrantWrite, 0, key}); e != abi.OK {
		return entry, nil, e
	}
	n := copy(abi.Bytes(&entry), b)
	return entry, b[n : n+int(min(m.Arg[2], ds.MaxValue))], abi.OK
}

// RetrieveLabel is the living endpoint of a service, as far as the store has heard: Context.Lookup asks RS. Errors: ESRCH (it is not ready), EINVAL.
func (s Store) RetrieveLabel(label string) (ep abi.Endpoint, inc uint32, e abi.Errno) {
	entry, _, e := s.Retrieve(label, ds.TypeLabel)
	return entry.Endpoint, entry.Incarnation, e
}

// Delete deletes what the driver has published. Errors: ESRCH (see Context.Delete), EPERM (another's), EINVAL.
func (s Store) Delete(key string) abi.Errno { return s.about(ds.Delete, key, 0, nil) }

// about is a request about a key or a pattern.
func (s Store) about(t abi.MsgType, text string, flags ds.Flags, answer *abi.Msg) abi.Errno {
	if len(text) == 0 || len(text) > ds.MaxKey {
		return abi.EINVAL
	}
	s.c.ds.buf = append(s.c.ds.buf[:0], text...)
	m := abi.Msg{Type: t, Arg: [7]uint64{1: ds.Lengths(len(text), 0), 2: uint64(flags)}}
	e := s.c.store(&m, &shared{s.c.ds.buf, abi.GrantRead, 0, ""})
	if answer != nil {
		*answer = m
	}
	return e
}

// List fills rows with entries that a pattern is about and the driver may hear of. from is 0 first, then next, until that is 0. Errors: EINVAL.
func (s Store) List(pattern string, from uint64, rows []ds.Entry) (n int, next uint64, e abi.Errno) {
	if len(pattern) == 0 || len(pattern) > ds.MaxKey || len(rows) == 0 {
		return 0, 0, abi.EINVAL
	}
	b := sliceBytes(rows)
	m := abi.Msg{Type: ds.List, Arg: [7]uint64{1: ds.Lengths(len(pattern), len(b)), 2: from}}
	if e = s.c.store(&m, &shared{b, abi.GrantRead | abi.GrantWrite, 0, pattern}); e != abi.OK {
		return 0, 0, e
	}
	return min(int(m.Arg[1]), len(rows)), m.Arg[2], abi.OK
}

// Subscribe has Changer.Changed called for what happens to entries that a pattern is about, from now on; with ds.Initial for those that are there already, first.
// Types in flags: for those only. A subscription is the service's: after a death of the driver the next life subscribes again, and is told what has happened meanwhile. It
// outlives the store's deaths too: the SDK subscribes again, and tells a Notice with ds.Missed where the store may have forgotten something.
// Errors: EINVAL (no pattern, or the driver is no Changer), ENOSPC (ds.MaxSubscriptions).
func (s Store) Subscribe(pattern string, flags ds.Flags) abi.Errno {
	if _, ok := s.c.changer.of(s.c.d); !ok {
		return abi.EINVAL
	}
	n := &subscribed{pattern: pattern, flags: flags &^ (ds.Overwrite | ds.Initial)}
	if i := slices.IndexFunc(s.c.ds.subs, func(o *subscribed) bool { return o.pattern == pattern }); i >= 0 {
		n = s.c.ds.subs[i]
		n.flags = flags &^ (ds.Overwrite | ds.Initial)
	}
	_, e := s.subscribe(n, flags)
	if e == abi.OK && !slices.Contains(s.c.ds.subs, n) {
		s.c.ds.subs = append(s.c.ds.subs, n)
	}
	return e
}

// subscribe tells the store of a subscription; anew: it had not known.
func (s Store) subscribe(n *subscribed, flags ds.Flags) (anew bool, e abi.Errno) {
	var m abi.Msg
	if e = s.about(ds.Subscribe, n.pattern, flags|ds.Overwrite, &m); e != abi.OK {
		return false, e
	}
	n.number, n.of = m.Arg[1], s.c.ds.endpoint
	if anew = m.Arg[3] != 0; anew || flags&ds.Initial != 0 {
		n.heard = m.Arg[2]
	}
	return anew, abi.OK
}

// Unsubscribe ends a subscription. Errors: ESRCH.
func (s Store) Unsubscribe(pattern string) abi.Errno {
	i := slices.IndexFunc(s.c.ds.subs, func(o *subscribed) bool { return o.pattern == pattern })
	if i < 0 {
		return abi.ESRCH
	}
	n := s.c.ds.subs[i]
	n.end = true
	s.c.ds.subs = slices.Delete(s.c.ds.subs, i, i+1)
	m := abi.Msg{Type: ds.Unsubscribe, Arg: [7]uint64{n.number}}
	return s.c.store(&m, nil)
}

// storeNotified takes a notification, if it is the store's: there is something to hear, or a new life of it.
func (c *Context) storeNotified(from abi.Endpoint) bool {
	if len(c.ds.subs) == 0 {
		return false
	}
	if from != c.ds.endpoint {
		if l, e := c.LabelOf(from); e != abi.OK || l != storeLabel {
			return false
		}
		c.ds.endpoint = from
	}
	for _, n := range slices.Clone(c.ds.subs) {
		c.hear(n)
	}
	return true
}

// hear tells the handler what a subscription is about, until what was the newest at first.
func (c *Context) hear(n *subscribed) {
	h, _ := c.changer.of(c.d)
	newest := ^uint64(0)
	for !n.end && n.heard < newest {
		m, e := c.check(n)
		switch {
		case e == abi.EAGAIN:
			return
		case e != abi.OK:
			c.Log("event", "store", "errno", e.Name(), "why", "what has changed is not known")
			return
		}
		if newest == ^uint64(0) {
			newest = m.Arg[2]
		}
		n.heard = m.Arg[1]
		h.Changed(c, &Notice{n.pattern, c.ds.row})
	}
}

// check asks for the next change. A store that is new is told of the subscription first; if it did not know it, something may be missed.
func (c *Context) check(n *subscribed) (m abi.Msg, e abi.Errno) {
	for range 8 { // lives of the store
		if e := c.findStore(c.deadline(storeLimit)); e != abi.OK {
			return m, e
		}
		if n.of != c.ds.endpoint {
			anew, e := c.Store().subscribe(n, n.flags)
			if e != abi.OK {
				return m, e
			}
			if anew {
				c.ds.row = ds.Entry{Revision: n.heard, What: ds.Missed, Endpoint: abi.None}
				m.Arg[1], m.Arg[2] = n.heard, n.heard+1
				return m, abi.OK
			}
		}
		m = abi.Msg{Type: ds.Check, Arg: [7]uint64{0: n.number, 1: n.heard, 3: ds.EntrySize}}
		e, _ = c.askStore(&m, &shared{abi.Bytes(&c.ds.row), abi.GrantWrite, 2, ""}, c.deadline(storeLimit))
		switch {
		case e == abi.EDEADSRCDST && m.Type != abi.MsgReply:
			c.ds.endpoint = 0
		case e == abi.ESRCH && m.Type == abi.MsgReply: // an operator took the service's things away
			n.of = 0
		default:
			return m, e
		}
	}
	return m, abi.ETIMEDOUT
}
