package code

import "math/bits"

// Set is a set of small numbers: 1 bit each, and 1 more for every 16 to count by.
type Set struct {
	words []uint64
	ranks []uint32 // members before words[8*i]
	count int
}

// perRank is how many words have one entry of ranks.
const perRank = 8

func newSet(size int) *Set {
	n := (size + 63) / 64
	return &Set{words: make([]uint64, n), ranks: make([]uint32, n/perRank+1)}
}

func (s *Set) add(i int) { s.words[i/64] |= 1 << (i % 64) }

// seal counts the members. None is added after it.
func (s *Set) seal() {
	s.count = 0
	for i, w := range s.words {
		if i%perRank == 0 {
			s.ranks[i/perRank] = uint32(s.count)
		}
		s.count += bits.OnesCount64(w)
	}
}

// Len is how many members there are.
func (s *Set) Len() int { return s.count }

// Has tells whether i is a member.
func (s *Set) Has(i int) bool {
	return i >= 0 && i/64 < len(s.words) && s.words[i/64]>>(i%64)&1 != 0
}

// Rank is how many members are less than i, which is no more than the set was made for.
func (s *Set) Rank(i int) int {
	if i <= 0 {
		return 0
	}
	w := i / 64
	if w >= len(s.words) {
		return s.count
	}
	n := int(s.ranks[w/perRank])
	for _, word := range s.words[w/perRank*perRank : w] {
		n += bits.OnesCount64(word)
	}
	return n + bits.OnesCount64(s.words[w]&(1<<(i%64)-1))
}

// At is member n, from 0 to Len()-1, in ascending order.
func (s *Set) At(n int) int {
	if n < 0 || n >= s.count {
		panic("code: a set has no such member")
	}
	lo, hi := 0, len(s.ranks)
	for hi-lo > 1 { // ranks[lo] ≤ n < ranks[hi]
		if mid := (lo + hi) / 2; mid*perRank < len(s.words) && int(s.ranks[mid]) <= n {
			lo = mid
		} else {
			hi = mid
		}
	}
	n -= int(s.ranks[lo])
	for i := lo * perRank; ; i++ {
		w := s.words[i]
		if c := bits.OnesCount64(w); n >= c {
			n -= c
			continue
		}
		for ; n > 0; n-- {
			w &= w - 1
		}
		return 64*i + bits.TrailingZeros64(w)
	}
}
