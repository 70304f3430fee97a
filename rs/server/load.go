package server

import (
	"errors"
	"time"

	"bennu/kernel/abi"
	"bennu/kernel/usys"
	"bennu/rs/conf"
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

// New reads the configuration, and makes the accounts of its services. Every fault of it is logged with its own words; an
// entry with a fault is refused, others are not harmed. An entry without memory for its reserve is refused, too. New
// starts nothing; Boot does.
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
	s := &Server{k: k, archive: a, armed: noAlarm, tellAt: noHush, line: make([]byte, 0, lineSize)}
	for i := range s.byBits {
		s.byBits[i] = -1
	}
	s.clock()
	var refused []refusal
	for _, f := range faults {
		refused = append(refused, wrong(f))
	}
	refused = append(refused, s.admit(file)...)
	s.good = len(s.table)
	s.link()
	s.refuse(refused)
	configs := make([]policy.Config, s.good)
	for i := range configs {
		s.rights(&s.table[i])
		configs[i] = config(&s.table[i].conf)
	}
	s.policy = policy.New(configs)
	s.images = make([]image, 0, s.good)
	s.follow = make([]policy.Event, 0, s.good)
	s.rows = make([]abi.ServiceStatus, len(s.table))
	return s, nil
}

// checkSnapshots is the time between two looks at whether a snapshot is what it was.
const checkSnapshots = 10 * time.Second

// config is the part of an entry that the policy needs.
func config(c *conf.Service) policy.Config {
	return policy.Config{
		Boot: !c.Manual, Period: c.Period, Init: c.Init, Stop: c.Stop,
		BackoffUnit: c.BackoffUnit, BackoffMax: c.BackoffMax, Burst: c.Burst, Window: c.BurstWindow, Snapshot: c.Snapshot, Check: checkSnapshots,
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

// refuse logs the refused entries and keeps a row for each.
func (s *Server) refuse(refused []refusal) {
	for i, f := range refused {
		if i == maxFaults {
			s.say(ConfName + ": more faults, not shown")
			break
		}
		s.say(f.Error())
		label, ok := abi.MakeLabel(f.Label)
		if !ok || f.Class || s.byLabel(label) >= 0 {
			continue
		}
		s.table = append(s.table, service{label: label, name: f.Label, refused: f.e, why: f.why, endpoint: abi.None, image: noImage})
		s.table[len(s.table)-1].words.set(0, []byte(f.Error()))
		e, _ := s.events.add(policy.Nobody)
		e.TimeNS, e.Kind, e.Label, e.Endpoint, e.Errno = uint64(s.now), abi.EventRefuse, label, abi.None, f.e
		e.Why = f.why
	}
}

func (s *Server) say(line string) {
	s.line = append(s.line[:0], line...)
	s.k.DiagAbout(0, s.line)
}
