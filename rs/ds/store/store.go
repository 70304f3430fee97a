// Package store is what the data store knows: typed values under keys, their owners, subscriptions, and which services are ready. It is pure:
// every change is an Op, and the same Ops in the same order make the same store, so a snapshot and the Ops after it are the store.
//
// Each service has a share that nobody else can take: Limits.Keys keys, Limits.Bytes for them and their values, ds.MaxSubscriptions subscriptions.
// There is no list of notices that could be full: each change has a revision, an entry has that of its last one, and a subscription is told of the
// entries with a larger one than it has heard of. What is gone leaves its key and revision in its place until the owner needs the place;
// whoever has not heard of it by then is told that something was missed.
package store

import (
	"bytes"

	"bennu/drivers/protocol/ds"
	"bennu/kernel/abi"
)

// Limits is the size of a store.
type Limits struct {
	Owners int // services
	Keys   int // of one of them
	Bytes  int // of one of them: keys and values
}

// MaxOwners is one bit each of a word.
const MaxOwners = abi.MaxTasks

// sizes of shares, the best first.
var shares = [...]Limits{{Keys: 32, Bytes: 8192}, {Keys: 32, Bytes: 4096}, {Keys: 16, Bytes: 2048}, {Keys: 8, Bytes: 1024}}

// Fit is the largest Limits for a number of services of which a snapshot is at most room bytes, whatever the store holds.
func Fit(owners, room int) (l Limits, ok bool) {
	for _, l = range shares {
		if l.Owners = owners; owners <= MaxOwners && l.MaxSnapshot() <= room {
			return l, true
		}
	}
	return l, false
}

type state uint8

const (
	free state = iota // nothing was there since it last told
	live
	gone // deleted, and the place is not used again yet
)

// entry is what slots and labels have in common.
type entry struct {
	state    state
	since    uint64 // revision at which it was published first: who had heard nothing later never knew of it
	created  uint64 // revision at which it was published last
	revision uint64 // of the last change
}

type slot struct {
	entry
	flags ds.Flags // type and privacy
	hash  uint32   // of the key
	n     uint8
	bytes [ds.MaxKey]byte
	value []byte
}

func (x *slot) key() []byte { return x.bytes[:x.n] }

// label is a service as RS tells of it.
type label struct {
	entry
	endpoint    abi.Endpoint
	incarnation uint32
}

type owner struct {
	name  abi.Label
	label label
	bytes int // of its live slots
	slots []slot
	subs  [ds.MaxSubscriptions]subscription
}

// Store is the data store. The zero value is of no use: New.
type Store struct {
	limits   Limits
	revision uint64 // of the last change
	event    uint64 // number of RS's next event
	owners   []owner
	wake     uint64 // owners with something new to be told, since Wake
}

// New is an empty store. Its revisions are larger than first: than those of a store whose place it takes.
func New(l Limits, first uint64) *Store {
	return &Store{limits: l, revision: first, owners: make([]owner, 0, l.Owners)}
}

// Limits is its size.
func (s *Store) Limits() Limits { return s.limits }

// Revision is that of the last change.
func (s *Store) Revision() uint64 { return s.revision }

// Event is the number of the reincarnation server's next event that the store has not heard of.
func (s *Store) Event() uint64 { return s.event }

// Owners is how many services have been heard of. Wake and Name count them.
func (s *Store) Owners() int { return len(s.owners) }

// Name is the label of a service.
func (s *Store) Name(owner int) abi.Label { return s.owners[owner].name }

// Wake is the services that have something new to hear since the last Wake, a bit each.
func (s *Store) Wake() (owners uint64) {
	owners, s.wake = s.wake, 0
	return owners
}

// Find is the number of a service; -1 when there has been nothing of it.
func (s *Store) Find(name abi.Label) int {
	for i := range s.owners {
		if s.owners[i].name == name {
			return i
		}
	}
	return -1
}

// owner is the number of a service, which has one from now on; -1 when there are as many as may be.
func (s *Store) owner(name abi.Label) int {
	if i := s.Find(name); i >= 0 || !name.Valid() || len(s.owners) == s.limits.Owners {
		return i
	}
	s.owners = append(s.owners, owner{name: name, slots: make([]slot, s.limits.Keys)})
	return len(s.owners) - 1
}

// step is the revision of a change that is being made.
func (s *Store) step() uint64 {
	s.revision++
	return s.revision
}

func keyByte(b byte) bool { return b > ' ' && b < 0x7f }

func validKey(key []byte) bool {
	for _, b := range key {
		if !keyByte(b) {
			return false
		}
	}
	return len(key) > 0 && len(key) <= ds.MaxKey
}

var drivers = []byte("drv.")

// reserved tells whose a key is, if it is one service's alone.
func reserved(key []byte) (whose []byte, yes bool) {
	if i := bytes.IndexByte(key, '/'); i >= 0 {
		return key[:i], true
	}
	if rest, ok := bytes.CutPrefix(key, drivers); ok {
		_, whose, _ = bytes.Cut(rest, []byte("."))
		return whose, true
	}
	return nil, false
}

// named tells whether text is the name.
func named(name *abi.Label, text []byte) bool {
	n := bytes.IndexByte(name[:], 0)
	if n < 0 {
		n = len(name)
	}
	return bytes.Equal(name[:n], text)
}

func hash(key []byte) uint32 {
	h := uint32(2166136261)
	for _, b := range key {
		h = (h ^ uint32(b)) * 16777619
	}
	return h
}

// find is the place of a live entry; its owner is -1 when there is none.
func (s *Store) find(key []byte) (o, at int) {
	h := hash(key)
	whose, alone := reserved(key)
	for o := range s.owners {
		if alone && !named(&s.owners[o].name, whose) {
			continue
		}
		if at := s.owners[o].find(key, h, live); at >= 0 {
			return o, at
		}
	}
	return -1, -1
}

func (o *owner) find(key []byte, h uint32, st state) int {
	for i := range o.slots {
		if x := &o.slots[i]; x.hash == h && x.state == st && bytes.Equal(x.key(), key) {
			return i
		}
	}
	return -1
}

// cost is what a share pays for an entry.
func cost(key, value []byte) int { return len(key) + len(value) }
