// Package irq grants interrupt lines to tasks: it keeps hooks and masks, and tells the owners. A line that no
// living task answers for is masked.
package irq

import (
	"math/bits"

	"bennu/kernel/abi"
)

// A source is where interrupts come from: a line of an I/O APIC, or a message, which a PCI function writes itself (MSI, MSI-X). Its
// number is its vector less the first one. Three kinds of hooks are on sources:
//
//   - on a line as a whole: a level masks it until all who were told have served it;
//   - on a function that shares a level line and can be asked (ClaimFunction): that function is silenced, and not the line;
//   - on a message (ClaimMessage): it is never masked while it is served, only when it storms.

// Lines is the interrupt controller.
type Lines interface {
	Level(line uint32) bool // level-triggered: asserts until the device is served
	Mask(line uint32)
	Unmask(line uint32)
	Pending(source uint32) bool // it has come to the processor, and was not told yet
}

// Gate is the functions that have hooks, by the hook.
type Gate interface {
	Asserts(id int) bool      // it is this one that asserts its line
	Quell(id int)             // it is to raise nothing until Allow
	Allow(id int) (lost bool) // what it had to say meanwhile may be lost
	Drop(id int)              // it is to raise nothing, and nothing that it raised is still under way
}

// Reporter hears what nobody else is told.
type Reporter interface {
	Charge(owner abi.Endpoint)                  // interrupts of owner's came that it is not told of
	Storm(owner abi.Endpoint, source, n uint32) // a source was silenced, for the n-th time since it was claimed; owner is 0 for a whole line
	Stray(source, n uint32)                     // the n-th interrupt of a source that nobody has
}

// StormAfter is how many interrupts of a message may come before its owner has served the first: then it is silenced until that. It is also how
// many of a line that none of its functions owns up to.
const StormAfter = 64

// What a hook is, and waits for.
const (
	active   = 1 << iota // the owner was told, and has not enabled it again
	again                // came again meanwhile (edge-triggered)
	held                 // it came, and its owner is to be told later: the source is silent until then
	disabled             // by its owner: a line
	quelled              // a function, silenced until Enable
	asks                 // of a function that can be asked whether it asserts its line
	message              // of a function's message
	bound                // of one function, not of a whole line
)

// hook is one task's claim to one source.
type hook struct {
	used   bool
	state  uint8
	level  bool // the line is level-triggered, and masked until it is served
	owner  abi.Endpoint
	line   uint32 // the source
	bit    uint
	missed uint32 // messages since the owner was told
	storms uint32
}

// Table is all hooks.
type Table struct {
	Report Reporter // nil: nobody is told
	Gate   Gate     // nil: there are no functions

	lines   Lines
	hooks   [abi.MaxHooks]hook
	on      [maxLines]uint64      // hooks of each source, by bit: an interrupt does not look at the others
	of      [abi.MaxTasks]uint64  // hooks by their owner's slot: nor does a death
	had     [maxLines / 64]uint64 // lines that somebody had once: only those were ever unmasked
	special uint64                // hooks of functions that can be asked, and of messages
	Stray   uint64                // interrupts of sources that nobody has
	sources

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
		case h.line != line || h.state&bound != 0 && t.lines.Level(line):
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
	t.make(free, hook{owner: owner, line: line, bit: uint(bit), level: t.lines.Level(line)})
	return uint32(free), abi.OK
}

// make puts h, on a source, in the free row i.
func (t *Table) make(i int, h hook) {
	h.used = true
	t.hooks[i] = h
	t.on[h.line] |= 1 << i
	t.of[h.owner.Slot()] |= 1 << i
	if h.state&(asks|message) != 0 {
		t.special |= 1 << i
	}
	if h.state&message == 0 {
		t.had[h.line/64] |= 1 << (h.line % 64)
		t.update(h.line)
	}
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
	h := t.hooks[i]
	if h.state&bound != 0 {
		t.Gate.Drop(i)
	}
	t.of[h.owner.Slot()] &^= 1 << i
	t.hooks[i] = hook{}
	t.on[h.line] &^= 1 << i
	t.losing &^= 1 << i
	t.special &^= 1 << i
	if h.state&message == 0 {
		t.update(h.line)
	} else {
		t.resting[h.line/64] |= 1 << (h.line % 64)
	}
}

// Enable says that the hook's interrupt was handled. another is true when another one came
// meanwhile: the owner is to be told at once. Errors: EINVAL, EPERM.
func (t *Table) Enable(owner abi.Endpoint, id uint64) (bit uint, another bool, e abi.Errno) {
	h, e := t.own(owner, id)
	if e != abi.OK {
		return 0, false, e
	}
	if t.special>>id&1 != 0 {
		return h.bit, t.allow(h, int(id)), abi.OK
	}
	another = h.state&again != 0
	h.state &^= active | again | disabled
	if another {
		h.state |= active
	}
	t.update(h.line)
	return h.bit, another, abi.OK
}

// Disable silences the hook's source until Enable. Errors: EINVAL, EPERM.
func (t *Table) Disable(owner abi.Endpoint, id uint64) abi.Errno {
	h, e := t.own(owner, id)
	switch {
	case e != abi.OK:
	case t.special>>id&1 != 0:
		t.quell(h, int(id))
	default:
		h.state |= disabled
		t.update(h.line)
	}
	return e
}

// update masks or unmasks line as its hooks ask. An edge must not be masked while its hook is merely being
// served: an interrupt at that time would be lost. A second one before the first was served is remembered,
// and the line masked.
func (t *Table) update(line uint32) {
	if t.masks(line) {
		t.lines.Mask(line)
	} else {
		t.lines.Unmask(line)
	}
}

// masks tells whether a line is to be masked: nobody has it, an owner has not served it, or it storms.
func (t *Table) masks(line uint32) bool {
	mask := t.on[line] == 0 || t.isShut(line)
	for m := t.on[line] &^ t.special; m != 0; m &= m - 1 {
		h := &t.hooks[bits.TrailingZeros64(m)]
		mask = mask || h.state&(disabled|again|held) != 0 || h.level && h.state&active != 0
	}
	return mask
}

// Interrupt handles one interrupt of a source: notify is called for each owner, and returns whether the owner was
// told; one that was not is told by Resume, and the source is silent until then. The caller ends the interrupt at
// the controller afterwards.
func (t *Table) Interrupt(line uint32, notify func(owner abi.Endpoint, bit uint) (told bool)) {
	on := t.on[line]
	if on == 0 {
		t.stray(line)
		t.lines.Mask(line)
		return
	}
	if on&t.losing != 0 {
		on = t.lost(on)
	}
	if t.on[line]&t.special != 0 {
		if on = t.functions(line, on, notify); on == 0 {
			return
		}
	}
	mask := false
	for m := on; m != 0; m &= m - 1 {
		h := &t.hooks[bits.TrailingZeros64(m)]
		mask = mask || h.level
		switch {
		case h.state&active != 0:
			h.state |= again
			mask = true
		case notify(h.owner, h.bit):
			h.state |= active
		default:
			h.state |= held
			mask = true
		}
	}
	if mask {
		t.lines.Mask(line)
	}
}

// Resume tells the owners that Interrupt could not, as far as notify lets it.
func (t *Table) Resume(notify func(owner abi.Endpoint, bit uint) (told bool)) {
	for i := range t.hooks {
		if h := &t.hooks[i]; h.used && h.state&held != 0 && notify(h.owner, h.bit) {
			h.state = h.state&^held | active
			if t.special>>i&1 == 0 {
				t.update(h.line)
			}
		}
	}
}
