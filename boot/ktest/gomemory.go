//go:build tamago

package main

import (
	"math/rand/v2"
	"os"
	"strings"

	"bennu/kernel/abi"
)

// Go programs under a ceiling: what they may have in all is told at their start, and the collector keeps below it. A page that was
// touched once is never given back, so it is the heap's greatest extent that counts.

var goMemoryTests = []test{
	{"TestGoCeiling", goCeiling},
	{"TestGoBeyondCeiling", goBeyondCeiling},
	{"TestGoSmallCeiling", goSmallCeiling},
}

// wastes is what a Go task does with its memory, by a letter. Each allocates many times its ceiling in all, and never has
// more of it alive than its comment says.
var wastes = map[byte]func(r *rand.Rand, ceiling int){
	'a': wasteMixed, 'b': wasteBig, 'c': wasteFragments, 'd': wasteStacks, 'e': wasteBesideLive, 'f': wasteSmall, 'g': wasteHoles,
}

// goMemoryPeer wastes memory as if the ceiling were so many MiB. It exits with 0 when what it kept is as it was.
func goMemoryPeer(how, mib byte) {
	wastes[how](rand.New(rand.NewPCG(1, uint64(how))), int(mib)<<20)
	os.Exit(0)
}

// kept is memory that a program uses: each piece knows what is in it.
type kept [][]byte

func (k kept) put(i, size int) {
	b := make([]byte, size)
	for j := 0; j < len(b); j += 512 {
		b[j] = byte(i + j>>9)
	}
	k[i] = b
}

func (k kept) check() {
	for i, b := range k {
		for j := 0; j < len(b); j += 512 {
			if b[j] != byte(i+j>>9) {
				os.Exit(91)
			}
		}
	}
}

// wasteMixed: sizes from 16 bytes to a sixteenth of the ceiling, a fifth of the ceiling kept.
func wasteMixed(r *rand.Rand, ceiling int) {
	k, live := make(kept, 2000), 0
	for total := 0; total < 10*ceiling; {
		size := 16 << r.IntN(13)
		size += r.IntN(size)
		if r.IntN(100) == 0 {
			size = r.IntN(ceiling / 16)
		}
		i := r.IntN(len(k))
		for live-len(k[i])+size > ceiling/5 {
			j := r.IntN(len(k))
			live -= len(k[j])
			k[j] = nil
		}
		live += size - len(k[i])
		k.put(i, size)
		total += size
	}
	k.check()
}

// wasteBig: one large buffer after the other, up to a quarter of the ceiling each, one at a time alive.
func wasteBig(r *rand.Rand, ceiling int) {
	k := make(kept, 1)
	for range 60 {
		k[0] = nil
		k.put(0, ceiling/4-r.IntN(ceiling/20))
	}
	k.check()
}

// wasteFragments: many small pieces of which every other goes, then larger ones that fit nowhere between them.
func wasteFragments(r *rand.Rand, ceiling int) {
	for range 5 {
		for _, size := range []int{500, 1000, 3000, 9000, 30000} {
			k := make(kept, ceiling/2/size)
			for i := range k {
				k.put(i, size)
			}
			for i := range k {
				if i%2 == 0 {
					k[i] = nil
				}
			}
			k.check()
		}
	}
}

// wasteHoles: pieces with holes between them, and buffers that do not go into the holes come and go. The holes were touched, so
// that nobody else may have them instead.
func wasteHoles(r *rand.Rand, ceiling int) {
	for _, c := range []struct{ piece, buffer int }{{40 << 10, 100 << 10}, {8 << 10, 16 << 10}} {
		k := make(kept, ceiling*35/64/c.piece)
		for i := range k {
			k.put(i, c.piece)
		}
		for i := range k {
			if i%3 == 0 {
				k[i] = nil
			}
		}
		passing := make(kept, 4)
		for total := 0; total < 5*ceiling; total += c.buffer {
			passing.put(r.IntN(len(passing)), c.buffer)
		}
		k.check()
		passing.check()
	}
}

// wasteStacks: goroutines that need deep stacks, many at a time.
func wasteStacks(r *rand.Rand, ceiling int) {
	done := make(chan int)
	for range 40 {
		n := ceiling / 4 / (32 << 10)
		for range n {
			go func() { done <- depth(100) }()
		}
		for range n {
			<-done
		}
	}
}

func depth(n int) int {
	var b [128]byte
	if n == 0 {
		return 0
	}
	b[n] = byte(n)
	return depth(n-1) + int(b[n]) - n
}

// node is what has pointers.
type node struct {
	next *node
	rest [7]uint64
}

// wasteBesideLive: seven tenths of the ceiling are alive, in pieces with pointers; garbage comes and goes beside them.
func wasteBesideLive(r *rand.Rand, ceiling int) {
	live := make([]*node, ceiling*7/10/(64+8))
	for i := range live {
		live[i] = &node{next: live[i/2]}
	}
	k := make(kept, 16)
	for total := 0; total < 3*ceiling; total += 4096 {
		k.put(r.IntN(len(k)), 4096)
	}
	k.check()
	for i, n := range live {
		if n.next != live[i/2] && i > 1 {
			os.Exit(92)
		}
	}
}

// wasteSmall: nothing but small garbage, as fast as it can be made.
func wasteSmall(r *rand.Rand, ceiling int) {
	for total := 0; total < 10*ceiling; total += 64 {
		sinkNode = &node{}
	}
}

var sinkNode *node

// waste lets a Go task waste memory as if its ceiling were asIf, and returns how it ended.
func (t *T) waste(image uint32, how, asIf byte, ceiling uint32) abi.DeathRecord {
	p := spinner()
	p.CeilingFrames = ceiling / abi.PageSize
	t.goTaskWith(image, string([]byte{'M', how, asIf}), p)
	return t.await(1)[0]
}

// goCeiling: a program that keeps no more than seven tenths of its ceiling lives, whatever else it allocates.
func goCeiling(t *T) {
	id := t.goImage()
	for how := byte('a'); how <= 'g'; how++ {
		const mib = 8
		r := t.waste(id, how, mib, mib<<20)
		if r.Cause != abi.CauseExit || r.Status != 0 {
			t.errorf("%c: %s", how, describe(&r))
		}
		// The same with room enough: near the ceiling collections come more often, but not without bound.
		roomy := t.waste(id, how, mib, 8*mib<<20)
		if r.CPUNS > 12*roomy.CPUNS {
			t.errorf("%c: %d us under %d MiB, %d us with room enough", how, r.CPUNS/1000, mib, roomy.CPUNS/1000)
		}
		t.logf("%c: %d KiB of %d, %d us; under %d MiB %d us", how, r.FramesPeak*abi.PageSize>>10, mib<<10, r.CPUNS/1000, 8*mib, roomy.CPUNS/1000)
	}
	t.must("free", sys.ImageFree(id))
}

// goBeyondCeiling: a program that needs more than its ceiling ends, soon and with the cause told, and not by collecting
// for ever.
func goBeyondCeiling(t *T) {
	id := t.goImage()
	for _, how := range []byte("abcde") {
		r := t.waste(id, how, 16, 2<<20)
		if r.Cause != abi.CauseMemory || r.FramesPeak != 2<<20/abi.PageSize {
			t.errorf("%c: %s, %d KiB", how, describe(&r), r.FramesPeak*abi.PageSize>>10)
		}
		lines, _ := t.readLog()
		if l := newest(lines).text; !strings.Contains(l, " cause=memory ") || !strings.Contains(l, " memory=2048KiB ceiling=2048KiB ") {
			t.errorf("the last line is %q", l)
		}
		if r.CPUNS > 500_000_000 {
			t.errorf("%c took %d us to its end", how, r.CPUNS/1000)
		}
		t.logf("%c: ended after %d us", how, r.CPUNS/1000)
	}
	t.must("free", sys.ImageFree(id))
}

// goSmallCeiling: a program that needs little lives under little, and does not collect all the time.
func goSmallCeiling(t *T) {
	id := t.goImage()
	for how, ceiling := range map[byte]uint32{'a': 15 << 17, 'f': 10 << 17} {
		r := t.waste(id, how, 1, ceiling)
		if r.Cause != abi.CauseExit || r.Status != 0 {
			t.errorf("%c: %s", how, describe(&r))
		}
		t.logf("%c: %d KiB, %d us", how, r.FramesPeak*abi.PageSize>>10, r.CPUNS/1000)
	}
	t.must("free", sys.ImageFree(id))
}
