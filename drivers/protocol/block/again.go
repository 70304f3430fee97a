package block

import "bennu/kernel/abi"

// requests is all requests to a driver of a block device. A session ends with the driver's life: what is said here of a second request is about the same life, or
// about one to the session that takes the old one's place.
var requests = [...]abi.Request{
	{Type: Open, Name: "Open", Repeat: abi.RepeatOnce, Second: "OK, and the same session"},
	{Type: Close, Name: "Close", Repeat: abi.RepeatOnce, Unsure: [2]abi.Errno{abi.ESRCH}, Second: "ESRCH"},
	{Type: Geometry, Name: "Geometry", Repeat: abi.RepeatSame, Second: "the same, as it is then"},
	{Type: State, Name: "State", Repeat: abi.RepeatSame, Second: "the same, as it is then"},
	{Type: Read, Name: "Read", Repeat: abi.RepeatSame, Second: "the same, as it is then"},
	{Type: Write, Name: "Write", Repeat: abi.RepeatOnce, Second: "OK: the same bytes are there. Only as long as no later request that overlaps it has been made"},
	{Type: Flush, Name: "Flush", Repeat: abi.RepeatOnce, Second: "OK; ESTALE in another epoch"},
	{Type: Discard, Name: "Discard", Repeat: abi.RepeatOnce, Second: "OK, under the condition of Write"},
	{Type: WriteZeroes, Name: "WriteZeroes", Repeat: abi.RepeatOnce, Second: "OK, under the condition of Write"},
}

// Requests is all requests of the protocol.
func Requests() []abi.Request { return requests[:] }

// Known is what is known of a request.
func Known(t abi.MsgType) *abi.Request { return abi.FindRequest(requests[:], t) }
