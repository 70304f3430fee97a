// Package entropy makes secrets: the kernel's random generator for keys, which tasks ask for by CallEntropy. The numbers
// that seed hash functions and scheduling are others' (abi.StartInfo.Seed): they are for replays, and guessable.
//
// SHA-256 conditions what comes in (NIST SP 800-90B lists it among the components that need no estimate of their own), and
// ChaCha20 makes the output of it, and the next key, in one stream ("fast key erasure": Bernstein). For each request
//
//	key ← SHA-256(key ‖ 4 words of RDSEED or RDRAND ‖ 4 words of noise ‖ time)
//	key, out ← ChaCha20(key)
//
// so what was given out cannot be computed from a later state, and a state that was seen is of no use once
// the processor's generator or enough interrupts have been mixed in.
package entropy

import (
	"encoding/binary"
	"math/bits"

	"bennu/kernel/abi"
)

// Source is a generator of the processor's. ok is false when it has nothing to give, or there is none.
type Source interface {
	Random() (v uint64, ok bool)
}

const (
	words = 4 // that a request takes from the source: 256 bits
	pool  = 4 // words of noise between two requests

	// Enough is how many interrupts make the first secret where the processor has no generator: each one's time is
	// taken for one bit that nobody can guess.
	Enough = 256
)

// Pool is the state.
type Pool struct {
	key    [sumSize]byte
	noise  [pool]uint64
	source Source
	given  uint64 // words that the source has given
	events uint64 // interrupts that were stirred in
	replay bool
}

// New makes a generator. With replay everything follows from seed and the requests: the same in each run, and no
// secret.
func New(seed [4]uint64, replay bool, source Source) *Pool {
	p := &Pool{source: source, replay: replay}
	for i, v := range seed {
		binary.LittleEndian.PutUint64(p.key[8*i:], v)
	}
	return p
}

// Stir takes the time of an interrupt in.
func (p *Pool) Stir(tsc uint64) {
	w := &p.noise[p.events%pool]
	*w = bits.RotateLeft64(*w, 11) ^ tsc
	p.events++
}

// Read fills out, at most abi.MaxEntropy bytes. Errors: EAGAIN (the processor has no generator, and there were not
// Enough interrupts yet).
func (p *Pool) Read(out []byte, tsc uint64) abi.Errno {
	var b [sumSize + 8*(words+pool+1)]byte
	copy(b[:], p.key[:])
	if !p.replay {
		p.fresh(b[sumSize:], tsc)
		if p.given < words && p.events < Enough {
			return abi.EAGAIN
		}
	}
	key := sum(b[:])
	block := stream(&key, 0)
	p.key = [sumSize]byte(block[:])
	out = out[copy(out, block[sumSize:]):]
	for n := uint32(1); len(out) > 0; n++ {
		block = stream(&key, n)
		out = out[copy(out, block[:]):]
	}
	return abi.OK
}

// fresh is what nobody else knows.
func (p *Pool) fresh(b []byte, tsc uint64) {
	for i := range words {
		if v, ok := p.source.Random(); ok {
			binary.LittleEndian.PutUint64(b[8*i:], v)
			p.given++
		}
	}
	for i, v := range p.noise {
		binary.LittleEndian.PutUint64(b[8*(words+i):], v)
	}
	binary.LittleEndian.PutUint64(b[8*(words+pool):], tsc)
}
