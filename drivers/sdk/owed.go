package sdk

import (
	"slices"
	"time"

	"bennu/kernel/abi"
)

// The kernel keeps abi.MaxAsync messages of a task. When these are answers to askers who do not receive, the answers to
// others wait here, some for each asker, so that an asker who receives loses none.
const (
	owedEach  = 4 // answers for one asker
	firstTry  = time.Millisecond
	lastTry   = 64 * time.Millisecond
	owedAtAll = owedEach * abi.MaxTasks
)

type owed struct {
	to abi.Endpoint
	m  abi.Msg
}

// owe keeps an answer that the kernel has no room for. False: its asker has too many here already.
func (c *Context) owe(to abi.Endpoint, m *abi.Msg) bool {
	n := 0
	for i := range c.owed {
		if c.owed[i].to == to {
			n++
		}
	}
	if n == owedEach || len(c.owed) == owedAtAll {
		return false
	}
	if len(c.owed) == 0 {
		c.pause = firstTry
	}
	c.owed = append(c.owed, owed{to, *m})
	return true
}

// settle gives the kernel as many kept answers as it has room for, oldest first, and tells how long to wait at
// most before the next try: nothing tells when an asker receives.
func (c *Context) settle() (timeout uint64) {
	before := len(c.owed)
	c.owed = slices.DeleteFunc(c.owed, func(o owed) bool {
		return c.post(o.to, &o.m) != abi.EAGAIN
	})
	switch {
	case len(c.owed) == 0:
		return abi.NoTimeout
	case len(c.owed) < before:
		c.pause = firstTry
	default:
		c.pause = min(2*c.pause, lastTry)
	}
	return uint64(c.pause)
}

// post delivers an answer, or leaves it with the kernel: also that to a sendrec whose asker has given up meanwhile, as a message. Errors: EDEADSRCDST, ECALLDENIED, EAGAIN (no room).
func (c *Context) post(to abi.Endpoint, m *abi.Msg) abi.Errno {
	e := c.k.SendNB(to, m)
	if e == abi.ESTALE {
		m.Seq = 0
		e = c.k.SendNB(to, m)
	}
	if e == abi.ENOTREADY {
		e = c.k.SendA(to, ownTag, m)
	}
	return e
}
