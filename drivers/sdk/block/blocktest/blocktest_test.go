package blocktest

import (
	"testing"

	"bennu/drivers/protocol/block"
	"bennu/drivers/sdk"
	"bennu/drivers/sdk/block/server"
	"bennu/kernel/abi"
)

const (
	me     = abi.Endpoint(5<<6 | 4)
	driver = abi.Endpoint(9<<6 | 7)
)

// target is a server with a device of memory; broken is in which way it is broken on purpose.
type target struct {
	s      *server.Server
	shape  block.Shape
	media  []byte
	win    [windows][]byte
	answer *abi.Msg
	jobs   []*server.Job
	broken Kind
	dead   bool
}

func newTarget(shape block.Shape, broken Kind) *target {
	t := &target{shape: shape, media: make([]byte, shape.Sectors*block.SectorSize), broken: broken}
	for i := range t.win {
		t.win[i] = make([]byte, WindowSectors*block.SectorSize)
	}
	t.s = server.New(t, t)
	return t
}

func (t *target) Driver() abi.Endpoint                { return driver }
func (t *target) Window(n int) (abi.WindowID, []byte) { return abi.WindowID(n + 1), t.win[n] }
func (t *target) Ask(m *abi.Msg) (a abi.Msg, came, alive bool) {
	m.Source, t.answer = me, nil
	if m.Type == block.Read && t.broken == Death {
		t.dead = true
	}
	if t.dead {
		return a, false, false
	}
	if !t.s.Message(m, sdk.Asker{To: me, Tag: m.Arg[6]}) {
		return abi.Msg{Type: abi.MsgReply, Arg: [7]uint64{uint64(abi.ENOSYS), 6: m.Arg[6]}}, true, true
	}
	for len(t.jobs) > 0 {
		j := t.jobs[0]
		t.jobs = t.jobs[1:]
		t.do(j)
		t.s.Done(j, true)
		t.s.Pump()
	}
	if t.answer == nil {
		return a, false, true
	}
	a = *t.answer
	if m.Type == block.Read {
		switch t.broken {
		case Missing:
			return a, false, true
		case BadType:
			a.Type++
		case BadTag:
			a.Arg[6]++
		case BadEpoch:
			a.Arg[1] ^= 1 << 40
		case BadStatus:
			a.Arg[0] = uint64(abi.EIO)
		case Truncated:
			a.Arg[2] /= 2
		}
	}
	return a, true, true
}

func (t *target) do(j *server.Job) {
	at := j.Sector * block.SectorSize
	if j.Op == block.WriteZeroes {
		clear(t.media[at:][:j.Sectors*block.SectorSize])
	}
	for _, g := range j.Segments[:j.N] {
		b := t.win[j.Base][g.At()*block.SectorSize:][:g.Sectors()*block.SectorSize]
		if j.Op == block.Read {
			copy(b, t.media[at:])
		} else {
			copy(t.media[at:], b)
		}
		at += uint64(len(b))
	}
	if j.Op == block.Read {
		switch t.broken {
		case Corrupt:
			t.win[j.Base][j.Segments[0].At()*block.SectorSize+5] ^= 0x10
		case Overflow:
			last := j.Segments[j.N-1]
			t.win[j.Base][(last.At()+last.Sectors())%WindowSectors*block.SectorSize] ^= 1
		}
	}
}

func (t *target) Shape() block.Shape { return t.shape }
func (t *target) Epoch() block.Epoch { return block.MakeEpoch(driver, 0) }
func (t *target) Changes() uint32    { return 0 }
func (t *target) Gone() bool         { return false }
func (t *target) Attach(w abi.WindowID, _ abi.Endpoint, _ uint64, _ bool) (uint64, abi.Errno) {
	if w == Strange+1 {
		return 0, abi.EPERM
	}
	return uint64(w - 1), abi.OK
}
func (t *target) Detach(abi.WindowID, abi.Endpoint) {}
func (t *target) Submit(j *server.Job) bool         { t.jobs = append(t.jobs, j); return true }
func (t *target) Answer(to sdk.Asker, e abi.Errno, w *[5]uint64) abi.Errno {
	m := abi.Msg{Source: driver, Type: abi.MsgReply, Arg: [7]uint64{0: uint64(e), 6: to.Tag}}
	copy(m.Arg[1:6], w[:])
	t.answer = &m
	return abi.OK
}
func (t *target) Reply(to sdk.Asker, e abi.Errno, w *[5]uint64) abi.Errno { return t.Answer(to, e, w) }
func (t *target) Tell(abi.Endpoint, *abi.Msg)                             {}
func (t *target) Permitted(abi.Endpoint, bool) bool                       { return true }
func (t *target) Alive(abi.Endpoint) bool                                 { return true }

func small() block.Shape {
	return block.Shape{Sectors: 1024, Segments: 8, Depth: 16, EraseShift: 6, MaxSectors: 128, Flags: block.CanZero}
}

func big() block.Shape {
	return block.Shape{Sectors: 4096, BlockShift: 3, Segments: 4, Depth: 2, MaxSectors: 64, Flags: block.WriteThrough}
}

// The server has no fault that the test knows, with small blocks and large ones, and all sessions are closed.
func TestServer(t *testing.T) {
	for _, shape := range []block.Shape{small(), big()} {
		x := newTarget(shape, OK)
		found, n := Run(x, 512)
		for _, f := range found {
			t.Errorf("%s: %s, %s", f.Case, f.Kind, f.Got.Name())
		}
		if n < 70 || x.s.Sessions() != 0 {
			t.Errorf("%d cases, %d sessions are left", n, x.s.Sessions())
		}
	}
}

// Each kind of fault is found in a driver that is broken so, and no other before it.
func TestBroken(t *testing.T) {
	for k := Death; k < kinds; k++ {
		found, _ := Run(newTarget(small(), k), 512)
		if len(found) == 0 || found[0].Kind != k {
			t.Errorf("broken as %s: %+v", k, found)
		}
	}
}
