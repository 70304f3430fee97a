package store

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"

	"bennu/drivers/protocol/ds"
	"bennu/kernel/abi"
)

// model is the store as somebody would write it who has all the memory and time: maps, and Go's regular expressions.
type model struct {
	l        Limits
	revision uint64
	live     map[string]*row
	heard    map[string]map[string]*row // by subscriber: what it believes
	subs     map[string]*regexp.Regexp
	hidden   map[string]bool // keys that were private once: nobody was told what became of what it had heard of them
}

type row struct {
	owner, value string
	flags        ds.Flags
}

func (m *model) bytes(owner string) (keys, n int) {
	for k, r := range m.live {
		if r.owner == owner {
			keys, n = keys+1, n+len(k)+len(r.value)
		}
	}
	return keys, n
}

func (m *model) publish(who, key, value string, f ds.Flags) abi.Errno {
	old := m.live[key]
	keys, n := m.bytes(who)
	now := &row{who, value, f &^ ds.Overwrite}
	switch {
	case old != nil && *old == *now:
		return abi.OK
	case old != nil && f&ds.Overwrite == 0:
		return abi.EEXIST
	case old != nil && old.owner != who && old.flags&ds.PrivOverwrite != 0:
		return abi.EPERM
	}
	if old != nil && old.owner == who {
		keys, n = keys-1, n-len(key)-len(old.value)
	}
	if keys == m.l.Keys || n+len(key)+len(value) > m.l.Bytes {
		return abi.ENOSPC
	}
	m.live[key] = now
	m.hidden[key] = m.hidden[key] || f&ds.PrivSubscribe != 0
	return abi.OK
}

var (
	people   = []string{"a", "b", "c", "d"}
	patterns = []string{".*", "k[0-4]", "k.", "x|k5", "a/.*"}
)

// Random histories: the store answers as the model does, its snapshot is the store, a replay is the store, and what a subscriber believes of what it was told is in
// the end what is there, or it was told that it missed something.
func TestModel(t *testing.T) {
	told := 0
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 8))
		l := small()
		s := New(l, 10)
		m := &model{l: l, live: map[string]*row{}, heard: map[string]map[string]*row{}, subs: map[string]*regexp.Regexp{}, hidden: map[string]bool{}}
		first := s.Append(nil)
		var log [][]byte
		for step := range 400 {
			op, want := m.random(r, s)
			got := s.Apply(&op)
			if got.Errno != want {
				t.Fatalf("seed %d, step %d: %+v: %s, want %s", seed, step, op, got.Errno.Name(), want.Name())
			}
			if got.Changed {
				log = append(log, op.Append(nil))
			}
			if s.check() != nil || !m.same(s) {
				t.Fatalf("seed %d, step %d: after %+v the store holds something else", seed, step, op)
			}
			for _, who := range people {
				if m.subs[who] != nil && r.IntN(3) == 0 {
					told += m.listen(t, s, who, r.IntN(4), &log)
				}
			}
			if r.IntN(20) == 0 {
				s = same(t, s, s.Append(nil), l)
			}
		}
		for _, who := range people {
			if m.subs[who] != nil {
				told += m.listen(t, s, who, 1000, &log)
				m.believes(t, s, who)
			}
		}
		replay(t, first, log, s, l)
	}
	if told < 10_000 {
		t.Errorf("subscribers heard of %d changes only", told)
	}
}

// random is something that somebody asks for, and what the model says to it.
func (m *model) random(r *rand.Rand, s *Store) (Op, abi.Errno) {
	who := people[r.IntN(len(people))]
	key := fmt.Sprint("k", r.IntN(8))
	switch r.IntN(12) {
	case 0, 1, 2:
		op := Op{Kind: OpDelete, Owner: name(who), Key: []byte(key), Operator: r.IntN(4) == 0}
		old := m.live[key]
		switch {
		case old == nil:
			return op, abi.ESRCH
		case old.owner != who && !op.Operator:
			return op, abi.EPERM
		}
		delete(m.live, key)
		return op, abi.OK
	case 3:
		if m.subs[who] == nil {
			p := patterns[r.IntN(len(patterns))]
			m.subs[who], m.heard[who] = regexp.MustCompile("^(?:"+p+")$"), map[string]*row{}
			return sub(who, p, ds.Initial), abi.OK
		}
	case 4:
		if r.IntN(4) == 0 {
			for k, x := range m.live {
				if x.owner == who {
					delete(m.live, k)
				}
			}
			delete(m.subs, who)
			return Op{Kind: OpDown, Owner: name(who)}, abi.OK
		}
	}
	value := string(bytes.Repeat([]byte{'v'}, r.IntN(50)))
	f := []ds.Flags{ds.TypeString, ds.TypeMemory, ds.TypeString | ds.PrivOverwrite, ds.TypeString | ds.PrivSubscribe}[[...]int{0, 1, 2, 0, 1, 2, 0, 1, 2, 3}[r.IntN(10)]]
	if r.IntN(2) == 0 {
		f |= ds.Overwrite
	}
	return put(who, key, value, f), m.publish(who, key, value, f)
}

// same tells whether the store holds what the model holds.
func (m *model) same(s *Store) bool {
	n := 0
	for o := range s.owners {
		for i := range s.owners[o].slots {
			x := &s.owners[o].slots[i]
			if x.state != live {
				continue
			}
			n++
			if w := m.live[string(x.key())]; w == nil || *w != (row{s.owners[o].name.String(), string(x.value), x.flags}) {
				return false
			}
		}
	}
	return n == len(m.live)
}

// listen has a subscriber hear of some changes.
func (m *model) listen(t *testing.T, s *Store, who string, most int, log *[][]byte) (n int) {
	last := uint64(0)
	for ; n < most; n++ {
		var e ds.Entry
		if errno, _ := s.Check(s.Find(name(who)), 0, &e); errno == abi.EAGAIN {
			return n
		} else if errno != abi.OK || e.Revision <= last {
			t.Fatalf("%s: %s, revision %d after %d", who, errno.Name(), e.Revision, last)
		}
		last = e.Revision
		switch e.What {
		case ds.Missed: // it looks at all anew
			clear(m.heard[who])
			for k, x := range m.live {
				if m.subs[who].MatchString(k) && (x.owner == who || x.flags&ds.PrivSubscribe == 0) {
					m.heard[who][k] = x
				}
			}
		case ds.Deleted:
			delete(m.heard[who], e.Key())
		default:
			m.heard[who][e.Key()] = &row{e.Owner.String(), string(e.Head[:min(e.ValueLen, 32)]), e.Flags}
		}
		op := Op{Kind: OpHeard, Owner: name(who), A: 0, B: e.Revision}
		if s.Apply(&op).Changed {
			*log = append(*log, op.Append(nil))
		}
	}
	return n
}

// believes looks whether a subscriber that has heard all knows what is there. What became private since is as it was when it heard of it.
func (m *model) believes(t *testing.T, s *Store, who string) {
	t.Helper()
	for k, x := range m.live {
		if !m.subs[who].MatchString(k) || x.owner != who && x.flags&ds.PrivSubscribe != 0 {
			continue
		}
		if b := m.heard[who][k]; b == nil || b.owner != x.owner || b.value != x.value[:min(len(x.value), 32)] && b.value != x.value {
			t.Fatalf("%s believes %+v of %s, which is %+v", who, b, k, x)
		}
	}
	for k, b := range m.heard[who] {
		if m.live[k] == nil && !m.hidden[k] {
			t.Fatalf("%s believes %+v of %s, which is gone", who, b, k)
		}
	}
}

// replay makes the store again, of its first snapshot and of all that changed it.
func replay(t *testing.T, first []byte, log [][]byte, s *Store, l Limits) {
	t.Helper()
	c, err := Restore(first, l)
	if err != nil {
		t.Fatal(err)
	}
	for n, b := range log {
		op, ok := ReadOp(b)
		if !ok {
			t.Fatal("no record")
		}
		if r := c.Apply(&op); r.Errno != abi.OK || !r.Changed {
			t.Fatalf("record %d changes nothing: %+v, %+v", n, op, r)
		}
	}
	if !slices.Equal(c.names(), s.names()) || c.revision != s.revision {
		t.Fatalf("a replay makes another store: revision %d, want %d", c.revision, s.revision)
	}
}

func (s *Store) names() (list []string) {
	for o := range s.owners {
		for i := range s.owners[o].slots {
			if x := &s.owners[o].slots[i]; x.state == live {
				list = append(list, fmt.Sprint(s.owners[o].name, string(x.key()), string(x.value), x.flags, x.revision))
			}
		}
	}
	slices.Sort(list)
	return list
}
