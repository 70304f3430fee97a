package ds

import "bennu/kernel/abi"

// requests is all requests to the data store. Each may be repeated: a store that dies between a change and its answer would else leave its clients in doubt.
var requests = [...]abi.Request{
	{Type: Keep, Name: "Keep", Repeat: abi.RepeatOnce, Second: "OK: the value is there"},
	{Type: Recall, Name: "Recall", Repeat: abi.RepeatSame, Second: "the same, as it is then"},
	{Type: Forget, Name: "Forget", Repeat: abi.RepeatOnce, Unsure: [2]abi.Errno{abi.ESRCH}, Second: "ESRCH"},
	{Type: Publish, Name: "Publish", Repeat: abi.RepeatOnce, Unsure: [2]abi.Errno{abi.EEXIST}, Second: "OK, and changes nothing; EEXIST when somebody has changed it since"},
	{Type: Retrieve, Name: "Retrieve", Repeat: abi.RepeatSame, Second: "the same, as it is then"},
	{Type: Delete, Name: "Delete", Repeat: abi.RepeatOnce, Unsure: [2]abi.Errno{abi.ESRCH}, Second: "ESRCH"},
	{Type: Subscribe, Name: "Subscribe", Repeat: abi.RepeatOnce, Second: "with Overwrite OK, and it is not new; else EEXIST", Unsure: [2]abi.Errno{abi.EEXIST}},
	{Type: Unsubscribe, Name: "Unsubscribe", Repeat: abi.RepeatOnce, Unsure: [2]abi.Errno{abi.ESRCH}, Second: "ESRCH"},
	{Type: Check, Name: "Check", Repeat: abi.RepeatSame, Second: "the same: what is known is said by the asker"},
	{Type: List, Name: "List", Repeat: abi.RepeatSame, Second: "the same, as it is then"},
}

// Requests is all requests to the data store.
func Requests() []abi.Request { return requests[:] }

// Request is what is known of a request to the data store.
func Request(t abi.MsgType) *abi.Request { return abi.FindRequest(requests[:], t) }
