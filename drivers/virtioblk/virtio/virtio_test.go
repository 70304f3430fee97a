package virtio

import (
	"encoding/binary"
	"math/rand"
	"testing"

	"bennu/kernel/abi"
	"bennu/tools/seed"
)

// space is 256 bytes of configuration.
type space [256]byte

func (s *space) Read(at, width uint32) (v uint32) {
	for i := range width {
		v |= uint32(s[(at+i)&0xff]) << (8 * i)
	}
	return v
}

// capability writes one.
func (s *space) capability(at, next, kind, bar byte, offset, length uint32) {
	copy(s[at:], []byte{capVendor, next, 20, kind, bar})
	binary.LittleEndian.PutUint32(s[at+8:], offset)
	binary.LittleEndian.PutUint32(s[at+12:], length)
}

// qemu is what QEMU 7.2's virtio-blk-pci has.
func qemu() *space {
	s := new(space)
	s[statusReg], s[capPointer] = hasCaps, 0x98
	copy(s[0x98:], []byte{0x11, 0x84})
	s.capability(0x84, 0x70, 5, 0, 0, 0)
	s.capability(0x70, 0x60, cfgNotify, 4, 0x3000, 0x1000)
	s.capability(0x60, 0x50, cfgDevice, 4, 0x2000, 0x1000)
	s.capability(0x50, 0x40, cfgISR, 4, 0x1000, 0x1000)
	s.capability(0x40, 0, cfgCommon, 4, 0, 0x1000)
	binary.LittleEndian.PutUint32(s[0x80:], 4)
	return s
}

func bars(bar uint8) uint64 {
	if bar == 4 {
		return 0x4000
	}
	return 0
}

func TestLayout(t *testing.T) {
	l, e := FindLayout(qemu(), bars)
	want := Layout{Common: Place{4, 0, 0x1000}, Notify: Place{4, 0x3000, 0x1000}, ISR: Place{4, 0x1000, 0x1000}, Device: Place{4, 0x2000, 0x1000}, Multiplier: 4}
	if e != abi.OK || l != want {
		t.Errorf("%+v, %s", l, e.Name())
	}
	for what, do := range map[string]func(s *space){
		"no list":            func(s *space) { s[statusReg] = 0 },
		"a circle":           func(s *space) { s[0x61] = 0x70 },
		"an end in the head": func(s *space) { s[0x61] = 0x10 },
		"another BAR":        func(s *space) { s[0x44] = 3 },
		"BAR 6":              func(s *space) { s[0x44] = 6 },
		"past the BAR":       func(s *space) { s[0x4a] = 1 },
		"that wraps":         func(s *space) { copy(s[0x48:], []byte{0, 0xf0, 0xff, 0xff}) },
		"too short":          func(s *space) { s[0x4d], s[0x4c] = 0, 0x20 },
		"not aligned":        func(s *space) { s[0x48] = 2 },
		"a short capability": func(s *space) { s[0x42] = 8 },
		"no multiplier":      func(s *space) { s[0x72] = 16 },
		"another multiplier": func(s *space) { s[0x80] = 3 },
	} {
		s := qemu()
		do(s)
		if l, e := FindLayout(s, bars); e != abi.ENODEV {
			t.Errorf("%s: %+v, %s", what, l, e.Name())
		}
	}
	s := qemu() // the first of a kind counts
	s.capability(0xa0, 0x84, cfgCommon, 4, 0x800, 0x100)
	s[0x99] = 0xa0
	if l, _ := FindLayout(s, bars); l.Common.Offset != 0x800 {
		t.Errorf("%+v", l)
	}
}

func FuzzLayout(f *testing.F) {
	s := qemu()
	f.Add(s[:], uint64(0x4000))
	f.Fuzz(func(t *testing.T, b []byte, size uint64) {
		var s space
		copy(s[:], b)
		l, e := FindLayout(&s, func(uint8) uint64 { return size })
		if e != abi.OK {
			return
		}
		for _, p := range []Place{l.Common, l.Notify, l.ISR, l.Device} {
			if p.BAR > 5 || uint64(p.Offset)+uint64(p.Length) > size || p.Length == 0 {
				t.Errorf("%+v in %x", p, size)
			}
		}
	})
}

func newRing(size, per int) *Ring {
	return NewRing(Memory{Bytes: make([]byte, RingBytes(size)), Device: 0x10000}, size, per)
}

// use writes what a device would.
func (r *Ring) use(index uint16, id, length uint32) {
	at := r.used + 4 + 8*(int(index-1)%r.size)
	binary.LittleEndian.PutUint32(r.m.Bytes[at:], id)
	binary.LittleEndian.PutUint32(r.m.Bytes[at+4:], length)
	binary.LittleEndian.PutUint16(r.m.Bytes[r.used+2:], index)
}

func TestRing(t *testing.T) {
	r := newRing(16, 5)
	if r.Slots() != 3 {
		t.Fatal(r.Slots())
	}
	if desc, avail, used := r.Addresses(); desc != 0x10000 || avail != 0x10100 || used%64 != 0 || used < avail+6+32 {
		t.Errorf("%x %x %x", desc, avail, used)
	}
	parts := []Part{{0x5000, 16, false}, {0x6000, 512, true}, {0x7000, 1, true}}
	r.Add(2, parts)
	d := r.m.Bytes[10*descSize:]
	if binary.LittleEndian.Uint64(d) != 0x5000 || binary.LittleEndian.Uint16(d[12:]) != flagNext || binary.LittleEndian.Uint16(d[14:]) != 11 ||
		binary.LittleEndian.Uint16(d[28:]) != flagNext|flagWrite || binary.LittleEndian.Uint16(d[44:]) != flagWrite {
		t.Errorf("% x", d[:48])
	}
	if binary.LittleEndian.Uint16(r.m.Bytes[r.avail+2:]) != 0 {
		t.Error("seen before it is published")
	}
	if !r.Publish() || r.Publish() || binary.LittleEndian.Uint32(r.m.Bytes[r.avail:]) != 1<<16 || binary.LittleEndian.Uint16(r.m.Bytes[r.avail+4:]) != 10 {
		t.Error("not published once")
	}
	r.use(1, 10, 513)
	if slot, n, more, lie := r.Next(); slot != 2 || n != 513 || !more || lie != Truth || r.Busy() != 0 {
		t.Error(slot, n, more, lie)
	}
	r.m.Bytes[r.used] = noNotify
	r.Add(0, parts)
	if r.Publish() {
		t.Error("told a device that looks by itself")
	}
	for what, c := range map[string]struct {
		index      uint16
		id, length uint32
		lie        Lie
	}{
		"nothing":           {1, 0, 0, Truth},
		"two of one":        {3, 0, 1, Jump},
		"backwards":         {0, 0, 1, Jump},
		"out of range":      {2, 16, 1, Unknown},
		"far out of range":  {2, 0xffff_fffb, 1, Unknown},
		"between two heads": {2, 1, 1, Unknown},
		"what it has not":   {2, 5, 1, Unknown},
		"behind the last":   {2, 15, 1, Unknown},
		"more than is room": {2, 0, 514, Long},
	} {
		r := newRing(16, 5)
		r.Add(0, parts)
		r.Publish()
		r.use(1, 0, 1)
		r.Next()
		r.Add(0, parts)
		r.Publish()
		r.use(c.index, c.id, c.length)
		if _, _, more, lie := r.Next(); more || lie != c.lie {
			t.Errorf("%s: %v, %d", what, more, lie)
		}
	}
}

// Its indices go round, and a device that writes anything into its ring is a liar at worst.
func TestRingDrawn(t *testing.T) {
	seed := int64(seed.Of(t))
	rng := rand.New(rand.NewSource(seed))
	r := newRing(32, 4)
	for n := range 200_000 {
		r.Add(n%8, []Part{{0x1000, 16, false}, {0x2000, 1, true}})
		r.Publish()
		r.use(uint16(n+1), uint32(n%8*4), 1)
		if slot, _, more, lie := r.Next(); slot != n%8 || !more || lie != Truth {
			t.Fatalf("%d: %d %v %d", n, slot, more, lie)
		}
	}
	for range 20_000 {
		r.Clear()
		has := 0
		for i := range 8 {
			if rng.Intn(2) == 0 {
				r.Add(i, []Part{{0x2000, 1, true}})
				has++
			}
		}
		r.Publish()
		rng.Read(r.m.Bytes[r.used : r.used+4+8*32])
		r.m.Bytes[r.used+2], r.m.Bytes[r.used+3] = byte(rng.Intn(10)), 0
		for i := 0; ; i++ {
			if rng.Intn(2) == 0 {
				binary.LittleEndian.PutUint32(r.m.Bytes[r.used+4+8*i:], uint32(4*rng.Intn(9)))
				binary.LittleEndian.PutUint32(r.m.Bytes[r.used+8+8*i:], uint32(rng.Intn(3)))
			}
			_, n, more, _ := r.Next()
			if !more {
				break
			}
			if has--; has < 0 || n > 1 {
				t.Fatalf("it gave back what it had not, or %d bytes", n)
			}
		}
	}
}
