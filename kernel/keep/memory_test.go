package keep

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/mem"
)

// rig is a pool with one holder, whose reserve is all of it.
func rig(t *testing.T) (*mem.Pool, *mem.Holder) {
	buf := make([]byte, (abi.MaxKept/abi.PageSize+8)*abi.PageSize)
	t.Cleanup(func() { clear(buf[:1]) }) // it stays alive until here
	phys, size := mem.Simulated(buf)
	pool, h := mem.NewPool(phys), new(mem.Holder)
	pool.Add(1, size)
	if !pool.Promise(h, pool.Free(), pool.Free()) {
		t.Fatal("Promise")
	}
	return pool, h
}

// made is whole kept memory.
func made(t *testing.T, pages uint64) *Memory {
	pool, h := rig(t)
	m := new(Memory)
	m.Take(pool, h, pages)
	for more := true; more; {
		var e abi.Errno
		if more, e = m.Fill(); e != abi.OK {
			t.Fatal(e.Name())
		}
	}
	return m
}

// all is what a life would see.
func (m *Memory) all() (b []byte) {
	for i := range m.have {
		b = append(b, m.Page(int(i))...)
	}
	return b
}

func (m *Memory) holds(t *testing.T, what string) {
	t.Helper()
	if f := m.Check(new(mem.Set)); f.Broken() {
		t.Fatalf("%s: %s: %#x, %#x", what, f.What, f.A, f.B)
	}
}

// What is staged, flipped and appended is there byte for byte, wherever pages end; a refused operation changes nothing. It is compared with
// two slices, in operations drawn at random.
func TestAgainstModel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, pages := range []uint64{abi.MinKept / abi.PageSize, 4, 17, 64, abi.MaxKept / abi.PageSize} {
		m := made(t, pages)
		size := m.Header.BankSize
		if size != (pages-1)/2*abi.PageSize || !m.Whole() || m.Used() != pages+2 {
			t.Fatalf("%d pages: banks of %d, %d frames", pages, size, m.Used())
		}
		type bank struct {
			b             []byte
			snap, log, no uint64
		}
		var model [2]bank
		model[0].b, model[1].b = make([]byte, size), make([]byte, size)
		now, appended := 0, uint64(0)
		for step := range 4000 {
			b := make([]byte, r.IntN(min(abi.MaxKeptLine, int(size))+1))
			for i := range b {
				b[i] = byte(r.Uint32())
			}
			n := uint64(len(b))
			var e, want abi.Errno
			cur, other := &model[now], &model[1-now]
			switch at := r.Uint64N(size + 2); r.IntN(8) {
			case 0, 1:
				if e = m.MayStage(at, n); e == abi.OK {
					m.Stage(at, b)
				}
				if at+n > size {
					want = abi.EINVAL
				} else {
					*other = bank{b: other.b}
					copy(other.b[at:], b)
				}
			case 2:
				at = r.Uint64N(size/4 + 2)
				if r.IntN(16) == 0 {
					at = size + r.Uint64N(3)
				}
				if e = m.Flip(at); at > size {
					want = abi.EINVAL
				} else {
					other.snap, other.log, other.no = at, 0, cur.no+1
					now = 1 - now
				}
			default:
				e = m.Append(b)
				from, grow := (cur.snap+7)/8*8+cur.log, (n+7)/8*8
				if cur.no == 0 || from+grow > size {
					want = abi.ENOSPC
				} else {
					clear(cur.b[from : from+grow])
					copy(cur.b[from:], b)
					cur.log += grow
					appended++
				}
			}
			if e != want {
				t.Fatalf("step %d: %s, want %s", step, e.Name(), want.Name())
			}
			m.holds(t, "step")
			for i := range model {
				k, w := m.Header.Bank[i], &model[i]
				if k.Snapshot != w.snap || k.Log != w.log || k.Number != w.no || m.Header.Current != uint32(now) || m.Header.Appended != appended {
					t.Fatalf("step %d: %+v, want %d, %d, %d", step, m.Header, w.snap, w.log, w.no)
				}
			}
			if step%64 == 0 || step > 3990 {
				all := m.all()
				for i := range model {
					if k := m.Header.Bank[i]; !bytes.Equal(all[k.Start:k.Start+size], model[i].b) {
						t.Fatalf("step %d, bank %d: other bytes", step, i)
					}
				}
			}
		}
	}
}

// Frames are taken some at a time, are all zeros but for the header, and all go back; where there are none it says so and goes on later.
func TestFrames(t *testing.T) {
	pool, h := rig(t)
	free, owed := pool.Free(), pool.Owed()
	const pages = 40
	m := new(Memory)
	if m.Whole() || m.MayStage(0, 0) != abi.EINVAL {
		t.Error("none is not none")
	}
	m.Take(pool, h, pages)
	if m.Whole() || m.MayStage(0, 0) != abi.EINVAL {
		t.Error("whole before it has a frame")
	}
	h.Limit(20)
	for _, want := range []uint64{18, 20, 20} {
		more, e := m.Fill()
		if h.Used() != want || m.Used() != want || m.Whole() || (e == abi.OK) != more || (e == abi.OK) != (want == 18) {
			t.Fatalf("%d frames, want %d; %s", h.Used(), want, e.Name())
		}
		m.holds(t, "filling")
	}
	h.Limit(free)
	for more, e := true, abi.OK; more; {
		if more, e = m.Fill(); e != abi.OK {
			t.Fatal(e.Name())
		}
	}
	var set mem.Set
	if f := m.AddFrames(pool.Physical(), &set, free); f.Broken() || set.Len() != h.Used() || h.Used() != Frames(pages) || !m.Whole() {
		t.Errorf("%d frames found, %d taken: %s", set.Len(), h.Used(), f.What)
	}
	if b := m.all(); !bytes.Equal(b[:len(abi.Bytes(&m.Header))], abi.Bytes(&m.Header)) || len(bytes.Trim(b[len(abi.Bytes(&m.Header)):], "\x00")) != 0 {
		t.Error("it does not begin with its header, and zeros")
	}
	m.Free()
	if pool.Free() != free || pool.Owed() != owed || h.Used() != 0 || *m != (Memory{}) {
		t.Errorf("%d frames free, want %d", pool.Free(), free)
	}
}

// Each thing that Check is to find is found.
func TestCheckFinds(t *testing.T) {
	for what, spoil := range map[string]func(m *Memory){
		"magic":         func(m *Memory) { m.Header.Magic++ },
		"size":          func(m *Memory) { m.Header.Size-- },
		"bank size":     func(m *Memory) { m.Header.BankSize -= 8 },
		"start":         func(m *Memory) { m.Header.Bank[1].Start += 8 },
		"current":       func(m *Memory) { m.Header.Current = 2 },
		"log":           func(m *Memory) { m.Header.Bank[m.Header.Current].Log = m.Header.BankSize },
		"odd log":       func(m *Memory) { m.Header.Bank[m.Header.Current].Log++ },
		"number":        func(m *Memory) { m.Header.Bank[m.Header.Current^1].Number = 9 },
		"nothing":       func(m *Memory) { m.Header.Bank[m.Header.Current].Number = 0 },
		"writable":      func(m *Memory) { m.pool.Physical().Words(m.table)[1] |= 2 },
		"executable":    func(m *Memory) { m.pool.Physical().Words(m.table)[1] &^= 1 << 63 },
		"own":           func(m *Memory) { m.pool.Physical().Words(m.table)[1] &^= 1 << 9 },
		"one more page": func(m *Memory) { m.pool.Physical().Words(m.table)[m.have] = 7 },
		"written":       func(m *Memory) { m.Page(0)[3]++ },
		"pages":         func(m *Memory) { m.have-- },
	} {
		m := made(t, 4)
		m.Stage(0, make([]byte, 100))
		if e := m.Flip(100); e != abi.OK || m.Append(make([]byte, 100)) != abi.OK {
			t.Fatal(e.Name())
		}
		m.holds(t, what)
		if spoil(m); !m.Check(new(mem.Set)).Broken() {
			t.Errorf("%s: not found", what)
		}
	}
	m := made(t, 4)
	m.pool.Physical().Words(m.table)[1] = m.pool.Physical().Words(m.table)[2]
	if !m.Check(new(mem.Set)).Broken() {
		t.Error("a frame that is there twice: not found")
	}
	m = made(t, 4)
	m.frames.Add(m.pool.Physical(), m.pool.Get(m.holder))
	if !m.Check(new(mem.Set)).Broken() {
		t.Error("a frame that nothing maps: not found")
	}
}
