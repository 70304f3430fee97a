package service

import "bennu/kernel/abi"

// failed is a request that RS answered with an error, or did not answer.
type failed struct {
	op       Op
	label    string
	answered bool // else errno is the kernel's or the Asker's
	errno    abi.Errno
	why      abi.Why
	detail   uint64
	words    string // the service's last, or RS's about a life that did not begin
}

// failure keeps the arguments of done of a request to RS.
func failure(r Request, m *abi.Msg, e abi.Errno) failed {
	f := failed{op: r.Op, label: r.Label.String(), errno: e}
	if m != nil {
		f.answered, f.why, f.detail = true, abi.Why(m.Arg[5]), m.Arg[4]
		if l := abi.UnpackLabel(m.Arg[2], m.Arg[3]); f.why == abi.WhyRequires && l.Valid() {
			f.words = l.String()
		}
	}
	return f
}

// hasWords tells whether the service's row may say more.
func (f *failed) hasWords() bool {
	switch f.why {
	case abi.WhyRefused, abi.WhyAccount, abi.WhyPorts, abi.WhyInit, abi.WhyDied, abi.WhyBurst:
		return true
	}
	return false
}

// text says what has failed and why. Two causes never have the same text.
func (f *failed) text() string {
	switch {
	case f.errno == abi.OK:
		return ""
	case !f.answered:
		return unanswered(f.op, f.errno)
	case f.why == abi.WhyNone:
		return "the reincarnation server answers: " + f.errno.Text()
	case f.why >= abi.WhyDown && f.why <= abi.WhyRestarting:
		return f.label + f.state()
	case f.why >= abi.WhyProgram && f.why <= abi.WhyAllow, f.why == abi.WhyAccount:
		return f.label + " was not started: " + f.step()
	}
	l := f.label
	switch f.why {
	case abi.WhyNotOperator:
		return "not permitted: this needs uid 0 in the asker's entry of system.conf"
	case abi.WhyNotControl:
		return "not permitted: this needs uid 0, or " + l + " in the asker's control list"
	case abi.WhyStranger:
		return "not permitted: the asker is no service"
	case abi.WhyLabel:
		return `"` + l + `" is not a label`
	case abi.WhyUnknown:
		return "no service " + l + " (service status lists them)"
	case abi.WhyRefused:
		return "the entry of " + l + " was refused: " + or(f.words, "the log has the words")
	case abi.WhyTooMany:
		return "too many requests of this task are open, or it has not taken their answers; try again"
	case abi.WhyRequest:
		return "the reincarnation server knows no such request"
	case abi.WhyArgument:
		return "the reincarnation server knows no such argument"
	case abi.WhyGrant:
		return "the memory for the answer cannot be written: " + f.errno.Text()
	case abi.WhyShutdown:
		return "the machine is being shut down"
	case abi.WhyTakenDown:
		return l + " was taken down meanwhile"
	case abi.WhyAskerStops:
		return "the asker itself is being ended"
	case abi.WhyDeadly:
		return "rs has died twice of this request, and does not look at it again"
	case abi.WhyInit:
		return "Init of " + l + " failed: " + or(f.words, f.errno.Text())
	case abi.WhyInitTimeout:
		return "Init of " + l + " did not answer in " + Duration(f.detail)
	case abi.WhyDied:
		return l + " died: " + lastDeath(abi.Reason(uint32(f.detail)), uint32(f.detail>>32)) + more(f.words)
	}
	return f.ordered()
}

// state says what the service is doing that prevents the request.
func (f *failed) state() string {
	switch f.why {
	case abi.WhyDown:
		return " is down (service up starts it)"
	case abi.WhyFailed:
		return " was given up (service status tells why, service restart tries again)"
	case abi.WhyStarting:
		return " is being started"
	case abi.WhyStopping:
		return " is being taken down"
	case abi.WhyRestarting:
		return " is between two lives: the next one is due"
	}
	switch f.op {
	case OpUp:
		return " is up already"
	case OpRestart:
		return " lives (service refresh replaces it)"
	}
	return " runs"
}

// step is the part of a start that failed.
func (f *failed) step() string {
	switch f.why {
	case abi.WhyProgram:
		return "its program in the boot archive is missing or damaged (the log has the words)"
	case abi.WhyImage:
		return "no executable copy: " + f.errno.Text()
	case abi.WhyAccount:
		return or(f.words, "no account: "+f.kernel(abi.ENOMEM, "its reserve is more than the memory that is not promised yet"))
	case abi.WhyPorts:
		return or(f.words, "a port of its entry is another's")
	case abi.WhyPrivilege:
		if f.errno == abi.ENOSPC {
			return "its privileges were refused: all interrupt hooks are spoken for"
		}
		return "its privileges were refused: " + f.kernel(abi.EPERM, "a port of its entry is no task's to have")
	case abi.WhyAllow:
		return "it may not run: " + f.errno.Text()
	}
	if f.errno == abi.EAGAIN {
		return "no task: too many deaths wait to be seen to"
	}
	return "no task: " + f.kernel(abi.ENOSPC, "all slots are taken")
}

// kernel is the text of the kernel's error; text replaces it for an error that means something special here.
func (f *failed) kernel(e abi.Errno, text string) string {
	if f.errno == e {
		return text
	}
	return f.errno.Text()
}

// ordered is the text for failed orders to misbehave, and for the remaining reasons.
func (f *failed) ordered() string {
	l := f.label
	switch f.why {
	case abi.WhyStorm:
		return l + " is held back: the machine makes no more restarts in so short a time"
	case abi.WhyRequires:
		return l + " cannot run without " + or(f.words, "a service that it requires") + ", which is not there"
	case abi.WhyGroup:
		return l + " was given up with its group"
	case abi.WhyBurst:
		return l + " died too often in too short a time, the last time of " + lastDeath(abi.Reason(uint32(f.detail)), uint32(f.detail>>32)) + more(f.words)
	case abi.WhyWaits:
		return l + " waits for services that it goes with"
	case abi.WhyNoFaults:
		return l + " has no such way to misbehave"
	case abi.WhyFault:
		return l + " would not misbehave: " + f.errno.Text()
	case abi.WhyFaultTimeout:
		return l + " did not answer the order to misbehave in " + Duration(f.detail)
	case abi.WhyFaultDied:
		return l + " died before it answered the order to misbehave"
	case abi.WhyFaultBusy:
		return l + " has another order to misbehave, which it has not answered"
	case abi.WhyTrace:
		return "the code of " + l + " cannot be changed: " + f.errno.Text()
	}
	return "the reincarnation server's reason " + Decimal(uint64(f.why)) + ": " + f.errno.Text()
}

// unanswered is why there is no answer of RS: an error of the kernel's or of the Asker.
func unanswered(op Op, e abi.Errno) string {
	switch e {
	case abi.ENOSPC:
		return "too many requests wait in this task; try again"
	case abi.EAGAIN:
		return "the reincarnation server has not received this task's earlier requests; try again"
	case abi.EDEADSRCDST:
		return "the reincarnation server died"
	case abi.ETIMEDOUT:
		return "the reincarnation server has not answered in " + Duration(uint64(limitOf(op))) + "; the request stays (service status tells)"
	case abi.ECALLDENIED:
		return "no right to talk to the reincarnation server"
	}
	return "the reincarnation server cannot be asked: " + e.Text()
}

func or(words, otherwise string) string {
	if words == "" {
		return otherwise
	}
	return words
}

func more(words string) string {
	if words == "" {
		return ""
	}
	return ": " + words
}

// fate says why the service does not run, by its row; "": it runs, or nothing is wrong.
func fate(s *abi.ServiceStatus) string {
	if s.Errno == abi.OK || s.State != abi.ServiceFailed && s.State != abi.ServiceBackoff && s.State != abi.ServiceWaiting {
		return ""
	}
	f := failed{op: OpStatus, label: s.Label.String(), answered: true, errno: s.Errno, why: s.Why, words: Words(s)}
	switch s.Why {
	case abi.WhyRequires:
		f.words = ""
	case abi.WhyDied, abi.WhyBurst:
		f.detail = uint64(s.LastReason) | uint64(s.LastVector)<<32
	case abi.WhyInitTimeout:
		f.detail = s.InitNS
	}
	return f.text()
}

// Words are a service's last words, if they are about the life that its row is about.
func Words(s *abi.ServiceStatus) string {
	if s.WordsOf != s.Incarnation {
		return ""
	}
	return string(s.Words[:min(s.WordsLen, abi.RSMaxLen)])
}
