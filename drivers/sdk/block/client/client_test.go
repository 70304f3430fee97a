package client

import (
	"testing"

	"bennu/drivers/protocol/block"
	"bennu/kernel/abi"
)

// driver answers when the test says so.
type driver struct {
	asked []abi.Msg
	life  abi.Endpoint
	reset uint32
	flags block.GeometryFlags
	id    uint32
}

func (d *driver) Let(abi.WindowID, abi.Endpoint, bool) abi.Errno { return abi.OK }
func (d *driver) Ask(_ abi.Endpoint, m *abi.Msg, tag uint64) abi.Errno {
	a := *m
	a.Arg[6] = tag
	d.asked = append(d.asked, a)
	return abi.OK
}

// answer answers the n-th request that waits.
func (d *driver) answer(c *Client, n int, e abi.Errno) {
	m := d.asked[n]
	d.asked = append(d.asked[:n:n], d.asked[n+1:]...)
	a := abi.Msg{Source: d.life, Type: abi.MsgReply, Arg: [7]uint64{0: uint64(e), 6: m.Arg[6]}}
	if m.Type == block.Open {
		s := block.Shape{Sectors: 1024, Segments: 8, Depth: 8, MaxSectors: 64, EraseShift: 4, Flags: d.flags, Identity: d.id}
		w := s.Words(block.MakeEpoch(d.life, d.reset), 3, 0)
		copy(a.Arg[1:6], w[:])
	} else {
		r, _ := block.Decode(&m)
		a.Arg[1], a.Arg[2] = uint64(block.MakeEpoch(d.life, d.reset)), r.Sectors
	}
	c.Answer(&a)
}

// begin is a life of the driver, whose sessions are opened.
func (d *driver) begin(c *Client, generation uint32) {
	d.life, d.reset, d.asked = abi.MakeEndpoint(7, generation), 0, nil
	c.Up(d.life)
	for len(d.asked) > 0 && d.asked[0].Type == block.Open {
		d.answer(c, 0, abi.OK)
	}
}

func start() (*driver, *Client) {
	d := new(driver)
	c := New(d, Window{1, 1 << 15}, Window{2, 1 << 15})
	d.begin(c, 1)
	return d, c
}

func write(t *testing.T, c *Client, sector, n, at, user uint64) {
	t.Helper()
	s, _ := block.MakeSegment(at, n)
	if e := c.Submit(block.Request{Op: block.Write, Sector: sector, N: 1, Segments: [8]block.Segment{s}}, user); e != abi.OK {
		t.Fatal(e.Name())
	}
}

func ended(c *Client) (r []Result) {
	for {
		x, ok := c.Next()
		if !ok {
			return r
		}
		r = append(r, x)
	}
}

// A flush waits for what is repeated, also for what was asked for after it: of a sector that it is about a newer content is kept, and no other.
func TestFlushWaits(t *testing.T) {
	d, c := start()
	write(t, c, 0, 8, 0, 1)
	d.answer(c, 0, abi.OK)
	c.Submit(block.Request{Op: block.Flush}, 2)
	d.asked = nil // it is never answered
	write(t, c, 0, 8, 8, 3)
	d.answer(c, 0, abi.OK)
	d.begin(c, 2)
	if len(d.asked) != 1 || d.asked[0].Type != block.Write {
		t.Fatalf("%+v", d.asked)
	}
	d.answer(c, 0, abi.OK)
	if len(d.asked) != 1 || d.asked[0].Type != block.Flush {
		t.Fatalf("%+v", d.asked)
	}
	d.answer(c, 0, abi.OK)
	if r := ended(c); len(r) != 3 || r[2] != (Result{2, abi.OK}) || c.Kept() != 0 {
		t.Errorf("%+v, %d kept", r, c.Kept())
	}
}

// What a newer write has changed is cut out of an older one: before, behind, in the middle, all of it. Only what is left is repeated, from where it lies.
func TestCut(t *testing.T) {
	for _, x := range []struct {
		sector, n uint64
		want      [][3]uint64 // sector, length, place in the window
	}{
		{8, 4, [][3]uint64{{12, 12, 36}, {8, 4, 0}}},
		{20, 4, [][3]uint64{{8, 12, 32}, {20, 4, 0}}},
		{12, 4, [][3]uint64{{8, 4, 32}, {16, 8, 40}, {12, 4, 0}}},
		{8, 16, [][3]uint64{{8, 16, 0}}},
		{0, 32, [][3]uint64{{0, 32, 0}}},
		{0, 9, [][3]uint64{{9, 15, 33}, {0, 9, 0}}},
		{24, 1, [][3]uint64{{8, 16, 32}, {24, 1, 0}}},
	} {
		d, c := start()
		write(t, c, 8, 16, 32, 1)
		d.answer(c, 0, abi.OK)
		write(t, c, x.sector, x.n, 0, 2)
		d.answer(c, 0, abi.OK)
		d.begin(c, 2)
		got := map[[3]uint64]bool{}
		for _, m := range d.asked {
			r, _ := block.Decode(&m)
			got[[3]uint64{r.Sector, r.Sectors, r.Segments[0].At()}] = true
		}
		for _, w := range x.want {
			if !got[w] {
				t.Errorf("%d, %d: %v, want %v", x.sector, x.n, got, x.want)
			}
		}
		if len(got) != len(x.want) {
			t.Errorf("%d, %d: %v, want %v", x.sector, x.n, got, x.want)
		}
	}
}

// Another device in the place of the old one gets nothing that was meant for that.
func TestAnotherDevice(t *testing.T) {
	d := &driver{id: 5}
	c := New(d, Window{1, 1 << 15}, Window{2, 1 << 15})
	d.begin(c, 1)
	write(t, c, 0, 8, 0, 1)
	d.answer(c, 0, abi.OK)
	write(t, c, 0, 8, 8, 2)
	d.id = 6
	d.begin(c, 2)
	if r := ended(c); len(d.asked) != 0 || len(r) != 2 || r[1] != (Result{2, abi.ENODEV}) || c.Submit(block.Request{Op: block.Flush}, 3) != abi.ENODEV {
		t.Errorf("%+v, asked %+v", r, d.asked)
	}
}

// A write that was said to be done and cannot be repeated is told by the next flush, once.
func TestLostIsTold(t *testing.T) {
	d, c := start()
	write(t, c, 0, 8, 0, 1)
	d.answer(c, 0, abi.OK)
	d.begin(c, 2)
	d.answer(c, 0, abi.EIO)
	for i, want := range []abi.Errno{abi.EIO, abi.OK} {
		c.Submit(block.Request{Op: block.Flush}, 2)
		d.answer(c, 0, abi.OK)
		if r := ended(c); r[len(r)-1].Errno != want {
			t.Errorf("flush %d: %+v", i, r)
		}
	}
}

// An Open whose answer does not come is asked again, and the first of the two answers counts.
func TestOpenIsLost(t *testing.T) {
	d := &driver{id: 5}
	c := New(d, Window{1, 1 << 15}, Window{})
	d.life = 7 << 6
	c.Up(d.life)
	if len(d.asked) != 1 {
		t.Fatalf("%+v", d.asked)
	}
	c.Tick()
	if len(d.asked) != 1 {
		t.Fatal("asked again at once")
	}
	c.Tick()
	if len(d.asked) != 2 || d.asked[1].Type != block.Open || d.asked[1].Arg[6] != d.asked[0].Arg[6] {
		t.Fatalf("%+v", d.asked)
	}
	if d.answer(c, 0, abi.OK); !c.Ready() || c.Counts.Strange != 0 {
		t.Errorf("%+v", c.Counts)
	}
	if d.answer(c, 0, abi.OK); !c.Ready() || c.Counts.Strange != 1 || c.Counts.Lives != 1 {
		t.Errorf("%+v", c.Counts)
	}
	c.Tick()
	c.Tick()
	if len(d.asked) != 0 {
		t.Errorf("asked for what it has: %+v", d.asked)
	}
}

// A driver that answers what cannot be is not relied on, and does not keep its client for ever.
func TestStrange(t *testing.T) {
	d, c := start()
	write(t, c, 0, 8, 0, 1)
	other := abi.Msg{Source: d.life + 64, Type: abi.MsgReply, Arg: d.asked[0].Arg}
	c.Answer(&other)
	if len(ended(c)) != 0 || c.Counts.Strange != 1 {
		t.Error("another's answer is taken")
	}
	for i := 0; len(d.asked) > 0; i++ { // it has forgotten the session, each time anew
		if i > 10*maxTries {
			t.Fatal("for ever")
		}
		e := abi.ESRCH
		if d.asked[0].Type == block.Open {
			e = abi.OK
		}
		d.answer(c, 0, e)
	}
	if r := ended(c); len(r) != 1 || r[0].Errno != abi.EIO {
		t.Errorf("%+v", r)
	}
	write(t, c, 0, 8, 0, 2)
	d.asked[0].Arg[2] = 1 << 16 // it says that it has done one sector
	d.answer(c, 0, abi.OK)
	if r := ended(c); len(r) != 1 || r[0].Errno != abi.EIO {
		t.Errorf("%+v", r)
	}
}
