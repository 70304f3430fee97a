package policy

import (
	"slices"
	"time"

	"bennu/kernel/abi"
)

// ID is a service: its place in the table given to New. It never changes.
type ID int

// Nobody is the ID of an asker that is no service.
const Nobody ID = -1

// MaxOpen is how many requests of one service may wait for an answer at one time; all askers that are no
// service have one such share together. One more gets EAGAIN.
const MaxOpen = abi.RSWaits

// quietUnits is the quiet time that takes one restart off the count, in backoff units.
const quietUnits = 60

// Config is what system.conf says about keeping one service alive.
type Config struct {
	Boot        bool          // Boot starts it
	Period      time.Duration // between pings; 0: never pinged
	Init        time.Duration // to answer after a start
	Stop        time.Duration // to end after being asked to
	BackoffUnit time.Duration
	BackoffMax  time.Duration // longest backoff; the unit itself: no doubling
	Quiet       time.Duration // each such time of running takes one off the restarts; 0: 60 units
	Burst       int           // this many deaths within Window, and RS gives up; 0: never
	Window      time.Duration
	OnExit      OnExit
	Storm       bool // its restarts are not among those that are limited for all services together (storm.go)
	// Snapshot is how many lives in a row that begin with the service's snapshot may end before they are ready, until it is
	// dropped and a life begins cold; 0: there is never a snapshot.
	Snapshot int
	Check    time.Duration // between two looks at whether the snapshot is still what it was

	// Those that belong together (depend.go). Bit n of a mask is service n.
	After    uint64
	Requires uint64
	Lacks    bool // it requires one that is not in the table: it cannot be started

	Group       int // 0: none. All of a group say the same of it
	AllForOne   bool
	GroupBurst  int // this many deaths in the group within GroupWindow, and it is given up; 0: never
	GroupWindow time.Duration
}

// firstCheck is from the first life's being ready to the first look at the snapshot that was taken in it, against which later ones are
// held.
const firstCheck = 200 * time.Millisecond

// OnExit says which deaths nobody asked for are answered with a new life.
type OnExit uint8

const (
	ExitRestarts OnExit = iota // every one
	ExitZeroEnds               // all but an exit with status 0
	NeverRestart
)

// Kind says what an Event or an Action is.
type Kind uint8

// Events. The comment names the fields that count beside ID.
const (
	Boot        Kind = iota + 1 // (no ID) starts all services that Config.Boot says
	Up                          // Asker
	Down                        // Asker
	Refresh                     // Asker
	Restart                     // Asker
	Shutdown                    // (no ID) Asker
	Started                     // Record.Endpoint, Record.Started, Warm: the Start was done
	StartFailed                 // Errno, Why, Record.Endpoint: None
	Ready                       // Errno: what its Init answered
	Heartbeat
	Death   // Record; Errno: what a look at the snapshot has found, which a death of an unready warm life asks for (Suspect)
	Tick    // (no ID) a timer is due
	Fault   // Fault: injected now
	Checked // Errno: what a Check has found: EIO, ESRCH
	Reborn  // (no ID) the State was restored: what came meanwhile is forgiven
	Adopt   // Record.Endpoint, Record.Started, Incarnation, Warm: the kernel has this life
	Lost    // Record.Endpoint: of the life that the State has; the kernel has neither it nor its record
	GiveUp  // Record.Endpoint, Record.Died: the end of a life that is not to be looked at closer: the service is given up
	events  // is none: behind the last
)

// Actions. All have an ID, but PowerOff and Deaf.
const (
	Start    Kind = iota + 100 // Init, Incarnation, Snapshot. To be answered by Started or StartFailed at once
	Stop                       // ask it to end
	Kill                       // end it. A Death follows
	Ping                       // notify it
	Reply                      // Asker, Errno, Why; Detail is the number that goes with it
	Emit                       // Event and what it tells
	PowerOff                   // no service lives any more
	Check                      // compare the snapshot with what it was. To be answered by Checked at once
	Drop                       // let no life begin with the snapshot any more
	Deaf                       // end the life of whoever steps this State: it hears nobody (deaf.go). To be kept before it is done
)

// Asker is the task that waits for a Reply. The zero value is no one.
type Asker struct {
	From     ID // its own service, or Nobody
	Endpoint abi.Endpoint
	Place    int // the server's own
	Tag      uint64
	Seq      uint64 // the kernel's number of its request; 0: it has none
}

// Event is one thing that happened.
type Event struct {
	Kind   Kind
	ID     ID
	Asker  Asker
	Errno  abi.Errno
	Why    abi.Why // StartFailed: which step
	Record Record
	Fault  abi.FaultKind
	Warm   bool // Started, Adopt: the life begins with the snapshot

	Incarnation uint32 // Adopt
}

// Record is what the kernel tells about a life. An event carries all facts that decide anything or that are told, so
// that the same events give the same actions whenever they are replayed.
type Record struct {
	Endpoint  abi.Endpoint
	Cause     abi.Cause
	Vector    uint32
	ErrorCode uint64
	RIP, CR2  uint64
	Status    uint64
	Started   time.Duration // of a death: when it was allowed to run; of a start: when the kernel was asked for it
	Died      time.Duration // when the kernel stopped it
}

// Action is one thing to be done. Actions are done in the order of the slice.
type Action struct {
	Kind        Kind
	ID          ID
	Incarnation uint32
	Init        abi.InitKind
	Asker       Asker
	Errno       abi.Errno
	Why         abi.Why
	Detail      uint64
	Event       abi.EventKind
	Reason      abi.Reason
	Next        abi.EventKind // Emit of a death: start, down or give-up follows
	Backoff     time.Duration // Emit of a death: until the next start
	Detect      time.Duration // Emit of a death: from the fault to now
	Recovery    time.Duration // Emit of ready: from the fault to now
	Snapshot    bool          // Start: the life may take the snapshot, or begin with it
	Warm        bool          // Emit of a start, ready or death: the life began with it
	Record      *Record       // Emit of a death or a start: the event's own, not a copy; else nil
}

// State is the table of services. The zero value is of no use: New.
type State struct {
	rows     []row
	waiters  []waiter
	open     []int // how many of them each service has; the last place: Nobody
	actions  []Action
	booting  int // services that EventBoot waits for; -1: it is out, or was never asked for
	stopping bool
	off      bool
	hash     uint64 // of the configs

	fullAt time.Duration // when the bucket of restarts is full (storm.go)
	storm  bool          // services were held back since it was
	held   int           // services held back

	heardAt time.Duration // when a heartbeat was heard last that was owed
	deafAt  time.Duration // when Deaf was said last; never: not yet
	silent  bool          // found in the tick that is going on

	order   []ID   // of starts: each behind those that it is after
	groups  []ring // deaths of each group
	waiting int    // services in ServiceWaiting
}

// New makes the table. Place n of configs is the service with ID n.
func New(configs []Config) *State {
	s := &State{
		rows:    make([]row, len(configs)),
		waiters: make([]waiter, 0, (len(configs)+1)*MaxOpen),
		open:    make([]int, len(configs)+1),
		actions: make([]Action, 0, 4*len(configs)+(len(configs)+1)*MaxOpen+4),
		hash:    hash(configs),
		order:   order(configs),
	}
	for i := range s.rows {
		r := &s.rows[i]
		r.cfg = configs[i]
		if r.cfg.Quiet == 0 {
			r.cfg.Quiet = quietUnits * r.cfg.BackoffUnit
		}
		r.burst.died = make([]time.Duration, r.cfg.Burst)
		for len(s.groups) <= r.cfg.Group {
			s.groups = append(s.groups, ring{})
		}
		if g := &s.groups[r.cfg.Group]; r.cfg.Group != 0 && g.died == nil {
			g.died = make([]time.Duration, r.cfg.GroupBurst)
		}
	}
	s.relate()
	s.reset()
	return s
}

// reset makes s what New makes.
func (s *State) reset() {
	for i := range s.rows {
		r := &s.rows[i]
		*r = row{
			cfg: r.cfg, burst: r.burst, requirers: r.requirers, mates: r.mates, bound: r.bound,
			lasting: lasting{due: never, readyAt: never, faultAt: never, checkAt: never, restartedAt: never, endpoint: abi.None},
		}
		r.burst.newest = 0
		r.burst.forget()
	}
	for i := range s.groups {
		s.groups[i].newest = 0
		s.groups[i].forget()
	}
	s.fullAt, s.storm, s.held, s.waiting = 0, false, 0, 0
	s.waiters, s.actions = s.waiters[:0], s.actions[:0]
	clear(s.open)
	s.booting, s.stopping, s.off = -1, false, false
	s.heardAt, s.deafAt = 0, never
}

// Step takes one event at time now, which never goes back. The actions are valid until the next Step, as long
// as *e is unchanged. An event that does not fit the service's state (a heartbeat of the dead) does nothing.
// It panics on an ID that is not of the table.
func (s *State) Step(now time.Duration, e *Event) []Action {
	s.actions = s.actions[:0]
	switch e.Kind {
	case Boot:
		s.boot(now)
	case Up:
		s.up(now, e)
	case Down:
		s.down(now, e)
	case Refresh:
		s.refresh(now, e)
	case Restart:
		s.restart(now, e)
	case Shutdown:
		s.shutdown(now, e)
	case Started:
		s.started(now, e)
	case StartFailed:
		s.startFailed(now, e)
	case Ready:
		s.ready(now, e)
	case Heartbeat:
		s.heartbeat(now, e.ID)
	case Death:
		s.death(now, e)
	case Tick:
		s.tick(now)
	case Fault:
		s.fault(now, e)
	case Checked:
		s.checked(e)
	case Reborn:
		s.reborn(now)
	case Adopt:
		s.adopt(now, e)
	case Lost:
		s.lost(now, e)
	case GiveUp:
		s.abandon(now, e)
	}
	if s.waiting > 0 && e.Kind != Reborn && e.Kind != Adopt { // there may be more that live
		s.wake(now)
	}
	return s.actions
}

// do adds an action, which the caller fills in: it is large, and on the way from a death to the next life it is written once.
func (s *State) do(kind Kind, id ID) *Action {
	n := len(s.actions)
	if n == cap(s.actions) {
		s.more()
	}
	s.actions = s.actions[:n+1]
	a := &s.actions[n]
	*a = Action{Kind: kind, ID: id}
	return a
}

// more makes room for actions: more than New thought of.
func (s *State) more() { s.actions = slices.Grow(s.actions, 1) }

// emit adds the telling of an event, which the caller fills in.
func (s *State) emit(id ID, kind abi.EventKind) *Action {
	a := s.do(Emit, id)
	a.Event = kind
	if id != Nobody {
		if r := &s.rows[id]; r.lives > 0 {
			a.Incarnation, a.Warm = r.lives-1, r.warm
		}
	}
	return a
}

func (s *State) reply(id ID, to Asker, e abi.Errno, why abi.Why) {
	if to != (Asker{}) {
		a := s.do(Reply, id)
		a.Asker, a.Errno, a.Why, a.Detail = to, e, why, s.detail(id, why)
	}
}

// detail is the number that goes with a Why.
func (s *State) detail(id ID, why abi.Why) uint64 {
	switch why {
	case abi.WhyInitTimeout:
		return uint64(s.rows[id].cfg.Init)
	case abi.WhyRequires:
		return uint64(s.lacking(id) + 1)
	case abi.WhyDied, abi.WhyBurst:
		return uint64(s.rows[id].reason) | uint64(s.rows[id].vector)<<32
	}
	return 0
}
