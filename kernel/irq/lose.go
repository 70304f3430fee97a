package irq

import (
	"math/bits"

	"bennu/kernel/abi"
)

// Fault injection: interrupts that are lost, and interrupts that did not come.

// Hook is the bit of owner's hook on line; ok is false when it has none.
func (t *Table) Hook(owner abi.Endpoint, line uint32) (bit uint, ok bool) {
	for m := t.of[owner.Slot()]; m != 0; m &= m - 1 {
		if h := &t.hooks[bits.TrailingZeros64(m)]; h.owner == owner && h.line == line {
			return h.bit, true
		}
	}
	return 0, false
}

// Lose has owner not be told of the next n interrupts on line, which are taken for handled: an edge is gone, and a level that stays brings
// the next one at once. Line ^0 is each of owner's. Errors: EPERM (it has no hook on the line).
func (t *Table) Lose(owner abi.Endpoint, line uint32, n uint64) abi.Errno {
	e := abi.EPERM
	for m := t.of[owner.Slot()]; m != 0; m &= m - 1 {
		if h := &t.hooks[bits.TrailingZeros64(m)]; h.owner == owner && (h.line == line || line == ^uint32(0)) {
			t.losing &^= m & -m
			if n > 0 {
				t.losing |= m & -m
			}
			t.lose[bits.TrailingZeros64(m)], e = n, abi.OK
		}
	}
	return e
}

// lost counts an interrupt for hooks of a line, and leaves those that are told of it.
func (t *Table) lost(on uint64) (told uint64) {
	told = on &^ t.losing
	for m := on & t.losing; m != 0; m &= m - 1 {
		i := bits.TrailingZeros64(m)
		if t.lose[i]--; t.lose[i] == 0 {
			t.losing &^= 1 << i
		}
	}
	return told
}
