package abi

// Msg is a message: 72 bytes. The kernel writes Source; a sender cannot forge it.
type Msg struct {
	Source Endpoint
	Type   MsgType
	Arg    [7]uint64
	// Seq, of what was received by KindSendRec, is the number of that request, which no other has; else 0. In what is sent it is the number of
	// the request that this answers; 0: it is no answer. A sendrec ignores what its caller has there.
	Seq uint64
}

// MsgType says what a message asks or tells.
type MsgType uint32

// Types that belong to no one protocol.
const (
	// MsgReply answers a sendrec: Arg[0] is the Errno, the rest is the protocol's.
	MsgReply MsgType = 0x100
	// MsgNotify is made by the kernel only. Arg[0]: bits, from Hardware the notify bits
	// of the hooks that fired, from System the SystemBits; Arg[1]: ns when it was made
	// pending.
	MsgNotify MsgType = 0x1000
	// MsgService is the first type that is a service's own: every number from it on but MsgNotify. The types below are
	// the kernel's, RS's and the SDK's. A service and its clients agree on the meaning, so two services may use the
	// same types; those of this tree have blocks of 0x100 (drivers/protocol).
	MsgService MsgType = 0x900
)

// SystemBits are Arg[0] of a notification from System.
const (
	SystemDeath = 1 << 0 // death records wait (to the root task): InfoDeath takes them
	SystemAsync = 1 << 1 // senda results wait: InfoAsync takes them
	SystemTrace = 1 << 2 // a life that the task traces is stopped: TraceNext tells which
)

// PackLabel puts a label into two words.
func PackLabel(l Label) (a, b uint64) {
	for i := 7; i >= 0; i-- {
		a = a<<8 | uint64(l[i])
		b = b<<8 | uint64(l[8+i])
	}
	return a, b
}

// UnpackLabel is the inverse of PackLabel.
func UnpackLabel(a, b uint64) (l Label) {
	for i := 0; i < 8; i++ {
		l[i] = byte(a >> (8 * i))
		l[8+i] = byte(b >> (8 * i))
	}
	return l
}
