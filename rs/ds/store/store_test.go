package store

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"bennu/drivers/protocol/ds"
	"bennu/kernel/abi"
)

func name(s string) abi.Label {
	l, ok := abi.MakeLabel(s)
	if !ok {
		panic(s)
	}
	return l
}

func small() Limits { return Limits{Owners: 4, Keys: 4, Bytes: 120} }

// do applies an op and wants an end.
func do(t *testing.T, s *Store, op Op, e abi.Errno, why ds.Why) Result {
	t.Helper()
	r := s.Apply(&op)
	if r.Errno != e || r.Why != why {
		t.Fatalf("%+v: %s, %q, want %s, %q", op, r.Errno.Name(), r.Why, e.Name(), why)
	}
	return r
}

func put(who, key, value string, f ds.Flags) Op {
	return Op{Kind: OpPublish, Owner: name(who), Key: []byte(key), Value: []byte(value), Flags: f}
}

func TestPublish(t *testing.T) {
	const str = ds.TypeString
	s := New(small(), 100)
	for _, c := range []struct {
		op  Op
		e   abi.Errno
		why ds.Why
	}{
		{put("a", "", "1", str), abi.EINVAL, ds.WhyKey},
		{put("a", "a b", "1", str), abi.EINVAL, ds.WhyKey},
		{put("a", "\x7f", "1", str), abi.EINVAL, ds.WhyKey},
		{put("a", strings.Repeat("k", 81), "1", str), abi.EINVAL, ds.WhyKey},
		{put("a", "k", "1", 0), abi.EINVAL, ds.WhyType},
		{put("a", "k", "1", str|ds.TypeMemory), abi.EINVAL, ds.WhyType},
		{put("a", "k", "1", str|1<<20), abi.EINVAL, ds.WhyType},
		{put("a", "k", "1", str|ds.Initial), abi.EINVAL, ds.WhyType},
		{put("a", "k", "1", ds.TypeLabel), abi.EPERM, ds.WhyLabel},
		{put("a", "k", "123", ds.TypeU32), abi.EINVAL, ds.WhyU32},
		{put("a", "k", strings.Repeat("v", ds.MaxValue+1), str), abi.E2BIG, ds.WhyLong},
		{put("a", "k", strings.Repeat("v", 120), str), abi.ENOSPC, ds.WhyBytes},
		{put("a", "b/x", "1", str), abi.EPERM, ds.WhyName},
		{put("a", "/x", "1", str), abi.EPERM, ds.WhyName},
		{put("a", "drv.blk.b", "1", str), abi.EPERM, ds.WhyName},
		{put("a", "drv.blk", "1", str), abi.EPERM, ds.WhyName},
		{put("a", "drv.blk.a", "1", str), abi.OK, 0},
		{put("a", "a/x", "1", str), abi.OK, 0},
		{put("a", "k", "1", str), abi.OK, 0},
		{put("a", "k", "1", str), abi.OK, 0},
		{put("a", "k", "2", str), abi.EEXIST, ds.WhyExists},
		{put("a", "k", "1", str|ds.Private), abi.EEXIST, ds.WhyExists},
		{put("b", "k", "1", str), abi.EEXIST, ds.WhyExists},
		{put("a", "k", "2", str|ds.Overwrite), abi.OK, 0},
		{put("b", "k", "3", str|ds.Overwrite|ds.PrivOverwrite), abi.OK, 0},
		{put("a", "k", "4", str|ds.Overwrite), abi.EPERM, ds.WhyPrivate},
		{put("a", "l", "1", str), abi.OK, 0},
		{put("a", "m", "1", str), abi.OK, 0},
		{put("a", "n", "1", str), abi.ENOSPC, ds.WhyKeys},
		{put("a", "m", strings.Repeat("v", 120), str|ds.Overwrite), abi.ENOSPC, ds.WhyBytes},
		{put("b", "n", "1", str), abi.OK, 0},
		{Op{Kind: OpDelete, Owner: name("a"), Key: []byte("n")}, abi.EPERM, ds.WhyNotOwner},
		{Op{Kind: OpDelete, Owner: name("a"), Key: []byte("z")}, abi.ESRCH, ds.WhyNoKey},
		{Op{Kind: OpDelete, Owner: name("a"), Key: []byte("")}, abi.EINVAL, ds.WhyKey},
		{Op{Kind: OpDelete, Owner: name("c"), Key: []byte("n"), Operator: true}, abi.OK, 0},
		{Op{Kind: OpDelete, Owner: name("b"), Key: []byte("n")}, abi.ESRCH, ds.WhyNoKey},
		{Op{Kind: OpDelete, Owner: name("a"), Key: []byte("m")}, abi.OK, 0},
		{put("a", "n", "1", str), abi.OK, 0},
		{put("d", "x", "1", str), abi.OK, 0},
		{put("e", "y", "1", str), abi.EPERM, ds.WhyStranger},
		{Op{Kind: 99, Owner: name("a")}, abi.ENOSYS, ds.WhyRequest},
	} {
		do(t, s, c.op, c.e, c.why)
	}
	holds(t, s, "b", "k", "3")
	holds(t, s, "a", "a/x", "1")
}

func holds(t *testing.T, s *Store, who, key, value string) {
	t.Helper()
	var e ds.Entry
	v, errno, _ := s.Retrieve(s.Find(name(who)), []byte(key), 0, &e)
	if errno != abi.OK || string(v) != value || e.Key() != key {
		t.Fatalf("%s: %q, %s, key %q, want %q", key, v, errno.Name(), e.Key(), value)
	}
}

func TestRetrieve(t *testing.T) {
	s := New(small(), 0)
	do(t, s, put("a", "n", "\x01\x02\x03\x04", ds.TypeU32), abi.OK, 0)
	do(t, s, put("a", "p", "secret", ds.TypeString|ds.PrivRetrieve), abi.OK, 0)
	do(t, s, put("b", "q", "", ds.TypeMemory), abi.OK, 0)
	do(t, s, Op{Kind: OpReady, Owner: name("a"), A: 77 | 5<<32}, abi.OK, 0)
	a, b := s.Find(name("a")), s.Find(name("b"))
	for _, c := range []struct {
		who  int
		key  string
		t    ds.Flags
		want string
		e    abi.Errno
		why  ds.Why
	}{
		{b, "n", 0, "\x01\x02\x03\x04", abi.OK, 0}, {b, "n", ds.TypeU32, "\x01\x02\x03\x04", abi.OK, 0},
		{b, "n", ds.TypeString, "", abi.ESRCH, ds.WhyNoKey}, {b, "none", 0, "", abi.ESRCH, ds.WhyNoKey}, {b, "", 0, "", abi.EINVAL, ds.WhyKey},
		{b, "p", 0, "", abi.EPERM, ds.WhyPrivate}, {a, "p", 0, "secret", abi.OK, 0}, {a, "q", ds.TypeMemory, "", abi.OK, 0},
		{b, "a", ds.TypeLabel, "", abi.OK, 0}, {b, "b", ds.TypeLabel, "", abi.ESRCH, ds.WhyNoKey}, {b, "a", 0, "", abi.ESRCH, ds.WhyNoKey},
	} {
		var e ds.Entry
		v, errno, why := s.Retrieve(c.who, []byte(c.key), c.t, &e)
		if string(v) != c.want || errno != c.e || why != c.why {
			t.Errorf("%q as %d: %q, %s, %q", c.key, c.who, v, errno.Name(), why)
		}
		if c.t == ds.TypeLabel && errno == abi.OK && (e.Endpoint != 77 || e.Incarnation != 5 || e.Owner != name("rs")) {
			t.Errorf("label: %+v", e)
		}
	}
}

// told is what a subscription hears, each acknowledged.
func told(s *Store, who string, n int) (list []string) {
	me := s.Find(name(who))
	for range 100 {
		var e ds.Entry
		if errno, _ := s.Check(me, uint64(n), &e); errno != abi.OK {
			return append(list, errno.Name())
		}
		list = append(list, e.What.String()+" "+e.Key())
		op := Op{Kind: OpHeard, Owner: name(who), A: uint64(n), B: e.Revision}
		s.Apply(&op)
	}
	return append(list, "for ever")
}

func hears(t *testing.T, s *Store, who string, n int, want string) {
	t.Helper()
	if got := strings.Join(told(s, who, n), ", "); got != want {
		t.Fatalf("%s hears %q, want %q", who, got, want)
	}
}

func sub(who, pattern string, f ds.Flags) Op {
	return Op{Kind: OpSubscribe, Owner: name(who), Key: []byte(pattern), Flags: f}
}

func TestSubscribe(t *testing.T) {
	const str = ds.TypeString
	s := New(small(), 7)
	do(t, s, put("p", "x1", "1", str), abi.OK, 0)
	do(t, s, put("p", "x2", "1", str|ds.PrivSubscribe), abi.OK, 0)
	if r := do(t, s, sub("a", "x.", 0), abi.OK, 0); r.Sub != 0 || !r.New {
		t.Fatalf("%+v", r)
	}
	do(t, s, sub("a", "x.", 0), abi.EEXIST, ds.WhySubscribed)
	if r := do(t, s, sub("a", "x.", ds.Overwrite), abi.OK, 0); r.Sub != 0 || r.New {
		t.Fatalf("%+v", r)
	}
	do(t, s, sub("b", "x.", ds.Initial), abi.OK, 0)
	do(t, s, sub("b", "(", 0), abi.EINVAL, ds.WhyPattern)
	do(t, s, sub("b", "y", ds.PrivRetrieve), abi.EINVAL, ds.WhyType)
	hears(t, s, "a", 0, "EAGAIN")
	hears(t, s, "b", 0, "published x1, EAGAIN")
	hears(t, s, "b", 1, "ESRCH")
	s.Wake()
	do(t, s, put("p", "x1", "2", str|ds.Overwrite), abi.OK, 0)
	do(t, s, put("p", "x1", "3", str|ds.Overwrite), abi.OK, 0)
	do(t, s, put("p", "x3", "1", str), abi.OK, 0)
	do(t, s, put("p", "y1", "1", str), abi.OK, 0)
	if w := s.Wake(); w != 1<<s.Find(name("a"))|1<<s.Find(name("b")) {
		t.Errorf("wakes %b", w)
	}
	hears(t, s, "a", 0, "changed x1, published x3, EAGAIN")
	do(t, s, Op{Kind: OpDelete, Owner: name("p"), Key: []byte("x1")}, abi.OK, 0)
	hears(t, s, "a", 0, "deleted x1, EAGAIN")
	hears(t, s, "b", 0, "published x3, deleted x1, EAGAIN")
	for _, k := range []string{"2", "3", "4"} {
		do(t, s, sub("b", k, 0), abi.OK, 0)
	}
	do(t, s, sub("b", "5", 0), abi.ENOSPC, ds.WhySubscriptions)
	do(t, s, Op{Kind: OpUnsubscribe, Owner: name("b"), A: 2}, abi.OK, 0)
	do(t, s, Op{Kind: OpUnsubscribe, Owner: name("b"), A: 2}, abi.ESRCH, ds.WhyNoSubscription)
	do(t, s, Op{Kind: OpUnsubscribe, Owner: name("b"), A: 1 << 60}, abi.ESRCH, ds.WhyNoSubscription)
	if r := do(t, s, sub("b", "5", 0), abi.OK, 0); r.Sub != 2 {
		t.Errorf("place %d", r.Sub)
	}
}

// Whoever does not hear of what is gone before its place is needed is told so, and nobody else.
func TestMissed(t *testing.T) {
	s := New(small(), 0)
	for i := range 4 {
		do(t, s, put("p", fmt.Sprint("x", i), "1", ds.TypeString), abi.OK, 0)
	}
	do(t, s, sub("a", "x.", ds.Initial), abi.OK, 0)
	do(t, s, sub("b", "x3", ds.Initial), abi.OK, 0)
	hears(t, s, "a", 0, "published x0, published x1, published x2, published x3, EAGAIN")
	do(t, s, Op{Kind: OpDelete, Owner: name("p"), Key: []byte("x1")}, abi.OK, 0)
	s.Wake()
	do(t, s, put("p", "z", "1", ds.TypeString), abi.OK, 0)
	if w := s.Wake(); w != 1<<s.Find(name("a")) {
		t.Errorf("wakes %b", w)
	}
	hears(t, s, "a", 0, "missed , EAGAIN")
	hears(t, s, "b", 0, "published x3, EAGAIN")
	do(t, s, Op{Kind: OpDelete, Owner: name("p"), Key: []byte("z")}, abi.OK, 0)
	do(t, s, put("p", "x1", "1", ds.TypeString), abi.OK, 0)
	hears(t, s, "a", 0, "published x1, EAGAIN")
}

func TestLabels(t *testing.T) {
	s := New(small(), 0)
	do(t, s, sub("a", ".*", ds.TypeLabel), abi.OK, 0)
	do(t, s, sub("b", "r.c", ds.TypeU32), abi.OK, 0)
	ready := func(ep, inc uint64) Op { return Op{Kind: OpReady, Owner: name("rtc"), A: ep | inc<<32, B: 5} }
	if r := do(t, s, ready(100, 0), abi.OK, 0); !r.Changed || s.Event() != 5 {
		t.Errorf("%+v, event %d", r, s.Event())
	}
	if r := do(t, s, ready(100, 0), abi.OK, 0); r.Changed {
		t.Error("the same again is a change")
	}
	hears(t, s, "a", 0, "published rtc, EAGAIN")
	if r := do(t, s, Op{Kind: OpGone, Owner: name("rtc"), A: 99, B: 9}, abi.OK, 0); r.Changed || s.Event() != 9 {
		t.Errorf("the death of another life: %+v, event %d", r, s.Event())
	}
	do(t, s, Op{Kind: OpGone, Owner: name("rtc"), A: 100}, abi.OK, 0)
	do(t, s, ready(101, 1), abi.OK, 0)
	hears(t, s, "a", 0, "published rtc, EAGAIN")
	do(t, s, ready(102, 2), abi.OK, 0)
	hears(t, s, "a", 0, "changed rtc, EAGAIN")
	do(t, s, put("rtc", "mine", "1", ds.TypeString), abi.OK, 0)
	do(t, s, Op{Kind: OpGone, Owner: name("rtc"), A: 102}, abi.OK, 0)
	holds(t, s, "rtc", "mine", "1")
	do(t, s, sub("rtc", "x", 0), abi.OK, 0)
	if r := do(t, s, Op{Kind: OpDown, Owner: name("rtc"), B: 12}, abi.OK, 0); !r.Changed {
		t.Error("down is no change")
	}
	hears(t, s, "a", 0, "deleted rtc, EAGAIN")
	hears(t, s, "b", 0, "EAGAIN")
	hears(t, s, "rtc", 0, "ESRCH")
	var e ds.Entry
	if _, errno, _ := s.Retrieve(0, []byte("mine"), 0, &e); errno != abi.ESRCH {
		t.Error("what it had published is there after it was taken down")
	}
}

func TestList(t *testing.T) {
	s := New(small(), 0)
	do(t, s, put("a", "k", "v", ds.TypeString), abi.OK, 0)
	do(t, s, put("a", "a/s", "secret", ds.TypeMemory|ds.Private), abi.OK, 0)
	do(t, s, Op{Kind: OpReady, Owner: name("b"), A: 9}, abi.OK, 0)
	list := func(who string, operator bool, pattern string, at int) string {
		p, _ := Compile([]byte(pattern))
		rows, out := make([]ds.Entry, at), ""
		for n, next := s.List(s.Find(name(who)), operator, p, 0, rows); ; n, next = s.List(s.Find(name(who)), operator, p, next, rows) {
			for _, e := range rows[:n] {
				out += fmt.Sprintf("%s=%s(%d) ", e.Key(), e.Head[:min(e.ValueLen, 8)], e.ValueLen)
			}
			if next == 0 {
				return out
			}
		}
	}
	for _, c := range []struct {
		who, pattern string
		operator     bool
		want         string
	}{
		{"a", ".*", false, "k=v(1) a/s=secret(6) b=(0) "}, {"b", ".*", false, "k=v(1) b=(0) "},
		{"b", ".*", true, "k=v(1) a/s=(0) b=(0) "}, {"b", "a/.*", true, "a/s=(0) "}, {"b", "none", true, ""},
	} {
		for at := 1; at < 4; at++ {
			if got := list(c.who, c.operator, c.pattern, at); got != c.want {
				t.Errorf("%s lists %s by %d: %q, want %q", c.who, c.pattern, at, got, c.want)
			}
		}
	}
}

func TestFit(t *testing.T) {
	for _, c := range []struct{ owners, room, keys int }{{8, 256 << 10, 32}, {8, 100 << 10, 32}, {8, 50 << 10, 16}, {64, 500 << 10, 16}, {64, 400 << 10, 16}, {8, 1000, 0}, {65, 1 << 20, 0}} {
		l, ok := Fit(c.owners, c.room)
		if ok != (c.keys > 0) || ok && (l.Keys != c.keys || l.MaxSnapshot() > c.room) {
			t.Errorf("%d services in %d bytes: %+v, %v, %d", c.owners, c.room, l, ok, l.MaxSnapshot())
		}
	}
}

// A full store's snapshot is nearly as large as MaxSnapshot says that one can be (what is gone may have long keys, too), and comes back.
func TestFull(t *testing.T) {
	l, _ := Fit(8, 1<<20)
	s := New(l, 5)
	for o := range l.Owners {
		who := fmt.Sprint("owner", o)
		for i := range l.Keys {
			n := l.Bytes/l.Keys - ds.MaxKey
			key := fmt.Sprintf("%s/%s%02d", who, strings.Repeat("k", ds.MaxKey-len(who)-3), i)
			do(t, s, put(who, key, strings.Repeat("v", n), ds.TypeMemory), abi.OK, 0)
		}
		for i := range ds.MaxSubscriptions {
			do(t, s, sub(who, strings.Repeat("p", ds.MaxKey-1)+fmt.Sprint(i), 0), abi.OK, 0)
		}
	}
	b := s.Append(nil)
	if most := l.MaxSnapshot(); len(b) > most || len(b) < most*3/4 {
		t.Errorf("%d bytes, want nearly %d", len(b), most)
	}
	same(t, s, b, l)
}

// same restores b and looks whether it is s.
func same(t *testing.T, s *Store, b []byte, l Limits) *Store {
	t.Helper()
	c, err := Restore(b, l)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(c.Append(nil), b) {
		t.Fatal("a snapshot of the restored store is another one")
	}
	return c
}

// No byte of a snapshot can be changed so that restoring it ends otherwise than with a store or an error.
func TestRestoreDamaged(t *testing.T) {
	s := New(small(), 0)
	do(t, s, put("a", "k", "v", ds.TypeString), abi.OK, 0)
	do(t, s, sub("b", "k.*", 0), abi.OK, 0)
	b := s.Append(nil)
	refused := 0
	for i := range b {
		for bit := range 8 {
			d := bytes.Clone(b)
			d[i] ^= 1 << bit
			if c, err := Restore(d, small()); err != nil {
				refused++
			} else if c.check() != nil {
				t.Fatalf("byte %d: a store that cannot be", i)
			}
		}
		if _, err := Restore(b[:i], small()); err == nil {
			t.Fatalf("%d bytes of %d are a store", i, len(b))
		}
	}
	if refused == 0 {
		t.Error("nothing was refused")
	}
	if _, err := Restore(b, Limits{Owners: 4, Keys: 5, Bytes: 120}); err != errVersion {
		t.Errorf("limits of another store: %v", err)
	}
}

func TestReadOp(t *testing.T) {
	op := Op{Kind: OpPublish, Operator: true, Owner: name("a"), Flags: 0x1234, A: 5, B: 6, Key: []byte("k"), Value: []byte("value")}
	b := op.Append(nil)
	got, ok := ReadOp(b)
	if !ok || fmt.Sprint(got) != fmt.Sprint(op) {
		t.Errorf("%v %+v", ok, got)
	}
	for i := range b {
		if _, ok := ReadOp(b[:i]); ok {
			t.Errorf("%d bytes are a record", i)
		}
	}
	if _, ok := ReadOp(append(b, 0)); ok {
		t.Error("a byte more is a record")
	}
}
