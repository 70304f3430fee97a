package abi

// Why says what an Errno of the reincarnation server means. Numbers are append-only.
type Why uint32

const (
	WhyNone Why = 0

	// What is wrong with the request.
	WhyNotOperator Why = 1  // EPERM: the asker has not uid 0
	WhyNotControl  Why = 2  // EPERM: the asker has neither uid 0 nor the target in its control list
	WhyStranger    Why = 3  // EPERM: the asker is no service
	WhyLabel       Why = 4  // EINVAL: not a label
	WhyUnknown     Why = 5  // ESRCH: no such service
	WhyRefused     Why = 6  // EINVAL: its entry in system.conf has a fault
	WhyTooMany     Why = 7  // EAGAIN: RSOpen or RSWaits
	WhyRequest     Why = 8  // ENOSYS: no such request
	WhyArgument    Why = 9  // EINVAL: another argument than the label
	WhyGrant       Why = 10 // of the kernel: the memory that the request names

	// What the target is doing.
	WhyDown       Why = 11 // ESRCH: not started, or taken down
	WhyFailed     Why = 12 // ESRCH: given up
	WhyUp         Why = 13 // EBUSY: it runs
	WhyStarting   Why = 14 // EBUSY, EAGAIN: its Init has not answered
	WhyStopping   Why = 15 // EBUSY, ESRCH: it is being ended
	WhyRestarting Why = 16 // EBUSY, EAGAIN, ESRCH: dead or about to be; its next life is due
	WhyShutdown   Why = 17 // EBUSY, EINTR: the machine is being shut down

	// What happened while the asker waited.
	WhyTakenDown  Why = 18 // EINTR: somebody took the target down
	WhyAskerStops Why = 19 // EINTR: the asker itself is being ended

	// Which step of a start failed.
	WhyProgram     Why = 20 // ENOEXEC: the boot archive's copy is missing or damaged
	WhyImage       Why = 21 // of the kernel: making the executable copy
	WhyTask        Why = 22 // of the kernel: making the task
	WhyPorts       Why = 23 // EBUSY: a port is another's; the words tell which and whose
	WhyPrivilege   Why = 24 // of the kernel: giving its other privileges
	WhyAllow       Why = 25 // of the kernel: letting it run
	WhyInit        Why = 26 // what its Init answered; the words are its own
	WhyInitTimeout Why = 27 // ETIMEDOUT: Init did not answer; Arg[4]: its limit in ns
	WhyDied        Why = 28 // EIO: it died, and RS does not start it again; Arg[4]: Reason, and the vector << 32

	// What came of an order to misbehave.
	WhyNoFaults     Why = 29 // ENOSYS: the service has no such way to misbehave
	WhyFault        Why = 30 // what else the service answered
	WhyFaultTimeout Why = 31 // ETIMEDOUT: it did not answer; Arg[4]: the limit in ns
	WhyFaultDied    Why = 32 // EDEADSRCDST: it died before it answered
	WhyFaultBusy    Why = 33 // EBUSY: it has not answered another such order
	WhyTrace        Why = 34 // of the kernel: changing its code

	// What is wrong with the target, besides WhyRefused.
	WhyAccount Why = 35 // ENOMEM, or of the kernel: it has no account, its reserve cannot be promised; the words tell the sum
	WhyDeadly  Why = 36 // EIO: two lives of RS have ended with this request, and it is not handled again

	// What keeps the target from a life.
	WhyStorm    Why = 37 // EAGAIN: its restart is held back by the machine's limit of restarts
	WhyRequires Why = 38 // ESRCH: a service that it requires is down or given up: Arg[2] and Arg[3] are its label, 0: an entry that was refused
	WhyGroup    Why = 39 // EIO: its group was given up
	WhyBurst    Why = 40 // EIO: it died too often in too short a time; Arg[4] as for WhyDied
	WhyWaits    Why = 41 // EAGAIN: it waits for services that it is after or requires, or for its group
	Whys        Why = 42
)

var whyNames = [Whys]string{"none", "not-operator", "not-control", "stranger", "label", "unknown", "refused", "too-many", "request", "argument",
	"grant", "down", "failed", "up", "starting", "stopping", "restarting", "shutdown", "taken-down", "asker-stops", "program", "image",
	"task", "ports", "privilege", "allow", "init", "init-timeout", "died", "no-faults", "fault", "fault-timeout", "fault-died", "fault-busy",
	"trace", "account", "deadly", "storm", "requires", "group", "burst", "waits"}

func (w Why) String() string {
	if w < Whys {
		return whyNames[w]
	}
	return "?"
}
