package irq

import (
	"math/bits"

	"bennu/kernel/abi"
)

// Direct is the one hook that an interrupt of a source, a line or a message, is for, if that is all: one owner, who has handled the last one, and no function to be asked. Told is to follow when
// the owner was told; it is Interrupt then.
func (t *Table) Direct(line uint32) (id int, owner abi.Endpoint, bit uint, ok bool) {
	on := t.on[line&(maxLines-1)]
	id = bits.TrailingZeros64(on)
	h := &t.hooks[id%abi.MaxHooks]
	if on == 0 || on&(on-1) != 0 || h.state&(active|held|asks) != 0 {
		return 0, 0, 0, false
	}
	return id, h.owner, h.bit, true
}

// Told notes that the owner of hook id was told of an interrupt.
func (t *Table) Told(id int) {
	h := &t.hooks[id%abi.MaxHooks]
	if h.state |= active; h.level {
		t.lines.Mask(h.line)
	}
}
