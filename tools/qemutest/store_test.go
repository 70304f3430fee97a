//go:build qemu

package qemutest

import (
	"testing"

	"bennu/tools/internal/control"
	"bennu/tools/internal/qemu"
)

// entry is an entry of the data store.
type entry struct {
	Key, Type, Owner, String, Memory string
	Endpoint                         uint32
	Revision                         uint64
}

// TestStoreOutlives: what is in the data store outlives its owners and the store, in whatever way that dies, and nobody else's life ends of it. What a
// service has published goes when it is taken down.
func TestStoreOutlives(t *testing.T) {
	m := boot(t, qemu.Config{Control: true})
	m.ready()
	c := m.client()
	get := func(key string) entry {
		t.Helper()
		var a struct{ Entry entry }
		if err := c.Do(m.ctx, "get", control.Args{"key": key}, &a); err != nil {
			t.Fatalf("get %s: %v", key, err)
		}
		return a.Entry
	}
	clock := func() (found []entry) {
		t.Helper()
		var a struct{ Entries []entry }
		if err := c.Do(m.ctx, "list", control.Args{"pattern": "rtc/.*"}, &a); err != nil {
			t.Fatalf("list: %v", err)
		}
		return a.Entries
	}
	if err := c.Do(m.ctx, "put", control.Args{"key": "x.y", "value": "kept"}, nil); err != nil {
		t.Fatal(err)
	}
	if len(clock()) != 1 {
		t.Fatalf("the clock's driver has kept %+v", clock())
	}
	before := states(m, c)
	dies := func(kind string) {
		t.Helper()
		old := get("ds").Endpoint
		if err := c.Fault(m.ctx, "ds", kind); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		for get("ds").Endpoint == old { // a store that hangs is asked until it is found out
		}
		if e := get("x.y"); e.String != "kept" || e.Owner != "ctl" {
			t.Errorf("after %s: %+v", kind, e)
		}
		if len(clock()) != 1 {
			t.Errorf("after %s: the clock's driver has %+v", kind, clock())
		}
		if _, err := c.Date(m.ctx); err != nil {
			t.Errorf("after %s: date: %v", kind, err)
		}
	}
	for _, kind := range []string{"kill", "exception", "kill"} {
		dies(kind)
	}
	old := get("rtc").Endpoint
	if err := c.Fault(m.ctx, "rtc", "kill"); err != nil {
		t.Fatal(err)
	}
	for again := func() error { return c.Do(m.ctx, "get", control.Args{"key": "rtc"}, nil) }; again() != nil || get("rtc").Endpoint == old; { // while it has no life it has no entry
	}
	if len(clock()) != 1 {
		t.Errorf("after a death of its own the clock's driver has %+v", clock())
	}
	dies("hang")
	for label, s := range states(m, c) {
		if label != "ds" && label != "rtc" && (s.Endpoint != before[label].Endpoint || s.Deaths != 0) {
			t.Errorf("%s is at %d, was at %d, after %d deaths", label, s.Endpoint, before[label].Endpoint, s.Deaths)
		}
	}
	if err := c.Do(m.ctx, "down", control.Args{"label": "rtc"}, nil); err != nil {
		t.Fatal(err)
	}
	for len(clock()) != 0 { // RS's word of it comes a little later
	}
}
