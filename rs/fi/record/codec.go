package record

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	"bennu/rs/fi/code"
)

// Kind is what a frame holds.
type Kind uint8

// Kinds are append-only.
const (
	KindHello Kind = 1
	KindBegin Kind = 2
	KindFault Kind = 3
	KindEnd   Kind = 4
	KindBye   Kind = 5
	KindDrawn Kind = 6
)

const (
	mark   = 0xb5
	header = 4 // mark, kind, length
	sum    = 4
)

// MaxContent is the most bytes of a frame's content. A longer list in it is cut.
const MaxContent = 8 << 10

var table = crc32.MakeTable(crc32.Castagnoli)

// Frame is one of the structs of this package.
type Frame interface {
	kind() Kind
	code(c *codec)
}

// Append appends the frame of f to b.
func Append(b []byte, f Frame) []byte {
	from := len(b)
	c := codec{b: append(b, mark, byte(f.kind()), 0, 0)}
	f.code(&c)
	binary.LittleEndian.PutUint16(c.b[from+2:], uint16(len(c.b)-from-header))
	return binary.LittleEndian.AppendUint32(c.b, crc32.Checksum(c.b[from:], table))
}

// What Next tells.
var (
	ErrShort  = errors.New("the stream ends within a frame")
	ErrFormat = errors.New("no frame of this format")
	ErrSum    = errors.New("a frame's sum is wrong")
)

// Next takes the first frame of b, and returns what is behind it. Errors: ErrShort (also of an empty b), ErrFormat, ErrSum.
func Next(b []byte) (f Frame, rest []byte, err error) {
	if len(b) < header {
		return nil, b, ErrShort
	}
	n := header + int(binary.LittleEndian.Uint16(b[2:]))
	f = made(Kind(b[1]))
	if b[0] != mark || f == nil || n > header+MaxContent {
		return nil, b, ErrFormat
	}
	if len(b) < n+sum {
		return nil, b, ErrShort
	}
	if crc32.Checksum(b[:n], table) != binary.LittleEndian.Uint32(b[n:]) {
		return nil, b, ErrSum
	}
	c := codec{b: b[header:n], reads: true}
	f.code(&c)
	if c.bad || len(c.b) != 0 {
		return nil, b, ErrFormat
	}
	return f, b[n+sum:], nil
}

func made(k Kind) Frame {
	switch k {
	case KindHello:
		return new(Hello)
	case KindBegin:
		return new(Begin)
	case KindFault:
		return new(Fault)
	case KindEnd:
		return new(End)
	case KindBye:
		return new(Bye)
	case KindDrawn:
		return new(Drawn)
	}
	return nil
}

// codec writes or reads fields: each frame says once what its fields are.
type codec struct {
	b     []byte
	reads bool
	bad   bool
}

func num[T ~uint8 | ~uint16 | ~uint32 | ~uint64](c *codec, v *T) {
	if !c.reads {
		c.b = binary.AppendUvarint(c.b, uint64(*v))
		return
	}
	x, n := binary.Uvarint(c.b)
	if *v = T(x); n <= 0 || uint64(*v) != x {
		c.bad = true
		c.b = nil
		return
	}
	c.b = c.b[n:]
}

func (c *codec) bool(v *bool) {
	var n uint8
	if *v {
		n = 1
	}
	num(c, &n)
	*v = n != 0
}

func (c *codec) bytes(v *[]byte) {
	n := uint32(len(*v))
	num(c, &n)
	if !c.reads {
		c.b = append(c.b, *v...)
		return
	}
	if uint64(n) > uint64(len(c.b)) {
		c.bad, c.b = true, nil
		return
	}
	*v = nil
	if n > 0 {
		*v = append([]byte(nil), c.b[:n]...)
	}
	c.b = c.b[n:]
}

func (c *codec) text(v *string) {
	b := []byte(*v)
	c.bytes(&b)
	*v = string(b)
}

// each is a list, cut after most.
func each[T any](c *codec, list *[]T, most int, one func(*T)) {
	n := uint32(min(len(*list), most))
	num(c, &n)
	if c.reads {
		*list = nil
		if n > uint32(len(c.b)) { // each has a byte at least
			c.bad = true
			return
		}
		if n > 0 {
			*list = make([]T, n)
		}
	}
	for i := range (*list)[:n] {
		one(&(*list)[i])
	}
}

func (*Hello) kind() Kind { return KindHello }
func (*Begin) kind() Kind { return KindBegin }
func (*Fault) kind() Kind { return KindFault }
func (*End) kind() Kind   { return KindEnd }
func (*Bye) kind() Kind   { return KindBye }
func (*Drawn) kind() Kind { return KindDrawn }

// The most of each list: all of them fit MaxContent.
const (
	maxTypes   = 100
	maxUnknown = 200
	maxOthers  = 20
)

func (h *Hello) code(c *codec) {
	c.text(&h.Plan)
	each(c, &h.Types, maxTypes, c.text)
	num(c, &h.ImageCRC)
	num(c, &h.TextBase)
	num(c, &h.TextSize)
	num(c, &h.TSCHz)
	for i := range code.Strata {
		num(c, &h.Sites[i])
		num(c, &h.Reached[i])
	}
	each(c, &h.Eligible, maxTypes*int(code.Strata), func(n *uint32) { num(c, n) })
	num(c, &h.Unknowns)
	each(c, &h.Unknown, maxUnknown, func(n *uint64) { num(c, n) })
}

func (b *Begin) code(c *codec) {
	num(c, &b.Block)
	num(c, (*uint32)(&b.Ep))
	num(c, &b.Life)
	c.bool(&b.Warm)
	num(c, &b.TSC)
}

func (f *Fault) code(c *codec) {
	num(c, &f.Index)
	num(c, &f.Type)
	num(c, (*uint8)(&f.Stratum))
	c.bool(&f.Activated)
	num(c, &f.Addr)
	c.bytes(&f.Old)
	c.bytes(&f.New)
	num(c, &f.TSC)
	num(c, &f.Stops)
	c.text(&f.Words)
}

func (d *Drawn) code(c *codec) { (*Fault)(d).code(c) }

func (e *End) code(c *codec) {
	num(c, &e.Block)
	num(c, (*uint8)(&e.Outcome))
	num(c, (*uint32)(&e.Reason))
	for _, n := range []*uint32{&e.Vector, &e.Deaths, &e.Ops, &e.Errors, &e.Wrong, &e.Lost} {
		num(c, n)
	}
	for _, n := range []*uint64{&e.RIP, &e.CR2, &e.FaultNS, &e.DeathNS, &e.DetectNS, &e.ReadyNS, &e.WrongNS, &e.TSC} {
		num(c, n)
	}
	c.bool(&e.Works)
	each(c, &e.Collaterals, maxOthers, c.text)
	c.text(&e.Words)
}

func (b *Bye) code(c *codec) {
	num(c, &b.Blocks)
	num(c, &b.TSC)
	c.text(&b.Words)
}
