package abi

// Repeat is what becomes of a request that is made a second time, because it is not known whether it was done: no answer has come.
type Repeat uint32

const (
	RepeatSame  Repeat = 1 // it changes nothing: the second answer tells how it is then
	RepeatOnce  Repeat = 2 // with the same arguments: what the first has done is not done again
	RepeatNever Repeat = 3 // not to be repeated: what it does would be done once more, or what the first was told is lost
)

func (r Repeat) String() string {
	names := [...]string{"?", "same", "once", "never"}
	if int(r) < len(names) {
		return names[r]
	}
	return "?"
}

// Request is what is known of a request besides its message.
type Request struct {
	Type   MsgType
	Name   string
	Repeat Repeat
	// Unsure are answers to a second one that may be about what the first has done, or about what was so before: OK stands for none.
	Unsure [2]Errno
	Second string // what the second one gets, in the words of docs/ABI.md
}

// rsRequests is all requests to the reincarnation server.
var rsRequests = [...]Request{
	{RSUp, "RSUp", RepeatOnce, [2]Errno{EBUSY}, "EBUSY: `starting`, or `up` when the first was answered"},
	{RSDown, "RSDown", RepeatOnce, [2]Errno{ESRCH}, "waits for the same end; ESRCH `down` after it"},
	{RSRefresh, "RSRefresh", RepeatNever, [2]Errno{}, "another new life: look at the incarnation"},
	{RSRestart, "RSRestart", RepeatOnce, [2]Errno{EBUSY}, "EBUSY: `starting`, `up`"},
	{RSShutdown, "RSShutdown", RepeatOnce, [2]Errno{EBUSY}, "EBUSY `shutdown`"},
	{RSLookup, "RSLookup", RepeatSame, [2]Errno{}, "the same, as it is then"},
	{RSStatus, "RSStatus", RepeatSame, [2]Errno{}, "the same, as it is then"},
	{RSEvents, "RSEvents", RepeatSame, [2]Errno{}, "the same, as it is then"},
	{RSWatch, "RSWatch", RepeatOnce, [2]Errno{}, "takes the place of the first"},
	{RSMeasure, "RSMeasure", RepeatNever, [2]Errno{}, "counts anew once more: the answer is about the time between. If RS dies between, what was counted before is in no answer"},
	{RSPCI, "RSPCI", RepeatSame, [2]Errno{}, "the same, as it is then"},
	{RSFault, "RSFault", RepeatNever, [2]Errno{}, "once more; of a service that has not answered an order, EBUSY `fault-busy`"},
	{RSReady, "RSReady", RepeatOnce, [2]Errno{}, "OK, and changes nothing"},
	{RSHeartbeat, "RSHeartbeat", RepeatOnce, [2]Errno{}, "OK, and changes nothing; a message that was on the way is given again"},
	{RSWords, "RSWords", RepeatOnce, [2]Errno{}, "OK: the newer ones"},
	{RSFaulted, "RSFaulted", RepeatOnce, [2]Errno{}, "OK, and changes nothing"},
}

// RSRequests is all requests to the reincarnation server, the n-th; ok is false behind the last.
func RSRequests(n int) (r *Request, ok bool) {
	if n >= len(rsRequests) {
		return nil, false
	}
	return &rsRequests[n], true
}

// RSRequest is what is known of a request to the reincarnation server. One that it does not know is not to be repeated.
func RSRequest(t MsgType) *Request { return FindRequest(rsRequests[:], t) }

// FindRequest is RSRequest for a table of another protocol's.
func FindRequest(table []Request, t MsgType) *Request {
	for i := range table {
		if table[i].Type == t {
			return &table[i]
		}
	}
	return &unknownRequest
}

var unknownRequest = Request{Name: "?", Repeat: RepeatNever}

// Doubtful tells whether an answer to a second request leaves open whether the first was done.
func (r *Request) Doubtful(e Errno) bool { return e != OK && (e == r.Unsure[0] || e == r.Unsure[1]) }
