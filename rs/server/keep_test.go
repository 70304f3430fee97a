package server

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"bennu/kernel/abi"
	"bennu/rs/kept"
	"bennu/rs/policy"
	"bennu/tools/seed"
)

// remembered is what a life of the server that began now would know.
func remembered(t *testing.T, s *Server) *Server {
	t.Helper()
	r, err := New(s.k, s.archive)
	if err != nil {
		t.Fatal(err)
	}
	r.clock()
	r.remember()
	return r
}

// same holds that a life that began now would know what this one does. Preconditions: between two turns.
func same(t *testing.T, s *Server) {
	t.Helper()
	if s.noting || s.over { // not written yet
		return
	}
	r := remembered(t, s)
	if r.own.rung != kept.Latest || r.own.lost {
		t.Fatalf("on rung %v, lost %v", r.own.rung, r.own.lost)
	}
	want, got := describeState(s), describeState(r)
	if want != got {
		a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
		for i := range a {
			if i >= len(b) || a[i] != b[i] {
				t.Fatalf("this life knows\n%s\nthe next one would know\n%s", a[i], strings.Join(b[i:min(i+1, len(b))], ""))
			}
		}
		t.Fatal("the next one would know more")
	}
}

// describeState is all that lasts of a server's state, in lines.
func describeState(s *Server) string {
	var b strings.Builder
	fmt.Fprintf(&b, "globals %x\n", s.appendGlobals(nil))
	fmt.Fprintf(&b, "room %d, owing %d, faults %d\n", s.roomBytes, s.owing, s.faults)
	fmt.Fprintf(&b, "policy %x\n", s.policy.Snapshot(nil))
	for i := range s.candidates {
		c := s.candidates[i]
		c.conf = nil
		fmt.Fprintf(&b, "candidate %+v\n", c)
	}
	for i := range s.images {
		if s.images[i].users > 0 {
			fmt.Fprintf(&b, "image %d %+v\n", i, s.images[i])
		}
	}
	for i := range s.table {
		t := &s.table[i]
		fmt.Fprintf(&b, "%s: endpoint %d, account %d, owed %d, refused %v %v\n", t.name, t.endpoint, t.account, t.mail.owed, t.refused, t.why)
		for p := range parts {
			fmt.Fprintf(&b, "%s: part %d %x\n", t.name, p, t.append(nil, p))
		}
	}
	s.events.load()
	for p := s.events.oldest; p != 0; p = s.events.newer[p-1] {
		fmt.Fprintf(&b, "event %+v, next %v, owner %d\n", s.events.e[p-1], s.events.next[p-1], s.events.owner[p-1])
	}
	fmt.Fprintf(&b, "events up to %d\n", s.events.seq)
	return b.String()
}

// Whatever services do, what is kept after each turn is what the server knows then.
func TestRecordsAreTheState(t *testing.T) {
	seed := seed.Of(t)
	all := 0
	for n := range uint64(20) {
		names := append(numbered(2+int((seed+n)%12)), "innocent")
		r := rand.New(rand.NewPCG(seed+n, 9))
		w := newWorld(t, seed+n, crowd(names...), func(a *actor) { a.mood = mood(r.IntN(4)) })
		w.quiet = true
		turns, life := 0, w.rs
		w.rest = func() {
			if life != w.rs { // it has ended itself, since it heard nobody: what the next one does to begin is kept in its first turn
				life = w.rs
				return
			}
			if turns++; turns%7 == 0 {
				same(t, w.s)
			}
		}
		for range 60 {
			for range r.IntN(30) {
				if lives := w.lives(); len(lives) > 0 {
					w.whatever(lives[r.IntN(len(lives))], names)
				}
			}
			w.serve()
			w.pass(time.Duration(r.IntN(int(300 * time.Millisecond))))
			if t.Failed() {
				t.Fatalf("seed %d", seed+n)
			}
		}
		all += turns
	}
	if all < 2000 {
		t.Errorf("%d turns are too few for a finding", all)
	}
}

// What of the server's memory is kept, and what follows from that, or is of one life or one turn only. Who adds a field decides.
func TestEveryFieldIsDecidedUpon(t *testing.T) {
	kept := map[string]string{
		"service": "image watching watch patient mail fault words",
		"mail":    "places refused stop fault news",
		"place":   "state waits seq order m",
		"order":   "on way number due asker",
		"words":   "of len b",
		"image":   "id size",
		"row":     "e next owner",

		"candidate": "account refused kernel",
		"Server":    "policy table images events orders how status booted roomBytes candidates tried tries",
	}
	follows := map[string]string{
		"service": "label name place program conf refused why controls traces peers priv account endpoint righted",
		"mail":    "owed busy due pause", // owed is counted, the tries begin anew
		"image":   "file users",

		"candidate": "conf",
		"Server": "k archive configs file faulty good byBits owing faults tellAt reborn payer tickDue drained armed over follow ends noting notedAt death " +
			"now own turn watchers sweeping sweepAt redoing full fullAt keeps unkept paidUntil writer unneeded snap second abreast looked unproved nowhere lives unknown taken overdue buried in req out event record spec regs line rows batch found buses denied",
	}
	for _, v := range []any{service{}, mail{}, place{}, order{}, words{}, image{}, row{}, candidate{}, Server{}} {
		typ := reflect.TypeOf(v)
		known := strings.Fields(kept[typ.Name()] + " " + follows[typ.Name()])
		for i := range typ.NumField() {
			found := false
			for _, k := range known {
				found = found || k == typ.Field(i).Name
			}
			if !found {
				t.Errorf("%s.%s is neither kept nor known to follow from what is", typ.Name(), typ.Field(i).Name)
			}
		}
		if len(known) != typ.NumField() {
			t.Errorf("%s has %d fields, %d are decided upon", typ.Name(), typ.NumField(), len(known))
		}
	}
}

// fill sets every field of v that is kept to something.
func fill(r *rand.Rand, v reflect.Value) {
	v = reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Elem()
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(r, v.Field(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(r, v.Index(i))
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1 + r.Int64N(1<<60))
	default:
		v.SetUint(1 + r.Uint64N(1<<(v.Type().Bits()-1)))
	}
}

// Every part with something in every field comes back as it was; cut anywhere, or with another byte, it does not, or is another one, and nothing else
// happens.
func TestParts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var m service
		fill(r, reflect.ValueOf(&m.mail).Elem())
		fill(r, reflect.ValueOf(&m.fault).Elem())
		fill(r, reflect.ValueOf(&m.words).Elem())
		m.watching, m.watch, m.patient, m.image, m.program = r.IntN(2) == 0, r.Uint64(), r.IntN(2) == 0, 3, 3
		m.mail.busy = 0
		for i := range m.mail.places {
			m.mail.places[i].state = placeState(r.IntN(3))
			p := &m.mail.places[i]
			if p.state == placeFree {
				*p = place{}
				continue
			}
			if m.mail.busy |= 1 << i; p.state == placeOpen {
				p.order, p.m = 0, abi.Msg{}
			}
		}
		m.mail.refused.Type = abi.MsgReply
		m.mail.owed, m.mail.due, m.mail.pause = m.mail.count(), 0, 0
		m.fault.asker.From, m.fault.asker.Place = policy.ID(r.IntN(5)-1), r.IntN(abi.RSOpen+1)-1
		m.words.len = r.IntN(abi.RSMaxLen + 1)
		clear(m.words.b[m.words.len:])
		for p := range parts {
			b := m.append(nil, p)
			got := service{program: 3, image: noImage}
			rd := reader{b: b}
			got.read(&rd, p, 4)
			if rd.bad || len(rd.b) != 0 || !bytes.Equal(got.append(nil, p), b) {
				t.Fatalf("part %d: %+v came back as %+v", p, m, got)
			}
			same := [parts]bool{partImage: got.image == m.image, partWatch: got.watching == m.watching && got.watch == m.watch && got.patient == m.patient,
				partMail: got.mail == m.mail, partFault: got.fault == m.fault, partWords: got.words == m.words}
			if !same[p] {
				t.Fatalf("part %d: %+v came back as %+v", p, m, got)
			}
			for n := range b {
				cut := reader{b: b[:n]}
				new(service).read(&cut, p, 4)
				if !cut.bad {
					t.Fatalf("part %d of %d bytes is taken with %d", p, len(b), n)
				}
				bent := bytes.Clone(b)
				bent[n] ^= byte(1 + r.IntN(255))
				new(service).read(&reader{b: bent}, p, 4)
			}
		}
	}
}

// Events with anything in every field come back as they were, taken over at any time, and the newest of them if there is room for no more.
func TestEventsComeBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		var was ring
		add := func(r1 *ring, id policy.ID, seed uint64) {
			e, at := r1.add(id)
			seq := e.Seq
			if seed%3 > 0 {
				fill(rand.New(rand.NewPCG(seed, 1)), reflect.ValueOf(e).Elem())
			}
			e.Seq, r1.next[at] = seq, abi.EventKind(seed%5)
		}
		for range r.IntN(3 * abi.EventsKept) {
			add(&was, policy.ID(r.IntN(6)-1), r.Uint64())
		}
		was.logged = was.seq / 2
		b := was.append(nil, 1<<30)
		now := ring{logged: was.logged}
		if !now.take(b) {
			t.Fatal("not taken")
		}
		for n := range r.IntN(2 * aside) {
			id, seed := policy.ID(r.IntN(6)-1), r.Uint64()
			add(&was, id, seed)
			if add(&now, id, seed); n%5 == 0 {
				rows := make([]abi.Event, abi.EventsKept)
				now.copy(rows, now.seq-uint64(r.IntN(4)))
			}
		}
		if a, b := was.append(nil, 1<<30), now.append(nil, 1<<30); !bytes.Equal(a, b) {
			t.Fatalf("%d events came back as %d", was.n, now.n)
		}
		if b = was.append(b[:0], 4096); len(b) > 4096 {
			t.Fatalf("%d bytes", len(b))
		}
		var few ring
		few.take(b)
		if few.load(); few.seq != was.seq || was.n > 20 && few.n == 0 || few.n > 0 && few.e[few.newest-1] != was.e[was.newest-1] || few.n < was.n && len(b) < 4096-maxEventRow {
			t.Errorf("of %d events %d up to %d find room", was.n, few.n, few.seq)
		}
	}
}
