package policy

import (
	"slices"
	"time"

	"bennu/kernel/abi"
)

// follow says what comes after the end of a life that RS is ending.
type follow uint8

const (
	followDeath follow = iota // it counts as a death
	followDown
	followStart // a refresh
	followAgain // it begins again with another one that it goes with
	followFail  // its group is given up
)

// row is one service.
type row struct {
	cfg Config
	lasting
	burst ring // of its deaths

	requirers uint64 // who requires it, and who requires those
	mates     uint64 // the others of its group
	bound     bool   // may have to wait for others
}

// lasting is what Snapshot writes of a row, beside burst.
type lasting struct {
	state  abi.ServiceState
	alive  bool       // a task exists, or its Start is being done
	proved bool       // has been ready since it was taken up
	then   follow     // in ServiceStopping
	ended  abi.Reason // why RS is ending this life; none: it is not
	boot   bool       // EventBoot waits for it

	endpoint abi.Endpoint // of the life; None: there is none, or its Start is being done
	lives    uint32       // incarnation of the next life
	restarts uint32       // since it was brought up; a quiet time takes one off
	total    uint32       // restarts that nobody asked for, since the machine's boot
	deaths   uint32
	errno    abi.Errno
	why      abi.Why // of errno
	reason   abi.Reason
	vector   uint32

	due       time.Duration // of its timer; never: none
	startedAt time.Duration
	readyAt   time.Duration // of this life; never: not yet
	nextPing  time.Duration
	pingAt    time.Duration // the first ping without a heartbeat
	missed    uint32
	passed    bool // a late tick was forgiven

	injected   abi.FaultKind // into this life; 0: none
	injectedAt time.Duration
	faultAt    time.Duration // of the last death; never: no recovery is under way
	recovery   time.Duration

	warm    bool          // this life began with the snapshot
	gone    bool          // which was dropped since
	early   int           // warm lives in a row that ended before they were ready
	checkAt time.Duration // next look at the snapshot; never: none

	restartedAt time.Duration // when it was started anew last, nobody having asked; never: not yet
	held        bool          // in ServiceBackoff: held back by the machine's limit
	fresh       bool          // in ServiceWaiting: the life that waits is to begin fresh
	together    bool          // begins again with its group
}

// ring is the times of the newest deaths.
type ring struct {
	died   []time.Duration
	newest int
}

const never = time.Duration(-1)

type waiter struct {
	asker Asker
	id    ID
	gone  bool // waits for the service's end, else for its being ready
}

// Same tells whether two States of the same configs are the same, as far as Snapshot writes them.
func (s *State) Same(o *State) bool {
	if s.booting != o.booting || s.stopping != o.stopping || s.off != o.off || s.storm != o.storm || s.fullAt != o.fullAt || s.heardAt != o.heardAt || s.deafAt != o.deafAt || !slices.Equal(s.waiters, o.waiters) {
		return false
	}
	for i := range s.rows {
		if s.rows[i].lasting != o.rows[i].lasting || !s.rows[i].burst.same(&o.rows[i].burst) {
			return false
		}
	}
	for i := range s.groups {
		if !s.groups[i].same(&o.groups[i]) {
			return false
		}
	}
	return true
}

// same tells whether two rings of the same length have the same times.
func (r *ring) same(o *ring) bool {
	for k := range r.died {
		a, b := r.died[(r.newest-k+len(r.died))%len(r.died)], o.died[(o.newest-k+len(o.died))%len(o.died)]
		if a != b {
			return false
		}
		if a == never {
			break
		}
	}
	return true
}
