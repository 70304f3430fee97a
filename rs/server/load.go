package server

import (
	"errors"
	"time"

	"bennu/kernel/abi"
	"bennu/kernel/usys"
	"bennu/rs/conf"
	"bennu/rs/kept"
	"bennu/rs/policy"
)

// ConfName is the configuration's name in the archive, ProgramPath the folder of programs.
const (
	ConfName    = "system.conf"
	ProgramPath = "bin/"
)

// lineSize is more than the longest line of log: an event with its last words.
const lineSize = 1024

// maxFaults bounds how many faults of system.conf are logged, and how many refused entries
// are kept.
const maxFaults = 64

// New reads the configuration. It asks the kernel nothing: what it makes is the same in each life of the server, which may
// begin with a snapshot of it. An entry with a fault is refused, others are not harmed. Boot does the rest.
//
// Errors: there is no system.conf, or it is damaged.
func New(k usys.Gate, a Archive) (*Server, error) {
	text, ok := a.File(ConfName)
	if !ok {
		return nil, errors.New("no " + ConfName + " in the boot archive")
	}
	if err := a.Check(ConfName); err != nil {
		return nil, err
	}
	file, faults := conf.Parse(ConfName, text)
	s := &Server{k: k, archive: a, file: file, armed: noAlarm, tellAt: noHush, req: noRequest, line: make([]byte, 0, lineSize)}
	for _, f := range faults {
		s.faulty = append(s.faulty, wrong(f))
	}
	for i := range file.Services {
		c := &file.Services[i]
		if _, ok := a.File(ProgramPath + c.Program); !ok {
			s.faulty = append(s.faulty, wrong(conf.Fault{
				File: ConfName, Line: c.Line, Col: c.Col, Label: c.Label,
				Text: "program: no " + ProgramPath + c.Program + " in the boot archive, expected an executable",
			}))
			continue
		}
		s.candidates = append(s.candidates, candidate{conf: c})
	}
	s.turn.b = make([]byte, recordHead, turnSize)
	s.writer = kept.NewWriter(k, 0)
	s.assemble(s.faulty)
	s.second = s.newSecond()
	return s, nil
}

// assemble makes the table, and all memory that depends on its size: first the candidates that were not refused, then a row for each entry that was.
func (s *Server) assemble(refused []refusal) {
	s.table = make([]service, 0, len(s.candidates)+len(refused))
	for i := range s.candidates {
		if c := &s.candidates[i]; c.refused == abi.OK {
			t := service{name: c.conf.Label, conf: *c.conf, place: len(s.table), account: c.account, endpoint: abi.None, image: noImage}
			t.label, _ = abi.MakeLabel(c.conf.Label)
			s.table = append(s.table, t)
		}
	}
	for i := range s.byBits {
		s.byBits[i] = -1
	}
	s.good = len(s.table)
	s.link()
	s.programs()
	s.refuse(refused)
	s.configs = make([]policy.Config, s.good)
	for i := range s.configs {
		s.configs[i] = config(&s.table[i].conf)
	}
	s.belong(s.configs)
	s.policy = policy.New(s.configs)
	s.unneeded = make([]uint32, 0, s.good)
	s.follow = make([]policy.Event, 0, s.good)
	s.rows = make([]abi.ServiceStatus, len(s.table)+1)
}

// checkSnapshots is the time between two looks at whether a snapshot is what it was.
const checkSnapshots = 10 * time.Second

// config is the part of an entry that the policy needs.
func config(c *conf.Service) policy.Config {
	return policy.Config{
		Boot: !c.Manual, Period: c.Period, Init: c.Init, Stop: c.Stop,
		BackoffUnit: c.BackoffUnit, BackoffMax: c.BackoffMax, Burst: c.Burst, Window: c.BurstWindow, Snapshot: c.Snapshot, Check: checkSnapshots,
		Storm: c.Storm,
		OnExit: [...]policy.OnExit{
			conf.RestartAlways:  policy.ExitRestarts,
			conf.RestartFailure: policy.ExitZeroEnds,
			conf.RestartNever:   policy.NeverRestart,
		}[c.Restart],
	}
}

// link turns lists of labels into bits. Peers are mutual, so that a service can be answered.
func (s *Server) link() {
	bit := func(label string) uint64 {
		for i := range s.table {
			if s.table[i].name == label {
				return 1 << i
			}
		}
		return 0 // an entry that was refused
	}
	for i := range s.table {
		t := &s.table[i]
		for _, l := range t.conf.Control {
			t.controls |= bit(l)
		}
		for _, l := range t.conf.Trace {
			t.traces |= bit(l) &^ (1 << i)
		}
		for _, l := range t.conf.IPC {
			t.peers |= bit(l)
		}
		if t.conf.IPCAll {
			t.peers = 1<<len(s.table) - 1
		}
	}
	for i := range s.table {
		for j := range s.table {
			if s.table[j].peers>>i&1 != 0 {
				s.table[i].peers |= 1 << j
			}
		}
	}
	for i := range s.table {
		s.table[i].peers &^= 1 << i
	}
}

// refuse keeps a row for each refused entry.
func (s *Server) refuse(refused []refusal) {
	for i, f := range refused {
		if i == maxFaults {
			break
		}
		label, ok := abi.MakeLabel(f.Label)
		if !ok || f.Class || s.byLabel(label) >= 0 {
			continue
		}
		s.table = append(s.table, service{label: label, name: f.Label, place: len(s.table), refused: f.e, why: f.why, endpoint: abi.None, image: noImage})
		s.table[len(s.table)-1].words.set(0, []byte(f.Error()))
	}
}

// complain logs the refused entries, once in the machine's life.
func (s *Server) complain(refused []refusal) {
	for i, f := range refused {
		if i == maxFaults {
			s.say(ConfName + ": more faults, not shown")
			break
		}
		s.say(f.Error())
	}
	for i := range s.table[s.good:] {
		t := &s.table[s.good+i]
		e, _ := s.events.add(policy.Nobody)
		e.TimeNS, e.Kind, e.Label, e.Endpoint, e.Errno = uint64(s.now), abi.EventRefuse, t.label, abi.None, t.refused
		e.Why = t.why
	}
}

func (s *Server) say(line string) {
	s.line = append(s.line[:0], line...)
	s.k.DiagAbout(0, s.line)
}
