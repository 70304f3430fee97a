//go:build tamago

package main

import (
	"bennu/drivers/protocol/faulty"
	"bennu/kernel/abi"
)

// last is what role.Last tells.
var last struct{ more [6]uint64 }

// future is a number that no event has.
const future = 1 << 60

// rebirth breaks a service and waits until its next life has answered. The times are those of role.Rebirth.
func rebirth(m *abi.Msg) (times [6]uint64) {
	label, kind, way := [2]uint64{m.Arg[0], m.Arg[1]}, abi.FaultKind(m.Arg[2]), m.Arg[3]
	request := abi.MsgType(m.Arg[5])
	last.more = [6]uint64{uint64(abi.EAGAIN)}
	sys.Sleep(m.Arg[4])
	old, e := lookup(label)
	if e != abi.OK {
		return [6]uint64{uint64(e)}
	}
	_, first, e := events(future)
	if e == abi.OK {
		e = breakIt(label, old, kind, way)
	}
	ep := old
	for next := first; e == abi.OK && ep == old; {
		if next, e = await(next); e != abi.OK {
			break
		}
		if now, found := lookup(label); found == abi.OK {
			ep = now
		}
	}
	if e != abi.OK {
		return [6]uint64{uint64(e)}
	}
	q := abi.Msg{Type: request}
	if e = ask(ep, &q); e != abi.OK {
		return [6]uint64{uint64(e)}
	}
	return stamps(label, ep, first, sys.Now())
}

// breakIt makes the fault. The victim's own ways come by a request that it never answers: this client waits for it when it
// dies. What RS does from outside comes by a request to RS.
func breakIt(label [2]uint64, old abi.Endpoint, kind abi.FaultKind, way uint64) abi.Errno {
	if kind == 0 {
		q := abi.Msg{Type: faulty.Do, Arg: [7]uint64{way}}
		if e := ask(old, &q); e != abi.EDEADSRCDST {
			return abi.EIO // it lived on
		}
		return abi.OK
	}
	q := abi.Msg{Type: abi.RSFault, Arg: [7]uint64{label[0], label[1], uint64(kind), way}}
	return ask(sys.Start().Root, &q)
}

// stamps puts the times of the death and of the life ep together.
func stamps(label [2]uint64, ep abi.Endpoint, first, answered uint64) (times [6]uint64) {
	var info abi.TaskInfo
	if _, e := sys.GetInfo(abi.InfoTask, uint64(ep.Slot()), abi.Bytes(&info)); e != abi.OK || info.Endpoint != ep {
		return [6]uint64{uint64(abi.EDEADSRCDST)}
	}
	n, _, e := events(first)
	if e != abi.OK {
		return [6]uint64{uint64(e)}
	}
	var death, start, ready *abi.Event
	for i := range rows[:n] {
		v := &rows[i]
		if a, b := abi.PackLabel(v.Label); [2]uint64{a, b} != label {
			continue
		}
		switch v.Kind {
		case abi.EventDeath:
			death = v
		case abi.EventStart:
			start = v
		case abi.EventReady:
			ready = v
		}
	}
	if death == nil || start == nil || ready == nil || ready.Endpoint != ep {
		return [6]uint64{uint64(abi.ESRCH)}
	}
	fault := death.FaultNS
	last.more = [6]uint64{uint64(abi.OK), death.TimeNS - fault, death.BackoffNS, death.DetectNS, fault, uint64(ready.Incarnation)}
	return [6]uint64{uint64(abi.OK), start.StartedNS - fault, info.StartedNS - fault, info.FirstRunNS - fault, ready.TimeNS - fault, answered - fault}
}
