package conf

import (
	"sort"
	"strconv"
	"time"

	"bennu/kernel/abi"
	"bennu/kernel/room"
)

// Limits of a file.
const (
	MaxServices = abi.MaxTasks - 1 // all slots but the root task's
	MaxBurst    = 64               // deaths that a burst limit may count
	MaxNesting  = 100              // classes in classes (MINIX's)
	maxProgram  = 64               // bytes
	maxDescr    = 128              // bytes
)

// Defaults of an entry.
const (
	DefaultUID         = 9 // "service"
	DefaultPriority    = abi.DefaultPriority
	DefaultQuantum     = abi.DefaultQuantumNS * time.Nanosecond
	DefaultBudget      = abi.DefaultBudgetNS * time.Nanosecond
	DefaultPeriod      = abi.DefaultPeriodNS * time.Nanosecond // that the budget is for
	DefaultMemory      = 16 << 20
	DefaultReserve     = 640 << 10 // or all of a smaller memory
	DefaultInit        = 10 * time.Second
	DefaultStop        = 2 * time.Second
	DefaultBackoff     = time.Second
	DefaultBurst       = 30
	DefaultBurstWindow = 60 * time.Second

	DefaultSnapshot = 1
	MaxSnapshot     = 100
)

// RestartWhen says which deaths RS answers with a new life.
type RestartWhen uint8

const (
	RestartAlways  RestartWhen = iota // any that was not asked for
	RestartFailure                    // all but an exit with status 0
	RestartNever                      // none
)

// Service is one entry, complete: classes taken over, defaults filled in.
type Service struct {
	Label   string
	Program string // its executable is bin/Program in the archive
	Args    string

	UID      uint32        // 0: an operator, may ask RS for anything
	Priority uint32        // 0 runs first
	Quantum  time.Duration // its turn among equals, in the time that no budget takes

	Budget       time.Duration // CPU time that it is sure of in each BudgetPeriod, at its priority
	BudgetPeriod time.Duration
	Server       bool // works on its clients' accounts

	Memory  uint64 // bytes that it may have at most
	Reserve uint64 // bytes that nobody else can take, its own in death too
	Kept    uint64 // bytes of the reserve that outlive its lives; 0: none

	Manual      bool          // not started at boot
	Period      time.Duration // between pings; 0: never pinged
	Init        time.Duration // to answer after a start
	Stop        time.Duration // to end after being asked to
	Restart     RestartWhen
	BackoffUnit time.Duration
	BackoffMax  time.Duration // equal to the unit: always one unit
	Burst       int           // deaths within BurstWindow that make RS give up; 0: never
	BurstWindow time.Duration
	Storm       bool // its restarts are not limited with those of all services together
	Snapshot    int  // lives in a row that begin with the service's snapshot and never come up, until one begins without; 0: none ever begins with one

	IRQs      []uint32
	Ports     []abi.PortRange // of devices that the kernel knows
	Unguarded []abi.PortRange // of other devices: nobody knows what a byte does there
	PCI       []abi.PCIMatch  // of the functions that it sees
	DMA       abi.DMARight    // what these may do where there is no IOMMU
	Calls     uint64          // bit n: kernel call abi.CallBase+n

	IPC     []string // labels it may send to
	IPCAll  bool
	Control []string // labels it may refresh and restart
	Trace   []string // labels whose lives it may trace: read, change, stop
	TraceRS bool     // it may trace the reincarnation server, too

	After    []string // labels that are to be ready, or to have failed, before it starts
	Requires []string // labels without which it does not live
	Group    Group    // Name is "": it is in none

	Type  string
	Descr string

	Line, Col int // where the entry begins
}

// Operator tells whether the service may ask RS for anything.
func (s *Service) Operator() bool { return s.UID == 0 }

// File is the contents of a system.conf.
type File struct {
	Name     string
	Services []Service // the good ones, in the order of the file
	Memory   uint64    // the least memory, in bytes, of a machine that it is for

	// Notes are no faults, but may be slips: `ipc` and `control` may name a service that
	// is not in this file (of a driver that another image has), and then mean nothing.
	Notes []Fault

	from map[string]map[string]written // by label and keyword: where a service's statements are written
}

// Service finds an entry by label; nil when there is none, or it has a fault.
func (f *File) Service(label string) *Service {
	for i := range f.Services {
		if f.Services[i].Label == label {
			return &f.Services[i]
		}
	}
	return nil
}

// Place is where something stands in a file.
type Place struct {
	File      string
	Line, Col int // from 1; columns count bytes
}

func (p Place) String() string {
	return p.File + ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Col)
}

// Fault is one thing that is wrong in a file.
type Fault struct {
	File      string
	Line, Col int    // from 1; columns count bytes
	Label     string // the entry it is in, as written; "" outside entries
	Class     bool   // that entry is a class
	Text      string // what is wrong, and what was expected
	Other     Place  // the place that it does not go together with; Line 0: none
}

// Error is `system.conf:12:5: service "rtc": unknown keyword "irqs", expected one of …`.
func (f Fault) Error() string {
	s := Place{f.File, f.Line, f.Col}.String() + ": "
	if f.Label != "" {
		s += quoteEntry(f.Class, f.Label) + ": "
	}
	s += f.Text
	if f.Other.Line != 0 {
		s += ", see " + f.Other.String()
	}
	return s
}

// Parse reads a whole file and finds everything that is wrong in it, in the order of the
// file. An entry with a fault is not among the File's services; it does not spoil others.
func Parse(name string, text []byte) (*File, []Fault) {
	p := &parser{name: name, tokens: scan(text), memory: room.Minimum}
	p.file()
	p.evaluate()
	sort.SliceStable(p.faults, func(i, j int) bool {
		a, b := &p.faults[i], &p.faults[j]
		return a.Line < b.Line || a.Line == b.Line && a.Col < b.Col
	})
	f := &File{Name: name, Memory: p.memory, Notes: p.notes, from: map[string]map[string]written{}}
	for _, e := range p.entries {
		if !e.bad && !e.class {
			f.Services = append(f.Services, e.s)
			f.from[e.s.Label] = e.from
		}
	}
	return f, p.faults
}
