package server

import (
	"encoding/hex"
	"strings"

	"bennu/drivers/protocol/ds"
	"bennu/kernel/abi"
	"bennu/rs/service"
)

// result writes the fields of a request's result.
func (s *Server) result(r service.Request, res *service.Result) {
	w := &s.w
	switch r.Op {
	case service.OpStatus:
		w.Seconds("t", res.NowNS)
		s.list("services", len(res.Services), func(i int) { s.service(&res.Services[i]) })
	case service.OpUp, service.OpRefresh, service.OpRestart:
		w.Uint("endpoint", uint64(res.Endpoint))
	case service.OpLookup:
		w.Uint("endpoint", uint64(res.Endpoint))
		w.Uint("incarnation", uint64(res.Incarnation))
	case service.OpPS:
		w.Seconds("t", res.NowNS)
		s.list("tasks", len(res.Tasks), func(i int) { s.task(&res.Tasks[i]) })
	case service.OpAccounts:
		s.accounts(res)
	case service.OpInfo:
		s.info(res)
	case service.OpPCI:
		s.pci(res)
	case service.OpLog:
		text := strings.TrimSuffix(string(res.Log), "\n")
		lines := strings.Split(text, "\n")
		if text == "" {
			lines = nil
		}
		s.list("lines", len(lines), func(i int) { w.Text(lines[i]) })
	case service.OpDate:
		w.Uint("seconds", res.Seconds)
		w.String("date", service.Date(res.Seconds))
		if res.Doubt != "" {
			w.String("doubt", res.Doubt)
		}
	case service.OpStoreList:
		s.list("entries", len(res.Entries), func(i int) {
			e := &res.Entries[i]
			s.entry(e, e.Head[:min(e.ValueLen, ds.HeadSize)])
		})
	case service.OpStoreGet:
		w.Name("entry")
		s.entry(&res.Entries[0], res.Value)
	case service.OpHelp:
		w.String("text", res.Help)
	}
}

func (s *Server) list(name string, n int, each func(i int)) {
	s.w.Name(name)
	s.w.Open('[')
	for i := range n {
		each(i)
	}
	s.w.Close(']')
}

// alive is an endpoint, or 0 for none: no task has endpoint 0.
func alive(ep abi.Endpoint) uint64 {
	if ep == abi.None {
		return 0
	}
	return uint64(ep)
}

func (s *Server) service(v *abi.ServiceStatus) {
	w := &s.w
	w.Open('{')
	w.Zeroed("label", v.Label[:])
	w.Uint("endpoint", alive(v.Endpoint))
	w.String("state", v.State.String())
	w.Uint("incarnation", uint64(v.Incarnation))
	w.Uint("restarts", uint64(v.Restarts))
	w.Uint("restarts_total", uint64(v.RestartsTotal))
	w.Uint("deaths", uint64(v.Deaths))
	w.String("reason", v.LastReason.String())
	w.Uint("vector", uint64(v.LastVector))
	w.Uint("missed", uint64(v.Missed))
	w.Uint("period_us", v.PeriodNS/1000)
	w.Seconds("started", v.StartedNS)
	w.Uint("recovery_us", v.RecoveryNS/1000)
	w.Bool("warm", v.Warm != 0)
	w.Seconds("backoff_until", v.BackoffNS)
	w.Uint("image_bytes", v.ImageBytes)
	w.Uint("unguarded", uint64(v.Unguarded))
	w.Uint("pci", uint64(v.PCI))
	w.Bool("unconfined", v.Unconfined != 0)
	w.String("errno", v.Errno.Name())
	w.String("why", v.Why.String())
	w.String("words", service.Words(v))
	w.Uint("init_us", v.InitNS/1000)
	w.Close('}')
}

// entry writes an entry of the data store; value is its first bytes at least.
func (s *Server) entry(e *ds.Entry, value []byte) {
	w := &s.w
	w.Open('{')
	w.String("key", e.Key())
	w.String("type", e.Flags.TypeName())
	w.Zeroed("owner", e.Owner[:])
	w.String("private", service.PrivateWords(e.Flags))
	w.Uint("revision", e.Revision)
	switch {
	case e.Flags&ds.TypeLabel != 0:
		w.Uint("endpoint", uint64(e.Endpoint))
		w.Uint("incarnation", uint64(e.Incarnation))
	case e.Flags&ds.TypeU32 != 0 && len(value) == 4:
		w.Uint("u32", uint64(e.U32()))
	case e.Flags&ds.TypeString != 0:
		w.String("string", string(value))
	default:
		w.String("memory", hex.EncodeToString(value))
	}
	w.Uint("bytes", uint64(e.ValueLen))
	w.Close('}')
}

func (s *Server) task(v *abi.TaskInfo) {
	w := &s.w
	w.Open('{')
	w.Zeroed("label", v.Label[:])
	w.Uint("endpoint", uint64(v.Endpoint))
	w.String("state", service.TaskState(v.State))
	w.Uint("incarnation", uint64(v.Incarnation))
	w.Uint("priority", uint64(v.Priority))
	w.Uint("image", uint64(v.Image))
	w.Uint("peer", uint64(v.Peer))
	w.Uint("frames", v.Frames)
	w.Uint("frames_peak", v.FramesPeak)
	w.Uint("shared_pages", v.SharedPages)
	w.Uint("windows", uint64(v.Windows))
	w.Uint("cpu_us", v.CPUNS/1000)
	w.Seconds("started", v.StartedNS)
	w.Uint("calls", v.Calls)
	w.Uint("faults", v.Faults)
	w.Uint("preempted", v.Preempted)
	w.Uint("worst_wait_us", v.WorstWaitNS/1000)
	w.Close('}')
}

func (s *Server) info(res *service.Result) {
	w, c, l, m := &s.w, &res.Counts, &res.Latency, &res.Machine
	w.Seconds("t", res.NowNS)
	w.Name("counts")
	w.Open('{')
	w.Uint("frames", c.Frames)
	w.Uint("tasks", c.Tasks)
	w.Uint("images", c.Images)
	w.Uint("hooks", c.Hooks)
	w.Uint("ports", c.Ports)
	w.Uint("alarms", c.Alarms)
	w.Uint("async", c.Async)
	w.Uint("deaths", c.Deaths)
	w.Uint("windows", c.Windows)
	w.Uint("heap_in_use", res.Heap.InUse)
	w.Uint("heap_allocs", res.Heap.Allocs)
	w.Close('}')
	w.Name("latency")
	w.Open('{')
	w.Uint("max_kernel_ns", l.MaxKernelNS)
	w.Uint("max_kernel_call", l.MaxKernelCall)
	w.Uint("max_ready_ns", l.MaxReadyNS)
	w.Uint("max_ready_task", uint64(l.MaxReadyTask))
	w.Uint("entries", l.Entries)
	w.Close('}')
	w.Name("machine")
	w.Open('{')
	w.String("version", service.Zeroed(m.Version[:]))
	w.String("cpu", service.Zeroed(m.CPU[:]))
	w.Uint("tsc_hz", m.TSCHz)
	w.Uint("ram_bytes", m.RAMBytes)
	w.Uint("pool_frames", m.PoolFrames)
	w.Uint("kernel_bytes", m.KernelBytes)
	w.Uint("heap_bytes", m.HeapBytes)
	w.Uint("module_bytes", m.ModuleBytes)
	w.Uint("entry_tsc", m.EntryTSC)
	w.Uint("runtime_tsc", m.RuntimeTSC)
	w.Uint("hardware_tsc", m.HardwareTSC)
	w.Uint("root_tsc", m.RootTSC)
	w.Uint("clock_tsc", m.ClockTSC)
	w.Uint("now_tsc", m.NowTSC)
	w.Close('}')
	s.list("images", len(res.Images), func(i int) {
		g := &res.Images[i]
		w.Open('{')
		w.Uint("image", uint64(g.Image))
		w.Uint("tasks", uint64(g.Tasks))
		w.Bool("sealed", g.Sealed != 0)
		w.Uint("bytes", g.Size)
		w.Uint("frames", g.Frames)
		w.Uint("entry", g.Entry)
		w.Uint("crc32c", g.CRC32C)
		w.Close('}')
	})
}

// events ends the requests to dead services and writes the events for a subscriber, one line each.
func (s *Server) events(events []abi.Event, lost uint64) {
	if lost > 0 && s.sub.On {
		s.begin()
		s.w.String("event", "lost")
		s.w.Seconds("t", s.asker.Now())
		s.w.Uint("n", lost)
		s.finish()
	}
	for i := range events {
		if s.sub.On {
			s.begin()
			s.event(&events[i])
			s.finish()
			s.sent()
		}
		if events[i].Kind == abi.EventDeath {
			s.asker.Dead(events[i].Endpoint)
		}
	}
	if s.sub.On {
		s.sub.Next = s.follow.Next()
	}
}

// event writes the fields of an event's kind.
func (s *Server) event(e *abi.Event) {
	w := &s.w
	w.String("event", e.Kind.String())
	w.Uint("seq", e.Seq)
	w.Seconds("t", e.TimeNS)
	if e.Label != (abi.Label{}) {
		w.Zeroed("label", e.Label[:])
		w.Uint("endpoint", alive(e.Endpoint))
		w.Uint("incarnation", uint64(e.Incarnation))
	}
	switch e.Kind {
	case abi.EventStart, abi.EventReady, abi.EventDeath:
		w.Bool("warm", e.Warm != 0)
	case abi.EventSnapshot:
		w.String("errno", e.Errno.Name())
	}
	switch e.Kind {
	case abi.EventReady:
		w.Uint("recovery_us", e.RecoveryNS/1000)
		w.Uint("recovery_ns", e.RecoveryNS)
	case abi.EventDeath:
		s.death(e)
	case abi.EventGiveUp, abi.EventDown, abi.EventRefuse, abi.EventStorm:
		w.String("reason", e.Reason.String())
		w.String("errno", e.Errno.Name())
		w.String("why", e.Why.String())
	}
}

func (s *Server) death(e *abi.Event) {
	w := &s.w
	w.String("reason", e.Reason.String())
	if e.Reason == abi.ReasonException {
		w.Uint("vector", uint64(e.Vector))
		w.String("exception", abi.VectorName(e.Vector))
		w.Uint("error_code", e.ErrorCode)
		w.Uint("cr2", e.CR2)
	}
	w.Uint("rip", e.RIP)
	w.Uint("status", e.Status)
	w.String("errno", e.Errno.Name())
	w.Seconds("started", e.StartedNS)
	w.Seconds("fault", e.FaultNS)
	w.Uint("detect_us", e.DetectNS/1000)
	w.Uint("detect_ns", e.DetectNS)
	w.Uint("recovery_us", e.RecoveryNS/1000)
	w.Uint("backoff_us", e.BackoffNS/1000)
}
