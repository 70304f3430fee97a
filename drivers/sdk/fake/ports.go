package fake

func (k *Kernel) in(port uint16, size int) uint32 {
	if k.Device == nil {
		k.TB.Fatalf("fake: #GP: IN from port %#x", port)
	}
	return k.Device.In(port, size)
}

func (k *Kernel) out(port uint16, size int, v uint32) {
	if k.Device == nil {
		k.TB.Fatalf("fake: #GP: OUT %#x to port %#x", v, port)
	}
	k.Device.Out(port, size, v)
}

// bus is what the guard of the guarded ports reaches them by.
type bus struct{ k *Kernel }

func (b bus) In8(port uint16) uint8     { return uint8(b.k.in(port, 1)) }
func (b bus) Out8(port uint16, v uint8) { b.k.out(port, 1, uint32(v)) }
