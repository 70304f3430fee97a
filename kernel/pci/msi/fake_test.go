package msi

import (
	"math/rand"

	"bennu/kernel/abi"
)

// What the tests' function is, and where its memory lies: above 512 GiB, where firmware puts 64-bit registers.
const (
	name  = abi.Function(5 << 3)
	capAt = 0x50
	bar2  = 0xe0_0000_0000
	port  = 0xfee0_0000
)

// function is a PCI function. Registers that are not writable keep what they are.
type function struct {
	config   [256]byte
	writable [256]byte
	memory   map[uint64]uint32
	gone     bool
	rnd      *rand.Rand // it answers and keeps what it likes; nil: it does not
	asserts  bool
	sent     int // messages
	waits    bool
	loads    int
	forgets  uint64 // address of a word that keeps nothing
}

func (d *function) Read(f abi.Function, at, width uint32) (v uint32) {
	if d.gone || f != name {
		return ^uint32(0) >> (32 - 8*width)
	}
	for i := range width {
		v |= uint32(d.config[at+i]) << (8 * i)
	}
	if at == regStatus && d.asserts {
		v |= statusINTx
	}
	if d.rnd != nil && d.rnd.Intn(3) == 0 {
		v = d.rnd.Uint32() >> (32 - 8*width)
	}
	return v
}

func (d *function) Write(f abi.Function, at, width, v uint32) {
	if f != name || at+width > 256 {
		panic("a write somewhere else")
	}
	for i := range width {
		w := d.writable[at+i]
		d.config[at+i] = d.config[at+i]&^w | byte(v>>(8*i))&w
	}
}

func (d *function) Load(a uint64) uint32 {
	d.loads++
	if a < bar2 || a >= bar2+0x2000 || a%4 != 0 {
		panic("a load somewhere else")
	}
	if d.rnd != nil && d.rnd.Intn(3) == 0 {
		return d.rnd.Uint32()
	}
	return d.memory[a]
}

func (d *function) Store(a uint64, v uint32) {
	if a < bar2 || a >= bar2+0x2000 || a%4 != 0 {
		panic("a store somewhere else")
	}
	if a != d.forgets {
		d.memory[a] = v
	}
	d.look()
}

// put writes a register whatever it is, and makes bits writable.
func (d *function) put(at, width, v, writable uint32) {
	for i := range width {
		d.config[at+i], d.writable[at+i] = byte(v>>(8*i)), byte(writable>>(8*i))
	}
}

// newINTx is a function with the two bits.
func newINTx() *function {
	d := &function{memory: map[uint64]uint32{}}
	d.put(regCommand, 2, 0, 0x547)
	return d
}

// newMSI has a capability with the bits of its control.
func newMSI(control uint32) *function {
	d := newINTx()
	d.put(capAt+2, 2, control, msiOn|msiMultiple)
	d.put(capAt+4, 4, 0, 0xfffffffc)
	data := uint32(capAt + 8)
	if control&msiWide != 0 {
		d.put(data, 4, 0, 0xffffffff)
		data += 4
	}
	d.put(data, 4, 0, 0xffff)
	if control&msiMasks != 0 {
		d.put(data+4, 4, 0, 1)
	}
	return d
}

// newMSIX has n entries.
func newMSIX(n uint32) *function {
	d := newINTx()
	d.put(capAt+2, 2, n-1, msixOn|msixHush)
	for i := range uint64(n) {
		d.memory[bar2+0x800+16*i+entryControl] = entryMasked
	}
	return d
}

// table is that of n entries.
func table(n uint64) Vectors { return Vectors{Cap: capAt, At: bar2 + 0x800, Size: n} }

// control is the capability's.
func (d *function) control() uint32 { return d.Read(name, capAt+2, 2) }

// raise has the function interrupt by entry 0 of its table, as soon as that is not masked.
func (d *function) raise() { d.waits = true; d.look() }

func (d *function) look() {
	if d.waits && d.control()&(msixOn|msixHush) == msixOn && d.memory[bar2+0x800+entryControl]&entryMasked == 0 {
		d.waits, d.sent = false, d.sent+1
	}
}
