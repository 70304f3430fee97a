package kind

import (
	"encoding/binary"
	"hash/adler32"
	"hash/crc32"
	"slices"
	"testing"
	"time"

	"bennu/drivers/protocol/faulty"
	"bennu/drivers/protocol/rtc"
	"bennu/drivers/protocol/sum"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// Any bit of any number that does not come back is seen.
func TestEcho(t *testing.T) {
	bad, bit := 0, uint64(0)
	b := newBench(t, "faulty", "", func(m abi.Msg) fake.Answer {
		if m.Type != faulty.Echo {
			return answer(uint64(abi.ENOSYS))
		}
		a := answer(0)
		copy(a.Msg.Arg[1:6], m.Arg[1:6])
		if bad > 0 {
			a.Msg.Arg[bad] ^= bit
		}
		return a
	})
	b.all(50)
	for bad = 1; bad < 6; bad++ {
		for bit = 1; bit != 0; bit <<= 9 {
			b.some("a flipped bit", false, 0)
		}
	}
}

// summer is docs/examples/sum in Go.
type summer struct {
	b       *bench
	answers uint64
	table   [8]byte
	grant   abi.GrantID
	spoil   func(m *abi.Msg, b []byte)
}

func (p *summer) serve(m abi.Msg) fake.Answer {
	var memory []byte
	if m.Type == sum.CRC || m.Type == sum.Sort {
		if memory = p.b.DriverGrant(victim, m.Arg[0], abi.GrantRead); uint64(len(memory)) != m.Arg[1] {
			return answer(uint64(abi.EPERM))
		}
	}
	a := answer(0)
	switch m.Type {
	case sum.Poly:
		for i := 5; i >= 1; i-- {
			a.Msg.Arg[1] = a.Msg.Arg[1]*m.Arg[0] + m.Arg[i]
		}
	case sum.CRC:
		a.Msg.Arg[1], a.Msg.Arg[2] = uint64(crc32.ChecksumIEEE(memory)), uint64(adler32.Checksum(memory))
	case sum.Sort:
		words := make([]uint64, len(memory)/8)
		for i := range words {
			words[i] = binary.LittleEndian.Uint64(memory[8*i:])
			for _, w := range words[:i] {
				if w > words[i] {
					a.Msg.Arg[1]++
				}
			}
		}
		slices.Sort(words)
		for i, w := range words {
			binary.LittleEndian.PutUint64(memory[8*i:], w)
		}
	case sum.State:
		if p.grant == 0 {
			binary.LittleEndian.PutUint32(p.table[4:], crc32.IEEETable[1])
			p.grant = p.b.PeerGrant(victim, p.table[:], abi.GrantRead)
		}
		a.Msg.Arg[1], a.Msg.Arg[2] = p.answers, uint64(p.grant)
	default:
		return answer(uint64(abi.ENOSYS))
	}
	p.answers++
	if p.spoil != nil {
		m.Arg = a.Msg.Arg
		p.spoil(&m, memory)
		a.Msg.Arg = m.Arg
	}
	return a
}

func newSummer(t *testing.T, spoil func(m *abi.Msg, b []byte)) (*bench, *summer) {
	p := &summer{spoil: spoil}
	p.b = newBench(t, "sum", "", p.serve)
	return p.b, p
}

func TestSum(t *testing.T) {
	b, _ := newSummer(t, nil)
	b.all(200)
	on := func(typ abi.MsgType, do func(m *abi.Msg, b []byte)) func(m *abi.Msg, b []byte) {
		return func(m *abi.Msg, b []byte) {
			if m.Type == typ {
				do(m, b)
			}
		}
	}
	for _, c := range []struct {
		name  string
		spoil func(m *abi.Msg, b []byte)
		step  uint16
	}{
		{"polynomial", on(sum.Poly, func(m *abi.Msg, _ []byte) { m.Arg[1] ^= 1 << 63 }), sumPoly},
		{"CRC", on(sum.CRC, func(m *abi.Msg, _ []byte) { m.Arg[1]++ }), sumCRC},
		{"Adler", on(sum.CRC, func(m *abi.Msg, _ []byte) { m.Arg[2]++ }), sumCRC},
		{"order", on(sum.Sort, func(_ *abi.Msg, b []byte) { b[0], b[8] = b[8], b[0] }), sumSort},
		{"a word of the order", on(sum.Sort, func(_ *abi.Msg, b []byte) { b[9] ^= 4 }), sumSort},
		{"moves", on(sum.Sort, func(m *abi.Msg, _ []byte) { m.Arg[1]-- }), sumSort},
		{"count", on(sum.State, func(m *abi.Msg, _ []byte) { m.Arg[1] += m.Arg[1] / 8 * 3 }), 0},
	} {
		b, _ := newSummer(t, c.spoil)
		b.some(c.name, false, c.step)
	}
	b, p := newSummer(t, nil)
	p.table[0] = 1
	b.some("table", false, sumTable)
}

// clockwork is a clock whose time goes on.
type clockwork struct {
	b       *bench
	set     uint64
	at      uint64
	refuses bool
	lags    uint64 // seconds that it shows less
	doubt   rtc.Doubt
	b1      uint64
	stands  bool
	jitters bool
}

func (p *clockwork) serve(m abi.Msg) fake.Answer {
	now := p.set + (p.b.Now()-p.at)/uint64(time.Second)
	switch m.Type {
	case rtc.Get:
		if p.stands {
			now = p.set
		}
		if p.jitters {
			p.lags ^= 1
		}
		return answer(0, now-p.lags, 0, uint64(p.doubt))
	case rtc.Set:
		if !p.refuses {
			p.set, p.at = m.Arg[0], p.b.Now()
		}
		return answer(0)
	case rtc.State:
		p.b1++
		return answer(0, 0, 0x12, 0x32, rtc.Last)
	}
	return answer(uint64(abi.ENOSYS))
}

func TestClock(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(p *clockwork)
	}{
		{"a time that was not taken", func(p *clockwork) { p.refuses = true }},
		{"a time that is too early", func(p *clockwork) { p.lags = 3 }},
		{"a time that is too late", func(p *clockwork) { p.lags = ^uint64(3) }},
		{"a time that goes back by a second", func(p *clockwork) { p.jitters = true }},
		{"a doubt", func(p *clockwork) { p.doubt = rtc.Garbage }},
	} {
		p := new(clockwork)
		p.b = newBench(t, "rtc", "", p.serve)
		p.b.all(100)
		c.spoil(p)
		p.b.some(c.name, false, 0)
	}
	p := new(clockwork) // it stands still: seen when time goes by
	p.b = newBench(t, "rtc", "", p.serve)
	p.b.all(1)
	p.stands = true
	p.b.Advance(10 * time.Second)
	if r := p.b.run(8); r.wrong == 0 {
		t.Errorf("a clock that stands: %+v", r)
	}
}

// What the driver tells of a date that all see is compared, too.
func TestDate(t *testing.T) {
	p := new(clockwork)
	p.b = newBench(t, "rtc", "", p.serve)
	p.b.all(5)
	p.b.Date().UnixNS = uint64(time.Hour)
	p.b.some("another date", false, 0)
}
