package service

import (
	"bytes"
	"strings"

	"bennu/kernel/abi"
)

// Text is a result for people: tables, or one line; a failure is a line that begins with the
// symbol of its error.
func Text(r Request, res Result) string {
	if err := res.Err(); err != nil {
		return err.Error() + "\n"
	}
	switch r.Op {
	case OpHelp:
		return res.Help
	case OpStatus:
		return StatusTable(res.Services, res.NowNS)
	case OpAccounts:
		return AccountTable(&res)
	case OpPS:
		return TaskTable(res.Tasks)
	case OpInfo:
		return InfoTable(&res)
	case OpPCI:
		return FunctionTree(&res)
	case OpLog:
		return string(res.Log)
	case OpDate:
		return dateLine(&res)
	case OpUp, OpRefresh, OpRestart:
		return r.Label.String() + " runs, endpoint " + Decimal(uint64(res.Endpoint)) + "\n"
	case OpLookup:
		return r.Label.String() + ": endpoint " + Decimal(uint64(res.Endpoint)) + ", incarnation " + Decimal(uint64(res.Incarnation)) + "\n"
	case OpStoreList:
		return EntryTable(res.Entries)
	case OpStoreGet:
		return entryText(&res)
	case OpDown:
		return r.Label.String() + " is down\n"
	}
	return ""
}

// StatusTable is the services for people.
func StatusTable(rows []abi.ServiceStatus, now uint64) string {
	var t table
	t.row("LABEL", "STATE", "INC", "BEGAN", "RECENT", "RESTARTS", "DEATHS", "ENDPOINT", "PERIOD", "UP", "RECOVERY", "LAST DEATH")
	for i := range rows {
		s := &rows[i]
		t.row(s.Label.String(), s.State.String()+why(s), Decimal(uint64(s.Incarnation)), began(s), Decimal(uint64(s.Restarts)), Decimal(uint64(s.RestartsTotal)), Decimal(uint64(s.Deaths)),
			endpoint(s.Endpoint), orNone(s.PeriodNS), up(s, now), orNone(s.RecoveryNS), lastDeath(s.LastReason, s.LastVector))
	}
	text := t.String()
	for i := range rows {
		if w := fate(&rows[i]); w != "" {
			text += w + "\n"
		}
	}
	return text
}

func why(s *abi.ServiceStatus) (text string) {
	if s.Errno != abi.OK {
		text = " " + s.Errno.Name()
	}
	if s.Unguarded != 0 {
		text += " unguarded"
	}
	if s.PCI != 0 {
		text += " pci"
	}
	if s.Unconfined != 0 {
		text += " unconfined"
	}
	return text
}

// began is what a life began with: the service's snapshot (warm) or its executable.
func began(s *abi.ServiceStatus) string {
	switch {
	case s.Endpoint == abi.None || s.Endpoint == 0:
		return "-"
	case s.Warm != 0:
		return "warm"
	}
	return "cold"
}

func up(s *abi.ServiceStatus, now uint64) string {
	if s.Endpoint == abi.None || s.Endpoint == 0 || now < s.StartedNS {
		return "-"
	}
	return Duration(now - s.StartedNS)
}

func lastDeath(r abi.Reason, vector uint32) string {
	if r == abi.ReasonNone {
		return "-"
	}
	if r == abi.ReasonException {
		return r.String() + " " + abi.VectorName(vector)
	}
	return r.String()
}

func orNone(ns uint64) string {
	if ns == 0 {
		return "-"
	}
	return Duration(ns)
}

func endpoint(e abi.Endpoint) string {
	switch e {
	case 0, abi.None:
		return "-"
	case abi.Any:
		return "any"
	case abi.Hardware:
		return "hardware"
	case abi.Clock:
		return "clock"
	case abi.System:
		return "system"
	}
	return Decimal(uint64(e))
}

// TaskTable is the kernel's tasks for people.
func TaskTable(rows []abi.TaskInfo) string {
	var t table
	t.row("SLOT", "ENDPOINT", "LABEL", "INC", "PRI", "STATE", "PEER", "MEMORY", "PEAK", "SHARED", "WINDOWS", "CPU", "CALLS", "FAULTS", "PREEMPTED", "WORST WAIT")
	for i := range rows {
		k := &rows[i]
		t.row(Decimal(uint64(k.Endpoint.Slot())), Decimal(uint64(k.Endpoint)), k.Label.String(), Decimal(uint64(k.Incarnation)),
			Decimal(uint64(k.Priority)), TaskState(k.State), peer(k), Size(k.Frames*abi.PageSize), Size(k.FramesPeak*abi.PageSize),
			Size(k.SharedPages*abi.PageSize), Decimal(uint64(k.Windows)), Duration(k.CPUNS), Decimal(k.Calls), Decimal(k.Faults), Decimal(k.Preempted),
			Duration(k.WorstWaitNS))
	}
	return t.String()
}

// TaskState is the state's name.
func TaskState(s abi.TaskState) string {
	names := [...]string{"?", "ready", "sending", "receiving", "no-priv"}
	if int(s) < len(names) {
		return names[s]
	}
	return "?"
}

func peer(k *abi.TaskInfo) string {
	if k.State != abi.StateSending && k.State != abi.StateReceiving {
		return "-"
	}
	return endpoint(k.Peer)
}

// InfoTable is the machine for people.
func InfoTable(r *Result) string {
	m, c, l := &r.Machine, &r.Counts, &r.Latency
	var t table
	t.row("version", Zeroed(m.Version[:])+", CPU "+Zeroed(m.CPU[:]))
	t.row("up", Duration(r.NowNS)+", TSC "+Decimal(m.TSCHz/1e6)+" MHz")
	t.row("boot", "runtime "+phase(m, m.EntryTSC, m.RuntimeTSC)+", hardware "+phase(m, m.RuntimeTSC, m.HardwareTSC)+" (clocks "+phase(m, 0, m.ClockTSC)+")"+
		", first task "+phase(m, m.HardwareTSC, m.RootTSC))
	t.row("memory", Size(m.RAMBytes)+", for tasks "+Size(m.PoolFrames*abi.PageSize)+", free "+Size(c.Frames*abi.PageSize))
	t.row("kernel", "image "+Size(m.KernelBytes)+", heap "+Size(r.Heap.InUse)+" of "+Size(m.HeapBytes)+", archive "+Size(m.ModuleBytes)+
		", "+Decimal(r.Heap.Allocs)+" allocations")
	t.row("free", Decimal(c.Tasks)+" tasks, "+Decimal(c.Images)+" images, "+Decimal(c.Hooks)+" interrupt hooks, "+Decimal(c.Ports)+" ports, "+
		Decimal(c.Alarms)+" alarms, "+Decimal(c.Async)+" messages, "+Decimal(c.Deaths)+" death records, "+Decimal(c.Windows)+" windows")
	t.row("delay", "ready "+Duration(l.MaxReadyNS)+" (endpoint "+endpoint(l.MaxReadyTask)+"), kernel "+Duration(l.MaxKernelNS)+
		" ("+Stay(l.MaxKernelCall)+") of "+Decimal(l.Entries)+" entries")
	for i := range r.Images {
		g := &r.Images[i]
		t.row("image "+Decimal(uint64(g.Image)), Size(g.Size)+", "+Decimal(uint64(g.Tasks))+" tasks")
	}
	return t.String()
}

// phase is the time between two readings of the TSC.
func phase(m *abi.Machine, from, to uint64) string {
	if m.TSCHz == 0 || to < from {
		return "?"
	}
	return Duration(uint64(float64(to-from) * 1e9 / float64(m.TSCHz)))
}

// Stay says what a stay in the kernel was for (Latency.MaxKernelCall).
func Stay(call uint64) string {
	if call >= 1000 {
		v := call - 1000
		if n := abi.VectorName(uint32(v)); n != "" {
			return n
		}
		return "vector " + Decimal(v)
	}
	return "call " + Decimal(call)
}

// Zeroed is text that ends at its first zero byte.
func Zeroed(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return strings.TrimSpace(string(b))
}
