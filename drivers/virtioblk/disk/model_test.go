package disk

import (
	"encoding/binary"
	"fmt"
	"math/rand"
	"testing"
	"time"

	"bennu/drivers/protocol/block"
	"bennu/drivers/sdk/block/server"
	"bennu/drivers/virtioblk/virtio"
	"bennu/kernel/abi"
)

// model is a virtio block device, and the bus it is on, as [1] describes them; lies makes it hostile.
type model struct {
	t        testing.TB
	rng      *rand.Rand
	now      time.Duration
	offered  uint64
	features [2]uint32
	agreed   uint64
	sel      [2]uint32
	status   uint32
	gen      uint32
	qsel     uint32
	q        [2]mqueue
	config   [64]byte
	mem      map[uint64][]byte // what the device reaches, by its first address
	next     uint64
	master   bool
	media    []byte
	lies     bool
	lieEvery int
	stuck    bool // it is not reset by its register
	gone     bool
	resets   int
	bus      int
	hung     bool
	short    int    // so many reads are said to be OK, and are not done
	held     []held // requests that it has taken and not done
	alive    func(tag uint64) bool
	log      []string
	bad      string
	events   []uint32 // queues that it has interrupted for
}

type mqueue struct {
	size, vector, enable uint32
	desc, avail, used    uint64
	seen, done           uint16
}

type held struct {
	q    int
	head uint16
}

func newModel(t testing.TB, seed int64) *model {
	m := &model{t: t, rng: rand.New(rand.NewSource(seed)), offered: wanted &^ featureReadOnly, mem: map[uint64][]byte{}, next: 1 << 32, media: make([]byte, 1024*512)}
	binary.LittleEndian.PutUint64(m.config[0:], 1024)
	put := func(at int, v uint32) { binary.LittleEndian.PutUint32(m.config[at:], v) }
	put(8, 1<<20)
	put(12, 254)
	put(20, 512)
	m.config[32] = 1
	m.config[34] = 1
	put(36, 2048)
	put(48, 4096)
	m.powerOn()
	return m
}

func (m *model) powerOn() {
	m.status, m.agreed, m.features, m.held = 0, 0, [2]uint32{}, nil
	for i := range m.q {
		m.q[i] = mqueue{size: 64}
	}
}

// The registers.
type common struct{ m *model }
type notify struct{ m *model }
type isr struct{ m *model }
type device struct{ m *model }

func (r common) Load(at, width uint32) uint32 {
	m := r.m
	if m.gone {
		return 0xffff_ffff >> (32 - 8*width)
	}
	if m.lie(200) {
		return m.rng.Uint32() >> (32 - 8*width)
	}
	q := &m.q[min(int(m.qsel), 1)]
	switch at {
	case 0x04:
		return uint32(m.offered >> (32 * (m.sel[0] & 1)))
	case 0x12:
		return 2
	case 0x14:
		return m.status
	case 0x15:
		return m.gen
	case 0x18:
		return q.size
	case 0x1a:
		return q.vector
	case 0x1c:
		return q.enable
	case 0x1e:
		return m.qsel
	case 0x10:
		return 0xffff
	}
	return 0
}

func (r common) Store(at, width, v uint32) {
	m := r.m
	q := &m.q[min(int(m.qsel), 1)]
	switch at {
	case 0x00:
		m.sel[0] = v
	case 0x08:
		m.sel[1] = v
	case 0x0c:
		m.features[m.sel[1]&1] = v
	case 0x14:
		switch {
		case v == 0 && !m.stuck:
			m.resets++
			m.powerOn()
		case v == 0:
		case v&featuresOKBit != 0 && m.status&featuresOKBit == 0:
			m.agreed = uint64(m.features[0]) | uint64(m.features[1])<<32
			if m.agreed&^m.offered == 0 {
				m.status = v
			}
		default:
			m.status = v
		}
	case 0x16:
		m.qsel = v
	case 0x18:
		q.size = v
	case 0x1a:
		q.vector = v
	case 0x1c:
		q.enable, q.seen, q.done = v, 0, 0
	case 0x20, 0x28, 0x30:
		p := map[uint32]*uint64{0x20: &q.desc, 0x28: &q.avail, 0x30: &q.used}[at]
		*p = uint64(v)
	case 0x24, 0x2c, 0x34:
		p := map[uint32]*uint64{0x24: &q.desc, 0x2c: &q.avail, 0x34: &q.used}[at]
		*p |= uint64(v) << 32
	case 0x3a:
		*q = mqueue{size: 64}
		kept := m.held[:0]
		for _, h := range m.held {
			if h.q != int(m.qsel) {
				kept = append(kept, h)
			}
		}
		m.held = kept
	}
}

const featuresOKBit = 8

func (r notify) Load(at, width uint32) uint32 { return 0 }
func (r notify) Store(at, width, v uint32)    { r.m.kicked(int(v)) }
func (r isr) Load(at, width uint32) uint32    { return 3 }
func (r isr) Store(at, width, v uint32)       {}
func (r device) Store(at, width, v uint32)    { r.m.config[at] = byte(v) }
func (r device) Load(at, width uint32) (v uint32) {
	for i := range width {
		v |= uint32(r.m.config[at+i]) << (8 * i)
	}
	return v
}

func (m *model) lie(every int) bool { return m.lies && m.rng.Intn(every) == 0 }

// reach is memory that the device was given.
func (m *model) reach(at uint64, n int) []byte {
	for base, b := range m.mem {
		if at >= base && at+uint64(n) <= base+uint64(len(b)) {
			if !m.master {
				m.bad = "the device is to do something while it is kept from memory"
			}
			return b[at-base:][:n]
		}
	}
	m.bad = fmt.Sprintf("the device is sent to %x, %d", at, n)
	return make([]byte, n)
}

func (m *model) kicked(n int) {
	if m.gone || n > 1 || m.q[n].enable == 0 || m.status&4 == 0 {
		return
	}
	q := &m.q[n]
	index := binary.LittleEndian.Uint16(m.reach(q.avail, 4)[2:])
	for q.seen != index {
		head := binary.LittleEndian.Uint16(m.reach(q.avail+4+2*uint64(uint32(q.seen)%q.size), 2))
		m.held = append(m.held, held{n, head})
		q.seen++
	}
}

// chain reads a request's descriptors.
func (m *model) chain(h held) (read, write []byte, pieces [][]byte) {
	q := &m.q[h.q]
	for i := h.head; ; {
		d := m.reach(q.desc+16*uint64(i), 16)
		b := m.reach(binary.LittleEndian.Uint64(d), int(binary.LittleEndian.Uint32(d[8:])))
		if flags := binary.LittleEndian.Uint16(d[12:]); flags&2 != 0 {
			pieces = append(pieces, b)
		} else {
			read = append(read, b...)
		}
		if binary.LittleEndian.Uint16(d[12:])&1 == 0 {
			return read, nil, pieces
		}
		i = binary.LittleEndian.Uint16(d[14:])
	}
}

// serve does one of the requests that it has, and says so.
func (m *model) serve() {
	if len(m.held) == 0 || m.hung || m.gone {
		return
	}
	i := m.rng.Intn(len(m.held))
	h := m.held[i]
	if m.lie(m.lieEvery) {
		switch m.rng.Intn(8) {
		case 0: // it never does it
			m.held = append(m.held[:i], m.held[i+1:]...)
			return
		case 1: // used, and not given
			m.say(h.q, uint32(m.rng.Intn(70)), 1)
			return
		case 2: // a number that is out of range
			m.say(h.q, m.rng.Uint32(), m.rng.Uint32())
			return
		case 3: // its index jumps
			q := &m.q[h.q]
			q.done += uint16(m.rng.Intn(1 << 16))
			binary.LittleEndian.PutUint16(m.reach(q.used, 4)[2:], q.done)
			return
		case 4:
			m.status |= 64
			return
		case 5: // twice
			m.do(h, 0, 0)
			m.say(h.q, uint32(h.head), 1)
		case 6: // a status that is none, or an error
			m.do(h, byte(m.rng.Intn(256)), 0)
		case 7: // too much, or too little
			m.do(h, 0, int32(m.rng.Uint32()))
		}
	} else {
		m.do(h, 0, 0)
	}
	if m.bad == "" && len(m.held) > i && m.held[i] == h {
		m.held = append(m.held[:i], m.held[i+1:]...)
	}
}

// say puts an entry into the used ring.
func (m *model) say(n int, id, length uint32) {
	q := &m.q[n]
	e := m.reach(q.used+4+8*uint64(uint32(q.done)%q.size), 8)
	binary.LittleEndian.PutUint32(e, id)
	binary.LittleEndian.PutUint32(e[4:], length)
	q.done++
	binary.LittleEndian.PutUint16(m.reach(q.used, 4)[2:], q.done)
}

// do does a request; status is what it says of it, and off is added to the length. A request that is said not to be OK is not done.
func (m *model) do(h held, status byte, off int32) {
	read, _, pieces := m.chain(h)
	if m.bad != "" || len(pieces) == 0 || len(read) < 16 {
		if m.bad == "" {
			m.bad = "a request without header or status"
		}
		return
	}
	op, sector := binary.LittleEndian.Uint32(read), binary.LittleEndian.Uint64(read[8:])
	last := len(pieces) - 1
	length := uint32(1)
	if op == opIn && m.short > 0 {
		m.short--
	} else if status == 0 {
		switch op {
		case opIn:
			at := sector * 512
			for _, b := range pieces[:last] {
				copy(b, m.media[at:])
				at += uint64(len(b))
				length += uint32(len(b))
			}
		case opOut:
			copy(m.media[sector*512:], read[16:])
		case opZeroes:
			from, n := binary.LittleEndian.Uint64(read[16:]), binary.LittleEndian.Uint32(read[24:])
			clear(m.media[from*512:][:n*512])
		case opSerial:
			length += uint32(copy(pieces[0], "bennu-test"))
		}
	}
	pieces[last][0] = status
	m.say(h.q, uint32(h.head), length+uint32(off))
}

// The bus.
func (m *model) Now() time.Duration { return m.now }
func (m *model) Pause()             { m.now += time.Millisecond; m.serve() }
func (m *model) Alloc(n int) (virtio.Memory, abi.Errno) {
	n = (n + 4095) &^ 4095
	b := make([]byte, n)
	m.mem[m.next] = b
	m.next += uint64(n) + 4096
	return virtio.Memory{Bytes: b, Device: m.next - uint64(n) - 4096}, abi.OK
}
func (m *model) Attach(w abi.WindowID, owner abi.Endpoint, bytes uint64, fill bool) (uint64, abi.Errno) {
	v, e := m.Alloc(int(bytes))
	return v.Device, e
}
func (m *model) Detach(abi.WindowID, abi.Endpoint) {}
func (m *model) Master(on bool) abi.Errno          { m.master = on; return abi.OK }
func (m *model) Reset() abi.Errno {
	m.bus++
	m.stuck = m.stuck && m.rng.Intn(2) == 0
	m.powerOn()
	return abi.OK
}
func (m *model) Log(event, why string) { m.log = append(m.log, event+": "+why) }

func (m *model) open(o Options) (*Disk, abi.Errno) {
	l := virtio.Layout{Common: virtio.Place{Length: 0x40}, Notify: virtio.Place{Length: 64}, ISR: virtio.Place{Length: 1}, Device: virtio.Place{Length: 64}, Multiplier: 4}
	o.Life = abi.MakeEndpoint(7, 3)
	return Open(virtio.NewTransport(l, common{m}, notify{m}, isr{m}, device{m}, m), m, o)
}

func job(op abi.MsgType, sector, n uint64, base uint64, at uint64) *server.Job {
	j := &server.Job{Request: block.Request{Op: op, Sector: sector, Sectors: n}, Base: base}
	if op == block.Read || op == block.Write {
		j.Segments[0], _ = block.MakeSegment(at, n)
		j.N = 1
	}
	return j
}
