package load

import "strconv"

// Noticed is what a witness has noticed, and of whom: the step of a Place, where the victim is who serves everybody (rs, ds). 0: nothing.
type Noticed uint16

// What can be noticed.
const (
	OtherEndpoint Noticed = 1 + iota // RS names another endpoint than before
	OtherLife                        // RS names another incarnation than before
	Asked                            // a request to the service itself
	Echoed                           // the number that comes back
	Entry                            // the number that the last round has left in the data store
	Published                        // a number, in the data store
	Retrieved                        // the number, from there
	Deleted                          // a key, there
	Listed                           // the keys, there
	Told                             // a subscription: each change once, in order
	Replaced                         // a request that has a service replaced
	Upped                            // up, after down
	Lives                            // a service that was replaced is one life further, not two, and not none
	GoneEvents                       // events that nobody has read and that are gone
	EventNumber                      // each event has the next number
	EventOf                          // an event of a service that nobody has touched
	Answered                         // an answer that comes by message
	Unasked                          // an answer that nobody has asked for
	Missing                          // not all services live any more
)

var noticed = [...]string{"?", "has another endpoint", "has another life", "is asked", "echo", "the data store's entry", "publish", "retrieve", "delete", "list", "a subscription",
	"a request that replaces", "up", "lives of the victim", "events that are gone", "number of an event", "event", "an answer by message", "an answer that was not asked for", "not all live any more"}

// Of is n of a peer, by its place in Peers.
func (n Noticed) Of(peer int) Noticed { return n&0xff | Noticed(peer+1)<<8 }

func (n Noticed) String() string {
	s := "step " + strconv.Itoa(int(n))
	if what := int(n & 0xff); what < len(noticed) {
		s = noticed[what]
	}
	if of := int(n>>8) - 1; of >= 0 && of < len(Peers) {
		s = Peers[of] + ": " + s
	}
	return s
}

// Peers are the services that a witness asks, and whose lives are to stay what they are.
var Peers = [...]string{"tty", "ctl", "rtc", "kbd", "shell"}

// Helper is the service that a witness has replaced, and killed, on purpose.
const Helper = "faulty"
