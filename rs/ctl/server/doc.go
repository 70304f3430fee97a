// Package server is the control port without its hardware: lines of input become requests,
// answers and events become output. It is what rs/ctl wraps in a driver.
//
// # Protocol
//
// One JSON object a line in both directions, of at most 4096 bytes towards the machine. A request has a
// "cmd" and the fields of that command. Its "id" may be any JSON of at most 512 bytes, and 32 lists and objects in each other; it
// comes back byte for byte (but DEL and 8-bit controls as the escapes that mean the same); a request without one is
// answered without. Each request is answered once:
//
//	{"id":1,"ok":true,…}
//	{"id":1,"ok":false,"errno":"EPERM","error":"…"}
//
// A line that is not JSON is answered with the column; "id" is null when it was not readable.
// Answers come when they are ready, not in the order of the requests: a slow "up" holds up
// nothing. Times are "t", seconds since boot with six decimals; fields that end in _us and _ns
// are integers. Numbers may need 64 bits. Events have no "id" but an "event". All but ids is ASCII.
//
// Input for which there is no room, because answers are not taken, waits in the chip and with its sender.
//
// # Sessions
//
// The wire knows of no connections. A client begins with an empty line, which ends what another one may have left, and
//
//	{"id":"something of its own","cmd":"hello"}
//
// What comes before the answer was for others. A "hello" begins a session: the subscription and the
// answers of the one before end. So does {"cmd":"bye"}, and the fall of the modem lines DSR and DCD. Of a client that says neither
// the subscription ends when a number that is an id is not above those before (the answer has "unsubscribed" with the
// reason), or after 4096 events without a line, perhaps an empty one, from it:
//
//	{"event":"end","t":…,"why":"…"}
//
// docs/decisions/014 tells why so.
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
// outcome. If the dead incarnation had begun to read a line, input up to its line feed is ignored; so a
// client sends an empty line first.
//
// A session and its subscription outlive the task: the number of the next event is in the data
// store once the lines before it have left the port. An event may therefore come twice around a
// hello, never not at all; "seq" tells. What RS no longer had is {"event":"lost","n":…}.
package server
