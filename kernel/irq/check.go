package irq

import (
	"math/bits"

	"bennu/kernel/abi"
	"bennu/kernel/invariant"
)

// Checker knows what Check compares hooks with.
type Checker interface {
	// Owns tells whether a living task has a line in its privileges.
	Owns(owner abi.Endpoint, line uint32) bool
	// OwnsFunction tells whether a living task has the function of a hook.
	OwnsFunction(owner abi.Endpoint, id int) bool
	// Masked tells whether the interrupt controller keeps a line to itself; known is false when there is none.
	Masked(line uint32) (masked, known bool)
}

// Check looks whether each hook has an owner that may have it, once, and each line is masked as its hooks ask, or
// because nobody has it.
func (t *Table) Check(c Checker) invariant.Fault {
	for i := range t.hooks {
		h := &t.hooks[i]
		if !h.used {
			continue
		}
		if h.state&bound == 0 && !c.Owns(h.owner, h.line) || h.state&bound != 0 && !c.OwnsFunction(h.owner, i) {
			return invariant.Of("irq: a hook of a task that has no such line (hook, owner)", uint64(i), uint64(h.owner))
		}
		for j := range t.hooks[:i] {
			if o := &t.hooks[j]; o.used && o.line == h.line && (o.owner == h.owner && (o.state|h.state)&bound == 0 || !t.lines.Level(h.line)) {
				return invariant.Of("irq: two hooks on a line where one may be (hook, hook)", uint64(i), uint64(j))
			}
		}
	}
	for slot := range t.of {
		if t.of[slot] != t.owned(slot) {
			return invariant.Of("irq: a slot's hooks are not those of its row (slot, row)", uint64(slot), t.of[slot])
		}
	}
	for line := range uint32(maxLines) {
		if t.on[line] != t.claims(line) {
			return invariant.Of("irq: a line's hooks are not those of its row (line, row)", uint64(line), t.on[line])
		}
		if t.on[line]&t.special != 0 && t.quarantined(line) {
			return invariant.Of("irq: a message's vector is another's, too (source, hooks)", uint64(line), t.on[line])
		}
		masked, known := c.Masked(line)
		if known && masked != t.masks(line) {
			return invariant.Of("irq: a line's mask is not what its hooks ask (line, hooks)", uint64(line), t.on[line])
		}
	}
	return invariant.Fault{}
}

// Open counts the lines that nobody has a hook on, and that are not masked.
func (t *Table) Open(c Checker) (n uint64) {
	for i, m := range t.had {
		for ; m != 0; m &= m - 1 {
			line := uint32(64*i + bits.TrailingZeros64(m))
			if masked, known := c.Masked(line); t.on[line] == 0 && known && !masked {
				n++
			}
		}
	}
	return n
}

// owned is what of says, counted anew.
func (t *Table) owned(slot int) (hooks uint64) {
	for i := range t.hooks {
		if h := &t.hooks[i]; h.used && h.owner.Slot() == slot {
			hooks |= 1 << i
		}
	}
	return hooks
}

// claims is what on says, counted anew.
func (t *Table) claims(line uint32) (hooks uint64) {
	for i := range t.hooks {
		if h := &t.hooks[i]; h.used && h.line == line {
			hooks |= 1 << i
		}
	}
	return hooks
}
