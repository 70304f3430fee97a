package fake

import (
	"encoding/binary"
	"slices"

	"bennu/kernel/abi"
)

// Registers is a model of a device, as its holder reaches it. size is 1, 2, 4 or 8 bytes.
type Registers interface {
	Load(bar int, offset uint64, size int) uint64
	Store(bar int, offset uint64, size int, v uint64)
}

// Function is a PCI function of the machine, which the driver's system.conf shows. Its exported fields may be changed at any time.
type Function struct {
	Info      abi.FunctionInfo
	Config    [256]byte // what PCIRead gives and PCIWrite changes
	Device    Registers
	Refuse    abi.Errno // of PCIReserve
	Master    bool      // bus mastering is on
	Resets    int       // how often it was reset
	resetting bool      // a reset was begun
	// Windows are those of Client that an IOMMU could have it reach (DMAMap). Nil: there is no IOMMU.
	Windows map[abi.WindowID][]byte

	k      *Kernel
	held   bool
	lines  map[uint32]uint32 // of its messages
	hooks  []uint32          // of these
	memory []abi.DMAView     // that it reaches
	bytes  map[uint64][]byte // by Address
}

// Where the fake puts memory of devices and DMA memory: the number of the function, or the piece, and of the BAR are in the address.
const (
	barAt       = 1 << 44
	functionAt  = 1 << 36 // between functions
	oneBAR      = 1 << 32
	dmaAt       = 1 << 45
	dmaDevice   = 0x1000_0000
	dmaPiece    = 1 << 24 // between pieces
	windowPiece = 1 << 44 // windows are pieces that the driver does not see
	firstLine   = 128     // of messages: no wire has such a line here
	perFunction = 8       // messages
)

// AddFunction puts a function into the machine, behind those that it has.
func (k *Kernel) AddFunction(f *Function) *Function {
	f.k = k
	f.release()
	k.functions = append(k.functions, f)
	return f
}

// Signal has the function send a message as interrupt. Without a hook, or while it is not enabled again, nothing is delivered now. It tells
// whether the driver was told; it does not run it.
func (f *Function) Signal(message uint32) bool {
	line, ok := f.lines[message]
	return ok && f.k.Fire(line)
}

// Enables is how often the driver has enabled a message again; -1 when it has not asked for it.
func (f *Function) Enables(message uint32) int {
	if line, ok := f.lines[message]; ok {
		return f.k.Enables(line)
	}
	return -1
}

// Memory is n bytes that the function reaches at a device address; nil when it reaches none there, or is no bus master.
func (f *Function) Memory(device, n uint64) []byte {
	for _, v := range f.memory {
		if at := device - v.Device; f.Master && device >= v.Device && at < v.Size && n <= v.Size-at {
			return f.bytes[v.Address][at : at+n]
		}
	}
	return nil
}

// Pieces is how many pieces of DMA memory there are.
func (f *Function) Pieces() int { return len(f.memory) }

// release is the end of a holder.
func (f *Function) release() {
	f.held, f.Master, f.Info.Holder = false, false, abi.None
	f.lines, f.hooks, f.memory, f.bytes = map[uint32]uint32{}, nil, nil, map[uint64][]byte{}
}

// pci is CallPCI.
func (k *Kernel) pci(c [5]uint64) (abi.Errno, uint64) {
	op, at := abi.PCIOp(c[0]), abi.Function(c[1])
	var f *Function
	n := 0
	for i, o := range k.functions {
		if op == abi.PCIFirst || op == abi.PCINext && o.Info.ID.Function > at {
			return abi.OK, uint64(o.Info.ID.Function)
		}
		if o.Info.ID.Function == at {
			f, n = o, i
		}
	}
	switch {
	case f == nil || op == abi.PCIFirst || op == abi.PCINext:
		return abi.ESRCH, 0
	case op == abi.PCIInfo:
		copy(k.driver.CallArea().Buf[:], abi.Bytes(&f.Info))
		return abi.OK, 0
	case op == abi.PCIReserve && f.Refuse != abi.OK:
		return f.Refuse, 0
	case op == abi.PCIReserve:
		f.held, f.Info.Holder = true, k.Info.Endpoint
		return abi.OK, 0
	case !f.held:
		return abi.EPERM, 0
	}
	return f.call(op, n, c[2], c[3], c[4])
}

// call is what the holder may do; n is the function's number in the machine.
func (f *Function) call(op abi.PCIOp, n int, a, b, v uint64) (abi.Errno, uint64) {
	switch op {
	case abi.PCIRelease:
		f.release()
	case abi.PCIRead, abi.PCIWrite:
		if b != 1 && b != 2 && b != 4 || a%b != 0 || a >= uint64(len(f.Config)) {
			return abi.EINVAL, 0
		}
		var word [8]byte
		if op == abi.PCIWrite {
			binary.LittleEndian.PutUint64(word[:], v)
			copy(f.Config[a:a+b], word[:])
			return abi.OK, 0
		}
		copy(word[:], f.Config[a:a+b])
		return abi.OK, binary.LittleEndian.Uint64(word[:])
	case abi.PCICap:
		for _, c := range f.Info.Caps[:f.Info.NCaps] {
			if uint64(c.ID) == a&0xffff && uint64(c.Offset) > b && (c.Offset >= 0x100) == (a&abi.CapExtended != 0) {
				return abi.OK, uint64(c.Offset)
			}
		}
		return abi.EDOM, 0
	case abi.PCIBar:
		if a >= abi.MaxBARs || f.Info.BARs[a].Kind == abi.BARNone {
			return abi.EDOM, 0
		}
		bar := &f.Info.BARs[a]
		view := abi.BARView{Address: barAt + uint64(n)*functionAt + a*oneBAR, Size: bar.Size, Kind: bar.Kind}
		if bar.Kind == abi.BARPorts {
			view.Address = bar.Base
		}
		copy(f.k.driver.CallArea().Buf[:], abi.Bytes(&view))
		return abi.OK, view.Address
	case abi.PCIInterrupt:
		if a >= max(uint64(f.Info.MSIX), uint64(f.Info.MSI), 1) || a >= perFunction {
			return abi.EDOM, 0
		}
		line := uint32(firstLine + n*perFunction + int(a))
		hook, e := f.k.driver.Gate().IRQSetPolicy(line, uint(b))
		if e == abi.OK {
			f.lines[uint32(a)], f.hooks = line, append(f.hooks, hook)
		}
		return e, uint64(hook)
	case abi.PCIMaster:
		f.Master = a == 1
	case abi.PCIReset:
		return f.reset(), 0
	default:
		return abi.EINVAL, 0
	}
	return abi.OK, 0
}

// reset begins a reset, which takes the messages, or ends it.
func (f *Function) reset() abi.Errno {
	if f.resetting = !f.resetting; !f.resetting {
		f.Resets++
		return abi.OK
	}
	f.Master = false
	for _, hook := range f.hooks {
		f.k.driver.Gate().IRQRmPolicy(hook)
	}
	f.lines, f.hooks = map[uint32]uint32{}, nil
	return abi.EAGAIN
}

// dma is CallDMA.
func (k *Kernel) dma(c [5]uint64) (abi.Errno, uint64) {
	for _, f := range k.functions {
		if f.Info.ID.Function != abi.Function(c[1]) {
			continue
		}
		if !f.held {
			return abi.EPERM, 0
		}
		return f.dma(abi.DMAOp(c[0]), c[2], c[3], abi.Endpoint(c[4]))
	}
	return abi.ESRCH, 0
}

func (f *Function) dma(op abi.DMAOp, a, flags uint64, owner abi.Endpoint) (abi.Errno, uint64) {
	switch op {
	case abi.DMAAlloc:
		if a == 0 || flags&^abi.DMA32 != 0 {
			return abi.EINVAL, 0
		}
		k := f.k
		k.pieces++
		v := abi.DMAView{Address: dmaAt + k.pieces*oneBAR, Device: dmaDevice + k.pieces*dmaPiece, Size: (a + abi.PageSize - 1) &^ (abi.PageSize - 1)}
		f.memory, f.bytes[v.Address] = append(f.memory, v), make([]byte, v.Size)
		copy(k.driver.CallArea().Buf[:], abi.Bytes(&v))
		return abi.OK, v.Address
	case abi.DMAFree:
		for i, v := range f.memory {
			if v.Address == a {
				f.memory = append(f.memory[:i:i], f.memory[i+1:]...)
				delete(f.bytes, a)
				return abi.OK, 0
			}
		}
		return abi.EINVAL, 0
	case abi.DMAMap:
		return f.dmaMap(abi.WindowID(a), owner)
	case abi.DMAUnmap:
		at := dmaAt + windowPiece + a*oneBAR
		for i, v := range f.memory {
			if v.Address == at {
				f.memory = append(f.memory[:i:i], f.memory[i+1:]...)
				return abi.OK, 0
			}
		}
		return abi.EINVAL, 0
	}
	return abi.EPERM, 0
}

// dmaMap has it reach a window. Errors: EPERM (no IOMMU), EINVAL (owner has no such window), EEXIST.
func (f *Function) dmaMap(w abi.WindowID, owner abi.Endpoint) (abi.Errno, uint64) {
	b, at := f.Windows[w], uint64(dmaAt+windowPiece)+uint64(w)*oneBAR
	switch {
	case f.Windows == nil:
		return abi.EPERM, 0
	case b == nil || owner != Client:
		return abi.EINVAL, 0
	case slices.ContainsFunc(f.memory, func(v abi.DMAView) bool { return v.Address == at }):
		return abi.EEXIST, 0
	}
	f.k.pieces++
	v := abi.DMAView{Address: at, Device: dmaDevice + f.k.pieces*dmaPiece, Size: uint64(len(b))}
	f.memory, f.bytes[v.Address] = append(f.memory, v), b
	copy(f.k.driver.CallArea().Buf[:], abi.Bytes(&abi.DMAView{Device: v.Device, Size: v.Size}))
	return abi.OK, v.Device
}

// function is who answers at an address of memory of devices.
func (k *Kernel) function(at uint64) (f *Function, bar int, offset uint64) {
	n, bar, offset := int((at-barAt)/functionAt), int((at-barAt)%functionAt/oneBAR), at%oneBAR
	if at < barAt || n >= len(k.functions) || !k.functions[n].held || k.functions[n].Device == nil {
		k.TB.Fatalf("fake: page fault: %#x is no device's memory of the driver's", at)
	}
	return k.functions[n], bar, offset
}

func (o own) Load(at uint64, size int) uint64 {
	f, bar, offset := o.k.function(at)
	return f.Device.Load(bar, offset, size)
}

func (o own) Store(at uint64, size int, v uint64) {
	f, bar, offset := o.k.function(at)
	f.Device.Store(bar, offset, size, v)
}

// Window is that of the task, and its DMA memory.
func (o own) Window(at uint64) []byte {
	for _, f := range o.k.functions {
		if b := f.bytes[at]; b != nil {
			return b
		}
	}
	return o.Task.Window(at)
}
