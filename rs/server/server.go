package server

import (
	"time"

	"bennu/kernel/abi"
	"bennu/kernel/usys"
	"bennu/rs/conf"
	"bennu/rs/kept"
	"bennu/rs/policy"
)

// drainMax is how many messages may come before a due tick: heartbeats that wait in the queue are heard
// before a service is judged, and nobody can hold the tick off.
const drainMax = 64

// service is the server's own knowledge of a service; the policy has the rest. Its place in the table is its
// policy.ID; entries of system.conf that were refused stand behind the others.
type service struct {
	label    abi.Label
	name     string
	place    int // in the table
	program  int // place in images
	conf     conf.Service
	refused  abi.Errno // OK: it has no fault
	why      abi.Why   // of that
	controls uint64    // bit n: may refresh and restart service n
	traces   uint64    // bit n: may trace the lives of service n
	peers    uint64    // bit n: it and service n may send to each other
	priv     abi.Privilege

	account  abi.AccountID // 0: not made yet
	endpoint abi.Endpoint  // None: no life
	righted  bool          // priv says what system.conf does
	image    int           // program, or noImage
	watching bool
	watch    uint64 // number of the event that it waits for
	patient  bool   // and is told with the log
	mail     mail
	fault    order
	words    words
}

// Server is the reincarnation server.
type Server struct {
	k       usys.Gate
	archive Archive
	policy  *policy.State
	configs []policy.Config // of it

	file       *conf.File
	faulty     []refusal   // entries of it with a fault
	candidates []candidate // the others, in the order of the file
	roomBytes  uint64      // that reserves could have when the first life of the server began

	good   int // services of the policy: the first of the table
	table  []service
	byBits [abi.MaxTasks]int8 // slot → place in the table; -1: none
	images []image
	events ring
	owing  int    // services with mail that they have not taken
	faults int    // orders to misbehave that are not answered
	orders uint64 // numbers answers and orders

	watchers uint64 // bits by place of services: all that watch, and some that have

	tellAt time.Duration // the log's lines are written then; noHush: at once
	reborn uint64        // bits by place of services; while there is one, watchers are not told

	payer   abi.AccountID // that is known to pay for what the server does now
	tickDue bool          // the alarm has come
	drained int           // messages since then
	armed   time.Duration
	how     abi.ShutdownHow // of the shutdown
	status  uint64
	over    bool
	follow  []policy.Event // results of starts, to be stepped next

	ends    bool          // the actions that are carried out end a life: they are kept already
	noting  bool          // a death, and what is in follow, are to be noted (note)
	notedAt time.Duration // as of then
	death   policy.Action // whose record is event's

	// The memory below is used again and again, so that nothing is allocated on the way from a death to the
	// next start.
	now       time.Duration
	booted    bool // the boot services were started
	own       own  // the server's own life
	turn      turn
	full      bool          // there are so many records that a snapshot is to be taken when nothing else waits
	fullAt    time.Duration // when that is to be done at the earliest
	keeps     bool          // it has kept memory, and that has a snapshot
	unkept    bool          // a snapshot could not be taken, and that was said
	unproved  bool          // not all that is kept is believed: there is nothing that the state can be compared with
	paidUntil time.Duration // the snapshots of this life, at their pace
	writer    *kept.Writer
	unneeded  []uint32 // images that are to be freed
	snap      []byte
	second    *Server // prove's
	abreast   bool    // of a second state: it is what the newest snapshot has
	looked    looked
	tried     abi.Endpoint // whose death record an earlier life was at last
	tries     int          // so many times

	nowhere *int // nil

	// redoing: what an earlier life of the server was about, and has no record of, may come again
	redoing bool

	lives    [abi.MaxTasks]abi.Life // that the kernel has told of
	unknown  uint64                 // bits of those that the state does not know
	sweeping bool                   // lives and images that nobody knows may still come to be known
	sweepAt  time.Duration          // until then
	taken    []abi.DeathRecord      // that were waiting when this life of the server began
	overdue  []abi.DeathRecord      // of them, those of lives that have come to be known since
	buried   bool                   // the others were handled

	in     abi.Msg
	req    request // of in
	out    abi.Msg
	event  policy.Event
	record abi.DeathRecord
	spec   abi.TaskSpec
	regs   abi.Registers
	line   []byte
	rows   []abi.ServiceStatus
	batch  [32]abi.Event // on their way to an asker
	found  [16]abi.FunctionInfo
	buses  [16]abi.BridgeInfo
	denied [16]abi.DMAFaults
}

// Over tells whether the machine was told to end.
func (s *Server) Over() bool { return s.over }

// Run serves for ever: where it cannot go on the life ends. It returns to tests alone.
func (s *Server) Run() {
	s.Boot()
	for !s.over {
		s.Turn()
	}
}

// Boot makes the accounts and starts the boot services. In a later life of the server it finds out what there is.
func (s *Server) Boot() {
	s.clock()
	s.own.began = s.now
	if mem := s.k.Kept(); s.k.Start().Incarnation > 0 && (kept.Written(mem) || len(mem) == 0) {
		s.rebirth()
		return
	}
	if s.k.Start().Incarnation > 0 { // a life that ended in the middle of this has made some
		s.accounts()
		s.sweeping, s.tickDue = true, true
	}
	refused := s.admit()
	s.settle(refused)
	s.complain(append(s.faulty[:len(s.faulty):len(s.faulty)], refused...))
	for i := range s.table[:s.good] {
		s.rights(&s.table[i])
	}
	s.snapshot(nil)
	s.k.KeepSettled()
	s.bootServices()
	s.finish()
}

// bootServices starts those that are to run. It may have been done before, as far as an earlier life of the server came.
func (s *Server) bootServices() {
	for i := range s.table[:s.good] { // first all copies, so that no service that is ready waits for another one's
		if t := &s.table[i]; !t.conf.Manual {
			s.hold(t) // a failure here comes again, and is told, at the service's start
		}
	}
	s.booted, s.turn.globals = true, true
	s.step(policy.Event{Kind: policy.Boot})
}

// Turn takes one message, or the tick that is due, and does all the work that follows.
func (s *Server) Turn() {
	timeout := uint64(abi.NoTimeout)
	switch {
	case s.tickDue:
		timeout = 0
	case s.reborn != 0: // seldom for long: an alarm would be a call more on the way to the new life
		timeout = uint64(max(s.tellAt-s.now, 0))
	case s.sweeping: // likewise
		timeout = uint64(max(s.sweepAt-s.now, 0))
	}
	kind, e := s.k.Receive(abi.Any, timeout, &s.in)
	s.payer, s.req = 0, noRequest
	s.note()
	if s.clock(); s.sweeping && s.sweepAt <= s.now {
		s.tickDue = true
	}
	switch e {
	case abi.OK:
		if !s.spare(kind) {
			s.take(kind)
		}
		if s.drained++; s.looked.at == 0 && (kind != abi.KindNotify || s.in.Source != abi.Clock) { // else it would never rest
			s.looked.at = s.now + lookRest
		}
	case abi.EAGAIN:
	default: // no life of the root task is refused that: this one asks for something else than it should
		s.over = true
		s.differ("its receive is answered " + e.Name())
		return
	}
	if s.tickDue && (e != abi.OK || s.drained > drainMax) {
		s.tickDue = false
		s.step(policy.Event{Kind: policy.Tick})
		if s.sweeping {
			s.sweep()
		}
	}
	if len(s.overdue) > 0 {
		s.buryOverdue()
	}
	s.finish()
	if s.full && e == abi.EAGAIN && s.fullAt <= s.now && s.reborn == 0 && s.tellAt == noHush {
		s.snapshot(nil)
	}
	if s.looked.at != 0 && e == abi.EAGAIN && s.looked.at <= s.now && s.reborn == 0 && !s.noting {
		s.look()
		s.setAlarm()
	}
}

func (s *Server) clock() { s.now = time.Duration(s.k.Now()) }

// take handles the message in s.in.
func (s *Server) take(kind abi.ReceiveKind) {
	if kind != abi.KindNotify {
		s.message(kind)
		return
	}
	switch s.in.Source {
	case abi.System:
		if s.in.Arg[0]&abi.SystemDeath != 0 {
			s.deaths()
		}
	case abi.Clock:
		// armed is forgotten: an alarm that came too early must be set again.
		s.tickDue, s.drained, s.armed = true, 0, noAlarm
	}
	// A service's notification says nothing: a heartbeat is a message.
}

// deaths takes all records.
func (s *Server) deaths() {
	for more := true; more && s.takeDeath() == abi.OK; {
		more = s.record.Waiting > 0 // of a death that comes now there is another notification
		s.ended(&s.record)
	}
}

// ended takes a record.
func (s *Server) ended(r *abi.DeathRecord) {
	id := s.find(r.Endpoint)
	if id == policy.Nobody {
		return // a task whose start failed: its StartFailed has told
	}
	s.gone(id)
	s.died(id, r)
}

// gone forgets what was a life's.
func (s *Server) gone(id policy.ID) {
	t := &s.table[id]
	if t.watching {
		s.changed(t, partWatch)
	}
	t.endpoint, t.watching = abi.None, false
	s.ordered(id, abi.EDEADSRCDST, abi.WhyFaultDied, 0)
	s.forget(id)
}

// find is the service whose life has the endpoint; Nobody if there is none.
func (s *Server) find(ep abi.Endpoint) policy.ID {
	if slot := ep.Slot(); slot < len(s.byBits) {
		if i := s.byBits[slot]; i >= 0 && s.table[i].endpoint == ep {
			return policy.ID(i)
		}
	}
	for i := range s.table[:s.good] { // its slot has a new owner, its record was not yet taken
		if s.table[i].endpoint == ep && ep != abi.None {
			return policy.ID(i)
		}
	}
	return policy.Nobody
}

// byLabel is the place of a label in the table; -1: unknown.
func (s *Server) byLabel(l abi.Label) int {
	for i := range s.table {
		if s.table[i].label == l {
			return i
		}
	}
	return -1
}

const noAlarm = time.Duration(-1)

// finish does the work that can wait until after the decisions: log lines, news, mail that is due, the alarm.
func (s *Server) finish() {
	if s.over || s.noting { // the new life first: the wait for what comes next has a limit
		return
	}
	s.tellAll()
	s.expire()
	s.flush()
	s.commit()
	s.setAlarm()
}

// setAlarm has the kernel notify the server when there is something to do next.
func (s *Server) setAlarm() {
	if s.sweeping && s.reborn == 0 && !s.tickDue { // the wait has a limit (Turn), and a tick follows
		return
	}
	at, ok := s.policy.Next()
	if t, due := s.nextTry(); due && (!ok || t < at) {
		at, ok = t, true
	}
	if t, due := s.nextFault(); due && (!ok || t < at) {
		at, ok = t, true
	}
	if s.tellAt != noHush && s.reborn == 0 && (!ok || s.tellAt < at) { // else the wait has the limit (Turn)
		at, ok = s.tellAt, true
	}
	if s.full && s.reborn == 0 && s.tellAt == noHush && (!ok || s.fullAt < at) { // an alarm, not a limit of the wait: that would have to be taken back when a death ends it
		at, ok = s.fullAt, true
	}
	if s.looked.at != 0 && s.reborn == 0 && (!ok || s.looked.at < at) {
		at, ok = s.looked.at, true
	}
	if !ok {
		at = noAlarm
	}
	if s.tickDue || at == s.armed || s.armed != noAlarm && (at == noAlarm || s.armed < at) {
		return // an alarm that comes too early is dearer than a call only when it comes
	}
	s.armed = at
	s.k.SetAlarm(uint64(max(at-time.Duration(s.k.Now()), 1)))
}
