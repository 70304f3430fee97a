package fake

import (
	"bennu/kernel/abi"
	"bennu/kernel/mem"
	"bennu/kernel/space"
)

// sharedBytes is the memory for windows of a machine; it is there when the first one is asked for.
const sharedBytes = 48 << 20

// shared is the windows: the kernel's own table of them, over simulated memory, and for each window the bytes that its holders
// see, since those must lie in one piece here. What a task has lost it can still reach: only its addresses tell.
type shared struct {
	windows  *space.Windows
	pool     *mem.Pool
	template mem.Addr
	holder   mem.Holder
	memory   []byte
	bytes    map[abi.WindowID][]byte
}

func newShared() *shared {
	s := &shared{memory: make([]byte, sharedBytes), bytes: map[abi.WindowID][]byte{}}
	phys, size := mem.Simulated(s.memory)
	s.pool = mem.NewPool(phys)
	s.pool.Add(0, size)
	s.template = s.pool.Get(nil)
	s.pool.Promise(&s.holder, 0, s.pool.Size())
	s.windows = space.NewWindows(s.pool)
	return s
}

// window is CallWindow.
func (t *Task) window(c Call) (abi.Errno, uint64) {
	m := t.m
	if m.shared == nil {
		m.shared = newShared()
	}
	s := m.shared
	if t.k.Space.Root == 0 {
		var ok bool
		if t.k.Space, ok = space.New(s.pool, s.template, &s.holder, nil, nil); !ok {
			panic("kernel/fake: no memory for a space")
		}
	}
	v, e, first := abi.WindowView{}, abi.OK, true
	for more := true; more; first = false {
		v, more, e = m.table.Window(s.windows, t.k, t.account(), &s.holder, [4]uint64(c.Arg[:4]), first)
	}
	if e != abi.OK || v.ID == 0 {
		return e, 0
	}
	if s.bytes[v.ID] == nil {
		s.bytes[v.ID] = make([]byte, v.Size)
	}
	put(t.k, e, &v)
	return abi.OK, v.Address
}

// account is whose windows the task's are. Those that a test has added have none: each is one of its own.
func (t *Task) account() abi.AccountID {
	if t.free {
		return abi.AccountID(1 + t.k.Slot)
	}
	return t.k.Account
}

// Window is usys.Kernel: nil where the task sees neither a window nor its kept memory.
func (t *Task) Window(at uint64) []byte {
	if at == abi.KeptBase {
		return t.m.Kept(t.k.Account)
	}
	if s := t.m.shared; s != nil {
		return s.bytes[t.k.Space.WindowAt(at)]
	}
	return nil
}

// endWindows is the end of what the task owns and sees.
func (t *Task) endWindows() {
	s := t.m.shared
	if s == nil {
		return
	}
	for !s.windows.Forget(t.Endpoint, t.account()) {
	}
	t.k.Space.Free()
}
