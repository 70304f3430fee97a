//go:build tamago

package main

import (
	"os"
	"runtime"
	"slices"
	"time"

	"bennu/kernel/abi"
	"bennu/kernel/archive"
)

// Go programs as tasks. This executable is its own peer: with arguments it is no root task.

var goTests = []test{
	{"TestGoStartsAnew", goStartsAnew},
	{"TestGoTasksTogether", goTogether},
	{"TestGoEnds", goEnds},
	{"TestGoGrantStays", goGrantStays},
}

// lives must be 0 in every incarnation.
var lives int

// goPeer is what a Go task does: the first argument says.
func goPeer() {
	if lives++; lives != 1 || len(sys.Module()) != 0 {
		os.Exit(90)
	}
	switch sys.Start().Args[0] {
	case 'w':
		os.Exit(work(int(sys.Start().Args[1])))
	case 'p':
		panic("on purpose")
	case 'n':
		var p *int
		*p = 1
	case 'd':
		os.Exit(10 / (lives - 1))
	case 's':
		deep(0)
	case 't':
		talk()
		return
	case 'r', 'D':
		sharedPeer(sys.Start().Args[0])
	case 'M':
		goMemoryPeer(sys.Start().Args[1], sys.Start().Args[2])
	case 'm':
		for held := [][]byte(nil); ; {
			held = append(held, slices.Repeat([]byte{1}, 1<<20))
		}
	}
}

func deep(n int) int { return deep(n+1) + 1 }

// work uses what of the runtime a driver uses: goroutines, channels, timers, maps, the collector. 0 is
// success.
func work(seed int) int {
	out := make(chan int)
	for g := range 8 {
		go func() {
			m := map[int][]byte{}
			for i := range 200 {
				m[i] = pattern(100+i, byte(seed+g))
				if i%50 == 0 {
					runtime.GC()
				}
				if i%67 == 0 {
					time.Sleep(100 * time.Microsecond)
				}
			}
			bad := 0
			for i, b := range m {
				if !slices.Equal(b, pattern(100+i, byte(seed+g))) {
					bad++
				}
			}
			out <- bad
		}()
	}
	bad := 0
	for range 8 {
		bad += <-out
	}
	return bad
}

// goImage makes an image of this executable.
func (t *T) goImage() uint32 {
	a, err := archive.Open(sys.Module())
	if err != nil {
		t.fatalf("%v", err)
	}
	elf, _ := a.File("bin/rs")
	return t.image(elf)
}

// goTask makes a Go task with arguments.
func (t *T) goTask(image uint32, args string) abi.Endpoint {
	p := spinner()
	p.CeilingFrames = 4096
	return t.goTaskWith(image, args, p)
}

func (t *T) goTaskWith(image uint32, args string, p rights) abi.Endpoint {
	s := abi.TaskSpec{Image: image, ArgsLen: uint32(len(args)), Account: t.account(p)}
	s.Label, _ = abi.MakeLabel("go")
	copy(s.Args[:], args)
	ep, e := sys.TaskCreate(&s)
	t.must("create", e)
	t.tasks = append(t.tasks, ep)
	t.must("set", set(ep, p))
	t.must("allow", sys.PrivAllow(ep))
	return ep
}

// await waits for n deaths.
func (t *T) await(n int) (out []abi.DeathRecord) {
	var r abi.DeathRecord
	for range 10_000 {
		for len(out) < n && takeDeath(&r) {
			out = append(out, r)
		}
		sys.Receive(abi.System, 0, new(abi.Msg)) // a root task that leaves that for seconds hangs
		if len(out) == n {
			return out
		}
		sys.Sleep(1_000_000)
	}
	t.fatalf("%d of %d tasks ended", len(out), n)
	return nil
}

func goStartsAnew(t *T) {
	id := t.goImage()
	for range 3 {
		t.goTask(id, "w\x01")
		r := t.await(1)[0]
		if r.Cause != abi.CauseExit || r.Status != 0 {
			t.errorf("%s", describe(&r))
		}
	}
	t.must("free", sys.ImageFree(id))
}

// goTogether: six Go tasks take the CPU from each other in the middle of anything.
func goTogether(t *T) {
	id := t.goImage()
	for i := range byte(6) {
		t.goTask(id, string([]byte{'w', i}))
	}
	for _, r := range t.await(6) {
		if r.Cause != abi.CauseExit || r.Status != 0 {
			t.errorf("%s", describe(&r))
		}
	}
	t.must("free", sys.ImageFree(id))
}

// goEnds: the ends of a Go program are told apart.
func goEnds(t *T) {
	id := t.goImage()
	for _, c := range []struct {
		args   string
		cause  abi.Cause
		vector uint32
	}{
		{"x", abi.CauseExit, 0}, {"p", abi.CausePanic, 0}, {"n", abi.CauseException, 14}, {"s", abi.CauseMemory, 14}, {"m", abi.CauseMemory, 14},
	} {
		t.goTask(id, c.args)
		if r := t.await(1)[0]; r.Cause != c.cause || r.Vector != c.vector {
			t.errorf("%q: %s, want %s vector %d", c.args, describe(&r), c.cause, c.vector)
		}
	}
	t.must("free", sys.ImageFree(id))
}

// goGrantStays: memory that is granted stays where it is, though it is a local variable of a goroutine whose stack moves.
func goGrantStays(t *T) {
	done := make(chan bool)
	go func() {
		var b, want [64]byte
		want[63] = 1
		self := sys.Start().Endpoint
		id, ok := sys.Grant(self, b[:], abi.GrantWrite)
		moved := grow(1000)
		ok = ok && moved != 0 && sys.CopyTo(self, id, 0, want[:]) == abi.OK
		sys.Revoke(id)
		done <- ok && b == want
	}()
	if !<-done {
		t.errorf("what was copied to a grant is not there")
	}
}

// grow needs so much stack that it is another one.
//
//go:noinline
func grow(n int) int {
	var frame [64]byte
	frame[n%len(frame)] = 1
	if n == 0 {
		return int(frame[0])
	}
	return grow(n-1) + int(frame[n%len(frame)]) - 1
}
