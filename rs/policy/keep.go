package policy

import (
	"encoding/binary"
	"errors"
	"slices"
	"strconv"

	"bennu/kernel/abi"
)

// A State as bytes: a head, the rows, the groups, the waiters. Numbers are little-endian, each at a fixed place, so that one costs one instruction. Of a
// row and of each group, the ring of deaths follows, from the newest on: the places that were never used are left out.
//
// What New makes of configs, and what follows from the rest, is not there.
const (
	stateVersion = 2
	headSize     = 56
	rowSize      = 152
	ringSize     = 8
	waiterSize   = 40
)

// Flags of the head.
const (
	headStopping = 1 << iota
	headOff
	headStorm
	headFlags = 1<<iota - 1
)

// Flags of a row.
const (
	rowAlive = 1 << iota
	rowProved
	rowBoot
	rowPassed
	rowWarm
	rowGone
	rowHeld
	rowFresh
	rowTogether
	rowFlags = 1<<iota - 1
)

var le = binary.LittleEndian

func bit(on bool, b uint32) uint32 {
	if on {
		return b
	}
	return 0
}

// Snapshot appends the whole state to b, for Restore.
func (s *State) Snapshot(b []byte) []byte {
	first := len(b)
	most := headSize + len(s.rows)*rowSize + len(s.waiters)*waiterSize
	for i := range s.rows {
		most += 8 * len(s.rows[i].burst.died)
	}
	for i := range s.groups {
		most += ringSize + 8*len(s.groups[i].died)
	}
	b = slices.Grow(b, most)[:first+headSize]
	for i := range s.rows {
		b = s.rows[i].append(b)
	}
	for i := range s.groups {
		at := len(b)
		b = s.groups[i].append(b[:at+ringSize])
		s.groups[i].put(b[at:], (len(b)-at-ringSize)/8)
	}
	for i := range s.waiters {
		b = b[:len(b)+waiterSize]
		s.waiters[i].put((*[waiterSize]byte)(b[len(b)-waiterSize:]))
	}
	p := (*[headSize]byte)(b[first:])
	le.PutUint32(p[0:], stateVersion)
	le.PutUint32(p[4:], uint32(len(b)-first))
	le.PutUint64(p[8:], s.hash)
	le.PutUint32(p[16:], uint32(len(s.rows)))
	le.PutUint32(p[20:], uint32(len(s.waiters)))
	le.PutUint32(p[24:], uint32(s.booting))
	le.PutUint32(p[28:], bit(s.stopping, headStopping)|bit(s.off, headOff)|bit(s.storm, headStorm))
	le.PutUint64(p[32:], uint64(s.fullAt))
	le.PutUint64(p[40:], uint64(s.heardAt))
	le.PutUint64(p[48:], uint64(s.deafAt))
	return b
}

// append adds a row to b, which has room for it.
func (r *row) append(b []byte) []byte {
	at := len(b)
	b = r.burst.append(b[:at+rowSize])
	p := (*[rowSize]byte)(b[at:])
	flags := bit(r.alive, rowAlive) | bit(r.proved, rowProved) | bit(r.boot, rowBoot) | bit(r.passed, rowPassed) | bit(r.warm, rowWarm) | bit(r.gone, rowGone) |
		bit(r.held, rowHeld) | bit(r.fresh, rowFresh) | bit(r.together, rowTogether)
	le.PutUint32(p[0:], uint32(r.state))
	le.PutUint32(p[4:], uint32(r.then)<<16|flags)
	le.PutUint32(p[8:], uint32(r.endpoint))
	le.PutUint32(p[12:], r.lives)
	le.PutUint32(p[16:], r.restarts)
	le.PutUint32(p[20:], r.deaths)
	le.PutUint32(p[24:], uint32(r.errno))
	le.PutUint32(p[28:], uint32(r.why))
	le.PutUint32(p[32:], uint32(r.reason))
	le.PutUint32(p[36:], r.vector)
	le.PutUint32(p[40:], uint32(r.ended))
	le.PutUint32(p[44:], r.missed)
	le.PutUint64(p[48:], uint64(r.injected))
	le.PutUint64(p[56:], uint64(r.due))
	le.PutUint64(p[64:], uint64(r.startedAt))
	le.PutUint64(p[72:], uint64(r.readyAt))
	le.PutUint64(p[80:], uint64(r.nextPing))
	le.PutUint64(p[88:], uint64(r.pingAt))
	le.PutUint64(p[96:], uint64(r.injectedAt))
	le.PutUint64(p[104:], uint64(r.faultAt))
	le.PutUint64(p[112:], uint64(r.recovery))
	le.PutUint64(p[120:], uint64(r.checkAt))
	le.PutUint32(p[128:], uint32(r.early))
	le.PutUint32(p[132:], r.total)
	le.PutUint64(p[136:], uint64(r.restartedAt))
	r.burst.put(p[144:], (len(b)-at-rowSize)/8)
	return b
}

// append adds a ring's deaths to b, which has room for them.
func (r *ring) append(b []byte) []byte {
	for k := range r.died {
		died := r.died[(r.newest-k+len(r.died))%len(r.died)]
		if died == never {
			break
		}
		b = le.AppendUint64(b, uint64(died))
	}
	return b
}

// put writes what has to be known of a ring beside its n deaths.
func (r *ring) put(p []byte, n int) { le.PutUint64(p, uint64(r.newest)<<32|uint64(n)) }

// take reads a ring of which p says where it begins off b. Preconditions: there is no death in it.
func (r *ring) take(p, b []byte) (rest []byte, err error) {
	newest, n := le.Uint64(p)>>32, le.Uint64(p)&(1<<32-1)
	if n > uint64(len(r.died)) || newest >= uint64(max(len(r.died), 1)) {
		return nil, wrong("it has more deaths than are counted")
	}
	if uint64(len(b)) < 8*n {
		return nil, errCut
	}
	r.newest = int(newest)
	for k := range int(n) {
		died := instant(b[8*k:])
		if !past(died) {
			return nil, wrong(noTime)
		}
		r.died[(r.newest-k+len(r.died))%len(r.died)] = died
	}
	return b[8*n:], nil
}

func (w *waiter) put(p *[waiterSize]byte) {
	le.PutUint32(p[0:], uint32(w.asker.From))
	le.PutUint32(p[4:], uint32(w.asker.Endpoint))
	le.PutUint64(p[8:], uint64(w.asker.Place))
	le.PutUint64(p[16:], w.asker.Tag)
	le.PutUint64(p[24:], w.asker.Seq)
	le.PutUint32(p[32:], uint32(w.id))
	le.PutUint32(p[36:], bit(w.gone, 1))
}

// Restore is the State that Snapshot wrote. Whatever b is, there is no panic, and a State that comes of it is one that events could have
// led to: what a State must be, it is.
//
// Errors: b is of another version, of other configs, cut, longer than a State, or holds what no State is.
func Restore(configs []Config, b []byte) (*State, error) {
	s := New(configs)
	rest, err := s.Restore(b)
	if err == nil && len(rest) != 0 {
		err = wrong("bytes behind it")
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Restore makes s, that New made of the same configs, what Snapshot wrote at the beginning of b; rest is behind that. After an error s is
// as New made it. It allocates nothing but words of errors.
func (s *State) Restore(b []byte) (rest []byte, err error) {
	rest, err = s.restore(b)
	if err == nil {
		err = s.check()
	}
	if err != nil {
		s.reset()
		return nil, err
	}
	return rest, nil
}

func wrong(what string) error { return errors.New("no snapshot of the policy: " + what) }

var errCut = wrong("it is cut")

func (s *State) restore(b []byte) (rest []byte, err error) {
	if len(b) < headSize {
		return nil, errCut
	}
	p := (*[headSize]byte)(b)
	size, flags, waiters := le.Uint32(p[4:]), le.Uint32(p[28:]), le.Uint32(p[20:])
	switch {
	case le.Uint32(p[0:]) != stateVersion:
		return nil, wrong("it is of version " + strconv.Itoa(int(le.Uint32(p[0:]))) + ", expected " + strconv.Itoa(stateVersion))
	case le.Uint64(p[8:]) != s.hash || le.Uint32(p[16:]) != uint32(len(s.rows)):
		return nil, wrong("it is of other services than system.conf has now")
	case uint64(size) > uint64(len(b)) || size < headSize:
		return nil, errCut
	case flags&^headFlags != 0:
		return nil, wrong("it has flags that nobody knows")
	case waiters > uint32(cap(s.waiters)):
		return nil, wrong("more wait than can")
	}
	s.stopping, s.off, s.storm = flags&headStopping != 0, flags&headOff != 0, flags&headStorm != 0
	s.booting, s.fullAt = int(int32(le.Uint32(p[24:]))), instant(p[32:])
	s.heardAt, s.deafAt = instant(p[40:]), instant(p[48:])
	b, rest = b[headSize:size], b[size:]
	for i := range s.rows {
		if b, err = s.rows[i].take(b); err != nil {
			return nil, err
		}
	}
	for i := range s.groups {
		if len(b) < ringSize {
			return nil, errCut
		}
		if b, err = s.groups[i].take(b, b[ringSize:]); err != nil {
			return nil, err
		}
	}
	s.waiters = s.waiters[:waiters]
	clear(s.open)
	s.count()
	for i := range s.waiters {
		if len(b) < waiterSize {
			return nil, errCut
		}
		if err = s.takeWaiter(&s.waiters[i], (*[waiterSize]byte)(b)); err != nil {
			return nil, err
		}
		b = b[waiterSize:]
	}
	if len(b) != 0 {
		return nil, wrong("it is longer than what it holds")
	}
	return rest, nil
}

// take reads a row off b.
func (r *row) take(b []byte) (rest []byte, err error) {
	if len(b) < rowSize {
		return nil, errCut
	}
	p := (*[rowSize]byte)(b)
	flags := le.Uint32(p[4:])
	r.state, r.then = abi.ServiceState(le.Uint32(p[0:])), follow(flags>>16)
	if flags>>16 > uint32(followFail) || flags&0xffff&^rowFlags != 0 {
		return nil, wrong("it has flags that nobody knows")
	}
	r.alive, r.proved, r.boot, r.passed, r.warm, r.gone = flags&rowAlive != 0, flags&rowProved != 0, flags&rowBoot != 0, flags&rowPassed != 0, flags&rowWarm != 0, flags&rowGone != 0
	r.endpoint, r.lives, r.restarts, r.deaths = abi.Endpoint(le.Uint32(p[8:])), le.Uint32(p[12:]), le.Uint32(p[16:]), le.Uint32(p[20:])
	r.errno, r.why = abi.Errno(le.Uint32(p[24:])), abi.Why(le.Uint32(p[28:]))
	r.reason, r.vector, r.ended, r.missed = abi.Reason(le.Uint32(p[32:])), le.Uint32(p[36:]), abi.Reason(le.Uint32(p[40:])), le.Uint32(p[44:])
	r.injected = abi.FaultKind(le.Uint64(p[48:]))
	r.due, r.startedAt, r.readyAt = instant(p[56:]), instant(p[64:]), instant(p[72:])
	r.nextPing, r.pingAt, r.injectedAt = instant(p[80:]), instant(p[88:]), instant(p[96:])
	r.faultAt, r.recovery, r.checkAt = instant(p[104:]), instant(p[112:]), instant(p[120:])
	r.early = int(int32(le.Uint32(p[128:])))
	r.held, r.fresh, r.together = flags&rowHeld != 0, flags&rowFresh != 0, flags&rowTogether != 0
	r.total, r.restartedAt = le.Uint32(p[132:]), instant(p[136:])
	return r.burst.take(p[144:], b[rowSize:])
}

// count counts what is not written.
func (s *State) count() {
	s.held, s.waiting = 0, 0
	for i := range s.rows {
		if s.rows[i].held {
			s.held++
		}
		if s.rows[i].state == abi.ServiceWaiting {
			s.waiting++
		}
	}
}

func (s *State) takeWaiter(w *waiter, p *[waiterSize]byte) error {
	w.asker.From, w.asker.Endpoint = ID(int32(le.Uint32(p[0:]))), abi.Endpoint(le.Uint32(p[4:]))
	w.asker.Place, w.asker.Tag, w.asker.Seq = int(int64(le.Uint64(p[8:]))), le.Uint64(p[16:]), le.Uint64(p[24:])
	w.id, w.gone = ID(int32(le.Uint32(p[32:]))), p[36] != 0
	if w.id < 0 || int(w.id) >= len(s.rows) || w.asker.From < Nobody || int(w.asker.From) >= len(s.rows) || le.Uint32(p[36:]) > 1 || w.asker == (Asker{}) {
		return wrong("one waits who is nobody, or for nobody")
	}
	*s.share(w.asker.From)++
	return nil
}

// Waits tells whether an asker with this endpoint waits for the answer to its request of that number.
func (s *State) Waits(ep abi.Endpoint, seq uint64) bool {
	for i := range s.waiters {
		if a := &s.waiters[i].asker; a.Endpoint == ep && a.Seq == seq {
			return true
		}
	}
	return false
}
