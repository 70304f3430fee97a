package disk

import (
	"bytes"
	"flag"
	"strings"
	"testing"
	"time"

	"bennu/drivers/protocol/block"
	"bennu/drivers/sdk/block/server"
	"bennu/drivers/virtioblk/virtio"
	"bennu/kernel/abi"
	testseed "bennu/tools/seed"
)

var seedFlag = flag.Int64("seed", 0, "of the first hostile device; 0 takes the clock's")

// run lets a job come to its end.
func run(t *testing.T, m *model, d *Disk, j *server.Job) bool {
	t.Helper()
	if !d.Submit(j) {
		t.Fatal("no room")
	}
	d.Kick()
	for range 100_000 {
		for _, e := range d.Poll() {
			if e.Job == j {
				return e.OK
			}
		}
		m.Pause()
	}
	t.Fatal("it never ends")
	return false
}

func TestReadWrite(t *testing.T) {
	m := newModel(t, 1)
	d, e := m.open(Options{})
	if e != abi.OK {
		t.Fatal(e.Name(), m.log)
	}
	w, _ := m.Alloc(64 * 512)
	for i := range w.Bytes {
		w.Bytes[i] = byte(i / 7)
	}
	if !run(t, m, d, job(block.Write, 100, 16, w.Device, 8)) || !bytes.Equal(m.media[100*512:116*512], w.Bytes[8*512:24*512]) {
		t.Error("not written")
	}
	if !run(t, m, d, job(block.Read, 100, 16, w.Device, 40)) || !bytes.Equal(w.Bytes[40*512:56*512], w.Bytes[8*512:24*512]) {
		t.Error("not read")
	}
	if !run(t, m, d, job(block.WriteZeroes, 101, 2, 0, 0)) || !bytes.Equal(m.media[101*512:103*512], make([]byte, 1024)) || !run(t, m, d, job(block.Flush, 0, 0, 0, 0)) || !run(t, m, d, job(block.Discard, 8, 8, 0, 0)) {
		t.Error("not zeroed, flushed or discarded")
	}
	s := d.Shape()
	if s.Sectors != 1024 || s.Segments != 8 || s.Flags != block.CanDiscard|block.CanZero || s.EraseShift != 11 || s.Identity == 0 || s.MaxSectors != 2048 || !s.Possible() {
		t.Errorf("%+v", s)
	}
	if m.agreed&(virtio.Version1|virtio.AccessPlatform|featureFlush) != virtio.Version1|virtio.AccessPlatform|featureFlush || m.bad != "" {
		t.Errorf("agreed on %x; %s", m.agreed, m.bad)
	}
}

// Without features that it cannot do without, or with a shape that is none, there is no disk.
func TestRefused(t *testing.T) {
	for what, c := range map[string]struct {
		do   func(m *model)
		want abi.Errno
	}{
		"legacy":               {func(m *model) { m.offered &^= virtio.Version1 }, abi.ENODEV},
		"past the IOMMU":       {func(m *model) { m.offered &^= virtio.AccessPlatform }, abi.ENODEV},
		"blocks of 8192":       {func(m *model) { m.config[21] = 0x20 }, abi.EDOM},
		"blocks of 513":        {func(m *model) { m.config[20] = 1 }, abi.EDOM},
		"no blocks":            {func(m *model) { m.config[21] = 0 }, abi.EDOM},
		"too large":            {func(m *model) { m.config[7] = 0xff }, abi.EDOM},
		"segments of no bytes": {func(m *model) { m.config[10] = 0 }, abi.EDOM},
		"gone":                 {func(m *model) { m.gone = true }, abi.ENODEV},
	} {
		m := newModel(t, 1)
		c.do(m)
		if _, e := m.open(Options{}); e != c.want {
			t.Errorf("%s: %s, want %s", what, e.Name(), c.want.Name())
		}
	}
}

// Shapes: 4096-byte blocks, read-only, no cache.
func TestShapes(t *testing.T) {
	m := newModel(t, 1)
	m.config[21], m.config[20] = 0x10, 0
	m.offered = m.offered&^(featureFlush|featureDiscard|featureZeroes) | featureReadOnly
	d, e := m.open(Options{Keeps: true})
	if e != abi.OK {
		t.Fatal(e.Name())
	}
	if s := d.Shape(); s.BlockShift != 3 || s.Flags != block.ReadOnly|block.WriteThrough|block.KeepsCache {
		t.Errorf("%+v", s)
	}
	m = newModel(t, 1)
	if d, _ := m.open(Options{Through: true}); d.Shape().Flags&block.WriteThrough == 0 || m.config[cacheAt] != 0 {
		t.Error("the cache is not off")
	}
}

// The state that the last life left does not matter: whatever the status is, and requests on their way, are gone.
func TestFromAnyState(t *testing.T) {
	for status := range uint32(255) {
		m := newModel(t, 1)
		m.status = status
		m.q[0] = mqueue{size: 64, enable: 1, desc: 0x1000, avail: 0x2000, used: 0x3000}
		m.held = []held{{0, 5}}
		if d, e := m.open(Options{}); e != abi.OK || m.bad != "" || d.Resets != 0 {
			t.Fatalf("status %x: %s, %s", status, e.Name(), m.bad)
		}
	}
}

// A device that hangs: its queue is reset, then it; then the request fails, and the device goes on.
func TestHangs(t *testing.T) {
	for _, ringReset := range []bool{true, false} {
		m := newModel(t, 1)
		if !ringReset {
			m.offered &^= virtio.RingReset
		}
		d, _ := m.open(Options{Limit: 100 * time.Millisecond})
		before := d.Epoch()
		m.hung = true
		j := job(block.Flush, 0, 0, 0, 0)
		if run(t, m, d, j) {
			t.Error("a hung device has flushed")
		}
		if ringReset != (d.QueueResets == 1) || d.Resets < 2 || d.Epoch() == before || d.Epoch().Life() != before.Life() {
			t.Errorf("%+v", d.Statistics)
		}
		m.hung = false
		if !run(t, m, d, job(block.Flush, 0, 0, 0, 0)) {
			t.Errorf("it does not go on: %v", m.log)
		}
	}
}

// A request that was lost once is made again in the same epoch by a reset of its queue, in another by one of the device.
func TestLost(t *testing.T) {
	for _, ringReset := range []bool{true, false} {
		m := newModel(t, 1)
		if !ringReset {
			m.offered &^= virtio.RingReset
		}
		d, _ := m.open(Options{Limit: 100 * time.Millisecond})
		before := d.Epoch()
		j := job(block.Flush, 0, 0, 0, 0)
		d.Submit(j)
		d.Kick()
		m.held = nil
		ok := false
		for range 1000 {
			m.Pause()
			for _, e := range d.Poll() {
				ok = e.OK
			}
		}
		if !ok || (d.Epoch() == before) != ringReset || d.Again != 1 || d.Timeouts != 1 {
			t.Errorf("ring reset %v: %v, %+v", ringReset, ok, d.Statistics)
		}
	}
}

// A read that is OK and has written less than it was asked for was not done.
func TestShort(t *testing.T) {
	for _, n := range []int{1, lifeTries + 1} {
		m := newModel(t, 1)
		d, _ := m.open(Options{})
		w, _ := m.Alloc(8 * 512)
		copy(m.media, "here")
		m.short = n
		if ok := run(t, m, d, job(block.Read, 0, 8, w.Device, 0)); ok != (n == 1) || ok && string(w.Bytes[:4]) != "here" || d.Lies == 0 || d.Resets == 0 {
			t.Errorf("%d: %v, %+v", n, ok, d.Statistics)
		}
	}
}

// A device that cannot be reset is kept from memory before anybody is told, and tried again after a rest.
func TestStuck(t *testing.T) {
	m := newModel(t, 4)
	d, _ := m.open(Options{Limit: 100 * time.Millisecond})
	m.offered = 0 // it agrees to nothing any more
	m.hung = true
	if run(t, m, d, job(block.Flush, 0, 0, 0, 0)) || m.master || !d.broken || d.BusResets == 0 {
		t.Errorf("master %v, broken %v, %+v", m.master, d.broken, d.Statistics)
	}
	if run(t, m, d, job(block.Flush, 0, 0, 0, 0)) {
		t.Error("a broken device flushes")
	}
	m.offered, m.hung = wanted&^featureReadOnly, false
	m.now += 2 * rest
	d.Poll()
	if !run(t, m, d, job(block.Flush, 0, 0, 0, 0)) || !m.master {
		t.Errorf("it is not tried again: %v", m.log)
	}
}

// Changes of capacity are seen; a device that is taken away ends what it had.
func TestChanges(t *testing.T) {
	m := newModel(t, 1)
	d, _ := m.open(Options{})
	if d.Reconfigured() {
		t.Error("a change of nothing")
	}
	m.config[1] = 2
	m.gen++
	if !d.Reconfigured() || d.Shape().Sectors != 512 || d.Changes() != 1 {
		t.Errorf("%+v, %d", d.Shape(), d.Changes())
	}
	j := job(block.Flush, 0, 0, 0, 0)
	d.Submit(j)
	m.gone = true
	if !d.Reconfigured() || !d.Gone() || m.master {
		t.Error("it is still there")
	}
	if e := d.Poll(); len(e) != 1 || e[0].OK {
		t.Errorf("%+v", e)
	}
	if !d.Submit(j) || d.Poll()[0].OK {
		t.Error("a device that is gone does something")
	}
}

// Devices that lie, in every way that there is: nothing panics, each request ends once, OK only when it was done, and the device is never sent to memory that was not given to it,
// nor does anything that was said to have failed.
func TestHostile(t *testing.T) {
	seed := *seedFlag
	if seed == 0 {
		seed = int64(testseed.Of(t))
	}
	t.Logf("-seed %d", seed)
	n := 400
	if testing.Short() {
		n = 40
	}
	var sum Statistics
	for i := range n {
		hostile(t, seed+int64(i), &sum)
		if t.Failed() {
			return
		}
	}
	t.Logf("%+v", sum)
	if sum.Lies == 0 || sum.Timeouts == 0 || sum.Resets == 0 || sum.QueueResets == 0 || sum.Done == 0 || sum.Failed == 0 || sum.BusResets == 0 {
		t.Errorf("something never happens: %+v", sum)
	}
}

func hostile(t *testing.T, seed int64, sum *Statistics) {
	m := newModel(t, seed)
	m.config[34] = byte(1 + m.rng.Intn(2))
	d, e := m.open(Options{Limit: 50 * time.Millisecond, Queues: 1 + m.rng.Intn(2)})
	if e != abi.OK {
		t.Fatalf("seed %d: %s", seed, e.Name())
	}
	w, _ := m.Alloc(1024 * 512)
	m.lies, m.lieEvery = true, 2+m.rng.Intn(60)
	open := map[*server.Job]uint64{}
	for range 1500 {
		if m.rng.Intn(3) == 0 && len(open) < 40 {
			// each job has sectors of its own, on the disk and in the window
			at := uint64(m.rng.Intn(128)) * 8
			busy := false
			for _, a := range open {
				busy = busy || a == at
			}
			if busy {
				continue
			}
			op := block.Write
			if m.rng.Intn(2) == 0 {
				op = block.Read
			}
			j := job(op, at, 8, w.Device, at)
			mark := byte(m.rng.Intn(256))
			if j.Tag = uint64(mark); op == block.Write {
				for k := range 8 * 512 {
					w.Bytes[at*512+uint64(k)] = mark
				}
			} else {
				clear(w.Bytes[at*512:][:8*512])
			}
			if d.Submit(j) {
				open[j] = at
				d.Kick()
			}
		}
		if m.rng.Intn(300) == 0 {
			m.hung = !m.hung
		}
		if m.rng.Intn(600) == 0 {
			m.stuck = true
		}
		m.Pause()
		for _, e := range d.Poll() {
			at, mine := open[e.Job]
			if !mine {
				t.Fatalf("seed %d: a request ends twice", seed)
			}
			delete(open, e.Job)
			if e.OK && !bytes.Equal(m.media[at*512:][:8*512], w.Bytes[at*512:][:8*512]) {
				t.Fatalf("seed %d: request %x of sector %d is said to be done", seed, e.Job.Op, at)
			}
		}
		if m.bad != "" {
			t.Fatalf("seed %d: %s; %s", seed, m.bad, strings.Join(m.log, "; "))
		}
	}
	m.lies, m.hung, m.stuck = false, false, false
	for range 40_000 {
		if m.Pause(); len(open) == 0 {
			break
		}
		for _, e := range d.Poll() {
			delete(open, e.Job)
		}
	}
	if len(open) > 0 {
		t.Fatalf("seed %d: %d requests never end; %s", seed, len(open), strings.Join(m.log, "; "))
	}
	for from, to := range map[*uint64]uint64{&sum.Done: d.Done, &sum.Failed: d.Failed, &sum.Lies: d.Lies, &sum.Timeouts: d.Timeouts, &sum.Resets: d.Resets, &sum.QueueResets: d.QueueResets, &sum.BusResets: d.BusResets} {
		*from += to
	}
}
