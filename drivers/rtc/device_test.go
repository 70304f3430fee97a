package main

// regCentury is where PCs have it whose firmware says so.
const regCentury = 0x32

// cAny is IRQF, which follows from the flags that the driver looks at.
const cAny = 0x80

// cmos is an MC146818 with the memory of a PC.
type cmos struct {
	r       [128]uint8
	index   uint8
	raise   func()
	up      int    // this many reads of register A say that an update is in progress
	onRead  func() // before each read of the seconds
	onSet   func() // before updates are held
	writes  []uint8
	century uint64 // what the firmware says
	counts  bool   // the century goes on by itself; else it is but memory
	reads   bool   // reading register D says from then on that the battery is good, as on the first chips
	deaf    uint8  // this register cannot be written; 0: all can, as 0 is no index that matters here
	dies    int    // after so many writes the driver's life is over: they go nowhere
}

func newCMOS(mode uint8, d date) *cmos {
	m := &cmos{century: regCentury, counts: true, dies: -1}
	m.r[regA], m.r[regB], m.r[regD] = 0x26, mode, 0x80
	m.put(d)
	return m
}

func (m *cmos) put(d date) {
	x := encode(d, m.r[regB])
	m.r[regSecond], m.r[regMinute], m.r[regHour], m.r[regDay] = x.second, x.minute, x.hour, x.day
	m.r[regMonth], m.r[regYear], m.r[regCentury], m.r[regWeekday] = x.month, x.year, x.century, x.weekday
}

// running tells whether it counts.
func (m *cmos) running() bool { return m.r[regB]&bSet == 0 && m.r[regA]&aDivider == aRunning }

// pass lets n seconds pass. Registers that hold no time stay as they are.
func (m *cmos) pass(n uint64) {
	if !m.running() {
		return
	}
	r := registers{m.r[regSecond], m.r[regMinute], m.r[regHour], 0, m.r[regDay], m.r[regMonth], m.r[regYear], m.r[regCentury]}
	d, ok := r.date(m.r[regB], true)
	if !ok {
		return
	}
	for ; n > 0; n-- {
		d.next()
	}
	century := m.r[regCentury]
	m.put(d)
	if !m.counts {
		m.r[regCentury] = century
	}
}

// next is the next second, in any year.
func (d *date) next() {
	for _, f := range []struct {
		v           *int
		first, last int
	}{{&d.second, 0, 59}, {&d.minute, 0, 59}, {&d.hour, 0, 23}, {&d.day, 1, daysOf(d.year, d.month)}, {&d.month, 1, 12}} {
		if *f.v++; *f.v <= f.last {
			return
		}
		*f.v = f.first
	}
	d.year++
}

// tick ends an update.
func (m *cmos) tick() {
	if !m.running() {
		return
	}
	was := m.r[regC]
	m.r[regC] |= cUpdate
	if m.r[regB]&bUpdate != 0 && was&cAny == 0 {
		m.r[regC] |= cAny
		m.raise()
	}
}

func (m *cmos) In(port uint16, _ int) uint32 {
	if port != portData {
		return 0xff
	}
	v := m.r[m.index]
	switch m.index {
	case regA:
		if m.up > 0 {
			m.up--
			v |= aUpdating
		}
	case regSecond:
		if m.onRead != nil {
			m.onRead()
			v = m.r[regSecond]
		}
	case regC:
		m.r[regC] = 0
	case regD:
		if m.reads {
			m.r[regD] |= dValid
		}
	}
	return uint32(v)
}

func (m *cmos) Out(port uint16, _ int, v uint32) {
	if port == portIndex {
		m.index = uint8(v) & 0x7f
		return
	}
	if m.index == regB && v&bSet != 0 && m.onSet != nil {
		m.onSet()
	}
	if m.dies == 0 {
		return
	}
	m.dies--
	switch {
	case m.index <= regYear && m.r[regB]&bSet == 0:
		m.writes = append(m.writes, m.index)
	case m.index == regB && v&bSet != 0:
		v &^= bUpdate
	case m.deaf != 0 && m.index == m.deaf, m.index == regC, m.index == regD:
		return
	}
	m.r[m.index] = uint8(v)
}
