// Package ds is the data store: small values that a service keeps outside itself, so that
// they survive its death. A key belongs to the label that published it and nobody else can
// see it. It is pure; rs/server carries its messages.
package ds

import "bennu/kernel/abi"

// MaxKeys is how many values one service may keep.
const MaxKeys = 16

// Value is what is kept under a key: 32 bytes.
type Value [4]uint64

// Key is a name: 16 bytes, not all zero.
type Key [2]uint64

type entry struct {
	key   Key
	value Value
}

// Store is the values of all services. Owners are places in RS's table.
type Store struct {
	owners [][]entry
}

// New makes an empty store for a number of owners.
func New(owners int) *Store { return &Store{owners: make([][]entry, owners)} }

func (s *Store) find(owner int, k Key) *entry {
	for i := range s.owners[owner] {
		if e := &s.owners[owner][i]; e.key == k {
			return e
		}
	}
	return nil
}

// Publish keeps v under k, in place of an older value. Errors: EINVAL (k is zero), ENOSPC (the owner has
// MaxKeys others).
func (s *Store) Publish(owner int, k Key, v Value) abi.Errno {
	if k == (Key{}) {
		return abi.EINVAL
	}
	if e := s.find(owner, k); e != nil {
		e.value = v
		return abi.OK
	}
	if len(s.owners[owner]) == MaxKeys {
		return abi.ENOSPC
	}
	s.owners[owner] = append(s.owners[owner], entry{k, v})
	return abi.OK
}

// Retrieve gives back what Publish kept. Errors: EINVAL, ESRCH.
func (s *Store) Retrieve(owner int, k Key) (Value, abi.Errno) {
	if k == (Key{}) {
		return Value{}, abi.EINVAL
	}
	if e := s.find(owner, k); e != nil {
		return e.value, abi.OK
	}
	return Value{}, abi.ESRCH
}

// Delete forgets k. Errors: EINVAL, ESRCH.
func (s *Store) Delete(owner int, k Key) abi.Errno {
	if k == (Key{}) {
		return abi.EINVAL
	}
	e := s.find(owner, k)
	if e == nil {
		return abi.ESRCH
	}
	last := len(s.owners[owner]) - 1
	*e = s.owners[owner][last]
	s.owners[owner] = s.owners[owner][:last]
	return abi.OK
}

// Drop forgets everything of an owner.
func (s *Store) Drop(owner int) { s.owners[owner] = s.owners[owner][:0] }
