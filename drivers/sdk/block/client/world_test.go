package client_test

import (
	"encoding/binary"
	"fmt"
	"math/rand"

	"bennu/drivers/protocol/block"
	"bennu/drivers/sdk"
	"bennu/drivers/sdk/block/client"
	"bennu/drivers/sdk/block/server"
	"bennu/kernel/abi"
)

const (
	disk    = 64  // sectors
	room    = 512 // sectors of each window
	inID    = 11
	outID   = 12
	tester  = abi.Endpoint(5<<6 | 9)
	maxUser = 24 // requests of the tester that are open
)

// media is a device with a cache that forgets: versions of its sectors, 0 is zeros.
type media struct {
	durable [disk]uint64
	cache   map[int]uint64
}

// running is a job in the device.
type running struct {
	j *server.Job
}

// life is one life of the driver.
type life struct {
	w      *world
	ep     abi.Endpoint
	s      *server.Server
	resets uint32
	jobs   []running
}

// message is on its way.
type message struct {
	from, to abi.Endpoint
	m        abi.Msg
}

// world is a tester, a client, lives of a driver and a device.
type world struct {
	rng      *rand.Rand
	c        *client.Client
	d        *life
	dead     bool // the life has ended, and the next has not begun
	gen      uint32
	media    media
	flags    block.GeometryFlags
	faults   bool
	windows  map[abi.WindowID][]byte
	post     []message
	known    abi.Endpoint // the life that the client was told of
	violated string

	next      [disk]uint64 // newest version that was asked for
	zero      [disk]uint64 // newest of those that are zeros
	told      [disk]uint64 // newest that was told done
	floor     [disk]uint64 // the durable one is not older
	open      map[uint64]*asked
	user      uint64
	inUse     [room]bool // of the in window
	deaths    int
	resets    int
	flushed   int
	reads     int
	eios      int
	lostTold  bool
	fullDepth int
}

type asked struct {
	r     block.Request
	told  [disk]uint64 // as it was then
	first uint64       // version of its first sector … all sectors have their own
	vers  []uint64
}

func newWorld(seed int64) *world {
	w := &world{rng: rand.New(rand.NewSource(seed)), windows: map[abi.WindowID][]byte{inID: make([]byte, room*512), outID: make([]byte, room*512)}, open: map[uint64]*asked{}}
	w.media.cache = map[int]uint64{}
	w.flags = block.CanZero | block.CanDiscard
	w.faults = w.rng.Intn(4) == 0
	if w.rng.Intn(8) == 0 {
		w.flags |= block.KeepsCache
	}
	w.c = client.New(w, client.Window{ID: inID, Bytes: room * 512}, client.Window{ID: outID, Bytes: room * 512})
	w.born()
	return w
}

func (w *world) bad(format string, a ...any) {
	if w.violated == "" {
		w.violated = fmt.Sprintf(format, a...)
	}
}

func (w *world) born() {
	w.gen++
	w.d = &life{w: w, ep: abi.MakeEndpoint(7, w.gen)}
	w.d.s = server.New(w.d, w.d)
	w.dead = false
}

// forget is what a reset does to the cache: any part of it may have been written out.
func (w *world) forget() {
	for s := range disk {
		v, ok := w.media.cache[s]
		if ok && (w.flags&block.KeepsCache != 0 || w.rng.Intn(2) == 0) {
			w.persist(s, v)
		}
	}
	clear(w.media.cache)
}

// persist makes a version durable. It is never older than what a flush has promised.
func (w *world) persist(s int, v uint64) {
	w.media.durable[s] = v
	if !w.since(s, v, w.floor[s]) {
		w.bad("sector %d: version %d becomes durable, and a flush had promised %d", s, v, w.floor[s])
	}
}

// since tells whether a version is not older than another.
func (w *world) since(s int, v, than uint64) bool {
	return v >= than || v == 0 && w.zero[s] >= than
}

func (w *world) see(s int) uint64 {
	if v, ok := w.media.cache[s]; ok {
		return v
	}
	return w.media.durable[s]
}

// each calls f for each sector of a job with its bytes.
func (l *life) each(j *server.Job, f func(s int, b []byte)) {
	s := int(j.Sector)
	for _, g := range j.Segments[:j.N] {
		for i := range g.Sectors() {
			at := (g.At() + i) * 512
			f(s, l.w.windows[abi.WindowID(j.Base)][at:at+512])
			s++
		}
	}
	if j.N == 0 {
		for i := range int(j.Sectors) {
			f(s+i, nil)
		}
	}
}

// do is the work of a job, or, with some, of a part of it.
func (l *life) do(j *server.Job, some bool) {
	w := l.w
	if j.Op == block.Flush {
		for s := range disk {
			if v, ok := w.media.cache[s]; ok && (!some || w.rng.Intn(2) == 0) {
				w.persist(s, v)
			}
		}
		if !some {
			clear(w.media.cache)
		}
		return
	}
	l.each(j, func(s int, b []byte) {
		switch {
		case some && w.rng.Intn(2) == 0, j.Op == block.Discard:
		case j.Op == block.Read:
			binary.LittleEndian.PutUint64(b, w.see(s))
		case j.Op == block.Write:
			w.media.cache[s] = binary.LittleEndian.Uint64(b)
		default:
			w.media.cache[s] = 0
		}
	})
}

// The device of a life.
func (l *life) Shape() block.Shape {
	return block.Shape{Sectors: disk, Segments: 4, Depth: 8, EraseShift: 5, MaxSectors: 32, Flags: l.w.flags, Identity: 77}
}
func (l *life) Epoch() block.Epoch { return block.MakeEpoch(l.ep, l.resets) }
func (l *life) Changes() uint32    { return 0 }
func (l *life) Gone() bool         { return false }
func (l *life) Attach(id abi.WindowID, owner abi.Endpoint, bytes uint64, fill bool) (uint64, abi.Errno) {
	if l.w.windows[id] == nil || fill != (id == inID) {
		return 0, abi.EPERM
	}
	return uint64(id), abi.OK
}
func (l *life) Detach(abi.WindowID, abi.Endpoint) {}
func (l *life) Submit(j *server.Job) bool {
	if len(l.jobs) == 6 {
		l.w.fullDepth++
		return false
	}
	l.jobs = append(l.jobs, running{j})
	return true
}

// The port of a life's server.
func (l *life) Answer(to sdk.Asker, e abi.Errno, words *[5]uint64) abi.Errno {
	if l.w.rng.Intn(10) == 0 {
		return abi.EAGAIN
	}
	return l.send(to, e, words)
}

// Reply loses the answer to an Open now and then.
func (l *life) Reply(to sdk.Asker, e abi.Errno, words *[5]uint64) abi.Errno {
	if e == abi.OK && l.w.rng.Intn(6) == 0 {
		return abi.OK
	}
	return l.send(to, e, words)
}
func (l *life) send(to sdk.Asker, e abi.Errno, words *[5]uint64) abi.Errno {
	m := abi.Msg{Source: l.ep, Type: abi.MsgReply}
	m.Arg[0], m.Arg[6] = uint64(e), to.Tag
	copy(m.Arg[1:6], words[:])
	l.w.post = append(l.w.post, message{l.ep, to.To, m})
	return abi.OK
}
func (l *life) Tell(to abi.Endpoint, m *abi.Msg)       {}
func (l *life) Permitted(ep abi.Endpoint, _ bool) bool { return ep == tester }
func (l *life) Alive(abi.Endpoint) bool                { return true }

// The port of the client.
func (w *world) Ask(to abi.Endpoint, m *abi.Msg, tag uint64) abi.Errno {
	switch {
	case to != w.d.ep || w.dead:
		return abi.EDEADSRCDST
	case w.rng.Intn(12) == 0:
		return abi.EAGAIN
	}
	asked := *m
	asked.Source, asked.Arg[6] = tester, tag
	w.post = append(w.post, message{tester, to, asked})
	return abi.OK
}
func (w *world) Let(id abi.WindowID, to abi.Endpoint, write bool) abi.Errno { return abi.OK }

// deliver has one message arrive, or be lost with its receiver.
func (w *world) deliver() {
	if len(w.post) == 0 {
		return
	}
	i := w.rng.Intn(len(w.post))
	p := w.post[i]
	w.post = append(w.post[:i], w.post[i+1:]...)
	switch {
	case p.to == tester:
		w.c.Answer(&p.m)
	case p.to == w.d.ep && !w.dead:
		if !w.d.s.Message(&p.m, sdk.Asker{To: p.from, Tag: p.m.Arg[6]}) {
			w.bad("a message that the server does not know: %+v", p.m)
		}
	case w.rng.Intn(2) == 0: // the kernel tells that it was not received
		m := abi.Msg{Source: p.to, Type: abi.MsgReply}
		m.Arg[0], m.Arg[6] = uint64(abi.EDEADSRCDST), p.m.Arg[6]
		w.c.Answer(&m)
	}
}
