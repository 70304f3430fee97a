// Package fake is a port space for host tests: ports answer by functions, every access is
// logged.
package fake

// Access is one IN or OUT.
type Access struct {
	Out   bool
	Width int // bits
	Port  uint16
	Value uint32
}

// Ports is a port.Space. A port without a function reads as all ones and swallows
// writes, as on a PC.
type Ports struct {
	Read  map[uint16]func() uint32
	Write map[uint16]func(v uint32)
	Log   []Access
}

// New is a port space without devices.
func New() *Ports {
	return &Ports{Read: map[uint16]func() uint32{}, Write: map[uint16]func(uint32){}}
}

// Register makes port a plain register with a start value; the result is its cell.
func (p *Ports) Register(port uint16, v uint32) *uint32 {
	cell := new(uint32)
	*cell = v
	p.Read[port] = func() uint32 { return *cell }
	p.Write[port] = func(v uint32) { *cell = v }
	return cell
}

// Outs is the log's writes.
func (p *Ports) Outs() []Access {
	var outs []Access
	for _, a := range p.Log {
		if a.Out {
			outs = append(outs, a)
		}
	}
	return outs
}

func (p *Ports) in(port uint16, width int) uint32 {
	v := ^uint32(0)
	if f := p.Read[port]; f != nil {
		v = f()
	}
	v &= uint32(1<<width - 1)
	p.Log = append(p.Log, Access{false, width, port, v})
	return v
}

func (p *Ports) out(port uint16, width int, v uint32) {
	p.Log = append(p.Log, Access{true, width, port, v})
	if f := p.Write[port]; f != nil {
		f(v)
	}
}

func (p *Ports) In8(port uint16) uint8       { return uint8(p.in(port, 8)) }
func (p *Ports) In16(port uint16) uint16     { return uint16(p.in(port, 16)) }
func (p *Ports) In32(port uint16) uint32     { return p.in(port, 32) }
func (p *Ports) Out8(port uint16, v uint8)   { p.out(port, 8, uint32(v)) }
func (p *Ports) Out16(port uint16, v uint16) { p.out(port, 16, uint32(v)) }
func (p *Ports) Out32(port uint16, v uint32) { p.out(port, 32, v) }
