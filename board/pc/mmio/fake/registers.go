package fake

// Access is one load or store of a register.
type Access struct {
	Store bool
	Off   uint32
	Value uint32
}

// Registers is a mmio.Device: plain cells, with a hook for those that do more. Every access is
// logged.
type Registers struct {
	Cells   map[uint32]uint32
	OnLoad  map[uint32]func() uint32
	OnStore map[uint32]func(v uint32)
	Log     []Access
}

// NewRegisters is registers that all read zero.
func NewRegisters() *Registers {
	return &Registers{Cells: map[uint32]uint32{}, OnLoad: map[uint32]func() uint32{}, OnStore: map[uint32]func(uint32){}}
}

// Load reads a register.
func (r *Registers) Load(off uint32) uint32 {
	v := r.Cells[off]
	if f := r.OnLoad[off]; f != nil {
		v = f()
	}
	r.Log = append(r.Log, Access{false, off, v})
	return v
}

// Store writes a register.
func (r *Registers) Store(off, v uint32) {
	r.Log = append(r.Log, Access{true, off, v})
	if f := r.OnStore[off]; f != nil {
		f(v)
		return
	}
	r.Cells[off] = v
}
