package main

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"strings"

	"bennu/drivers/protocol/ds"
	"bennu/kernel/abi"
	"bennu/rs/service"
	"bennu/tools/internal/control"
)

// answer is every field that the answer to an operator's command may have.
type answer struct {
	control.Info
	control.Accounts
	control.PCI
	Services    []control.Service `json:"services"`
	Tasks       []control.Task    `json:"tasks"`
	Endpoint    uint32            `json:"endpoint"`
	Incarnation uint32            `json:"incarnation"`
	Lines       []string          `json:"lines"`
	Seconds     uint64            `json:"seconds"`
	Doubt       string            `json:"doubt"`
	Text        string            `json:"text"`
	Entries     []entry           `json:"entries"`
	Entry       *entry            `json:"entry"`
}

// entry is an entry of the data store.
type entry struct {
	Key, Type, Owner, Private string
	Revision                  uint64
	Endpoint, Incarnation     uint32
	U32                       uint32
	String, Memory            string
	Bytes                     uint32
}

// row makes of it what the machine made it of; value is all that is known of its value.
func (e *entry) row() (row ds.Entry, value []byte) {
	row = ds.Entry{Revision: e.Revision, Endpoint: abi.Endpoint(e.Endpoint), Incarnation: e.Incarnation, ValueLen: e.Bytes}
	row.Owner, _ = abi.MakeLabel(e.Owner)
	row.KeyLen = uint32(copy(row.KeyBytes[:], e.Key))
	switch e.Type {
	case "label":
		row.Flags = ds.TypeLabel
	case "u32":
		row.Flags, value = ds.TypeU32, binary.LittleEndian.AppendUint32(nil, e.U32)
	case "string":
		row.Flags, value = ds.TypeString, []byte(e.String)
	default:
		row.Flags = ds.TypeMemory
		value, _ = hex.DecodeString(e.Memory)
	}
	for f := ds.PrivRetrieve; f <= ds.PrivSubscribe; f <<= 1 {
		if strings.Contains(e.Private, service.PrivateWords(f)) {
			row.Flags |= f
		}
	}
	if e.Bytes > 0 || row.Flags&ds.PrivRetrieve == 0 {
		copy(row.Head[:], value)
	}
	return row, value
}

// result makes of an answer what the machine made it of, so that it prints in the same way.
func result(raw []byte) (r service.Result, err error) {
	var a answer
	if err := json.Unmarshal(raw, &a); err != nil {
		return r, err
	}
	r = service.Result{Endpoint: abi.Endpoint(a.Endpoint), Incarnation: a.Incarnation, NowNS: ns(a.T), Seconds: a.Seconds, Doubt: a.Doubt, Help: a.Text}
	for i := range a.Services {
		r.Services = append(r.Services, status(&a.Services[i]))
	}
	for i := range a.Tasks {
		r.Tasks = append(r.Tasks, task(&a.Tasks[i]))
	}
	for _, l := range a.Lines {
		r.Log = append(r.Log, l+"\n"...)
	}
	for i := range a.Entries {
		row, _ := a.Entries[i].row()
		r.Entries = append(r.Entries, row)
	}
	if a.Entry != nil {
		row, value := a.Entry.row()
		r.Entries, r.Value = []ds.Entry{row}, value
	}
	c, l, m := &a.Counts, &a.Latency, &a.Machine
	r.Counts = abi.Counts{Frames: c.Frames, Tasks: c.Tasks, Images: c.Images, Hooks: c.Hooks, Ports: c.Ports, Alarms: c.Alarms,
		Async: c.Async, Deaths: c.Deaths, Windows: c.Windows}
	r.Heap = abi.Heap{InUse: c.HeapInUse, Allocs: c.HeapAllocs}
	r.Latency = abi.Latency{MaxKernelNS: l.MaxKernelNS, MaxKernelCall: l.MaxKernelCall, MaxReadyNS: l.MaxReadyNS,
		MaxReadyTask: abi.Endpoint(l.MaxReadyTask), Entries: l.Entries}
	r.Machine = abi.Machine{TSCHz: m.TSCHz, RAMBytes: m.RAMBytes, PoolFrames: m.PoolFrames, KernelBytes: m.KernelBytes, HeapBytes: m.HeapBytes,
		ModuleBytes: m.ModuleBytes, EntryTSC: m.EntryTSC, RuntimeTSC: m.RuntimeTSC, HardwareTSC: m.HardwareTSC, RootTSC: m.RootTSC, ClockTSC: m.ClockTSC, NowTSC: m.NowTSC}
	copy(r.Machine.CPU[:], m.CPU)
	copy(r.Machine.Version[:], m.Version)
	for _, g := range a.Images {
		r.Images = append(r.Images, abi.ImageInfo{Image: g.Image, Tasks: g.Tasks, Size: g.Bytes, Frames: g.Frames})
	}
	if t := a.Accounts.Result(); t.Accounts != nil {
		r.NowNS, r.UntilNS, r.Machine.IdleNS, r.Accounts = t.NowNS, t.UntilNS, t.Machine.IdleNS, t.Accounts
	}
	if p := a.PCI.Result(); p.Functions != nil {
		r.Functions, r.Bridges, r.DMAFaults, r.Tasks = p.Functions, p.Bridges, p.DMAFaults, p.Tasks
	}
	return r, nil
}

func ns(seconds float64) uint64 { return uint64(seconds * 1e9) }

func status(s *control.Service) abi.ServiceStatus {
	r := abi.ServiceStatus{Endpoint: abi.Endpoint(s.Endpoint), Incarnation: s.Incarnation, Restarts: s.Restarts, RestartsTotal: s.Total, Deaths: s.Deaths,
		LastVector: s.Vector, Missed: s.Missed, PeriodNS: s.PeriodUS * 1000, StartedNS: ns(s.Started), RecoveryNS: s.RecoveryUS * 1000,
		ImageBytes: s.ImageBytes, Unguarded: s.Unguarded, PCI: s.PCI, InitNS: s.InitUS * 1000, WordsOf: s.Incarnation}
	if s.Unconfined {
		r.Unconfined = 1
	}
	if s.Warm {
		r.Warm = 1
	}
	r.WordsLen = uint32(copy(r.Words[:], s.Words))
	r.Label, _ = abi.MakeLabel(s.Label)
	for r.State < abi.ServiceWaiting && r.State.String() != s.State {
		r.State++
	}
	for r.LastReason < abi.ReasonHang && r.LastReason.String() != s.Reason {
		r.LastReason++
	}
	for r.Why < abi.Whys-1 && r.Why.String() != s.Why {
		r.Why++
	}
	for e := abi.Errno(1); e < 256; e++ {
		if e.Name() == s.Errno {
			r.Errno = e
		}
	}
	return r
}

func task(k *control.Task) abi.TaskInfo {
	t := abi.TaskInfo{Endpoint: abi.Endpoint(k.Endpoint), Incarnation: k.Incarnation, Priority: k.Priority, Image: k.Image,
		Peer: abi.Endpoint(k.Peer), Frames: k.Frames, FramesPeak: k.FramesPeak, SharedPages: k.SharedPages, Windows: k.Windows, CPUNS: k.CPUUS * 1000,
		StartedNS: ns(k.Started), Calls: k.Calls, Faults: k.Faults, Preempted: k.Preempted, WorstWaitNS: k.WorstWaitUS * 1000}
	t.Label, _ = abi.MakeLabel(strings.TrimSpace(k.Label))
	for t.State < abi.StateNoPriv && service.TaskState(t.State) != k.State {
		t.State++
	}
	return t
}
