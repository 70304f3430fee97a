package kind

import (
	"encoding/binary"
	"hash/adler32"
	"hash/crc32"
	"slices"

	"bennu/drivers/protocol/sum"
	"bennu/kernel/abi"
	"bennu/rs/load/work"
)

// sums is docs/examples/sum: each operation is one of its requests, beside the same computation here.
type sums struct {
	grant   abi.GrantID // of the life that was joined
	granted bool
	answers uint64 // that it has given
	b       [sum.MaxLength]byte
	was     [sum.MaxLength]byte
}

// Steps.
const (
	sumState = 1 + iota
	sumPoly
	sumCRC
	sumSort
	sumTable
)

// Granted is work.Granter.
func (k *sums) Granted() (abi.GrantID, bool) { return k.grant, k.granted }

// Join is work.Kind: it takes the grant that a life gives, and looks through it.
func (k *sums) Join(s *work.Site) work.Verdict {
	k.granted = false
	n, v := k.state(s)
	k.answers = n + 1
	return v
}

// Operate is work.Kind.
func (k *sums) Operate(s *work.Site) work.Verdict {
	v := k.request(s)
	if v != work.Right {
		return v
	}
	if k.answers++; k.answers%8 != 0 {
		return v
	}
	n, v := k.state(s)
	if v != work.Right {
		return v
	}
	s.Step = sumState
	v = work.Equal(n, k.answers)
	k.answers++
	return v
}

func (k *sums) request(s *work.Site) work.Verdict {
	switch s.Rand.IntN(3) {
	case 0:
		return k.poly(s)
	case 1:
		return k.check(s)
	}
	return k.sort(s)
}

// Look is work.Kind.
func (k *sums) Look(s *work.Site) work.Verdict { return k.request(s) }

// state is how many requests the service has answered right so far; its answer is one more.
func (k *sums) state(s *work.Site) (n uint64, v work.Verdict) {
	s.Step = sumState
	m := abi.Msg{Type: sum.State}
	if v := s.Call(&m); v != work.Right {
		return 0, v
	}
	n, k.grant, k.granted = m.Arg[1], abi.GrantID(m.Arg[2]), true
	s.Step = sumTable
	var b [8]byte
	switch e := s.C.CopyFrom(s.Ep, k.grant, 0, b[:]); e {
	case abi.OK:
	case abi.EDEADSRCDST:
		return n, work.Died
	default:
		return n, s.Refuse(e)
	}
	first := [2]uint32{binary.LittleEndian.Uint32(b[:]), binary.LittleEndian.Uint32(b[4:])}
	return n, work.Equal(first, [2]uint32(crc32.IEEETable[:2]))
}

func (k *sums) poly(s *work.Site) work.Verdict {
	s.Step = sumPoly
	m := abi.Msg{Type: sum.Poly}
	for i := range 6 {
		m.Arg[i] = s.Rand.Uint64()
	}
	x, want := m.Arg[0], uint64(0)
	for i := 5; i >= 1; i-- {
		want = want*x + m.Arg[i]
	}
	if v := s.Call(&m); v != work.Right {
		return v
	}
	return work.Equal(m.Arg[1], want)
}

// random fills n bytes with chance.
func (k *sums) random(s *work.Site, n int) []byte {
	b := k.b[:n]
	for i := range b {
		b[i] = byte(s.Rand.Uint32())
	}
	copy(k.was[:], b)
	return b
}

func (k *sums) check(s *work.Site) work.Verdict {
	s.Step = sumCRC
	b := k.random(s, 1+s.Rand.IntN(300))
	m := abi.Msg{Type: sum.CRC}
	if v := s.CallWith(&m, 0, b, abi.GrantRead); v != work.Right {
		return v
	}
	return work.Equal([2]uint64{m.Arg[1], m.Arg[2]}, [2]uint64{uint64(crc32.ChecksumIEEE(b)), uint64(adler32.Checksum(b))})
}

func (k *sums) sort(s *work.Site) work.Verdict {
	s.Step = sumSort
	b := k.random(s, 8*(2+s.Rand.IntN(15)))
	m := abi.Msg{Type: sum.Sort}
	if v := s.CallWith(&m, 0, b, abi.GrantRead|abi.GrantWrite); v != work.Right {
		return v
	}
	words, moves := sorted(k.was[:len(b)])
	for i, w := range words {
		if binary.LittleEndian.Uint64(b[8*i:]) != w {
			return work.Wrong
		}
	}
	return work.Equal(m.Arg[1], moves)
}

// sorted is the words of b in order, and how many moves of a word an insertion needs.
func sorted(b []byte) (words []uint64, moves uint64) {
	for i := 0; i < len(b); i += 8 {
		v := binary.LittleEndian.Uint64(b[i:])
		at := len(words)
		for at > 0 && words[at-1] > v {
			at--
		}
		moves += uint64(len(words) - at)
		words = slices.Insert(words, at, v)
	}
	return words, moves
}
