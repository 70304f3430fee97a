package main

import (
	"testing"
	"time"

	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// model is edu as [1] describes it: a computation and a transfer take their time, and each sends a message when it was asked to.
type model struct {
	t          *testing.T
	k          *fake.Kernel
	f          *fake.Function
	id         uint32
	live       uint32
	factorial  uint32
	status     uint32
	raised     uint32
	dma        [4]uint64 // source, destination, count, command
	memory     [4096]byte
	hangs      bool // it ends nothing any more
	faults     int  // transfers from or to where it reaches nothing
	messages   int
	noMessages bool
}

// newModel puts one into a machine.
func newModel(t *testing.T, k *fake.Kernel) *model {
	m := &model{t: t, k: k, id: identity}
	m.f = k.AddFunction(&fake.Function{Device: m, Info: abi.FunctionInfo{
		ID:  abi.FunctionID{Function: abi.MakeFunction(0, 5, 0), Vendor: 0x1234, Device: 0x11e8, Class: 0x00ff00},
		MSI: 1, BARs: [abi.MaxBARs]abi.BAR{{Base: 0xfea00000, Size: 1 << 20, Kind: abi.BARMemory}},
	}})
	return m
}

func (m *model) Load(bar int, offset uint64, size int) uint64 {
	if bar != 0 || size != 4 && (size != 8 || offset < regSource) {
		m.t.Errorf("load of %d bytes at %#x of BAR %d", size, offset, bar)
	}
	switch offset {
	case regID:
		return uint64(m.id)
	case regLive:
		return uint64(^m.live)
	case regFactorial:
		return uint64(m.factorial)
	case regStatus:
		return uint64(m.status)
	case regRaised:
		return uint64(m.raised)
	case regSource, regDestination, regCount, regCommand:
		return m.dma[(offset-regSource)/8]
	}
	m.t.Errorf("load at %#x", offset)
	return 0
}

func (m *model) Store(bar int, offset uint64, size int, v uint64) {
	if bar != 0 || size != 4 && (size != 8 || offset < regSource) {
		m.t.Errorf("store of %d bytes at %#x of BAR %d", size, offset, bar)
	}
	busy := m.dma[3]&start != 0
	switch offset {
	case regLive:
		m.live = uint32(v)
	case regFactorial:
		if m.status&computing == 0 {
			m.status |= computing
			m.factorial = uint32(v)
			m.after(time.Millisecond, m.compute)
		}
	case regStatus:
		m.status = m.status&^interrupts | uint32(v)&interrupts
	case regAcknowledge:
		m.raised &^= uint32(v)
	case regSource, regDestination, regCount:
		if !busy {
			m.dma[(offset-regSource)/8] = v
		}
	case regCommand:
		if !busy {
			m.dma[3] = v
		}
		if !busy && v&start != 0 {
			m.after(100*time.Millisecond, m.move)
		}
	default:
		m.t.Errorf("store at %#x", offset)
	}
}

func (m *model) after(d time.Duration, do func()) {
	m.k.At(d, func() {
		if !m.hangs {
			do()
		}
	})
}

func (m *model) raise(bits uint32) {
	m.raised |= bits
	if !m.noMessages {
		m.messages++
		m.f.Signal(0)
	}
}

func (m *model) compute() {
	product := uint32(1)
	for n := m.factorial; n > 1; n-- {
		product *= n
	}
	m.factorial, m.status = product, m.status&^computing
	if m.status&interrupts != 0 {
		m.raise(1)
	}
}

func (m *model) move() {
	command := m.dma[3]
	m.dma[3] &^= start
	outside, inside := m.dma[0], m.dma[1]
	if command&fromDevice != 0 {
		outside, inside = inside, outside
	}
	inside -= buffer
	ram := m.f.Memory(outside, m.dma[2])
	if inside > 4096 || m.dma[2] > 4096-inside || ram == nil {
		m.faults++
	} else if own := m.memory[inside:][:m.dma[2]]; command&fromDevice != 0 {
		copy(ram, own)
	} else {
		copy(own, ram)
	}
	if command&interruptEnd != 0 {
		m.raise(0x100)
	}
}
