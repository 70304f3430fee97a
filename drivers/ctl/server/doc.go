// Package server is the control port without its hardware: lines of input become requests,
// answers and events become output. It is what drivers/ctl wraps in a driver.
//
// # Protocol
//
// One JSON object a line in both directions. A request has an "id" (a number or a string, which
// comes back), a "cmd", and the fields of that command. Each request is answered once:
//
//	{"id":1,"ok":true,…}
//	{"id":1,"ok":false,"errno":"EPERM","error":"…"}
//
// A line that is not JSON is answered with the column; "id" is null when it was not readable.
// Answers come when they are ready, not in the order of the requests: a slow "up" holds up
// nothing. Times are "t", seconds since boot with six decimals; fields that end in _us and _ns
// are integers. Numbers may need 64 bits. Events have no "id" but an "event".
//
// # Death of the control port
//
// When the task that serves the port dies, its next incarnation says
//
//	{"event":"hello","t":…,"incarnation":n,…}
//
// on a line of its own (what was being written ends before it, perhaps in the middle: a client
// ignores a line that is not JSON). Requests not answered by then were lost, or their answers
// were: a client sends again what can be done twice, and reports the others as of unknown
// outcome. Input up to the first line feed after a hello is ignored, for it may be the end of
// a line that the dead incarnation had begun to read; so a client sends an empty line first.
//
// A subscription to events outlives the task: the number of the next event is in the data
// store once the lines before it have left the port. An event may therefore come twice around a
// hello, never not at all; "seq" tells. What RS no longer had is {"event":"lost","n":…}.
package server
