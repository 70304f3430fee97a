package service

import (
	"time"

	"bennu/drivers/protocol/ds"
	"bennu/kernel/abi"
)

// Result is how a request ended. Which fields are set follows from the request.
type Result struct {
	Errno abi.Errno
	// Text says what failed, for people; "" when Errno says it all.
	Text string

	Endpoint    abi.Endpoint // OpUp, OpRefresh, OpRestart, OpLookup
	Incarnation uint32       // OpLookup
	NowNS       uint64       // OpStatus, OpPS, OpInfo, OpAccounts: the time of the reading
	UntilNS     uint64       // OpAccounts: when its reading had ended
	Services    []abi.ServiceStatus
	Tasks       []abi.TaskInfo
	Images      []abi.ImageInfo
	Accounts    []abi.AccountInfo
	Counts      abi.Counts
	Heap        abi.Heap
	Latency     abi.Latency
	Machine     abi.Machine
	Functions   []abi.FunctionInfo // OpPCI, with Tasks
	Bridges     []abi.BridgeInfo
	DMAFaults   []abi.DMAFaults
	Log         []byte // whole lines
	Seconds     uint64 // OpDate
	Doubt       string // OpDate: why the time is not to be trusted; "": nothing is known against it
	Help        string
	Entries     []ds.Entry // OpStoreList, OpStoreGet
	Value       []byte     // OpStoreGet
}

// Err is nil when the request succeeded.
func (r *Result) Err() error {
	if r.Errno == abi.OK {
		return nil
	}
	return &Failure{r.Errno, r.Text}
}

// Failure is a request's error with the words that go with it.
type Failure struct {
	Errno abi.Errno
	Text  string
}

func (f *Failure) Error() string {
	if f.Text == "" {
		return f.Errno.Err().Error()
	}
	return f.Errno.Name() + ": " + f.Text
}

// rtcLabel is the service that keeps the time of day.
var rtcLabel, _ = abi.MakeLabel("rtc")

// Run does request r. done is called once, with the result; not before Run returns, unless the answer needs
// nobody else.
func Run(a *Asker, r Request, done func(Result)) {
	switch r.Op {
	case OpHelp:
		done(Result{Help: Help(r.Topic)})
	case OpStatus:
		status(a, r, done)
	case OpUp, OpDown, OpRefresh, OpRestart, OpLookup, OpFault, OpPowerOff, OpReboot:
		manage(a, r, done)
	case OpPS:
		done(tasks(a))
	case OpInfo:
		if r.Reset {
			measure(a, r, done)
		} else {
			done(info(a))
		}
	case OpAccounts:
		done(accounts(a))
	case OpPCI:
		functions(a, r, done)
	case OpLog:
		done(log(a, r.Lines))
	case OpDate:
		date(a, r, done)
	case OpStoreList, OpStoreGet, OpStorePut, OpStoreDelete:
		store(a, r, done)
	default:
		done(Result{Errno: abi.ENOSYS})
	}
}

// manage sends a request to RS that has no memory to share.
func manage(a *Asker, r Request, done func(Result)) {
	var m abi.Msg
	m.Arg[0], m.Arg[1] = abi.PackLabel(r.Label)
	switch r.Op {
	case OpUp:
		m.Type = abi.RSUp
	case OpDown:
		m.Type = abi.RSDown
	case OpRefresh:
		m.Type = abi.RSRefresh
	case OpRestart:
		m.Type = abi.RSRestart
	case OpLookup:
		m.Type = abi.RSLookup
	case OpFault:
		m.Type = abi.RSFault
		m.Arg[2], m.Arg[3] = uint64(r.Kind), uint64(r.Way)
	case OpPowerOff:
		m.Type = abi.RSShutdown
		m.Arg[0], m.Arg[1] = r.Status, uint64(abi.PowerOff)
	case OpReboot:
		m.Type = abi.RSShutdown
		m.Arg[0], m.Arg[1] = 0, uint64(abi.Reset)
	}
	a.Ask(a.RS(), m, limitOf(r.Op), func(m *abi.Msg, e abi.Errno) {
		if e != abi.OK {
			explain(a, r, failure(r, m, e), done)
			return
		}
		res := Result{Endpoint: abi.Endpoint(m.Arg[1])}
		if r.Op == OpLookup {
			res.Incarnation = uint32(m.Arg[2])
		}
		done(res)
	})
}

// limitOf is how long RS may take to answer: some answers come when a life has begun or ended.
func limitOf(op Op) time.Duration {
	switch op {
	case OpUp, OpDown, OpRefresh, OpRestart, OpPowerOff, OpReboot:
		return LimitLife
	}
	return LimitRS
}

// explain ends a request that failed, with the words of the service when there are any.
func explain(a *Asker, r Request, f failed, done func(Result)) {
	if !f.hasWords() {
		done(Result{Errno: f.errno, Text: f.text()})
		return
	}
	status(a, Request{Op: OpStatus, Label: r.Label}, func(res Result) {
		if len(res.Services) == 1 && res.Services[0].Why == f.why { // else it is about something else
			f.words = Words(&res.Services[0])
		}
		done(Result{Errno: f.errno, Text: f.text()})
	})
}

func status(a *Asker, r Request, done func(Result)) {
	rows := make([]abi.ServiceStatus, abi.MaxTasks)
	mem := memory(rows)
	grant, ok := a.Grant(a.RS(), mem, true)
	if !ok {
		done(Result{Errno: abi.EAGAIN, Text: noGrant})
		return
	}
	m := abi.Msg{Type: abi.RSStatus, Arg: [7]uint64{uint64(grant), uint64(len(mem))}}
	a.Ask(a.RS(), m, LimitRS, func(m *abi.Msg, e abi.Errno) {
		a.Revoke(grant)
		res := Result{Errno: e, NowNS: a.Now()}
		f := failure(r, m, e)
		if e == abi.OK {
			res.Services = only(rows[:min(m.Arg[1], uint64(len(rows)))], r.Label)
			if r.Label != (abi.Label{}) && len(res.Services) == 0 {
				f.answered, f.errno, f.why = true, abi.ESRCH, abi.WhyUnknown
			}
		}
		res.Errno, res.Text = f.errno, f.text()
		done(res)
	})
}

// only keeps the row of label, or all when label is zero.
func only(rows []abi.ServiceStatus, l abi.Label) []abi.ServiceStatus {
	if l == (abi.Label{}) {
		return rows
	}
	for i := range rows {
		if rows[i].Label == l {
			return rows[i : i+1]
		}
	}
	return nil
}

// noGrant is for a task that shares as much memory as it can.
const noGrant = "this task shares too much memory already; try again"

// driver puts the error of a driver's answer into words, or why there is none.
func driver(who string, m *abi.Msg, e abi.Errno) string {
	if e == abi.OK {
		return ""
	}
	if m != nil {
		return who + " answers: " + e.Text()
	}
	switch e {
	case abi.ETIMEDOUT:
		return who + " did not answer in " + Duration(uint64(LimitDriver))
	case abi.EDEADSRCDST:
		return who + " died while it was asked"
	case abi.ECALLDENIED:
		return "no right to talk to " + who + " (ipc in system.conf)"
	case abi.ENOSPC:
		return "too many requests wait in this task; try again"
	case abi.EAGAIN:
		return who + " has not received this task's earlier requests; try again"
	}
	return who + " cannot be asked: " + e.Text()
}
