package abi

// PortRange is inclusive.
type PortRange struct{ First, Last uint16 }

// Has tells whether a port is in r.
func (r PortRange) Has(port uint16) bool { return r.First <= port && port <= r.Last }

// Privilege is everything a task may ever do. Its zero value allows nothing: an empty list is empty, not
// "all". Its account says how much of the machine it may use.
type Privilege struct {
	TrapMask  uint32 // bit n: IPC primitive n
	NSendTo   uint32
	CallMask  uint64 // bit n: kernel call CallBase+n
	NPorts    uint32
	NIRQs     uint32
	Unguarded uint32 // bit n: Ports[n] may hold ports that are in no list of the kernel's
	NPCI      uint32
	Ports     [MaxPorts]PortRange
	IRQs      [MaxIRQs]uint32 // interrupt lines: ISA number, or GSI from 16 up
	Traces    [2]uint64       // bit n: the tasks of account n, by CallTrace; its own account and the root task's are nobody's to trace
	DMA       DMARight
	_         uint32
	PCI       [MaxPCI]PCIMatch   // the functions that it sees, and may reserve
	SendTo    [MaxTasks]Endpoint // the tasks that it may send to; dead ones are passed over. The kernel keeps it symmetric
}

// DMARight is what the devices of a task may do.
type DMARight uint32

const (
	DMAConfined   DMARight = 0 // no DMA but to memory that an IOMMU lets them reach
	DMAUnconfined DMARight = 1 // where there is no IOMMU they may be bus masters all the same, and then reach all memory
)

// Valid tells whether p's counts are of places that there are, and its rows of PCI functions and its right to DMA are ones that the kernel knows.
// Whether the ports of a range go together is the kernel's to say.
func (p *Privilege) Valid() bool {
	if p.NPorts > MaxPorts || p.NIRQs > MaxIRQs || p.NSendTo > MaxTasks || p.NPCI > MaxPCI || p.DMA > DMAUnconfined {
		return false
	}
	for i := range p.PCI[:p.NPCI] {
		if !p.PCI[i].Valid() {
			return false
		}
	}
	return true
}

// Used is the bytes of p that say something: places of SendTo behind the last one that is taken are left out.
func (p *Privilege) Used() []byte {
	b := Bytes(p)
	return b[:len(b)-4*int(MaxTasks-min(p.NSendTo, MaxTasks))]
}

// Read takes p, which is zero, from the bytes that Used gave.
func (p *Privilege) Read(b []byte) {
	n := copy(p.Used(), b) // all but SendTo, since it is empty yet
	copy(p.Used()[n:], b[n:])
}

// MaySend lets the task send to ep. Preconditions: NSendTo < MaxTasks.
func (p *Privilege) MaySend(ep Endpoint) {
	p.SendTo[p.NSendTo] = ep
	p.NSendTo++
}

// MayTrace lets the task trace those of an account. Preconditions: there is such an account.
func (p *Privilege) MayTrace(a AccountID) { p.Traces[a/64] |= 1 << (a % 64) }

// Traced tells whether it may.
func (p *Privilege) Traced(a AccountID) bool { return a < MaxAccounts && p.Traces[a/64]>>(a%64)&1 != 0 }

// Each account has a bit.
const _ = uint(2*64 - MaxAccounts)

// TrapBit is the TrapMask bit of an IPC primitive.
func TrapBit(n CallNr) uint32 { return 1 << n }

// CallBit is the CallMask bit of a kernel call.
func CallBit(n CallNr) uint64 { return 1 << (n - CallBase) }

// AllTraps is every IPC primitive.
const AllTraps = 1<<CallSend | 1<<CallReceive | 1<<CallSendRec | 1<<CallNotify | 1<<CallSendNB | 1<<CallSendA

// TaskSpec is Buf of CallTaskCreate. The task exists after it, without rights, and does
// not run before PrivAllow.
type TaskSpec struct {
	Label       Label
	Image       uint32
	Incarnation uint32
	Init        InitKind
	ArgsLen     uint32
	Account     AccountID // that pays for this life
	Flags       uint32
	Args        [ArgsSize]byte
}

// Used is the bytes of s that say something: bytes of Args behind the last one that is taken are left out.
func (s *TaskSpec) Used() []byte {
	b := Bytes(s)
	return b[:len(b)-int(ArgsSize-min(s.ArgsLen, ArgsSize))]
}

// Read takes s, which is zero, from the bytes that Used gave.
func (s *TaskSpec) Read(b []byte) {
	n := copy(s.Used(), b) // all but Args, since it has none yet
	copy(s.Used()[n:], b[n:])
}

// Flags of a TaskSpec.
const (
	// TaskSnapshot: the task may take the snapshot of its service (CallSnapshot).
	TaskSnapshot = 1 << 0
	// TaskWarm: the task begins with the snapshot of its service, if there is one of its executable.
	TaskWarm = 1 << 1
)

// TaskIsWarm is set in the value of CallTaskCreate beside the endpoint: the task begins with a snapshot.
const TaskIsWarm = 1 << 32
