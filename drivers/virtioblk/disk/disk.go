// Package disk is a virtio block device: what it is asked, how long it may take, and what is done when it does not do it. It is pure: registers, memory, time
// and the bus are small interfaces.
package disk

import (
	"encoding/binary"
	"time"

	"bennu/drivers/protocol/block"
	"bennu/drivers/sdk/block/server"
	"bennu/drivers/virtioblk/virtio"
	"bennu/kernel/abi"
)

// Bus is what the kernel does with the function for its holder.
type Bus interface {
	virtio.Clock
	// Alloc is zeros that the device reaches. Errors: any.
	Alloc(bytes int) (virtio.Memory, abi.Errno)
	// Attach and Detach are server.Device's.
	Attach(w abi.WindowID, owner abi.Endpoint, bytes uint64, fill bool) (base uint64, e abi.Errno)
	Detach(w abi.WindowID, owner abi.Endpoint)
	// Master lets the device reach memory, or stops it. Reset resets the function by the bus.
	Master(on bool) abi.Errno
	Reset() abi.Errno
	Log(event, why string)
}

// Options are the owner's.
type Options struct {
	Limit   time.Duration // of a request, until the device is taken for hung; 0: 5 s
	Through bool          // writes go through the cache, where the device can do that
	Keeps   bool          // a reset forgets nothing that was written
	Queues  int           // at most; 0: one
	Vectors bool          // messages: vector 0 is of the configuration, 1 of all queues
	Life    abi.Endpoint  // of the driver
}

const (
	resetLimit = time.Second
	idLimit    = 2 * time.Second
	// errorTries and lifeTries are how often a request is made that the device answers with an error, and of which it says nothing, or what cannot be.
	errorTries = 3
	lifeTries  = 4
	// rest is how long a device that could not be made to work is left alone.
	rest = 10 * time.Second

	maxQueues = 4
	maxRing   = 256
	maxOwn    = 4096 // sectors of a request: 2 MiB
)

// Statistics are counts of a life.
type Statistics struct {
	Done, Failed uint64
	Again        uint64 // requests that were made again
	QueueResets  uint64
	Resets       uint64 // of the device
	BusResets    uint64
	Timeouts     uint64
	Lies         uint64 // what the device said and cannot be
	Kicks        uint64
}

// slot is a request that the device has.
type slot struct {
	job    *server.Job
	due    time.Duration
	seq    uint64
	tries  int
	errors int
}

type queue struct {
	ring    *virtio.Ring
	control virtio.Memory
	kick    uint32
	slots   []slot
	resets  int // since a request was done
}

// Disk is a device.
type Disk struct {
	Statistics

	t       *virtio.Transport
	bus     Bus
	opt     Options
	queues  []*queue
	shape   block.Shape
	resets  uint32
	changes uint32
	seq     uint64
	turn    int
	gone    bool
	broken  bool          // it could not be made to work:
	retry   time.Duration // not before this is it tried again
	ended   []Ended
	parts   []virtio.Part
	hard    int // resets of the device since a request was done
}

// Ended is a job that has ended.
type Ended struct {
	Job *server.Job
	OK  bool
}

// Open makes a device work, in whatever state it is. Errors: ENODEV, EIO, ETIMEDOUT, ENOMEM, EDOM (blocks that the protocol has no room for).
func Open(t *virtio.Transport, b Bus, o Options) (*Disk, abi.Errno) {
	if o.Limit == 0 {
		o.Limit = 5 * time.Second
	}
	o.Queues = min(max(o.Queues, 1), maxQueues)
	d := &Disk{t: t, bus: b, opt: o}
	e := d.start()
	if e != abi.OK && e != abi.EDOM && !t.Absent() && b.Reset() == abi.OK {
		d.BusResets++
		e = d.start()
	}
	if e != abi.OK {
		return nil, e
	}
	if d.identify(); d.gone || d.broken {
		return nil, abi.EIO
	}
	return d, abi.OK
}

// start resets it, agrees on features, reads its configuration, gives it its queues.
func (d *Disk) start() abi.Errno {
	if e := d.t.Reset(resetLimit); e != abi.OK {
		return e
	}
	if e := d.bus.Master(true); e != abi.OK {
		return e
	}
	if e := d.t.Negotiate(wanted, virtio.Version1|virtio.AccessPlatform); e != abi.OK {
		return e
	}
	identity := d.shape.Identity
	shape, e := d.configuration()
	if e != abi.OK {
		return e
	}
	shape.Identity = identity
	if d.shape.MaxSectors != 0 && shape != d.shape {
		d.changes++
	}
	d.shape = shape
	if d.opt.Vectors {
		if e := d.t.ConfigVector(0); e != abi.OK {
			return e
		}
	}
	if d.queues == nil {
		if e := d.allocate(); e != abi.OK {
			return e
		}
	}
	for i, q := range d.queues {
		q.ring.Clear()
		if e := d.give(i, q); e != abi.OK {
			return e
		}
	}
	return d.t.Go()
}

func (d *Disk) give(i int, q *queue) (e abi.Errno) {
	vector := uint32(virtio.NoVector)
	if d.opt.Vectors {
		vector = 1
	}
	q.kick, e = d.t.SetQueue(i, q.ring, vector)
	return e
}

// allocate makes the queues, as many as there are to be had. Their sizes are those of the first start: a device that has less later does not start again.
func (d *Disk) allocate() abi.Errno {
	n := min(d.opt.Queues, d.t.Queues(), d.ownQueues())
	per := int(d.shape.Segments) + 2
	for i := range max(n, 1) {
		size := min(d.t.QueueSize(i), maxRing)
		if size < per {
			return abi.ENODEV
		}
		m, e := d.bus.Alloc(virtio.RingBytes(size))
		if e != abi.OK {
			return e
		}
		r := virtio.NewRing(m, size, per)
		control, e := d.bus.Alloc(r.Slots() * controlSize)
		if e != abi.OK {
			return e
		}
		d.queues = append(d.queues, &queue{ring: r, control: control, slots: make([]slot, r.Slots())})
	}
	return abi.OK
}

// Of each slot the control memory has a header, the status and a range for erasures, or room for the serial number.
const (
	controlSize = 64
	headerAt    = 0
	headerSize  = 16
	statusAt    = 16
	rangeAt     = 32
	rangeSize   = 16
	serialSize  = 20
	unanswered  = 0xff
)

// Requests and statuses. Source: [1], "Block Device", "Device Operation".
const (
	opIn      = 0
	opOut     = 1
	opFlush   = 4
	opSerial  = 8
	opDiscard = 11
	opZeroes  = 13

	statusOK          = 0
	statusError       = 1
	statusUnsupported = 2

	zeroesUnmap = 1
)

// Submit is server.Device's.
func (d *Disk) Submit(j *server.Job) bool {
	if d.gone || d.broken {
		d.end(j, false)
		return true
	}
	if j.Op == block.Flush && d.t.Features&featureFlush == 0 {
		d.end(j, true)
		return true
	}
	for range d.queues {
		q := d.queues[d.turn]
		d.turn = (d.turn + 1) % len(d.queues)
		for i := range q.slots {
			if q.slots[i].job == nil {
				d.seq++
				q.slots[i] = slot{job: j, due: d.bus.Now() + d.opt.Limit, seq: d.seq}
				d.put(q, i)
				return true
			}
		}
	}
	return false
}

func (d *Disk) end(j *server.Job, ok bool) {
	if ok {
		d.Done++
	} else {
		d.Failed++
	}
	d.ended = append(d.ended, Ended{j, ok})
}

// put has a slot's request in the ring. Kick shows it to the device.
func (d *Disk) put(q *queue, i int) {
	j := q.slots[i].job
	c := q.control.Bytes[i*controlSize:][:controlSize]
	at := q.control.Device + uint64(i*controlSize)
	op, reads := uint32(opFlush), false
	parts := append(d.parts[:0], virtio.Part{Address: at + headerAt, Length: headerSize})
	switch j.Op {
	case block.Read:
		op, reads = opIn, true
	case block.Write:
		op = opOut
	case block.Discard, block.WriteZeroes:
		op = opDiscard
		flags := uint32(0)
		if j.Op == block.WriteZeroes {
			op = opZeroes
			if j.Flags&block.Unmap != 0 && d.t.Features&featureZeroes != 0 {
				flags = zeroesUnmap
			}
		}
		binary.LittleEndian.PutUint64(c[rangeAt:], j.Sector)
		binary.LittleEndian.PutUint32(c[rangeAt+8:], uint32(j.Sectors))
		binary.LittleEndian.PutUint32(c[rangeAt+12:], flags)
		parts = append(parts, virtio.Part{Address: at + rangeAt, Length: rangeSize})
	}
	for _, s := range j.Segments[:j.N] {
		parts = append(parts, virtio.Part{Address: j.Base + s.At()*block.SectorSize, Length: uint32(s.Sectors() * block.SectorSize), Write: reads})
	}
	sector := j.Sector
	if op != opIn && op != opOut {
		sector = 0
	}
	binary.LittleEndian.PutUint32(c[headerAt:], op)
	binary.LittleEndian.PutUint32(c[headerAt+4:], 0)
	binary.LittleEndian.PutUint64(c[headerAt+8:], sector)
	c[statusAt] = unanswered
	parts = append(parts, virtio.Part{Address: at + statusAt, Length: 1, Write: true})
	d.parts = parts
	q.ring.Add(i, parts)
}

// Kick shows the device what was submitted.
func (d *Disk) Kick() {
	if d.gone || d.broken {
		return
	}
	for i, q := range d.queues {
		if q.ring.Publish() {
			d.Kicks++
			d.t.Kick(q.kick, i)
		}
	}
}

// Shape is server.Device's, and so are those below.
func (d *Disk) Shape() block.Shape { return d.shape }

// Epoch begins anew with each reset of the device: nobody says what its cache does then.
func (d *Disk) Epoch() block.Epoch { return block.MakeEpoch(d.opt.Life, d.resets) }

// Changes counts changes of the shape.
func (d *Disk) Changes() uint32 { return d.changes }

// Gone tells whether the device was taken away.
func (d *Disk) Gone() bool { return d.gone }

// Attach lets the device reach a window.
func (d *Disk) Attach(w abi.WindowID, owner abi.Endpoint, bytes uint64, fill bool) (uint64, abi.Errno) {
	return d.bus.Attach(w, owner, bytes, fill)
}

// Detach ends that.
func (d *Disk) Detach(w abi.WindowID, owner abi.Endpoint) { d.bus.Detach(w, owner) }
