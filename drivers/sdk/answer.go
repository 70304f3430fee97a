package sdk

import "bennu/kernel/abi"

// Answer is Reply for a handler that does nothing more: the answer leaves when the handler has returned, with the wait for the next
// message, in one kernel call instead of two. The handler is not told what would be Reply's error; an answer that there is no room for is logged.
//
// A handler that goes on working after its answer calls Reply: until it returns the asker waits. A second Answer sends the first.
func (c *Context) Answer(m *abi.Msg, e abi.Errno, args ...uint64) {
	c.mine("Context.Answer")
	c.flush()
	c.answer = abi.Msg{Type: abi.MsgReply, Seq: m.Seq}
	fill(&c.answer, m.Arg[6], e, args)
	c.asker = m.Source
}

// flush sends the answer that waits for its handler to return.
func (c *Context) flush() {
	to := c.asker
	if to == 0 {
		return
	}
	c.asker = 0
	c.deliver(to, &c.answer)
}

// replyReceive sends that answer and receives, if there is nothing else to do first. came is false when it has not received.
func (c *Context) replyReceive(m *abi.Msg) (kind abi.ReceiveKind, came bool) {
	if !c.later.empty() || c.fetch || c.unread || len(c.owed) > 0 || !c.alone() {
		c.flush()
		return 0, false
	}
	to := c.asker
	c.asker = 0
	*m = c.answer
	kind, e := c.k.ReplyReceive(to, m)
	if e == abi.ENOTREADY || e == abi.ESTALE {
		c.deliver(to, &c.answer)
	}
	return kind, e == abi.OK
}
