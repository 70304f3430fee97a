package policy

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"bennu/kernel/abi"
)

const ms = time.Millisecond

// usual is a service with every time limit different.
var usual = Config{
	Boot: true, Period: 100 * ms, Init: 1000 * ms, Stop: 200 * ms,
	BackoffUnit: 10 * ms, BackoffMax: 10 * ms, Burst: 5, Window: 10 * time.Second,
}

// line is a row of a script: at a time an event, and the actions that have to follow, in
// the words of words below, in order, joined by "; ".
type line struct {
	at    time.Duration
	event Event
	want  string
}

// words writes actions down.
func words(actions []Action) string {
	var out []string
	for _, a := range actions {
		s := ""
		switch a.Kind {
		case Start:
			s = fmt.Sprintf("start %d inc %d", a.ID, a.Incarnation)
			if a.Init == abi.InitRestart {
				s += " again"
			}
		case Stop:
			s = fmt.Sprintf("stop %d", a.ID)
		case Kill:
			s = fmt.Sprintf("kill %d", a.ID)
		case Ping:
			s = fmt.Sprintf("ping %d", a.ID)
		case Reply:
			s = fmt.Sprintf("reply %d %s", a.Asker.Tag, a.Errno.Name())
		case PowerOff:
			s = "power-off"
		case Deaf:
			s = "deaf"
		case Check:
			s = fmt.Sprintf("check %d", a.ID)
		case Drop:
			s = fmt.Sprintf("drop %d", a.ID)
		case Emit:
			s = a.Event.String()
			if a.ID != Nobody {
				s += fmt.Sprintf(" %d", a.ID)
			}
			if a.Reason != 0 {
				s += " " + a.Reason.String()
			}
			if a.Errno != abi.OK {
				s += " " + a.Errno.Name()
			}
			if a.Event == abi.EventDeath && a.Backoff > 0 {
				s += " after " + a.Backoff.String()
			}
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

// play runs a script on a new table. Started follows each Start by itself, unless refuse
// has an error for it (taken off the front); its actions are appended to the line's.
func play(t *testing.T, configs []Config, refuse []abi.Errno, script []line) *State {
	t.Helper()
	s := New(configs)
	for n, l := range script {
		got := []string{}
		queue := []Event{l.event}
		for len(queue) > 0 {
			e := queue[0]
			queue = queue[1:]
			actions := s.Step(l.at, &e)
			for _, a := range actions {
				if a.Kind != Start {
					continue
				}
				next := Event{Kind: Started, ID: a.ID}
				if len(refuse) > 0 {
					if refuse[0] != abi.OK {
						next = Event{Kind: StartFailed, ID: a.ID, Errno: refuse[0]}
					}
					refuse = refuse[1:]
				}
				queue = append(queue, next)
			}
			if w := words(actions); w != "" {
				got = append(got, w)
			}
		}
		if g := strings.Join(got, "; "); g != l.want {
			t.Errorf("line %d, at %v:\n got %s\nwant %s", n, l.at, g, l.want)
		}
	}
	return s
}

func asker(tag uint64) Asker { return Asker{From: Nobody, Endpoint: 99, Tag: tag} }

func up(tag uint64) Event      { return Event{Kind: Up, Asker: asker(tag)} }
func down(tag uint64) Event    { return Event{Kind: Down, Asker: asker(tag)} }
func refresh(tag uint64) Event { return Event{Kind: Refresh, Asker: asker(tag)} }
func restart(tag uint64) Event { return Event{Kind: Restart, Asker: asker(tag)} }

var (
	isReady = Event{Kind: Ready}
	beat    = Event{Kind: Heartbeat}
	tick    = Event{Kind: Tick}
)

func dies(c abi.Cause, at time.Duration) Event {
	return Event{Kind: Death, Record: Record{Cause: c, Died: at}}
}

func exits(status uint64, at time.Duration) Event {
	return Event{Kind: Death, Record: Record{Cause: abi.CauseExit, Status: status, Died: at}}
}

func inject(k abi.FaultKind) Event { return Event{Kind: Fault, Fault: k} }
