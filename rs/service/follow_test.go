package service

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"bennu/kernel/abi"
	"bennu/rs/service/fake"
)

// events is RS's end of the event protocol: the newest kept of all that happened.
type events struct {
	t       *testing.T
	f       *fake.Machine
	a       *Asker
	follow  *Follower
	total   uint64 // numbers 1..total happened
	kept    uint64
	watch   uint64 // 0: none
	got     []uint64
	lost    uint64
	pulls   int
	refuses int // requests to answer with EAGAIN
	gone    func(seq uint64) bool
	told    []string // what the follower told, losses in their places
}

func newEvents(t *testing.T, next uint64) *events {
	v := &events{t: t, f: fake.New(), kept: abi.EventsKept}
	v.a = NewAsker(v.f)
	v.follow = NewFollower(v.a, next, func(rows []abi.Event, lost uint64) {
		if v.lost += lost; lost > 0 {
			v.told = append(v.told, fmt.Sprintf("%d lost", lost))
		}
		for i := range rows {
			v.got = append(v.got, rows[i].Seq)
			v.told = append(v.told, fmt.Sprint(rows[i].Seq))
		}
	})
	return v
}

// happen makes n events; RS tells the watcher.
func (v *events) happen(n uint64) {
	v.total += n
	v.news()
	v.serve()
}

func (v *events) news() {
	if v.watch != 0 && v.watch <= v.total {
		v.watch = 0
		v.follow.News(&abi.Msg{Source: fake.RSEndpoint, Type: abi.RSNews, Arg: [7]uint64{v.total + 1}})
	}
}

// serve answers requests until there are none.
func (v *events) serve() {
	for s, ok := v.f.Take(); ok; s, ok = v.f.Take() {
		if v.refuses > 0 {
			v.refuses--
			v.a.Answer(s.Reply(abi.EAGAIN))
			continue
		}
		switch s.Msg.Type {
		case abi.RSWatch:
			v.watch = s.Msg.Arg[0]
			v.a.Answer(s.Reply(abi.OK))
			v.news()
		case abi.RSEvents:
			v.a.Answer(v.events(s))
		default:
			v.t.Errorf("unexpected message %#x", s.Msg.Type)
		}
	}
}

func (v *events) events(s fake.Sent) *abi.Msg {
	v.pulls++
	g, ok := v.f.Grants[abi.GrantID(s.Msg.Arg[0])]
	if !ok || !g.Write || g.To != fake.RSEndpoint || uint64(len(g.Memory)) != s.Msg.Arg[1] {
		v.t.Errorf("grant %+v of RSEvents is not for RS to write %d bytes", g, s.Msg.Arg[1])
		return s.Reply(abi.EPERM)
	}
	next, lost, n := max(s.Msg.Arg[2], 1), uint64(0), 0
	if oldest := v.total + 1 - min(v.kept, v.total); next < oldest {
		lost, next = oldest-next, oldest
	}
	for ; next <= v.total && (n+1)*len(abi.Bytes(new(abi.Event))) <= len(g.Memory); next++ {
		if v.gone != nil && v.gone(next) {
			lost++
			continue
		}
		e := abi.Event{Seq: next}
		copy(g.Memory[n*len(abi.Bytes(&e)):], abi.Bytes(&e))
		n++
	}
	return s.Reply(abi.OK, uint64(n), next, lost)
}

// want checks that events first..last came in order, once each.
func (v *events) want(first, last, lost uint64) {
	v.t.Helper()
	for i, seq := range v.got {
		if seq != first+uint64(i) {
			v.t.Fatalf("event %d is number %d, want %d", i, seq, first+uint64(i))
		}
	}
	if uint64(len(v.got)) != last+1-first || v.lost != lost {
		v.t.Fatalf("%d events, %d lost; want %d, %d", len(v.got), v.lost, last+1-first, lost)
	}
	if len(v.f.Grants) > 1 {
		v.t.Errorf("%d grants are still there", len(v.f.Grants))
	}
}

func TestFollowWithoutGaps(t *testing.T) {
	v := newEvents(t, 1)
	v.total = 100
	v.follow.Resume()
	v.serve()
	v.want(1, 100, 0)
	for range 50 {
		v.happen(1)
	}
	v.happen(batch)
	v.happen(batch + 1)
	v.settle()
	v.want(1, 150+2*batch+1, 0)
	if v.watch != v.total+1 {
		t.Errorf("RS is watched from %d on, want %d", v.watch, v.total+1)
	}
}

func TestFollowTellsWhatIsLost(t *testing.T) {
	v := newEvents(t, 1)
	v.kept = 10
	v.total = 25
	v.follow.Resume()
	v.serve()
	v.want(16, 25, 15)
}

// RS keeps some of every service: what is gone lies between what is not, and is told there.
func TestFollowTellsWhereItIsLost(t *testing.T) {
	v := newEvents(t, 1)
	v.total = 12
	v.gone = func(seq uint64) bool { return seq == 1 || seq == 4 || seq == 5 || seq == 12 }
	v.follow.Resume()
	v.serve()
	if told := strings.Join(v.told, " "); told != "1 lost 2 3 2 lost 6 7 8 9 10 11 1 lost" || v.follow.Next() != 13 {
		t.Errorf("told %s, next is %d", told, v.follow.Next())
	}
}

// settle lets time pass until nothing more is told.
func (v *events) settle() {
	for told := -1; told != len(v.got); {
		told = len(v.got)
		v.f.Pass(pace)
		v.a.Run()
		v.serve()
	}
}

// However often something happens, RS is asked at most burst times at once and then once in pace; and everything is told.
func TestFollowInPace(t *testing.T) {
	v := newEvents(t, 1)
	v.follow.Resume()
	v.serve()
	const seconds, each = 3, time.Second / 1000
	for range seconds * time.Second / each {
		v.happen(1)
		v.f.Pass(each)
		v.a.Run()
		v.serve()
	}
	if most := burst + int(seconds*time.Second/pace); v.pulls > most || v.pulls < most/2 {
		t.Errorf("RS was asked %d times in %d s, expected at most %d", v.pulls, seconds, most)
	}
	if len(v.a.timers) > 2 {
		t.Errorf("%d timers, want at most 2", len(v.a.timers))
	}
	v.settle()
	v.want(1, v.total, 0)
	v.f.Pass(time.Second)
	before := v.pulls
	v.happen(1) // after a quiet time there is no wait
	v.happen(1)
	if v.want(1, v.total, 0); v.pulls != before+2 {
		t.Errorf("RS was asked %d times for two events", v.pulls-before)
	}
}

// A reader that is not ready any more in the middle of what RS gave gets the rest later, and RS is not asked again before.
func TestFollowStopsBetween(t *testing.T) {
	v := newEvents(t, 1)
	v.total = 20
	v.gone = func(seq uint64) bool { return seq > 17 }
	room := piece
	v.follow.Ready = func() bool { return len(v.got) < room }
	v.follow.Resume()
	v.serve()
	v.want(1, piece, 0)
	for room < 18 {
		room++
		v.follow.News(&abi.Msg{Source: fake.RSEndpoint})
		v.follow.Continue()
		v.serve()
	}
	v.want(1, 17, 3)
	if v.pulls != 1 || v.follow.Next() != 21 {
		t.Errorf("RS was asked %d times, next is %d", v.pulls, v.follow.Next())
	}
	v.happen(1)
	v.want(1, 17, 4)
}

// While the reader is not ready nothing is taken from RS, and nothing is lost.
func TestFollowWaitsForTheReader(t *testing.T) {
	v := newEvents(t, 1)
	ready := false
	v.follow.Ready = func() bool { return ready }
	v.follow.Resume()
	v.happen(5)
	if len(v.got) != 0 || v.pulls != 0 {
		t.Fatalf("%d events taken before the reader was ready", len(v.got))
	}
	ready = true
	v.follow.Continue()
	v.serve()
	v.want(1, 5, 0)
	pulls := v.pulls
	v.follow.Continue() // without reason
	v.serve()
	if v.pulls != pulls {
		t.Error("RS was asked though nothing was put off")
	}
}

// RS answers with errors, or dies and forgets the watch: the follower goes on by itself.
func TestFollowOutlivesRS(t *testing.T) {
	v := newEvents(t, 1)
	v.refuses = 3
	v.total = 2
	v.follow.Resume()
	for range 5 {
		v.serve()
		v.f.Pass(retry)
		v.a.Run()
	}
	v.want(1, 2, 0)
	v.watch = 0 // forgotten
	v.total = 4
	v.f.Pass(watchLost)
	v.a.Run()
	v.serve()
	v.want(1, 4, 0)
}

// An answer that comes after the reader went elsewhere changes nothing.
func TestFollowSeek(t *testing.T) {
	v := newEvents(t, 1)
	v.total = 20
	v.follow.Resume()
	old, _ := v.f.Take()
	v.follow.Seek(11)
	v.a.Answer(old.Reply(abi.OK, 20, 21, 0))
	v.serve()
	v.want(11, 20, 0)
}

// Timers do not pile up however much happens.
func TestFollowTimers(t *testing.T) {
	v := newEvents(t, 1)
	v.kept = 1000
	v.follow.Resume()
	v.serve()
	for range 1000 {
		v.happen(1)
	}
	if len(v.a.timers) != 2 { // for a watch that is lost, and for the pace
		t.Errorf("%d timers, want 2", len(v.a.timers))
	}
	v.f.Pass(time.Hour)
	v.a.Run()
	v.serve()
	v.settle()
	v.want(1, 1000, 0)
}
