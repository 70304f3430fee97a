package sdk

import "bennu/kernel/abi"

// Offer is ReplyTo for who keeps its answers itself: one that the kernel has no room for is not kept here, and not logged. Errors: EAGAIN (it is to be offered
// again), EDEADSRCDST, ECALLDENIED.
func (c *Context) Offer(a Asker, e abi.Errno, args ...uint64) abi.Errno {
	m := abi.Msg{Type: abi.MsgReply, Seq: a.Seq}
	fill(&m, a.Tag, e, args)
	return c.post(a.To, &m)
}
