package store

import (
	"bytes"
	"encoding/binary"
	"errors"

	"bennu/drivers/protocol/ds"
	"bennu/kernel/abi"
)

// Bytes of a snapshot's parts: at most, as MaxSnapshot counts them.
const (
	headBytes  = 4 + 3*4 + 8 + 8 + 4
	entryBytes = 1 + 8 + 8 + 8
	labelBytes = entryBytes + 4 + 4
	slotBytes  = 1 + entryBytes + 4 + 1 + 2
	subBytes   = 1 + 4 + 8 + 8 + 1
	ownerBytes = abi.LabelSize + labelBytes + 1 + 1
	version    = 0x31534401
)

// MaxSnapshot is the size of the largest snapshot of a store of such limits, in bytes.
func (l Limits) MaxSnapshot() int {
	return headBytes + l.Owners*(ownerBytes+l.Keys*(slotBytes+ds.MaxKey)+l.Bytes+ds.MaxSubscriptions*(subBytes+ds.MaxKey))
}

// Append writes all that the store knows behind b.
func (s *Store) Append(b []byte) []byte {
	u32, u64 := binary.LittleEndian.AppendUint32, binary.LittleEndian.AppendUint64
	b = u32(u32(u32(u32(b, version), uint32(s.limits.Owners)), uint32(s.limits.Keys)), uint32(s.limits.Bytes))
	b = u32(u64(u64(b, s.revision), s.event), uint32(len(s.owners)))
	for i := range s.owners {
		b = s.owners[i].append(b)
	}
	return b
}

func (x *entry) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, byte(x.state)), x.since)
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(b, x.created), x.revision)
}

func (o *owner) append(b []byte) []byte {
	u32 := binary.LittleEndian.AppendUint32
	b = o.label.append(append(b, o.name[:]...))
	b = u32(u32(b, uint32(o.label.endpoint)), o.label.incarnation)
	at := len(b)
	b = append(b, 0, 0)
	for i := range o.slots {
		x := &o.slots[i]
		if x.state == free {
			continue
		}
		b[at]++
		b = append(u32(x.append(append(b, byte(i))), uint32(x.flags)), x.n)
		b = append(binary.LittleEndian.AppendUint16(b, uint16(len(x.value))), x.key()...)
		b = append(b, x.value...)
	}
	for i := range o.subs {
		w := &o.subs[i]
		if !w.used {
			continue
		}
		b[at+1]++
		b = u32(append(b, byte(i)), uint32(w.types))
		b = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(b, w.heard), w.missed)
		b = append(append(b, w.n), w.text[:w.n]...)
	}
	return b
}

var (
	errShort   = errors.New("a snapshot ends early")
	errVersion = errors.New("a snapshot of another program, or of a store of another size")
	errState   = errors.New("a snapshot of what no store can hold")
)

// cursor reads a snapshot.
type cursor struct {
	b   []byte
	err error
}

func (c *cursor) take(n int) []byte {
	if n > len(c.b) {
		c.err, c.b = errShort, nil
		return make([]byte, n)
	}
	r := c.b[:n]
	c.b = c.b[n:]
	return r
}

func (c *cursor) u8() int     { return int(c.take(1)[0]) }
func (c *cursor) u16() int    { return int(binary.LittleEndian.Uint16(c.take(2))) }
func (c *cursor) u32() uint32 { return binary.LittleEndian.Uint32(c.take(4)) }
func (c *cursor) u64() uint64 { return binary.LittleEndian.Uint64(c.take(8)) }

func (c *cursor) fail(yes bool) {
	if yes && c.err == nil {
		c.err = errState
	}
}

func (c *cursor) entry() entry { return entry{state(c.u8()), c.u64(), c.u64(), c.u64()} }

// Restore makes the store of a snapshot. Its error is of one that no store of these limits has written.
func Restore(b []byte, l Limits) (*Store, error) {
	c := &cursor{b: b}
	if c.u32() != version || c.u32() != uint32(l.Owners) || c.u32() != uint32(l.Keys) || c.u32() != uint32(l.Bytes) {
		return nil, errVersion
	}
	s := New(l, c.u64())
	s.event = c.u64()
	n := c.u32()
	c.fail(n > uint32(l.Owners))
	for i := uint32(0); i < n && c.err == nil; i++ {
		s.readOwner(c)
	}
	c.fail(len(c.b) > 0)
	if c.err == nil {
		c.err = s.check()
	}
	if c.err != nil {
		return nil, c.err
	}
	s.each(func(_ int, w *subscription) { s.look(w) })
	return s, nil
}

func (s *Store) readOwner(c *cursor) {
	var name abi.Label
	copy(name[:], c.take(abi.LabelSize))
	i := len(s.owners)
	if s.owner(name) != i {
		c.fail(true)
		return
	}
	o := &s.owners[i]
	o.label = label{c.entry(), abi.Endpoint(c.u32()), c.u32()}
	slots, subs := c.u8(), c.u8()
	c.fail(slots > len(o.slots) || subs > len(o.subs))
	for ; slots > 0 && c.err == nil; slots-- {
		o.readSlot(c)
	}
	for ; subs > 0 && c.err == nil; subs-- {
		o.readSub(c)
	}
}

// readSlot puts a slot where it was: the order of slots decides which changes come first.
func (o *owner) readSlot(c *cursor) {
	at := c.u8()
	if c.fail(at >= len(o.slots) || o.slots[at].state != free); c.err != nil {
		return
	}
	x := &o.slots[at]
	x.entry, x.flags = c.entry(), ds.Flags(c.u32())
	n, size := c.u8(), c.u16()
	key := c.take(n)
	c.fail(!validKey(key))
	if c.err != nil {
		return
	}
	x.n, x.hash = uint8(copy(x.bytes[:], key)), hash(key)
	x.value = bytes.Clone(c.take(size))
	if x.state == live {
		o.bytes += cost(key, x.value)
	}
}

func (o *owner) readSub(c *cursor) {
	at := c.u8()
	if c.fail(at >= len(o.subs) || o.subs[at].used); c.err != nil {
		return
	}
	w := &o.subs[at]
	w.used, w.types, w.heard, w.missed = true, ds.Flags(c.u32()), c.u64(), c.u64()
	text := c.take(c.u8())
	p, ok := Compile(text)
	if c.fail(!ok); c.err == nil {
		w.pattern = p
		w.n = uint8(copy(w.text[:], text))
	}
}

// check tells what no store holds.
func (s *Store) check() error {
	seen := map[string]bool{}
	for i := range s.owners {
		o := &s.owners[i]
		if o.bytes > s.limits.Bytes || !s.sound(&o.label.entry) {
			return errState
		}
		for j := range o.slots {
			x := &o.slots[j]
			if !s.sound(&x.entry) || len(x.value) > ds.MaxValue || x.flags&^(ds.Types|ds.Private) != 0 || x.flags&ds.TypeLabel != 0 {
				return errState
			}
			if x.state == live && seen[string(x.key())] {
				return errState
			}
			seen[string(x.key())] = seen[string(x.key())] || x.state == live
		}
		for j := range o.subs {
			if w := &o.subs[j]; w.heard > s.revision || w.missed > s.revision {
				return errState
			}
		}
	}
	return nil
}

func (s *Store) sound(x *entry) bool {
	return x.state <= gone && x.since <= x.created && x.created <= x.revision && x.revision <= s.revision
}
