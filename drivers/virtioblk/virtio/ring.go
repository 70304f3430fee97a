package virtio

import "encoding/binary"

// Memory is memory that driver and device share.
type Memory struct {
	Bytes  []byte
	Device uint64 // what the device calls its first byte
}

// MaxRing is the most descriptors of a ring.
const MaxRing = 32768

const (
	descSize  = 16
	flagNext  = 1
	flagWrite = 2
	noNotify  = 1 // in the used ring's flags: the device looks by itself
)

// Part is a piece of a request.
type Part struct {
	Address uint64
	Length  uint32
	Write   bool // by the device
}

// Ring is a split virtqueue whose descriptors are dealt out to slots for good: slot n has those from n*Per on, and one request at a time. So that what the device
// says it has done is one number to check, and nothing that it writes is ever read as an address or an index of ours. All but the used ring is written only.
//
// Source: [1], "Split Virtqueues".
type Ring struct {
	m     Memory
	size  int
	per   int
	avail int
	used  int
	next  uint16 // of the available ring's index
	last  uint16 // of the used ring's
	told  uint16 // next, as the device knows it
	busy  []uint32
	n     int
}

// RingBytes is the memory that a ring of a size takes.
func RingBytes(size int) int { return usedAt(size) + 4 + 8*size + 4 }

func usedAt(size int) int { return (descSize*size + 4 + 2*size + 2 + 63) &^ 63 }

// NewRing makes a ring of size descriptors in m, per of them for each request. Preconditions: size is a power of two, at most MaxRing; per is not 0, nor more than size;
// m begins a page, and has RingBytes.
func NewRing(m Memory, size, per int) *Ring {
	r := &Ring{m: m, size: size, per: per, avail: descSize * size, used: usedAt(size), busy: make([]uint32, size/per)}
	r.Clear()
	return r
}

// Clear makes it new. Precondition: the device does not use it (any more).
func (r *Ring) Clear() {
	clear(r.m.Bytes[:RingBytes(r.size)])
	clear(r.busy)
	r.next, r.last, r.told, r.n = 0, 0, 0, 0
}

// Slots is how many requests it has places for, Busy how many the device has.
func (r *Ring) Slots() int { return len(r.busy) }

// Busy is how many requests the device has.
func (r *Ring) Busy() int { return r.n }

// Addresses are the descriptor table's, the available ring's and the used ring's, as the device calls them.
func (r *Ring) Addresses() (desc, avail, used uint64) {
	return r.m.Device, r.m.Device + uint64(r.avail), r.m.Device + uint64(r.used)
}

// Add puts a request into a slot that is free. It is seen with the next Publish. Preconditions: parts are 1 to per, those that the device writes are the last.
func (r *Ring) Add(slot int, parts []Part) {
	head := slot * r.per
	writable := uint32(0)
	for i, p := range parts {
		d := r.m.Bytes[(head+i)*descSize:][:descSize]
		flags, next := uint16(0), uint16(0)
		if i+1 < len(parts) {
			flags, next = flagNext, uint16(head+i+1)
		}
		if p.Write {
			flags |= flagWrite
			writable += p.Length
		}
		binary.LittleEndian.PutUint64(d, p.Address)
		binary.LittleEndian.PutUint32(d[8:], p.Length)
		binary.LittleEndian.PutUint16(d[12:], flags)
		binary.LittleEndian.PutUint16(d[14:], next)
	}
	r.busy[slot] = writable + 1
	r.n++
	binary.LittleEndian.PutUint16(r.m.Bytes[r.avail+4+2*(int(r.next)%r.size):], uint16(head))
	r.next++
}

// Publish lets the device see what was added. kick: it wants to be told.
func (r *Ring) Publish() (kick bool) {
	if r.told == r.next {
		return false
	}
	r.told = r.next
	store32(r.m.Bytes, r.avail, uint32(r.next)<<16) // in one piece, and before the load below
	return load32(r.m.Bytes, r.used)&noNotify == 0
}

// Lie is what a device says that cannot be true.
type Lie uint8

const (
	Truth   Lie = iota
	Jump        // it has used more than it was given
	Unknown     // it has used what it was not given, or has given back already
	Long        // it has written more than there was room for
)

// Next takes the next request that the device has ended: its slot and how many bytes it says it has written. more is false when there is none. After a lie the ring
// must be cleared before it is used again.
func (r *Ring) Next() (slot int, written uint32, more bool, lie Lie) {
	index := uint16(load32(r.m.Bytes, r.used) >> 16)
	ready := index - r.last
	if ready == 0 {
		return 0, 0, false, Truth
	}
	if int(ready) > r.n {
		return 0, 0, false, Jump
	}
	at := r.used + 4 + 8*(int(r.last)%r.size)
	id, written := load32(r.m.Bytes, at), load32(r.m.Bytes, at+4)
	slot = int(id) / r.per
	if uint64(id) >= uint64(len(r.busy)*r.per) || int(id)%r.per != 0 || r.busy[slot] == 0 {
		return 0, 0, false, Unknown
	}
	room := r.busy[slot] - 1
	r.busy[slot] = 0
	r.n--
	r.last++
	if written > room {
		return slot, written, false, Long
	}
	return slot, written, true, Truth
}
