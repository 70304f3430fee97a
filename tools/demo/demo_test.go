package main

import (
	"errors"
	"strings"
	"testing"

	"bennu/drivers/protocol/faulty"
	"bennu/kernel/abi"
	"bennu/tools/internal/control"
	"bennu/tools/internal/figure"
)

// Every way of faulty is in the plan, with what RS should see, and every service dies in every
// way from outside.
func TestPlan(t *testing.T) {
	seen := map[string]death{}
	for _, d := range plan([]string{"ds", "rs", "rtc", "tty"}) {
		key := d.label + " " + d.way
		if _, twice := seen[key]; twice {
			t.Errorf("%s: twice", key)
		}
		seen[key] = d
		if d.reason == "" || (d.reason == "exception") != (d.exception != "") {
			t.Errorf("%s: expected reason %q, exception %q", key, d.reason, d.exception)
		}
		if d.alias != (d.label == rootLabel) {
			t.Errorf("%s: its endpoint lives on: %v", key, d.alias)
		}
		known := false
		for r := abi.ReasonNone + 1; r <= abi.ReasonHang; r++ {
			known = known || r.String() == d.reason
		}
		if !known {
			t.Errorf("%s: RS has no reason %q", key, d.reason)
		}
	}
	for w := faulty.Way(1); w < faulty.Ways; w++ {
		if _, ok := seen["faulty "+w.String()]; !ok {
			t.Errorf("faulty's way %s is not in the plan", w)
		}
	}
	for _, key := range []string{"faulty kill", "rtc exception", "rtc hang", "tty exception", "tty hang", "ds exception", "ds hang", "ds kill", "rs exception", "rs hang", "rs kill"} {
		if _, ok := seen[key]; !ok {
			t.Errorf("%s is not in the plan", key)
		}
	}
}

// What waited, and what was noticed late, is not mixed with what came back at once, and nothing is taken off.
func TestSummary(t *testing.T) {
	got := summed([]row{
		{Reason: "exit", Incarnation: 1, DetectNS: 10, RecoveryNS: 100},
		{Reason: "panic", Incarnation: 2, DetectNS: 20, RecoveryNS: 5100, BackoffUS: 5},
		{Reason: "exception", Incarnation: 3, DetectNS: 5, RecoveryNS: 90},
		{Reason: "no-heartbeat", Incarnation: 4, DetectNS: 900, RecoveryNS: 1000},
		{Label: "rs", Reason: "exception", Incarnation: 1, DetectNS: 2, RecoveryNS: 30},
		{Label: "rs", Reason: "hang", Incarnation: 2, DetectNS: 2000, RecoveryNS: 2030},
		{Reason: "exit", DetectNS: 1, RecoveryNS: 0}, // died and did not come back
	})
	want := summary{Detected: figure.Of([]uint64{5, 10, 20}), Missed: figure.Of([]uint64{900}), Direct: figure.Of([]uint64{90, 100}),
		BackedOff: figure.Of([]uint64{5100}), Hung: figure.Of([]uint64{1000}),
		Root: figure.Of([]uint64{30}), RootHung: figure.Of([]uint64{2030})}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// One thing that failed is enough, wherever it is noted.
func TestShownOK(t *testing.T) {
	good := shown{Rows: []row{{Label: "rtc"}}}
	if !good.ok() {
		t.Error("nothing failed, yet it is not ok")
	}
	for _, bad := range []shown{{}, {Rows: []row{{}, {Failures: []string{"x"}}}}, {Rows: []row{{}}, Failures: []string{"x"}}} {
		if bad.ok() {
			t.Errorf("%+v is ok", bad)
		}
	}
}

func TestOthers(t *testing.T) {
	table := map[string]control.Service{"tty": {State: "running"}, "ctl": {State: "running"}, "rtc": {State: "backoff"}, "kbd": {State: "running"}}
	if got := strings.Join(others(table, "tty"), " "); got != "kbd" {
		t.Errorf("others than tty that run: %q, want kbd", got)
	}
}

// One frame or one hook less is a loss; an alarm more is none.
func TestSame(t *testing.T) {
	before := resources{Frames: 10, Counts: control.Counts{Hooks: 5, Alarms: 60, Async: 1000, HeapAllocs: 147}}
	for _, c := range []struct {
		change func(r *resources)
		want   bool
	}{
		{func(*resources) {}, true},
		{func(r *resources) { r.Alarms++ }, true},
		{func(r *resources) { r.Async++ }, true},
		{func(r *resources) { r.Alarms-- }, false},
		{func(r *resources) { r.Async-- }, false},
		{func(r *resources) { r.Frames-- }, false},
		{func(r *resources) { r.Frames++ }, false},
		{func(r *resources) { r.Hooks-- }, false},
		{func(r *resources) { r.HeapAllocs++ }, false},
	} {
		after := before
		c.change(&after)
		if after.same(before) != c.want {
			t.Errorf("%+v after %+v: want same %v", after, before, c.want)
		}
	}
}

func TestFirstLine(t *testing.T) {
	if got := firstLine(errors.New("one\ntwo")); got != "one" {
		t.Errorf("got %q", got)
	}
}
