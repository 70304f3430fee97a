package server

import (
	"strings"
	"testing"
	"time"

	"bennu/kernel/abi"
	"bennu/rs/service"
)

// Whatever JSON allows as an id comes back byte for byte, in answers of every kind.
func TestIDs(t *testing.T) {
	for _, id := range []string{`0`, `-1`, `1.50`, `1e400`, `18446744073709551616`, `123456789012345678901234567890`, `""`, `"a\u0000b"`,
		`"\ud83d\ude00"`, `"é"`, `true`, `null`, `[ ]`, `[1, {"id":2}]`, `{"a" : [null]}`, `"` + strings.Repeat("x", MaxID-2) + `"`} {
		b := quiet(t)
		b.s.Input([]byte(`{"id": ` + id + ` ,"cmd":"echo","label":"ctl"}` + "\n" + `{"cmd":"frob","id":` + id + "}\n"))
		up := b.ask(`{"id":`+id+`,"cmd":"up","label":"rtc"}`, abi.RSUp)
		again := b.ask(`{"id":`+id+`,"cmd":"up","label":"kbd"}`, abi.RSUp) // the same id twice: each has its answer
		b.a.Answer(again.Reply(abi.EBUSY))
		b.a.Answer(up.Reply(abi.OK, 7))
		lines := b.lines()
		want := []string{`"ok":true,"incarnation"`, `"ok":false,"errno":"ENOSYS"`, `"ok":false,"errno":"EBUSY"`, `"ok":true,"endpoint":7}`}
		if len(lines) != len(want) {
			t.Fatalf("%s: %d answers: %q", id, len(lines), lines)
		}
		for i := range lines {
			if !strings.HasPrefix(lines[i], `{"id":`+id+`,`+want[i]) {
				t.Errorf("%s: answered %s", id, lines[i])
			}
		}
	}
}

// No id, none back; one that is too long is told so.
func TestNoID(t *testing.T) {
	b := quiet(t)
	b.s.Input([]byte(`{"cmd":"echo","label":"ctl"}` + "\n" + `{"cmd":"frob","x":1}` + "\n"))
	lines := b.lines()
	if len(lines) != 2 || lines[0] != `{"ok":true,"incarnation":0,"round_us":0,"round_ns":0}` || !strings.HasPrefix(lines[1], `{"ok":false,"errno":"ENOSYS"`) {
		t.Errorf("answered %q", lines)
	}
	b.s.Input([]byte(`{"id":"` + strings.Repeat("x", MaxID-1) + `","cmd":"echo","label":"ctl"}` + "\n"))
	b.want(`{"id":null,"ok":false,"errno":"E2BIG","error":"id: expected at most 512 bytes of JSON, got 513"}`)
}

// follow is a machine with a subscriber; happen has events for it.
func follow(t *testing.T) (*bench, *rs) {
	b := newBench(t, 0, Subscription{})
	r := &rs{kept: abi.EventsKept}
	r.serve(b)
	b.lines()
	b.s.Input([]byte(`{"id":1,"cmd":"events"}` + "\n"))
	r.serve(b)
	b.want(`{"id":1,"ok":true,"since":0}`)
	return b, r
}

func (b *bench) happen(r *rs, n uint64) (seen int) {
	b.t.Helper()
	r.total += n
	b.s.News()
	r.serve(b)
	lines := b.lines()
	for n := -1; n < len(lines); {
		n = len(lines)
		b.f.Pass(10 * time.Millisecond)
		b.s.Run()
		r.serve(b)
		lines = append(lines, b.lines()...)
	}
	return len(seqs(b.t, lines))
}

// A subscription ends with its client, by each way in which the port can know of it.
func TestSubscriptionEnds(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(b *bench)
		want []string
	}{
		{"bye", func(b *bench) { b.s.Input([]byte(`{"id":2,"cmd":"bye"}` + "\n")) }, []string{`{"id":2,"ok":true}`}},
		{"the next one's hello", func(b *bench) { b.s.Input([]byte(`{"id":"x","cmd":"hello"}` + "\n")) },
			[]string{`{"id":"x","ok":true,"t":1.010000,"label":"ctl","incarnation":0,"abi":4,"version":"test","session":1,"subscribed":false,"next":0}`}},
		{"the modem lines", func(b *bench) { b.s.Input([]byte(`{"id":2,"cmd":"sta`)); b.s.Hangup() }, nil},
		{"a next one that begins to count anew", func(b *bench) { b.s.Input([]byte(`{"id":1,"cmd":"echo","label":"ctl"}` + "\n")) },
			[]string{`{"id":1,"ok":true,"unsubscribed":"id 1 is not above 1: taken for a new client, which has not subscribed","incarnation":0,"round_us":0,"round_ns":0}`}},
	} {
		b, r := follow(t)
		if n := b.happen(r, 3); n != 3 {
			t.Errorf("%s: a subscriber was told of %d events, want 3", c.name, n)
		}
		c.do(b)
		b.want(c.want...)
		if n := b.happen(r, 3); n != 0 {
			t.Errorf("%s: %d events for a client that did not subscribe", c.name, n)
		}
		b.s.Input([]byte(`{"id":9,"cmd":"echo","label":"ctl"}` + "\n"))
		b.want(`{"id":9,"ok":true,"incarnation":0,"round_us":0,"round_ns":0}`) // the half line is gone, too
		b.s.Drained()
		r.serve(b)
		if s := MakeSubscription(r.store); s.On {
			t.Errorf("%s: the data store still has %+v", c.name, s)
		}
	}
}

// A client that counts on, or names its requests by words, keeps what it subscribed to.
func TestSubscriptionStays(t *testing.T) {
	b, r := follow(t)
	for _, id := range []string{`2`, `10`, `"1"`, `-5`, `1.0`, `null`, `11`} {
		b.s.Input([]byte(`{"id":` + id + `,"cmd":"echo","label":"ctl"}` + "\n"))
		b.s.Input([]byte(`{"cmd":"echo","label":"ctl"}` + "\n\nnonsense\n"))
		if n := b.happen(r, 1); n != 1 {
			t.Fatalf("id %s: %d events, want 1", id, n)
		}
	}
}

// Answers to a client that is gone are not the next one's, whatever ids they use, nor is what was not sent yet.
func TestAnswersOfTheLastClient(t *testing.T) {
	b, r := follow(t)
	up := b.ask(`{"id":2,"cmd":"up","label":"rtc"}`, abi.RSUp)
	r.total = 5
	b.s.News()
	r.serve(b)
	out := string(b.s.Output())
	first := strings.Index(out, "\n") + 1
	if strings.Count(out, "\n") != 5 {
		t.Fatalf("%d lines wait, want 5 events", strings.Count(out, "\n"))
	}
	b.s.Sent(10) // the beginning of the first is on its way
	b.s.Input([]byte("\n{\"id\":1,\"cmd\":\"hello\"}\n"))
	rest := string(b.s.Output())
	if !strings.HasPrefix(rest, out[10:first]+`{"id":1,"ok":true`) || strings.Count(rest, "\n") != 2 {
		t.Errorf("what waits is %q", rest)
	}
	b.lines2()
	again := b.ask(`{"id":2,"cmd":"up","label":"kbd"}`, abi.RSUp)
	b.a.Answer(up.Reply(abi.OK, 7))
	b.want()
	b.a.Answer(again.Reply(abi.OK, 8))
	b.want(`{"id":2,"ok":true,"endpoint":8}`)
}

// lines2 takes what waits, whole lines or not.
func (b *bench) lines2() { b.s.Sent(len(b.s.Output())) }

// A subscriber that is never heard of loses its subscription, one that is heard does not.
func TestUnheard(t *testing.T) {
	b, r := follow(t)
	seen := 0
	for range MaxUnheard / 64 * 2 {
		seen += b.happen(r, 64)
		if b.s.Input([]byte("\n")); seen%64 != 0 {
			t.Fatal("events are missing")
		}
	}
	seen = 0
	for range MaxUnheard/64 + 10 {
		seen += b.happen(r, 64)
	}
	if seen != MaxUnheard || b.s.sub.On {
		t.Errorf("%d events without a sign of the subscriber, want %d", seen, MaxUnheard)
	}
}

// Lines that are none get a definite error, and what follows them is not touched.
func TestBrokenLines(t *testing.T) {
	const good = `{"id":7,"cmd":"echo","label":"ctl"}` + "\n"
	const answer = `{"id":7,"ok":true,"incarnation":0,"round_us":0,"round_ns":0}`
	long := strings.Repeat("x", MaxLine)
	for _, c := range []struct{ line, want string }{
		{`{"id":3,"cmd":"sta`, `{"id":3,"ok":false,"errno":"EINVAL","error":"column 19: expected a quote that ends the string"}`},
		{`{"id":3`, `{"id":null,"ok":false,"errno":"EINVAL","error":"column 8: expected a comma or }"}`},
		{`{"id":3,"cmd":"sta{"id":1,"cmd":"status"}`, `{"id":3,"ok":false,"errno":"EINVAL","error":"column 21: expected a comma or }"}`},
		{long + "x", `{"id":null,"ok":false,"errno":"E2BIG","error":"a line has at most 4096 bytes"}`},
		{long + long + long, `{"id":null,"ok":false,"errno":"E2BIG","error":"a line has at most 4096 bytes"}`},
		{"\xff\xfe", `{"id":null,"ok":false,"errno":"EINVAL","error":"column 1: expected an object, {\u2026}"}`},
	} {
		b := quiet(t)
		b.s.Input([]byte(c.line + "\n" + good))
		b.want(c.want, answer)
	}
	b := quiet(t)
	b.s.Input([]byte(`{"id":7,"cmd":"ec`))
	b.s.Gap()
	b.s.Input([]byte(`ho","label":"ctl"}` + "\n" + good))
	b.want(`{"id":null,"ok":false,"errno":"EIO","error":"some of the line was lost on its way: nothing of it was done"}`, answer)
	// A line in pieces of every size is the same line.
	for n := 1; n < len(good); n++ {
		b := quiet(t)
		for rest := good; rest != ""; rest = rest[min(n, len(rest)):] {
			b.s.Input([]byte(rest[:min(n, len(rest))]))
		}
		b.want(answer)
	}
}

// The subscription as the data store keeps it.
func TestSubscriptionValue(t *testing.T) {
	for _, s := range []Subscription{{}, {On: true}, {On: true, Next: 5, Session: 7, Last: 1 << 63}, {Session: 3, Last: 9}} {
		if got := MakeSubscription(s.Value()); got != s {
			t.Errorf("%+v is kept as %+v", s, got)
		}
	}
	if got := MakeSubscription([4]uint64{}); got != (Subscription{}) {
		t.Errorf("nothing kept is %+v", got)
	}
}

// When many requests wait for their answers the next ones stay where they are: none is refused for want of room.
func TestManyRequestsWait(t *testing.T) {
	b := quiet(t)
	const line, most = `{"cmd":"lookup","label":"rtc"}` + "\n", 2 * service.MaxAsks
	if n := b.s.Input([]byte(strings.Repeat(line, most))); n == 0 || n == most*len(line) || n%len(line) != 0 {
		t.Errorf("%d bytes of %d lines of %d were taken", n, most, len(line))
	}
	b.want()
}
