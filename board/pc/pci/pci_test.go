//go:build !tamago

package pci

import (
	"encoding/binary"
	"testing"

	"bennu/board/pc/mmio"
	"bennu/board/pc/port/fake"
	"bennu/kernel/abi"
)

// memory is ECAM of buses from 1 on: bytes.
type memory map[uint32]byte

func (m memory) Load(off uint32) uint32 {
	var b [4]byte
	for i := range b {
		b[i] = m[off+uint32(i)]
	}
	return binary.LittleEndian.Uint32(b[:])
}

func (m memory) Store(off, v uint32)          { m.put(off, v, 4) }
func (m memory) Store16(off uint32, v uint16) { m.put(off, uint32(v), 2) }
func (m memory) Store8(off uint32, v uint8)   { m.put(off, uint32(v), 1) }
func (m memory) put(off, v uint32, n int) {
	for i := range n {
		m[off+uint32(i)] = byte(v >> (8 * i))
	}
}

func TestECAM(t *testing.T) {
	m := memory{}
	e := ECAM{mmio.Fake(m), 1, 2}
	f := abi.MakeFunction(2, 3, 4)
	e.Write(f, 0x100, 4, 0x44332211)
	e.Write(f, 0x102, 2, 0x6655)
	e.Write(f, 0x101, 1, 0x77)
	if at := uint32(1<<20 | 3<<15 | 4<<12 | 0x100); m.Load(at) != 0x66557711 || len(m) != 4 {
		t.Errorf("%x", m)
	}
	for _, c := range []struct{ offset, width, want uint32 }{{0x100, 4, 0x66557711}, {0x102, 2, 0x6655}, {0x101, 1, 0x77}, {0x103, 1, 0x66}, {4096, 4, ^uint32(0)}, {4096, 1, 0xff}} {
		if v := e.Read(f, c.offset, c.width); v != c.want {
			t.Errorf("%x.%d: %x, want %x", c.offset, c.width, v, c.want)
		}
	}
	for _, bus := range []uint32{0, 3} {
		e.Write(abi.MakeFunction(bus, 0, 0), 0, 4, 1)
		if v := e.Read(abi.MakeFunction(bus, 0, 0), 0, 2); v != 0xffff {
			t.Errorf("bus %d: %x", bus, v)
		}
	}
	if len(m) != 4 {
		t.Errorf("written beyond: %x", m)
	}
}

func TestPorts(t *testing.T) {
	p := fake.New()
	p.Register(portAddress, 5)
	for i := uint16(0); i < 4; i++ {
		p.Register(portData+i, 0x87654321)
	}
	c := Ports{p}
	if !c.There() {
		t.Error("not there")
	}
	if v := p.In32(portAddress); v != 5 {
		t.Errorf("address register is left at %x", v)
	}
	f := abi.MakeFunction(1, 2, 3)
	for _, x := range []struct {
		offset, width uint32
		port          uint16
	}{{0x40, 4, portData}, {0x42, 2, portData + 2}, {0x43, 1, portData + 3}} {
		p.Log = nil
		if v := c.Read(f, x.offset, x.width); v != cut(0x87654321, x.width) {
			t.Errorf("read %x", v)
		}
		c.Write(f, x.offset, x.width, 9)
		want := []fake.Access{{Out: true, Width: 32, Port: portAddress, Value: 0x80011340}, {Width: int(8 * x.width), Port: x.port, Value: cut(0x87654321, x.width)},
			{Out: true, Width: 32, Port: portAddress, Value: 0x80011340}, {Out: true, Width: int(8 * x.width), Port: x.port, Value: 9}}
		for i, a := range p.Log {
			if i >= len(want) || a != want[i] {
				t.Errorf("access %d: %+v", i, a)
			}
		}
		p.Register(x.port, 0x87654321)
	}
	p.Log = nil
	c.Write(f, 256, 1, 1)
	c.Write(abi.MaxFunction+1, 0, 1, 1)
	if c.Read(f, 256, 2) != 0xffff || c.Read(abi.MaxFunction+1, 0, 4) != ^uint32(0) || len(p.Log) != 0 {
		t.Errorf("beyond the end: %+v", p.Log)
	}
	if (Ports{fake.New()}).There() {
		t.Error("there, where nothing answers")
	}
}
