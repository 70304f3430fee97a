// Package sdk is what a driver imports. A driver is a Go main package that hands Run a value with Init and
// Message, and with those of the other handlers that it wants:
//
//	type rtc struct{ … }
//
//	func (d *rtc) Init(c *sdk.Context) error                                   // set the device up
//	func (d *rtc) Message(c *sdk.Context, m *abi.Msg, kind abi.ReceiveKind)    // a request
//	func (d *rtc) Interrupt(c *sdk.Context, bits uint64)                       // Interrupter
//
//	func main() { sdk.Run(new(rtc)) }
//
// The SDK does the rest: start-up and the init answer to the reincarnation server, the receive
// loop, heartbeats, interrupt acknowledgement, alarms, shutdown, results of asynchronous
// requests, and a death note with a stack trace when a handler panics.
//
// # The loop
//
// Handlers run one after the other on the goroutine that called Run. A handler must not block for long: nothing else of the driver happens meanwhile, heartbeats
// included. The Context's own waiting methods (Call, Sleep, LookupWait) answer pings while they wait;
// anything else that arrives during them is handled afterwards, in order.
//
// # Memory
//
// Nothing between receive and reply allocates, Call, Lookup and the data store included. A driver whose handlers do not allocate either
// never runs the garbage collector. There is no fmt and no reflection here, so that images
// stay small: Log, Dec and Hex are what a driver writes its lines with.
//
// # Other goroutines
//
// A driver may have goroutines and timers of its own. Handlers stay on the goroutine that called Run, one after the other; the
// others run whenever it waits. It looks each time round at a word of the call page that the kernel sets when something has come, so
// that it makes no call in vain, and waits in the kernel itself when no other goroutine is ready, until the next timer at most: an
// idle driver does not wake. Nothing takes the processor from a goroutine that computes: one that does for long calls
// runtime.Gosched, or the driver misses its pings.
//
// Any goroutine may Call, and waits alone; ask, tell, reply, notify, log, look labels up, use the data store, grants and copies. What is
// the driver's alone (IRQ, Alarm, IgnorePings, Permits, Exit) panics elsewhere. A panic of another goroutine is the end of the driver, too: the Go runtime
// prints why, and RS has no words.
//
// # The reincarnation server
//
// Its endpoint is abi.StartInfo.Root. Should it die and come back, its slot stays: the first
// message or ping from a later generation of that slot makes the SDK use the new endpoint.
package sdk
