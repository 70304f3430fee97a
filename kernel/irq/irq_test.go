package irq

import (
	"testing"

	"bennu/kernel/abi"
)

// lines is a controller: 0–7 edge, 8–15 level; from 16 on there are none.
type lines struct {
	open    [maxLines]bool
	pending uint32 // a source that has come, and was not told
}

func (l *lines) Level(n uint32) bool   { return n >= 8 && n < 16 }
func (l *lines) Mask(n uint32)         { l.open[n] = false }
func (l *lines) Unmask(n uint32)       { l.open[n] = true }
func (l *lines) Pending(n uint32) bool { return l.pending == n && n != 0 }

type rig struct {
	*Table
	l    *lines
	told []abi.Endpoint
	hold bool // owners are not to be told now
}

func newRig() *rig {
	l := new(lines)
	return &rig{Table: NewTable(l), l: l}
}

func (r *rig) fire(line uint32) int {
	n := len(r.told)
	r.Interrupt(line, r.tell)
	return len(r.told) - n
}

func (r *rig) tell(o abi.Endpoint, _ uint) bool {
	if !r.hold {
		r.told = append(r.told, o)
	}
	return !r.hold
}

// An interrupt of an owner that may not be told now comes later, once, and masks the line meanwhile.
func TestHeldBack(t *testing.T) {
	for _, line := range []uint32{4, 9} {
		r := newRig()
		h, _ := r.Claim(1, line, 0)
		r.hold = true
		if r.fire(line) != 0 || r.l.open[line] {
			t.Errorf("line %d: told, or open, while its owner is held back", line)
		}
		if r.Resume(r.tell); r.l.open[line] || len(r.told) != 0 {
			t.Errorf("line %d: resumed too early", line)
		}
		r.hold = false
		if r.Resume(r.tell); len(r.told) != 1 || r.l.open[line] != (line == 4) {
			t.Errorf("line %d: told %d times, open %v", line, len(r.told), r.l.open[line])
		}
		if r.Enable(1, uint64(h)); !r.l.open[line] {
			t.Errorf("line %d: closed after it was served", line)
		}
	}
}

func TestEdgeIsNotLost(t *testing.T) {
	r := newRig()
	h, e := r.Claim(1, 4, 0)
	if e != abi.OK || !r.l.open[4] {
		t.Fatalf("Claim: %s, open %v", e.Name(), r.l.open[4])
	}
	if r.fire(4) != 1 || !r.l.open[4] {
		t.Error("the first edge must be told and leave the line open")
	}
	if r.fire(4) != 0 || r.l.open[4] {
		t.Error("an edge before enable must be remembered and mask the line")
	}
	if _, again, _ := r.Enable(1, uint64(h)); !again || !r.l.open[4] {
		t.Error("enable must bring the remembered edge and open the line")
	}
	if _, again, _ := r.Enable(1, uint64(h)); again {
		t.Error("told twice")
	}
}

func TestLevelIsMaskedUntilServed(t *testing.T) {
	r := newRig()
	a, _ := r.Claim(1, 9, 0)
	b, e := r.Claim(2, 9, 1)
	if e != abi.OK {
		t.Fatal(e.Name())
	}
	if r.fire(9) != 2 || r.l.open[9] {
		t.Error("both owners must be told, the line masked")
	}
	r.Enable(1, uint64(a))
	if r.l.open[9] {
		t.Error("open while the second owner has not served it")
	}
	r.Enable(2, uint64(b))
	if !r.l.open[9] {
		t.Error("closed though both have served it")
	}
}

// Defect 20 of the seed: a shared line stayed masked after one owner's death.
func TestDefect20SharedLineOutlivesAnOwner(t *testing.T) {
	r := newRig()
	r.Claim(1, 9, 0)
	b, _ := r.Claim(2, 9, 0)
	r.fire(9)
	r.Enable(2, uint64(b))
	r.ReleaseAll(1)
	if !r.l.open[9] {
		t.Error("the line is masked for its living owner")
	}
	r.ReleaseAll(2)
	if r.l.open[9] {
		t.Error("the line is open for nobody")
	}
	if r.Free() != abi.MaxHooks {
		t.Errorf("%d hooks free, want %d", r.Free(), abi.MaxHooks)
	}
	if r.fire(9); r.Stray != 1 {
		t.Error("a stray interrupt was not counted")
	}
}

func TestRefusals(t *testing.T) {
	r := newRig()
	h, _ := r.Claim(1, 4, 0)
	if _, e := r.Claim(2, 4, 0); e != abi.EBUSY {
		t.Errorf("edge line of another: %s, want EBUSY", e.Name())
	}
	if _, e := r.Claim(1, 5, 64); e != abi.EINVAL {
		t.Errorf("bit 64: %s, want EINVAL", e.Name())
	}
	if g, e := r.Claim(1, 4, 0); e != abi.OK || g != h {
		t.Errorf("the same claim again: hook %d %s, want %d", g, e.Name(), h)
	}
	if e := r.Disable(2, uint64(h)); e != abi.EPERM {
		t.Errorf("another's hook: %s, want EPERM", e.Name())
	}
	if e := r.Release(1, abi.MaxHooks); e != abi.EINVAL {
		t.Errorf("no such hook: %s, want EINVAL", e.Name())
	}
	if r.Disable(1, uint64(h)); r.l.open[4] {
		t.Error("disabled but open")
	}
	if r.Enable(1, uint64(h)); !r.l.open[4] {
		t.Error("enabled but closed")
	}
	if r.Release(1, uint64(h)); r.l.open[4] {
		t.Error("released but open")
	}
	r.Claim(1, 9, 3)
	if _, e := r.Claim(1, 9, 4); e != abi.EEXIST || r.Free() != abi.MaxHooks-1 {
		t.Errorf("a second hook on one line: %s, want EEXIST; %d free", e.Name(), r.Free())
	}
	for i := 1; i <= abi.MaxHooks; i++ {
		r.Claim(abi.Endpoint(i), 9, 0)
	}
	if _, e := r.Claim(1, 10, 0); e != abi.ENOSPC {
		t.Errorf("full table: %s, want ENOSPC", e.Name())
	}
}

// A task that is refused a line has no hook: the first one is not named by mistake.
func TestRefusedHook(t *testing.T) {
	for what, claim := range map[string]func(r *rig) (uint32, abi.Errno){
		"its line by another bit": func(r *rig) (uint32, abi.Errno) { return r.Claim(2, 4, 5) },
		"an edge of another's":    func(r *rig) (uint32, abi.Errno) { return r.Claim(3, 4, 1) },
		"bit 64":                  func(r *rig) (uint32, abi.Errno) { return r.Claim(3, 5, 64) },
		"no hook left": func(r *rig) (uint32, abi.Errno) {
			for i := range abi.MaxHooks {
				r.Claim(abi.Endpoint(100+i), 10, 0)
			}
			return r.Claim(99, 10, 0)
		},
	} {
		r := newRig()
		r.Claim(1, 9, 0) // hook 0 is somebody's
		r.Claim(2, 4, 3)
		if h, e := claim(r); e == abi.OK || h != 0 {
			t.Errorf("%s: hook %d, %s", what, h, e.Name())
		}
	}
}
