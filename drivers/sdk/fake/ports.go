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

func (k *Kernel) In8(port uint16) uint8       { return uint8(k.in(port, 1)) }
func (k *Kernel) In16(port uint16) uint16     { return uint16(k.in(port, 2)) }
func (k *Kernel) In32(port uint16) uint32     { return k.in(port, 4) }
func (k *Kernel) Out8(port uint16, v uint8)   { k.out(port, 1, uint32(v)) }
func (k *Kernel) Out16(port uint16, v uint16) { k.out(port, 2, uint32(v)) }
func (k *Kernel) Out32(port uint16, v uint32) { k.out(port, 4, v) }
