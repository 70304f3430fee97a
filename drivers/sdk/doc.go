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
// Handlers run one after the other on the goroutine that called Run, and only that goroutine may use the
// Context. A handler must not block for long: nothing else of the driver happens meanwhile, heartbeats
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
// A task has one thread, and a call that blocks blocks all of it. While the driver has goroutines
// of its own, the loop therefore blocks in the kernel only after a turn in which no other
// goroutine ran, and then for at most ShareSlice; so a goroutine that a timer or a channel
// wakes waits at most ShareSlice longer, one that computes must call runtime.Gosched for
// heartbeats to be answered, and an idle driver wakes up every ShareSlice. A driver without
// goroutines of its own blocks until something arrives. Either way the runtime's own
// goroutines (the collector's) get a turn every 64 messages.
//
// # The reincarnation server
//
// Its endpoint is abi.StartInfo.Root. Should it die and come back, its slot stays: the first
// message or ping from a later generation of that slot makes the SDK use the new endpoint.
package sdk
