package kernel

import (
	"strconv"

	"bennu/kernel/abi"
	"bennu/kernel/sched"
)

// console is the part of the log that is on its way to a person: to the console while no task has that, or to an
// emulator's debug console. A UART takes a millisecond for a few bytes, and ring 0 waits for nobody: lines go out in
// pieces, one an entry, and the rest when nothing else is to do.
type console struct {
	buf    [consoleSize]byte
	end    uint64   // bytes ever put in
	out    uint64   // how far it has got
	missed uint64   // lines that found no room
	note   [32]byte // words for these
}

const (
	consoleSize = 16 << 10
	patience    = 1 << 20 // turns of a flush's wait for a UART that takes nothing
)

// put adds a line. One that finds no room is counted, and the count stands where the lines would be.
func (c *console) put(line []byte) {
	room := consoleSize - int(c.end-c.out)
	if c.missed > 0 {
		note := c.words()
		if room < len(note)+len(line) {
			c.missed++
			return
		}
		c.add(note)
		room -= len(note)
		c.missed = 0
	}
	if room < len(line) {
		c.missed++
		return
	}
	c.add(line)
}

func (c *console) add(b []byte) {
	n := copy(c.buf[c.end%consoleSize:], b)
	copy(c.buf[:], b[n:])
	c.end += uint64(len(b))
}

// words is "N lines missed" for a person.
func (c *console) words() []byte {
	n := len(strconv.AppendUint(c.note[:0], c.missed, 10))
	n += copy(c.note[n:], " lines missed\n")
	return c.note[:n]
}

// piece is the next bytes, as far as they lie in one place.
func (c *console) piece() []byte {
	at := c.out % consoleSize
	return c.buf[at:min(at+c.end-c.out, consoleSize)]
}

// waiting tells whether something is left.
func (c *console) waiting() bool { return c.out != c.end }

// showing tells whether lines are on their way.
func (k *Kernel) showing() bool { return k.console.waiting() || k.debug.waiting() }

// show lets a piece out. left: there is more; went: some of it went.
func (k *Kernel) show() (left, went bool) {
	if k.consoleTask { // it writes for itself
		k.console.out = k.console.end
	}
	before := k.console.out + k.debug.out
	if b := k.console.piece(); len(b) > 0 {
		k.console.out += uint64(k.m.Console(b))
	}
	if b := k.debug.piece(); len(b) > 0 {
		k.debug.out += uint64(k.m.Debug(b))
	}
	return k.showing(), k.console.out+k.debug.out != before
}

// flush lets everything out before the machine ends.
func (k *Kernel) flush() {
	for turns := 0; turns < patience; turns++ {
		left, went := k.show()
		if !left {
			return
		}
		if went {
			turns = 0
		}
	}
}

// showSome is a step of show, on the kernel's account.
func (k *Kernel) showSome() {
	k.pay(abi.AccountKernel, sched.Whole, -1)
	k.show()
}
