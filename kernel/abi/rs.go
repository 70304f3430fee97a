package abi

// The reincarnation server's protocol. A request may be a sendrec, or a send or senda whose answer is received
// later. Answers are MsgReply with Arg[0] the Errno; when that is not OK, Arg[5] is the Why, and Arg[4] a number that
// goes with it. Arg[6] of the request (a tag of the asker's) comes back as Arg[6] of the answer.
//
// A request is answered exactly once, unless its asker dies. A service may have RSOpen requests without an answer, or
// with an answer that it has not received yet; RSWaits of them may wait for a life to begin or end. One more is
// answered EAGAIN with WhyTooMany. All later ones are refused too until that answer is taken. Its Arg[1] is the
// number of requests that it stands for: the one with the tag, and all that were sent after it and are not answered.
//
// RS keeps its messages for a task that does not receive at the moment. It notifies the task, as it does to ping
// it, and the task fetches one message after the other by a sendrec of RSHeartbeat.
//
// Rights: a request marked "operator" needs `uid 0` in the asker's entry of system.conf; one marked "control"
// needs that or the target's label in the asker's control list.
const (
	RSUp       MsgType = 0x700 // label in Arg[0:2] → endpoint in Arg[1]. Operator. Answered when initialised
	RSDown     MsgType = 0x701 // label. Operator. Answered when it is gone
	RSRefresh  MsgType = 0x702 // label → endpoint. Control. Answered when the new one is ready
	RSRestart  MsgType = 0x703 // label → endpoint. Control. Of a dead service; EBUSY while it lives
	RSShutdown MsgType = 0x704 // Arg[0]: status, Arg[1]: ShutdownHow (0: PowerOff). Operator. Services stop, then the machine
	RSLookup   MsgType = 0x708 // label → endpoint in Arg[1], incarnation in Arg[2]. Anybody
	RSStatus   MsgType = 0x709 // Arg[0]: write grant, Arg[1]: its length → ServiceStatus rows; Arg[1]: count
	RSEvents   MsgType = 0x70a // Arg[0]: write grant, Arg[1]: length, Arg[2]: first sequence number → Event rows; Arg[1]: count, Arg[2]: next number, Arg[3]: lost
	RSWatch    MsgType = 0x70b // Arg[0]: number, Arg[1]: not 0: of a service that is reborn there is time. Answered at once; RSNews follows (once) when an event with a number ≥ Arg[0] exists
	RSNews     MsgType = 0x70c // from RS, no answer: Arg[0] is the next number
	RSMeasure  MsgType = 0x71a // Operator. Counts the worst delays anew: the record until now is Arg[1] Latency.MaxKernelNS, Arg[2] MaxKernelCall and MaxReadyTask << 32, Arg[3] MaxReadyNS, Arg[4] Entries
	RSPCI      MsgType = 0x71b // Arg[0]: write grant, Arg[1]: its length, Arg[2]: InfoPCI → FunctionInfo rows; InfoBuses → BridgeInfo rows; InfoDMA → DMAFaults rows; Arg[1]: count. Operator
	RSFault    MsgType = 0x718 // label, Arg[2]: FaultKind, Arg[3]: parameter. Operator. FaultSelf: answered when the service has said whether it does

	// RSReady is a driver's answer to having been started: Arg[0] is the Errno of its Init, Arg[1] a read grant with
	// the words that go with it, Arg[2] their length (0: none).
	RSReady MsgType = 0x714
	// RSHeartbeat answers a notification from RS. By sendrec it is answered with the next message that RS keeps for
	// the task, or with MsgReply and Arg[6] when there is none; by any other primitive it has no answer.
	RSHeartbeat MsgType = 0x715
	// RSStop is sent by RS: finish and exit with status 0.
	RSStop MsgType = 0x716
	// RSWords are the last words of a service that is about to end by itself: Arg[1] a read grant, Arg[2] its length.
	RSWords MsgType = 0x717

	// DriverFault is sent by RS to a service to ask it to misbehave by itself, for FaultSelf. Arg[0] is the driver's
	// own number of the way, Arg[6] a number for its answer. The SDK hands it to the driver.
	DriverFault MsgType = 0x720
	// RSFaulted answers DriverFault, before the misbehaviour begins: Arg[0] is OK, or why there will be none (ENOSYS:
	// the service has no such way), Arg[1] is Arg[6] of the order.
	RSFaulted MsgType = 0x719
)

// Every service's share of RS's memory.
const (
	RSOpen   = 8   // requests without an answer, or with one that it has not received
	RSWaits  = 6   // of them, those that wait for a life to begin or end, or for another service's answer
	RSMaxLen = 160 // bytes of last words that are kept of a service
)

// FaultKind is a way to break a service from outside.
type FaultKind uint64

const (
	FaultException FaultKind = 1 // an undefined instruction where it stands
	FaultHang      FaultKind = 2 // a jump to itself where it stands
	FaultKill      FaultKind = 3 // ended by the kernel
	FaultSelf      FaultKind = 4 // DriverFault with the parameter
)

// ServiceState is where a service is in its life.
type ServiceState uint32

const (
	ServiceDown     ServiceState = 0 // not started, taken down, or given up
	ServiceStarting ServiceState = 1 // runs, its Init has not answered
	ServiceRunning  ServiceState = 2
	ServiceStopping ServiceState = 3
	ServiceBackoff  ServiceState = 4 // dead; a restart is due
	ServiceFailed   ServiceState = 5 // given up; the reason says why
	ServiceWaiting  ServiceState = 6 // dead; its next life waits for other services
)

func (s ServiceState) String() string {
	names := [...]string{"down", "starting", "running", "stopping", "backoff", "failed", "waiting"}
	if int(s) < len(names) {
		return names[s]
	}
	return "?"
}

// Reason is why a life ended, as RS sees it.
type Reason uint32

const (
	ReasonNone        Reason = 0
	ReasonExit        Reason = 1
	ReasonPanic       Reason = 2
	ReasonException   Reason = 3
	ReasonNoHeartbeat Reason = 4
	ReasonKilled      Reason = 5
	ReasonStopped     Reason = 6
	ReasonInitFailed  Reason = 7
	ReasonInitTimeout Reason = 8
	ReasonInjected    Reason = 9
	ReasonUpdated     Reason = 10
	ReasonMemory      Reason = 11
	ReasonBadCall     Reason = 12
	ReasonLost        Reason = 13 // it was alive when RS was last sure, and no record of its death is left
	ReasonHang        Reason = 14 // RS: it did not take what waited for it, and the kernel ended it
	ReasonDiffers     Reason = 15 // RS, which runs twice: the two did not do the same, and the kernel ended both

	// Reasons is how many there are.
	Reasons = uint32(ReasonDiffers) + 1
)

func (r Reason) String() string {
	names := [Reasons]string{"none", "exit", "panic", "exception", "no-heartbeat", "killed", "stopped", "init-failed",
		"init-timeout", "injected", "updated", "memory", "bad-call", "lost", "hang", "differs"}
	if uint32(r) < Reasons {
		return names[r]
	}
	return "?"
}

// ServiceStatus is a row of RS's table.
type ServiceStatus struct {
	Label       Label
	Endpoint    Endpoint // None when there is no life
	State       ServiceState
	Incarnation uint32
	Restarts    uint32 // recent ones: since up, less one for each quiet time that it ran
	Deaths      uint32 // since boot
	LastReason  Reason
	LastVector  uint32
	Missed      uint32 // pings unanswered now
	PeriodNS    uint64
	StartedNS   uint64
	RecoveryNS  uint64 // last death → ready
	BackoffNS   uint64 // time of the next start, when in backoff
	ImageBytes  uint64
	Errno       Errno // why it does not run
	Why         Why
	InitNS      uint64 // how long it may take to be ready
	WordsOf     uint32 // the incarnation that Words are about
	WordsLen    uint32
	Words       [RSMaxLen]byte // last words: the service's own, or RS's if there was no life
	Unguarded   uint32         // I/O ports that it has outside the kernel's list: nobody checks its writes there
	Warm        uint32         // 1: this life began with the service's snapshot

	RestartsTotal uint32 // restarts that nobody asked for, since boot: none is ever taken off
	PCI           uint16 // rows of PCI functions that it may see
	Unconfined    uint16 // 1: DMAUnconfined, and no IOMMU confines devices
}

// EventKind says what happened.
type EventKind uint32

const (
	EventStart  EventKind = 1 // a new incarnation may run
	EventReady  EventKind = 2 // its Init answered OK
	EventDeath  EventKind = 3
	EventGiveUp EventKind = 4 // RS will not start it again by itself
	EventDown   EventKind = 5 // taken down on request
	EventRefuse EventKind = 6 // its entry in system.conf is wrong, or there is no memory for its reserve; the log has the words
	EventBoot   EventKind = 7 // all services of the boot have come up or failed

	// EventLost: a later life of RS (label rs) does not know all that was known. Status: from what it goes on (rs/kept, Rung)
	EventLost EventKind = 9

	EventSnapshot EventKind = 8 // no life begins with its snapshot any more. Errno: EIO it was damaged, ENOMEM a life that had it was short of memory, EAGAIN lives that had it did not come up

	EventStorm EventKind = 10 // so many services restart that some are held back; this is the first. Told again only after there was no such need for a while
)

func (k EventKind) String() string {
	names := [...]string{"?", "start", "ready", "death", "give-up", "down", "refuse", "boot", "snapshot", "lost", "storm"}
	if int(k) < len(names) {
		return names[k]
	}
	return "?"
}

// Event is one thing that happened to a service. RS keeps EventsKept of them, and EventsShare of each service whatever happens to the
// others. Numbers have no gaps, so a missing one is of an event that RS no longer had.
type Event struct {
	Seq         uint64
	TimeNS      uint64
	Kind        EventKind
	Reason      Reason
	Label       Label
	Endpoint    Endpoint
	Incarnation uint32
	Vector      uint32
	Errno       Errno
	Why         Why
	Warm        uint32 // start, ready, death: 1: the life began with the service's snapshot
	ErrorCode   uint64
	RIP         uint64
	CR2         uint64
	Status      uint64
	StartedNS   uint64 // start: RS's clock before it called TaskCreate; death: when the life was allowed to run
	FaultNS     uint64 // death: when the kernel stopped it
	DetectNS    uint64 // death: from the fault, or from the injection, to RS's decision
	RecoveryNS  uint64 // ready: from the death (or hang's injection) to now; 0 at a first start
	BackoffNS   uint64 // death: how long the policy waits before the next start
}

// How many events RS keeps. When there are more, the oldest of the service that has the most of them makes room.
const (
	EventsKept  = 512
	EventsShare = EventsKept / MaxTasks // the newest of each service, whatever happens to the others
)
