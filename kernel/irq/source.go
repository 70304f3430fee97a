package irq

import (
	"math/bits"

	"bennu/kernel/abi"
)

// sources is what is known of sources beside their hooks.
type sources struct {
	offered [maxLines / 64]uint64 // those that messages may have: no line has their vector
	resting [maxLines / 64]uint64 // of these, those that were given back, and not found quiet yet
	shut    [maxLines / 64]uint64 // lines that storm, and no function owns up to it: masked until Reopen
	anyShut bool
	next    uint32 // where the search for a free one goes on: who was given back last is given out last
	orphans [maxLines]uint32
	strays  [maxLines]uint32
	Storms  uint64
}

// Offer lets messages have a source, which no line has.
func (t *Table) Offer(source uint32) { t.offered[source/64%(maxLines/64)] |= 1 << (source % 64) }

// quarantined tells whether a message of the last owner's may still come.
func (t *Table) quarantined(source uint32) bool { return t.resting[source/64]>>(source%64)&1 != 0 }

// vector finds a source that no message has. One that was given back is in quarantine: Gate.Drop has seen to it that
// what its function had sent has arrived, and it is free as soon as the processor has been told of that.
func (t *Table) vector() (source uint32, ok bool) {
	for range maxLines {
		source, t.next = t.next, (t.next+1)%maxLines
		word, bit := source/64, uint64(1)<<(source%64)
		if t.offered[word]&bit == 0 || t.on[source] != 0 || t.resting[word]&bit != 0 && t.lines.Pending(source) {
			continue
		}
		t.resting[word] &^= bit
		return source, true
	}
	return 0, false
}

// row finds a free row; -1: there is none.
func (t *Table) row() int {
	for i := range t.hooks {
		if !t.hooks[i].used {
			return i
		}
	}
	return -1
}

// ClaimMessage gives owner a hook on a message, and the source that its function is to raise. The function raises nothing yet. Preconditions:
// the function is owner's, and this message of it has no hook.
//
// Errors: EINVAL (bit > 63), ENOSPC (no hook, or no vector that is free and quiet).
func (t *Table) ClaimMessage(owner abi.Endpoint, bit uint64) (id, source uint32, e abi.Errno) {
	if bit > 63 {
		return 0, 0, abi.EINVAL
	}
	i := t.row()
	if i < 0 {
		return 0, 0, abi.ENOSPC
	}
	source, ok := t.vector()
	if !ok {
		return 0, 0, abi.ENOSPC
	}
	t.make(i, hook{owner: owner, line: source, bit: uint(bit), state: message | bound})
	return uint32(i), source, abi.OK
}

// ClaimFunction gives owner a hook on what a function raises on a line. canAsk: Gate.Asserts and Gate.Quell can be relied on, so the
// line is not masked for it. Preconditions: the line exists, the function is owner's and has no hook.
//
// Errors: EINVAL (bit > 63), EBUSY (the line is edge-triggered and another has it), ENOSPC.
func (t *Table) ClaimFunction(owner abi.Endpoint, line uint32, bit uint64, canAsk bool) (id uint32, e abi.Errno) {
	switch i, level := t.row(), t.lines.Level(line); {
	case bit > 63:
		return 0, abi.EINVAL
	case !level && t.on[line] != 0:
		return 0, abi.EBUSY
	case i < 0:
		return 0, abi.ENOSPC
	case canAsk && level:
		t.make(i, hook{owner: owner, line: line, bit: uint(bit), state: asks | bound})
		return uint32(i), abi.OK
	default:
		t.make(i, hook{owner: owner, line: line, bit: uint(bit), state: bound, level: level})
		return uint32(i), abi.OK
	}
}

// allow is Enable of a function that can be silenced itself. What may have been lost meanwhile is told as if it had come.
func (t *Table) allow(h *hook, id int) (another bool) {
	another = h.state&again != 0
	silent := h.state&quelled != 0
	h.state &^= active | again | quelled
	h.missed = 0
	if silent && t.Gate.Allow(id) {
		another = true
	}
	if another {
		h.state |= active
	}
	return another
}

// quell silences hook i's function until Enable.
func (t *Table) quell(h *hook, i int) {
	h.state |= quelled
	t.Gate.Quell(i)
}

// functions handles an interrupt of a source that some of the hooks on are special of. It returns the others, if
// they may be those that it is from: a line is asserted as long as one of its functions asserts it, so whoever
// cannot be asked is told when none of the others owns up.
func (t *Table) functions(line uint32, on uint64, notify func(abi.Endpoint, uint) bool) (rest uint64) {
	claimed := on&t.special != t.on[line]&t.special // one is to miss it
	for m := on & t.special; m != 0; m &= m - 1 {
		i := bits.TrailingZeros64(m)
		h := &t.hooks[i]
		switch {
		case h.state&message != 0:
			t.message(h, i, notify)
			return 0
		case h.state&quelled == 0 && t.Gate.Asserts(i):
			t.quell(h, i)
			claimed = true
			if notify(h.owner, h.bit) {
				h.state |= active
			} else {
				h.state |= held
			}
		}
	}
	if claimed {
		t.orphans[line] = 0
		return 0
	}
	if rest = on &^ t.special; rest == 0 {
		t.orphan(line)
	}
	return rest
}

// message handles one of hook i. It cannot be lost, and need not be masked: the first one is told, and those that come before its
// owner has served it are one more.
func (t *Table) message(h *hook, i int, notify func(abi.Endpoint, uint) bool) {
	switch {
	case h.state&quelled != 0: // its function was silenced: so it is somebody else's, or was under way
		t.stray(h.line)
	case h.state&(active|held) != 0:
		h.state |= again
		if h.missed++; h.missed >= StormAfter {
			t.quell(h, i)
			h.storms++
			t.storm(h.owner, h.line, h.storms)
		}
		if t.Report != nil {
			t.Report.Charge(h.owner)
		}
	case notify(h.owner, h.bit):
		h.state |= active
	default:
		h.state |= held
	}
}

// orphan counts an interrupt of a line that none of its functions asserts: one that has gone, or one that lies. Who lies without an end
// has the line masked until Reopen.
func (t *Table) orphan(line uint32) {
	t.stray(line)
	if t.orphans[line]++; t.orphans[line] < StormAfter {
		return
	}
	t.orphans[line] = 0
	t.shut[line/64] |= 1 << (line % 64)
	t.anyShut = true
	t.lines.Mask(line)
	t.storm(0, line, t.strays[line]/StormAfter)
}

func (t *Table) isShut(line uint32) bool { return t.shut[line/64]>>(line%64)&1 != 0 }

// Reopen unmasks lines that were masked because none of their functions owned up to what they raised: they go on, as often as this is
// called, for those who do.
func (t *Table) Reopen() {
	if !t.anyShut {
		return
	}
	t.anyShut = false
	for i, m := range t.shut {
		t.shut[i] = 0
		for ; m != 0; m &= m - 1 {
			t.update(uint32(64*i + bits.TrailingZeros64(m)))
		}
	}
}

// stray counts an interrupt of a source that nobody wants.
func (t *Table) stray(source uint32) {
	t.Stray++
	if t.strays[source]++; t.Report != nil {
		t.Report.Stray(source, t.strays[source])
	}
}

func (t *Table) storm(owner abi.Endpoint, source, n uint32) {
	t.Storms++
	if t.Report != nil {
		t.Report.Storm(owner, source, n)
	}
}

// Allowed lets the function of a new hook raise what it likes, which it has been told how.
func (t *Table) Allowed(id uint32) {
	if h := &t.hooks[id%abi.MaxHooks]; h.state&bound != 0 {
		h.state &^= quelled
		t.Gate.Allow(int(id))
	}
}
