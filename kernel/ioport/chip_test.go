package ioport

// chip is a keyboard controller and a CMOS clock as their manuals describe them, of one of the two kinds that there
// are: one on which a command cancels another that waits for data, and one on which it does not. harm is the
// first thing that the machine would have noticed.
type chip struct {
	cancels bool
	slow    int // polls of the status until a byte is taken

	buffer   int // byte | 0x100 for a command; -1: empty
	left     int
	lost     int // bytes that were replaced before they were taken
	pending  uint8
	config   uint8
	keyboard []byte // what the devices were sent
	aux      []byte
	output   []byte // what the controller gives
	harm     string

	index  uint8
	cmos   [128]uint8
	masked bool // NMIs
	reads  int
	writes int
}

func newChip(cancels bool, slow int) *chip {
	c := &chip{cancels: cancels, slow: slow, buffer: -1, config: 0x65}
	for i := range c.cmos {
		c.cmos[i] = uint8(i) ^ 0xa5
	}
	return c
}

func (c *chip) hurt(what string) {
	if c.harm == "" {
		c.harm = what
	}
}

func (c *chip) In8(port uint16) uint8 {
	c.reads++
	switch port {
	case 0x64:
		status := uint8(0x04)
		if c.buffer >= 0 {
			if c.left--; c.left < 0 {
				c.take()
			} else {
				status |= 2
			}
		}
		if len(c.output) > 0 {
			status |= 1
		}
		return status
	case 0x60:
		if len(c.output) == 0 {
			return 0
		}
		v := c.output[0]
		c.output = c.output[1:]
		return v
	case 0x71:
		return c.cmos[c.index]
	}
	return 0xff
}

func (c *chip) Out8(port uint16, v uint8) {
	c.writes++
	switch port {
	case 0x60, 0x64:
		if c.buffer >= 0 {
			c.lost++
		}
		c.buffer, c.left = int(v), c.slow
		if port == 0x64 {
			c.buffer |= 0x100
		}
		if c.slow == 0 {
			c.take()
		}
	case 0x70:
		c.masked = c.masked || v&0x80 != 0
		c.index = v & 0x7f
	case 0x71:
		c.cmos[c.index] = v
	default:
		c.hurt("another device's port")
	}
}

// flush lets the controller take what waits.
func (c *chip) flush() {
	if c.buffer >= 0 {
		c.take()
	}
}

func (c *chip) take() {
	b := c.buffer
	c.buffer = -1
	if b >= 0x100 {
		c.command(uint8(b))
	} else {
		c.data(uint8(b))
	}
}

func (c *chip) command(b uint8) {
	data := b >= 0x40 && b < 0x80 || b >= 0xd1 && b <= 0xd4
	if data || c.cancels {
		c.pending = 0
	}
	switch {
	case b == 0x20:
		c.output = append(c.output, c.config)
	case data:
		c.pending = b
	case b == 0xa7, b == 0xa8, b == 0xad, b == 0xae: // the two devices off and on
	case b == 0xa9, b == 0xab:
		c.output = append(c.output, 0)
	case b == 0xaa:
		c.output = append(c.output, 0x55)
	case b >= 0xf0 && b&1 == 0:
		c.hurt("the processor was reset")
	case b >= 0xf0 && b&2 == 0, b == 0xdd:
		c.hurt("A20 was off")
	default:
		c.hurt("a command of some makers only")
	}
}

func (c *chip) data(b uint8) {
	to := c.pending
	c.pending = 0
	switch {
	case to == 0:
		c.keyboard = append(c.keyboard, b)
	case to == 0x60:
		if c.config = b; b&0x04 == 0 {
			c.hurt("the system flag was cleared")
		} else if b&0x80 != 0 {
			c.hurt("a reserved bit was set")
		}
	case to < 0x80:
		c.hurt("memory of the controller was written")
	case to == 0xd1 && b&1 == 0:
		c.hurt("the processor was reset")
	case to == 0xd1:
		c.hurt("the output port was written")
	case to == 0xd4:
		c.aux = append(c.aux, b)
	default: // d2, d3
		c.output = append(c.output, b)
	}
}
