package sdk_test

import (
	"testing"

	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

func want(t *testing.T, what string, got, want abi.Errno) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %s, want %s", what, got.Name(), want.Name())
	}
}

// A driver's window is the client's memory too, as long as it is let to it, and is gone when the driver has freed it.
func TestWindow(t *testing.T) {
	k, c := start(t, &driver{})
	w, e := c.NewWindow(5000, false)
	want(t, "NewWindow", e, abi.OK)
	if len(w.Bytes) != 2*abi.PageSize || w.Rights != abi.WindowRead|abi.WindowWrite {
		t.Fatalf("%d bytes, rights %d", len(w.Bytes), w.Rights)
	}
	client := k.PeerGate(fake.Client)
	_, e = client.WindowMap(w.ID, c.Self())
	want(t, "map of what is not let", e, abi.EPERM)
	want(t, "LetWindow", c.LetWindow(w.ID, fake.Client, false), abi.OK)
	v, e := client.WindowMap(w.ID, c.Self())
	want(t, "map", e, abi.OK)
	if v.Rights != abi.WindowRead {
		t.Errorf("rights %d", v.Rights)
	}
	copy(w.Bytes[4090:], "over the page's end")
	if got := client.Memory(&v)[4090:][:19]; string(got) != "over the page's end" {
		t.Errorf("the client sees %q", got)
	}
	want(t, "LetWindow again", c.LetWindow(w.ID, fake.Client, true), abi.EEXIST)
	want(t, "TakeWindow", c.TakeWindow(w.ID, fake.Client), abi.OK)
	want(t, "TakeWindow again", c.TakeWindow(w.ID, fake.Client), abi.ESRCH)
	if client.Memory(&v) != nil {
		t.Error("the client sees what was taken")
	}
	want(t, "LetWindow to write", c.LetWindow(w.ID, fake.Other, true), abi.OK)
	v, e = k.PeerGate(fake.Other).WindowMap(w.ID, c.Self())
	want(t, "map to write", e, abi.OK)
	k.PeerGate(fake.Other).Memory(&v)[7] = 1
	if w.Bytes[7] != 1 {
		t.Error("the driver does not see what the other has written")
	}
	k.Kill(fake.Other)
	want(t, "LetWindow to the dead", c.LetWindow(w.ID, fake.Other, false), abi.EDEADSRCDST)
	want(t, "FreeWindow", c.FreeWindow(w.ID), abi.OK)
	want(t, "FreeWindow again", c.FreeWindow(w.ID), abi.EINVAL)
	for range abi.MaxWindows {
		_, e = c.NewWindow(1, true)
		want(t, "NewWindow", e, abi.OK)
	}
	_, e = c.NewWindow(1, true)
	want(t, "one too many", e, abi.ENOSPC)
	_, e = c.NewWindow(0, false)
	want(t, "of nothing", e, abi.EINVAL)
}

// A driver maps what a client lets it see. The client's end takes it away, or leaves it, as the window says.
func TestMapWindow(t *testing.T) {
	for _, flags := range []uint64{0, abi.WindowKeep} {
		k, c := start(t, &driver{})
		client := k.PeerGate(fake.Client)
		v, e := client.WindowCreate(1, flags)
		want(t, "create", e, abi.OK)
		_, e = c.MapWindow(v.ID, fake.Client)
		want(t, "MapWindow of what is not let", e, abi.EPERM)
		want(t, "allow", client.WindowAllow(v.ID, c.Self(), abi.WindowRead), abi.OK)
		w, e := c.MapWindow(v.ID, fake.Client)
		want(t, "MapWindow", e, abi.OK)
		client.Memory(&v)[3] = 9
		if w.ID != v.ID || w.Rights != abi.WindowRead || w.Bytes[3] != 9 {
			t.Errorf("%d, rights %d, %d", w.ID, w.Rights, w.Bytes[3])
		}
		want(t, "UnmapWindow", c.UnmapWindow(v.ID), abi.OK)
		want(t, "UnmapWindow again", c.UnmapWindow(v.ID), abi.EINVAL)
		_, e = c.MapWindow(v.ID, fake.Client)
		want(t, "MapWindow again", e, abi.OK)
		k.Kill(fake.Client)
		_, e = c.MapWindow(v.ID, fake.Client)
		want(t, "MapWindow of the dead", e, abi.EDEADSRCDST)
		gone := abi.EINVAL
		if flags == abi.WindowKeep {
			gone = abi.OK
		}
		want(t, "UnmapWindow of the dead's", c.UnmapWindow(v.ID), gone)
	}
}
