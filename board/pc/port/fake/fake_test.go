package fake

import (
	"testing"

	"bennu/board/pc/port"
)

var _ port.Space = (*Ports)(nil)

func TestPorts(t *testing.T) {
	p := New()
	if v := p.In16(0x10); v != 0xffff {
		t.Errorf("absent port reads %#x", v)
	}
	cell := p.Register(0x20, 0x1234)
	if v := p.In8(0x20); v != 0x34 {
		t.Errorf("In8 = %#x", v)
	}
	p.Out32(0x20, 7)
	if *cell != 7 || len(p.Outs()) != 1 || len(p.Log) != 3 {
		t.Errorf("cell %#x, log %v", *cell, p.Log)
	}
}
