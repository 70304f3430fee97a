package policy

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
	"unsafe"

	"bennu/kernel/abi"
)

// derived are the fields that a snapshot leaves out, and why that loses nothing.
var derived = map[string]string{
	"row.cfg":       "system.conf's, the hash holds it",
	"State.open":    "counted from the waiters",
	"State.actions": "good until the next Step only",
	"State.hash":    "of the configs",
	"State.order":   "of the configs",
	"State.held":    "counted from the rows",
	"State.waiting": "counted from the rows",
	"State.silent":  "false between two Steps",
	"row.requirers": "of the configs",
	"row.mates":     "of the configs",
	"row.bound":     "of the configs",
}

// fill gives each field of a struct a value of its own, and counts on from n.
func fill(t *testing.T, v reflect.Value, n *uint64, path string) {
	if derived[path] != "" {
		return
	}
	*n++
	at := reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), n, v.Type().Name()+"."+v.Type().Field(i).Name)
		}
	case reflect.Slice:
		for i := range v.Len() {
			fill(t, v.Index(i), n, v.Type().Elem().Name())
		}
	case reflect.Bool:
		at.SetBool(true)
	case reflect.Uint8:
		at.SetUint(2)
	case reflect.Uint32, reflect.Uint64:
		at.SetUint(*n)
	case reflect.Int, reflect.Int64:
		at.SetInt(int64(*n))
	default:
		t.Fatalf("%s: a %s, and nobody knows how to fill it", path, v.Kind())
	}
}

// TestSnapshotHasEveryField fills each field with a value of its own; what comes back must be the same. A field that is added and
// forgotten is not.
func TestSnapshotHasEveryField(t *testing.T) {
	configs := []Config{usual, keeps(), grouped(usual)}
	s, got := New(configs), New(configs)
	s.waiters = make([]waiter, 5, cap(s.waiters))
	n := uint64(0)
	fill(t, reflect.ValueOf(s).Elem(), &n, "State")
	for i := range s.rows { // indexes have limits
		s.rows[i].burst.newest = i + 1
	}
	for i := range s.groups {
		s.groups[i].newest = min(i, 1)
	}
	s.count()
	for i := range s.waiters {
		s.waiters[i].id, s.waiters[i].asker.From = ID(i%3), ID((i+1)%3)
	}
	if _, err := got.restore(s.Snapshot(nil)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.rows, s.rows) || !reflect.DeepEqual(got.waiters, s.waiters) || got.booting != s.booting || got.stopping != s.stopping || got.off != s.off {
		t.Errorf("got\n%+v\nwant\n%+v", got, s)
	}
	got.actions, s.actions, s.open = nil, nil, got.open
	if !reflect.DeepEqual(got, s) {
		t.Errorf("got\n%+v\nwant\n%+v", got, s)
	}
	// Flags stand side by side: one at a time, so that none is written where another one is.
	for i := range reflect.TypeFor[lasting]().NumField() {
		if f := reflect.TypeFor[lasting]().Field(i); f.Type.Kind() == reflect.Bool && derived["lasting."+f.Name] == "" {
			s, got := New(configs), New(configs)
			v := reflect.ValueOf(&s.rows[1].lasting).Elem().Field(i)
			reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem().SetBool(true)
			if _, err := got.restore(s.Snapshot(nil)); err != nil || !reflect.DeepEqual(got.rows, s.rows) {
				t.Errorf("%s alone: %v", f.Name, err)
			}
		}
	}
}

// TestSame changes each field of a State that is kept, one at a time: it is not the same then, and it is again when the other one has it, too.
func TestSame(t *testing.T) {
	configs := []Config{usual, keeps(), grouped(usual)}
	s, o := New(configs), New(configs)
	s.waiters, o.waiters = make([]waiter, 2), make([]waiter, 2)
	if !s.Same(o) {
		t.Fatal("not the same to begin with")
	}
	seen := 0
	var change func(v reflect.Value, path string)
	change = func(v reflect.Value, path string) {
		v = reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
		was := reflect.New(v.Type()).Elem()
		was.Set(v)
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				change(v.Field(i), path+"."+v.Type().Field(i).Name)
			}
			return
		case reflect.Bool:
			v.SetBool(!v.Bool())
		case reflect.Int, reflect.Int32, reflect.Int64:
			v.SetInt(v.Int() + 1)
		default:
			v.SetUint(v.Uint() + 1)
		}
		if seen++; s.Same(o) || o.Same(s) {
			t.Errorf("%s is another one, and they are the same", path)
		}
		v.Set(was)
	}
	for i := range s.rows {
		change(reflect.ValueOf(&s.rows[i].lasting).Elem(), "row")
		change(reflect.ValueOf(&s.rows[i].burst.died[s.rows[i].burst.newest]).Elem(), "burst")
	}
	for i := range s.waiters {
		change(reflect.ValueOf(&s.waiters[i]).Elem(), "waiter")
	}
	change(reflect.ValueOf(&s.groups[1].died[s.groups[1].newest]).Elem(), "group")
	for _, f := range []string{"booting", "stopping", "off", "storm", "fullAt", "heardAt", "deafAt"} {
		change(reflect.ValueOf(s).Elem().FieldByName(f), f)
	}
	if s.waiters = s.waiters[:1]; s.Same(o) || seen < 100 {
		t.Errorf("one waits less, and they are the same; %d fields", seen)
	}
}

// busy is a State in which a lot happens.
func busy(t *testing.T) (*State, []Config) {
	configs := []Config{usual, keeps(), usual, usual}
	s := New(configs)
	for i, e := range []Event{
		{Kind: Boot}, {Kind: Ready, ID: 0}, {Kind: Ready, ID: 1}, {Kind: Death, ID: 1, Record: Record{Cause: exc, Died: 3 * ms}},
		{Kind: Ready, ID: 1}, {Kind: Death, ID: 1, Record: Record{Cause: exc, Died: 4 * ms}}, {Kind: Down, ID: 0, Asker: Asker{From: 2, Endpoint: 88, Place: 3, Tag: 9, Seq: 70}},
		{Kind: Restart, ID: 1, Asker: Asker{From: Nobody, Endpoint: 99, Tag: 8, Seq: 71}},
	} {
		for _, a := range s.Step(time.Duration(i)*ms, &e) {
			if a.Kind == Start {
				s.Step(time.Duration(i)*ms, &Event{Kind: Started, ID: a.ID, Record: Record{Endpoint: abi.Endpoint(100 + i*10 + int(a.ID))}})
			}
		}
	}
	if len(s.waiters) != 2 || s.booting == -1 {
		t.Fatalf("%d wait, booting %d", len(s.waiters), s.booting)
	}
	return s, configs
}

func TestRestore(t *testing.T) {
	s, configs := busy(t)
	b := s.Snapshot([]byte("before"))
	if string(b[:6]) != "before" {
		t.Fatal("what was before is not there any more")
	}
	b = b[6:]
	got, err := Restore(configs, b)
	if err != nil {
		t.Fatal(err)
	}
	s.actions, got.actions = nil, nil
	if !reflect.DeepEqual(got, s) {
		t.Errorf("got\n%+v\nwant\n%+v", got, s)
	}
	if !got.Waits(88, 70) || !got.Waits(99, 71) || got.Waits(88, 71) || got.Waits(88, 0) {
		t.Error("who waits")
	}
	rest, err := New(configs).Restore(append(b[:len(b):len(b)], "behind"...))
	if err != nil || string(rest) != "behind" {
		t.Errorf("behind it is %q, %v", rest, err)
	}
	for n := range b {
		if _, err := Restore(configs, b[:n]); err == nil {
			t.Fatalf("%d bytes of %d are enough", n, len(b))
		}
	}
	for name, want := range map[string]string{"longer": "bytes behind it", "other": "other services", "fewer": "other services", "version": "version 9"} {
		c, in := append([]Config(nil), configs...), append([]byte(nil), b...)
		switch name {
		case "longer":
			in = append(in, 0)
		case "other":
			c[2].Stop++
		case "fewer":
			c = c[:3]
		case "version":
			in[0] = 9
		}
		if _, err := Restore(c, in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

// TestRestoreAfterError: a State that could not be restored is a new one.
func TestRestoreAfterError(t *testing.T) {
	s, configs := busy(t)
	b := s.Snapshot(nil)
	if _, err := s.Restore(b[:len(b)-1]); err == nil {
		t.Fatal("no error")
	}
	if fresh := New(configs); !bytes.Equal(s.Snapshot(nil), fresh.Snapshot(nil)) || len(s.waiters) != 0 || s.open[3] != 0 {
		t.Error("it is not as New made it")
	}
}

// Each field of a Config is in the hash.
func TestHashHasEveryField(t *testing.T) {
	for i := range reflect.TypeFor[Config]().NumField() {
		configs := []Config{usual, usual}
		before := hash(configs)
		v := reflect.ValueOf(&configs[1]).Elem().Field(i)
		switch v.Kind() {
		case reflect.Bool:
			v.SetBool(!v.Bool())
		case reflect.Uint8, reflect.Uint64:
			v.SetUint(v.Uint() + 1)
		default:
			v.SetInt(v.Int() + 1)
		}
		if hash(configs) == before {
			t.Errorf("%s is not in it", reflect.TypeFor[Config]().Field(i).Name)
		}
	}
}

// believed asks that bytes either are refused, with words, or are what a Snapshot would write of a State that holds what States hold.
func believed(t *testing.T, configs []Config, b []byte) bool {
	s, err := Restore(configs, b)
	if err != nil {
		if len(err.Error()) < 10 {
			t.Fatalf("words: %q", err)
		}
		return false
	}
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(s.Snapshot(nil), b) {
		t.Fatalf("a State of bytes that are not its own:\n%x\n%x", b, s.Snapshot(nil))
	}
	for _, e := range []Event{tick, {Kind: Reborn}, {Kind: Shutdown}} {
		s.Step(1000*time.Hour, &e)
	}
	return true
}

// TestRestoreOfEveryByteChanged changes each byte, to each value.
func TestRestoreOfEveryByteChanged(t *testing.T) {
	s, configs := busy(t)
	b := s.Snapshot(nil)
	refused := 0
	for i := range b {
		was := b[i]
		for v := range 256 {
			if b[i] = byte(v); b[i] != was && !believed(t, configs, b) {
				refused++
			}
		}
		b[i] = was
	}
	if refused < 256*len(b)/4 {
		t.Errorf("%d of %d changes were seen", refused, 255*len(b))
	}
}

func FuzzRestore(f *testing.F) {
	configs := []Config{usual, keeps(), usual, usual}
	s := New(configs)
	f.Add(s.Snapshot(nil))
	s.Step(0, &Event{Kind: Boot})
	f.Add(s.Snapshot(nil))
	f.Fuzz(func(t *testing.T, b []byte) { believed(t, configs, b) })
}

// randomEvent has any of its fields, each zero half the time.
func randomEvent(r *rand.Rand) Event {
	var e Event
	var any func(v reflect.Value)
	any = func(v reflect.Value) {
		if v.Kind() != reflect.Struct && r.IntN(2) == 0 {
			return
		}
		n := r.Uint64() >> r.IntN(64)
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				any(v.Field(i))
			}
		case reflect.Bool:
			v.SetBool(true)
		case reflect.Int, reflect.Int64:
			v.SetInt(int64(n))
		default:
			v.SetUint(n & (1<<v.Type().Bits() - 1))
		}
	}
	any(reflect.ValueOf(&e).Elem())
	e.Kind = Boot + Kind(r.IntN(int(events-Boot)))
	e.ID, e.Asker.From = ID(r.IntN(256))-1, ID(r.IntN(256))-1
	if r.IntN(2) == 0 {
		e.Asker = Asker{}
	}
	return e
}

// Any event goes through, alone and among others; and what is cut or changed is refused or is another event, never a panic.
func TestEventGoesThrough(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var b []byte
	for range 20_000 {
		e, now := randomEvent(r), time.Duration(r.Uint64()>>1)
		b = append(AppendEvent(append(b[:0], 7), now, &e), 8, 9)
		if len(b) > 1+MaxEvent+2 {
			t.Fatalf("%+v takes %d bytes, at most %d", e, len(b)-3, MaxEvent)
		}
		var got Event
		at, rest, err := ReadEvent(b[1:], &got)
		if err != nil || got != e || at != now || !bytes.Equal(rest, []byte{8, 9}) {
			t.Fatalf("%v: %+v at %v, behind it %v, want %+v at %v", err, got, at, rest, e, now)
		}
		cut := b[1 : 1+r.IntN(len(b)-3)]
		if _, _, err := ReadEvent(cut, &got); err == nil {
			t.Fatalf("%d of %d bytes are enough for %+v", len(cut), len(b)-3, e)
		}
		b[1+r.IntN(len(b)-3)] ^= byte(1 + r.IntN(255))
		if at, rest, err := ReadEvent(b[1:], &got); err == nil {
			if again := AppendEvent(nil, at, &got); !bytes.Equal(append(again, rest...), b[1:]) {
				t.Fatalf("%x is read, %x is written", b[1:], again)
			}
		}
	}
	if n := len(AppendEvent(nil, 1, &Event{Kind: Heartbeat, ID: 3})); n != eventHead {
		t.Errorf("a heartbeat takes %d bytes", n)
	}
}

// An event of another table is told before it is stepped.
func TestFits(t *testing.T) {
	s := New([]Config{usual, usual})
	for _, c := range []struct {
		e    Event
		want bool
	}{
		{Event{ID: 0}, true}, {Event{ID: 1}, true}, {Event{ID: 2}, false}, {Event{ID: Nobody}, false},
		{Event{ID: 1, Asker: Asker{From: Nobody}}, true}, {Event{Asker: Asker{From: 2}}, false}, {Event{Asker: Asker{From: -2}}, false},
	} {
		if got := s.Fits(&c.e); got != c.want {
			t.Errorf("%+v: %v", c.e, got)
		}
	}
}

// Nothing is allocated on the way of a record and of a snapshot.
func TestKeepAllocatesNothing(t *testing.T) {
	s, _ := busy(t)
	b := make([]byte, 0, 1<<14)
	e := Event{Kind: Heartbeat, ID: 0}
	if n := testing.AllocsPerRun(10, func() {
		b = s.Snapshot(b[:0])
		s.Restore(b)
		b = AppendEvent(b[:0], ms, &e)
		ReadEvent(b, &e)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkSnapshotRestore(b *testing.B) {
	configs := []Config{usual, usual, usual, usual, usual, usual, usual}
	s := New(configs)
	s.Step(0, &Event{Kind: Boot})
	buf := make([]byte, 0, 1<<14)
	for b.Loop() {
		buf = s.Snapshot(buf[:0])
		if _, err := s.Restore(buf); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(buf)), "bytes")
}

func BenchmarkReadEvent(b *testing.B) {
	s := New([]Config{usual, usual})
	s.Step(0, &Event{Kind: Boot})
	var e Event
	buf := AppendEvent(nil, ms, &Event{Kind: Heartbeat, ID: 1})
	for b.Loop() {
		now, _, _ := ReadEvent(buf, &e)
		s.Step(now, &e)
	}
}
