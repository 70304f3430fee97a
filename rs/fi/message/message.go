// Package message tells faults of messages which IPC calls have one, and which of these are not theirs.
package message

import "bennu/kernel/abi"

// Sends tells whether a call takes a message from its caller.
func Sends(nr abi.CallNr) bool {
	switch nr {
	case abi.CallSend, abi.CallSendRec, abi.CallSendNB, abi.CallSendA, abi.CallReplyReceive:
		return true
	}
	return false
}

// Receives tells whether a call that returns OK has brought one.
func Receives(nr abi.CallNr) bool {
	return nr == abi.CallReceive || nr == abi.CallSendRec || nr == abi.CallReplyReceive
}

// OfLife tells whether a message belongs to the protocol that the reincarnation server begins, watches and ends lives by. What is lost of that
// is found out at once, as a missed heartbeat, whatever the service does: it would be the same fault over and over. What a service asks the
// reincarnation server as anybody may (RSLookup, the data store) is not of it.
func OfLife(t abi.MsgType) bool {
	switch t {
	case abi.RSReady, abi.RSHeartbeat, abi.RSStop, abi.RSWords, abi.RSFaulted, abi.DriverFault:
		return true
	}
	return false
}

// Own tells whether a call sends a message that is the service's own business.
func Own(nr abi.CallNr, m *abi.Msg) bool { return Sends(nr) && !OfLife(m.Type) }

// Received is Own for a message that was received. Notifications are bits, and made by the kernel.
func Received(m *abi.Msg) bool { return m.Type != abi.MsgNotify && !OfLife(m.Type) }
