//go:build tamago

package main

import "bennu/kernel/abi"

// root has the reincarnation server's life end at its next instruction, and asks it something: that request is what the life has in hand when it ends,
// and the next one answers it.
func root(m *abi.Msg) (times [6]uint64) {
	self := sys.Start()
	a, b := abi.PackLabel(self.Label)
	sys.Sleep(m.Arg[0])
	_, first, e := events(future)
	if e != abi.OK {
		return [6]uint64{uint64(e)}
	}
	if _, e = sys.Trace(abi.TraceEnd, self.Root, 1, 0); e != abi.OK {
		return [6]uint64{uint64(e)}
	}
	ep, e := lookup([2]uint64{a, b})
	answered := sys.Now()
	if e == abi.OK && ep != self.Endpoint {
		e = abi.EIO
	}
	if e != abi.OK {
		return [6]uint64{uint64(e)}
	}
	n, _, e := events(first)
	if e != abi.OK {
		return [6]uint64{uint64(e)}
	}
	rs, _ := abi.MakeLabel("rs")
	var death, ready *abi.Event
	for i := range rows[:n] {
		switch v := &rows[i]; {
		case v.Label != rs:
		case v.Kind == abi.EventDeath:
			death = v
		case v.Kind == abi.EventReady:
			ready = v
		}
	}
	if death == nil || ready == nil || death.FaultNS == 0 || ready.TimeNS < death.FaultNS {
		return [6]uint64{uint64(abi.ESRCH)}
	}
	return [6]uint64{uint64(abi.OK), ready.TimeNS - death.FaultNS, answered - death.FaultNS, uint64(ready.Incarnation)}
}
