package server

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"bennu/drivers/protocol/ds"
	"bennu/kernel/abi"
)

// dsEndpoint is the data store's.
const dsEndpoint = 0x8009

// rs answers requests for events from total, of which it keeps the newest kept; it keeps what
// was published.
type rs struct {
	total, kept uint64
	watch       uint64
	store       [4]uint64
	death       abi.Event // what each event looks like
}

func (r *rs) serve(b *bench) {
	for s, ok := b.f.Take(); ok; s, ok = b.f.Take() {
		switch s.Msg.Type {
		case abi.RSWatch:
			r.watch = s.Msg.Arg[0]
			b.a.Answer(s.Reply(abi.OK))
			if r.total > r.watch {
				b.s.News()
			}
		case abi.RSLookup:
			b.a.Answer(s.Reply(abi.OK, dsEndpoint))
		case ds.Keep:
			r.store = [4]uint64(s.Msg.Arg[2:6])
			b.a.Answer(s.Reply(abi.OK))
		case abi.RSEvents:
			g := b.f.Grants[abi.GrantID(s.Msg.Arg[0])]
			next, lost, n := s.Msg.Arg[2], uint64(0), 0
			if oldest := r.total - min(r.kept, r.total); next < oldest {
				lost, next = oldest-next, oldest
			}
			for size := len(abi.Bytes(&r.death)); next < r.total && (n+1)*size <= len(g.Memory); n++ {
				r.death.Seq = next
				copy(g.Memory[n*size:], abi.Bytes(&r.death))
				next++
			}
			b.a.Answer(s.Reply(abi.OK, uint64(n), next, lost))
		default:
			b.t.Fatalf("unexpected message %#x", s.Msg.Type)
		}
	}
}

// seqs are the numbers of the events among lines.
func seqs(t *testing.T, lines []string) (n []uint64) {
	t.Helper()
	for _, l := range lines {
		if i := strings.Index(l, `"seq":`); i >= 0 {
			var v uint64
			if _, err := fmt.Sscanf(l[i:], `"seq":%d`, &v); err != nil {
				t.Fatal(err)
			}
			n = append(n, v)
		}
	}
	return n
}

func TestEvents(t *testing.T) {
	b := newBench(t, 0, Subscription{})
	rtc, _ := abi.MakeLabel("rtc")
	r := &rs{kept: 2, total: 3, death: abi.Event{TimeNS: 2e9, Kind: abi.EventDeath, Reason: abi.ReasonException, Label: rtc, Endpoint: 0x8009,
		Incarnation: 1, Vector: 14, ErrorCode: 6, RIP: 0x8000210000, CR2: 0x10, StartedNS: 1e9, FaultNS: 15e8, DetectNS: 12345, BackoffNS: 1e9}}
	r.serve(b)
	b.want(hello0) // nobody subscribed
	b.s.Input([]byte(`{"id":1,"cmd":"events"}` + "\n"))
	r.serve(b)
	event := func(seq int) string {
		return fmt.Sprintf(`{"event":"death","seq":%d,"t":2.000000,"label":"rtc","endpoint":32777,"incarnation":1,"warm":false,"reason":"exception","vector":14,`+
			`"exception":"#PF","error_code":6,"cr2":16,"rip":549757976576,"status":0,"errno":"OK","started":1.000000,"fault":1.500000,`+
			`"detect_us":12,"detect_ns":12345,"recovery_us":0,"backoff_us":1000000}`, seq)
	}
	b.want(`{"id":1,"ok":true,"since":0}`, `{"event":"lost","t":1.000000,"n":1}`, event(1), event(2))
}

// The task that serves the port dies after any number of bytes have left; with what its
// successor writes, the client has every event.
func TestEventsOutliveTheServer(t *testing.T) {
	const total = 100
	for cut := range 400 {
		b := newBench(t, 0, Subscription{})
		r := &rs{kept: abi.EventsKept, total: 20}
		b.s.Input([]byte(`{"id":1,"cmd":"events","since":0}` + "\n"))
		r.serve(b)
		var received []byte
		take := func(n int) {
			n = min(n, len(b.s.Output()))
			received = append(received, b.s.Output()[:n]...)
			b.s.Sent(n)
			if len(b.s.Output()) == 0 {
				b.s.Drained()
			}
			b.s.Run()
			r.serve(b)
		}
		take(1 << 20) // the answer and events 0..19, all of which it is known that the client has
		take(1 << 20)
		if want := (Subscription{On: true, Next: 20, Last: 1}); MakeSubscription(r.store) != want {
			t.Fatalf("the data store has %+v, want %+v", MakeSubscription(r.store), want)
		}
		r.total = 60
		b.s.News()
		r.serve(b)
		take(cut * 7)
		// It dies here. More happens meanwhile.
		r.total = total
		b = newBench(t, 1, MakeSubscription(r.store))
		r.serve(b)
		for len(b.s.Output()) > 0 {
			take(1000)
		}
		checkEvents(t, cut, strings.Split(string(received), "\n"), total)
		if want := (Subscription{On: true, Next: total, Last: 1}); MakeSubscription(r.store) != want {
			t.Fatalf("cut %d: the data store has %+v, want %+v", cut, MakeSubscription(r.store), want)
		}
	}
}

func checkEvents(t *testing.T, cut int, lines []string, total uint64) {
	t.Helper()
	hellos, next := 0, uint64(0)
	for _, l := range lines {
		if strings.HasPrefix(l, `{"event":"hello"`) {
			hellos++
		}
		if !strings.HasSuffix(l, "}") {
			continue // cut by the death
		}
		for _, seq := range seqs(t, []string{l}) {
			if seq > next {
				t.Fatalf("cut %d: event %d follows %d", cut, seq, next-1)
			}
			next = max(next, seq+1)
		}
	}
	if hellos != 2 || next != total {
		t.Fatalf("cut %d: %d hellos, events up to %d; want 2, %d", cut, hellos, next-1, total-1)
	}
}

// A client that does not read stops the flow: memory stays bounded, no answer and no event is
// lost, for input is left where it is.
func TestBackPressure(t *testing.T) {
	b := newBench(t, 0, Subscription{})
	r := &rs{kept: abi.EventsKept, total: 400}
	var input []byte
	const asked = 5000
	for i := 1; i <= asked; i++ {
		input = fmt.Appendf(input, `{"id":%d,"cmd":"echo","label":"ctl"}`+"\n", i)
	}
	b.s.Input([]byte(`{"id":0,"cmd":"events","since":0}` + "\n"))
	answers, events := 0, 0
	for n := 1; n > 0 || len(input) > 0; {
		input = input[b.s.Input(input):]
		r.serve(b)
		if len(b.s.Output()) > highWater+12<<10 {
			t.Fatalf("%d bytes of output wait", len(b.s.Output()))
		}
		out := string(b.s.Output())
		n = len(out)
		answers += strings.Count(out, `"ok":true`)
		events += strings.Count(out, `"seq":`)
		b.s.Sent(n)
		b.f.Pass(10 * time.Millisecond)
		b.s.Run()
	}
	if answers != asked+1 || events != 400 {
		t.Errorf("%d answers, %d events; want %d, 400", answers, events, asked+1)
	}
}

// However many events wait, an answer has few of them before it.
func TestAnswersComeBetweenEvents(t *testing.T) {
	b := newBench(t, 0, Subscription{})
	label, _ := abi.MakeLabel("rtc")
	r := &rs{kept: abi.EventsKept, death: abi.Event{Kind: abi.EventDeath, Reason: abi.ReasonException, Label: label, Endpoint: 0x8009}}
	r.serve(b)
	b.s.Input([]byte(`{"id":0,"cmd":"events","since":0}` + "\n"))
	r.serve(b)
	b.lines()
	r.total = 400
	b.s.News()
	r.serve(b)
	b.s.Input([]byte(`{"id":1,"cmd":"echo","label":"ctl"}` + "\n"))
	const most = 3 << 10
	out := string(b.s.Output())
	at := strings.Index(out, `{"id":1,`)
	if n := strings.Count(out[:max(at, 0)], `"seq":`); at < 0 || at > most || n == 0 {
		t.Errorf("%d events and %d bytes before the answer, expected some, and at most %d bytes", n, at, most)
	}
}

// The first line after a death may be the end of one that the dead incarnation had begun, if there was one.
func TestFirstLineAfterDeath(t *testing.T) {
	for _, half := range []bool{true, false} {
		b := bareBench(t, Config{Incarnation: 3, Half: half})
		new(rs).serve(b)
		b.lines()
		b.s.Input([]byte(`{"id":1,"cmd":"echo","label":"ctl"}` + "\n" + `{"id":2,"cmd":"echo","label":"ctl"}` + "\n"))
		want := []string{`{"id":1,"ok":true,"incarnation":3,"round_us":0,"round_ns":0}`, `{"id":2,"ok":true,"incarnation":3,"round_us":0,"round_ns":0}`}
		if half {
			want = want[1:]
		}
		b.want(want...)
		if _, ok := b.f.Take(); ok {
			t.Error("something was sent")
		}
	}
}
