// Package irq grants interrupt lines to tasks: it keeps hooks and masks, and tells the owners. A line that no
// living task answers for is masked.
package irq

import (
	"math/bits"

	"bennu/kernel/abi"
)

// Lines is the interrupt controller.
type Lines interface {
	Level(line uint32) bool // level-triggered: asserts until the device is served
	Mask(line uint32)
	Unmask(line uint32)
}

// hook is one task's claim to one line.
type hook struct {
	used     bool
	owner    abi.Endpoint
	line     uint32
	bit      uint
	level    bool // the line is level-triggered
	active   bool // the owner was told, and has not enabled it again
	again    bool // came again meanwhile (edge-triggered)
	held     bool // it came, and its owner is to be told later: the line is masked until then
	disabled bool
}

// Table is all hooks.
type Table struct {
	lines Lines
	hooks [abi.MaxHooks]hook
	on    [maxLines]uint64      // hooks of each line, by bit: an interrupt does not look at the others
	of    [abi.MaxTasks]uint64  // hooks by their owner's slot: nor does a death
	had   [maxLines / 64]uint64 // lines that somebody had once: only those were ever unmasked
	Stray uint64                // interrupts on lines that nobody has

	losing uint64 // hooks, by bit, that are not told of the next interrupts: of so many
	lose   [abi.MaxHooks]uint64
}

// maxLines is more than any interrupt controller has: a line has a vector of its own.
const maxLines = 256

// Each hook has a bit.
const _ = uint(64 - abi.MaxHooks)

// NewTable makes an empty table over lines, all of which are masked.
func NewTable(lines Lines) *Table { return &Table{lines: lines} }

// Free is how many hooks can still be made.
func (t *Table) Free() (n uint64) {
	for i := range t.hooks {
		if !t.hooks[i].used {
			n++
		}
	}
	return n
}

// Owner is the task that has hook id; used is false when none has.
func (t *Table) Owner(id int) (owner abi.Endpoint, used bool) {
	return t.hooks[id].owner, t.hooks[id].used
}

// Claim gives owner a hook on line and unmasks it; the same claim again gives the same hook. An owner has one
// hook a line. Preconditions: the line exists, the privilege was checked.
//
// Errors: EINVAL (bit > 63), EEXIST (the owner has the line under another bit), EBUSY (an edge-triggered line is
// another's), ENOSPC.
func (t *Table) Claim(owner abi.Endpoint, line uint32, bit uint64) (uint32, abi.Errno) {
	if bit > 63 {
		return 0, abi.EINVAL
	}
	free := -1
	for i := range t.hooks {
		h := &t.hooks[i]
		switch {
		case !h.used:
			if free < 0 {
				free = i
			}
		case h.line != line:
		case h.owner == owner && h.bit == uint(bit):
			return uint32(i), abi.OK
		case h.owner == owner:
			return 0, abi.EEXIST
		case !t.lines.Level(line):
			return 0, abi.EBUSY // an edge does not tell which device it is from
		}
	}
	if free < 0 {
		return 0, abi.ENOSPC
	}
	t.hooks[free] = hook{used: true, owner: owner, line: line, bit: uint(bit), level: t.lines.Level(line)}
	t.on[line] |= 1 << free
	t.had[line/64] |= 1 << (line % 64)
	t.of[owner.Slot()] |= 1 << free
	t.update(line)
	return uint32(free), abi.OK
}

// own finds a hook of owner's. Errors: EINVAL (no such hook), EPERM (another's).
func (t *Table) own(owner abi.Endpoint, id uint64) (*hook, abi.Errno) {
	if id >= abi.MaxHooks || !t.hooks[id].used {
		return nil, abi.EINVAL
	}
	if t.hooks[id].owner != owner {
		return nil, abi.EPERM
	}
	return &t.hooks[id], abi.OK
}

// Release gives a hook back. Errors: EINVAL, EPERM.
func (t *Table) Release(owner abi.Endpoint, id uint64) abi.Errno {
	_, e := t.own(owner, id)
	if e == abi.OK {
		t.release(int(id))
	}
	return e
}

// ReleaseAll gives back all hooks of a dying task. Lines that it shared go on for the others.
func (t *Table) ReleaseAll(owner abi.Endpoint) {
	for m := t.of[owner.Slot()]; m != 0; m &= m - 1 {
		if i := bits.TrailingZeros64(m); t.hooks[i].owner == owner {
			t.release(i)
		}
	}
}

func (t *Table) release(i int) {
	line := t.hooks[i].line
	t.of[t.hooks[i].owner.Slot()] &^= 1 << i
	t.hooks[i] = hook{}
	t.on[line] &^= 1 << i
	t.losing &^= 1 << i
	t.update(line)
}

// Enable says that the hook's interrupt was handled. again is true when another one came
// meanwhile: the owner is to be told at once. Errors: EINVAL, EPERM.
func (t *Table) Enable(owner abi.Endpoint, id uint64) (bit uint, again bool, e abi.Errno) {
	h, e := t.own(owner, id)
	if e != abi.OK {
		return 0, false, e
	}
	again = h.again
	h.active, h.again, h.disabled = again, false, false
	t.update(h.line)
	return h.bit, again, abi.OK
}

// Disable masks the hook's line until Enable. Errors: EINVAL, EPERM.
func (t *Table) Disable(owner abi.Endpoint, id uint64) abi.Errno {
	h, e := t.own(owner, id)
	if e == abi.OK {
		h.disabled = true
		t.update(h.line)
	}
	return e
}

// update masks or unmasks line as its hooks ask. An edge must not be masked while its hook is merely being
// served: an interrupt at that time would be lost. A second one before the first was served is remembered,
// and the line masked.
func (t *Table) update(line uint32) {
	mask := t.on[line] == 0
	for m := t.on[line]; m != 0; m &= m - 1 {
		h := &t.hooks[bits.TrailingZeros64(m)]
		mask = mask || h.disabled || h.again || h.held || h.level && h.active
	}
	if !mask {
		t.lines.Unmask(line)
	} else {
		t.lines.Mask(line)
	}
}

// Interrupt handles one interrupt on line: notify is called for each owner, and returns whether the owner was
// told; one that was not is told by Resume, and the line is masked until then. The caller ends the interrupt at
// the controller afterwards.
func (t *Table) Interrupt(line uint32, notify func(owner abi.Endpoint, bit uint) (told bool)) {
	known, mask, on := t.on[line] != 0, false, t.on[line]
	if on&t.losing != 0 {
		on = t.lost(on)
	}
	for m := on; m != 0; m &= m - 1 {
		h := &t.hooks[bits.TrailingZeros64(m)]
		mask = mask || h.level
		switch {
		case h.active:
			h.again, mask = true, true
		case notify(h.owner, h.bit):
			h.active = true
		default:
			h.held, mask = true, true
		}
	}
	if !known {
		t.Stray++
	}
	if mask || !known {
		t.lines.Mask(line)
	}
}

// Resume tells the owners that Interrupt could not, as far as notify lets it.
func (t *Table) Resume(notify func(owner abi.Endpoint, bit uint) (told bool)) {
	for i := range t.hooks {
		if h := &t.hooks[i]; h.used && h.held && notify(h.owner, h.bit) {
			h.held, h.active = false, true
			t.update(h.line)
		}
	}
}
