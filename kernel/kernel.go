package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/account"
	"bennu/kernel/arch"
	"bennu/kernel/entropy"
	"bennu/kernel/image"
	"bennu/kernel/iommu"
	"bennu/kernel/ioport"
	"bennu/kernel/ipc"
	"bennu/kernel/irq"
	"bennu/kernel/keep"
	"bennu/kernel/log"
	"bennu/kernel/mem"
	"bennu/kernel/pci"
	"bennu/kernel/pci/msi"
	"bennu/kernel/room"
	"bennu/kernel/sched"
	"bennu/kernel/space"
	"bennu/kernel/task"
	"bennu/kernel/timer"
)

// Machine is the hardware that the kernel drives, beside the processor (arch.CPU).
type Machine interface {
	irq.Lines
	entropy.Source

	ArmTimer(ns uint64)                                                           // VectorTimer comes once, ns from now
	EndInterrupt()                                                                // to the interrupt controller
	EndSpurious() bool                                                            // likewise, if somebody has sent arch.VectorSpurious, and it is not the controller's own
	Withheld() uint32                                                             // vectors below arch.VectorIRQ, by bit, that somebody has sent: they do not come
	IRQLine(vector uint64) (uint32, bool)                                         // the line of an interrupt's vector
	Message(f abi.Function, vector uint64) (address uint64, data uint32, ok bool) // what f writes to raise vector; not ok: no more functions can have one
	NoMessage(vector uint64)                                                      // no function has it; what one had sent may come while Pending says so
	Remaps() bool                                                                 // messages are looked at: who sends one has to bear the name that Message was told
	Resolve(number uint32) (line uint32, ok bool)                                 // the line that privileges call number (ISA, or GSI from 16 up)
	Console(b []byte) int                                                         // diagnostics, where a person sees them: how many bytes were taken
	Debug(b []byte) int                                                           // all of the log, for an emulator's debug console: likewise
	HeapAllocs() (inUse, allocs uint64)                                           // of the kernel's own Go heap
	Shutdown(how abi.ShutdownHow, status uint64)
	Leave(words []byte) // for the next boot, where memory survives a reset
}

// Config is what boot found out about the machine.
type Config struct {
	Machine  Machine
	CPU      *arch.CPU // the processor that runs this
	Pool     *mem.Pool
	Template mem.Addr // PML4 with the kernel's entries; ClosedIO was done
	TSCHz    uint64
	TSCMult  uint64 // ns = TSC * TSCMult >> 32
	Facts    abi.Machine
	Seed     [4]uint64 // of the tasks' random numbers
	Replay   bool      // the seed was given: all that is random follows from it, secrets too

	Devices    msi.Memory // tables of functions
	Ports      PortSpace
	NeverPorts []ioport.Block // that no task gets on this machine, besides those of every PC
	Limits     Limits         // of the root task
	IOMMU      *iommu.Table   // nil: there is none
	PCI        *pci.Table     // scanned, its functions quiet; nil: the machine has none
	Twice      bool           // its program runs twice
	Century    uint8          // CMOS register of the century besides 32h; 0: none
}

// Kernel is everything that ring 0 knows.
type Kernel struct {
	m        Machine
	masks    masker // m, if it can be read; nil: it cannot
	pool     *mem.Pool
	phys     mem.Physical
	template mem.Addr
	cfg      Config

	tasks     *task.Table
	accounts  *account.Table
	ipc       *ipc.IPC
	sched     *sched.Sched
	timers    *timer.Heap
	changes   *uint64 // counts what decides which task runs next, on which account, and until when
	images    *image.Table
	snapshots [secondBody + 1]snapshot
	kept      [abi.MaxAccounts]keep.Memory
	lacks     bool // spares of a snapshot may be missing
	windows   *space.Windows
	irqs      *irq.Table
	pci       *pci.Table
	iommu     *iommu.Table // nil: there is none
	dma       *[abi.MaxTasks]holding
	log       *log.Log
	root      *task.Task
	twin      twin
	module    module

	cpu     *arch.CPU // that this runs on; its Current is whose page tables and context are loaded
	armed   uint64    // deadline the timer is set for, ns; ^0: none
	entered uint64    // TSC when ring 0 was last entered
	why     uint64    // what ring 0 was last entered for: call number, or 1000+vector
	tell    func(owner abi.Endpoint, bit uint) bool

	bill
	tracing
	held   uint64 // servers, by slot, with messages that wait until the sender's budget is filled
	retry  uint64 // those of them to look at again
	chores bool   // retry or the console has something left to do

	guard       guarded
	ports       portMap
	hookRows    uint64  // interrupt lines in privileges
	running     bool    // boot is over
	longWay     bool    // no short ways (wake): a test compares
	console     console // COM1, while no task has it
	debug       console // an emulator's
	consoleTask bool    // a task has the console's port
	deaths
	rebirth
	looking
	latency    abi.Latency
	longest    uint64 // latency.MaxKernelNS in TSC counts
	worstWait  uint64 // latency.MaxReadyNS, likewise
	line       textLine
	seed       [4]uint64
	walk       *walker
	entropy    *entropy.Pool
	wall       *abi.ClockInfo // what all tasks see
	wallFrame  mem.Addr
	interrupts // last: it is large, and what is behind takes one instruction more to reach
}

// New makes a kernel without tasks.
func New(cfg Config) *Kernel {
	k := &Kernel{m: cfg.Machine, cpu: cfg.CPU, pool: cfg.Pool, phys: cfg.Pool.Physical(), template: cfg.Template, cfg: cfg, seed: cfg.Seed}
	k.masks, _ = cfg.Machine.(masker) // now: what the run-time keeps of such a question is on the heap
	k.entropy = entropy.New(cfg.Seed, cfg.Replay, cfg.Machine)
	k.wallFrame = cfg.Pool.Get(nil)
	k.wall = clockAt(k.phys, k.wallFrame)
	k.walk = &walker{kernel: cfg.Pool.Size() - cfg.Pool.Free()}
	k.pool.Reclaim = k.reclaim
	k.tasks = task.NewTable()
	k.accounts = account.NewTable(cfg.Pool)
	k.ipc = ipc.New(k.tasks, k)
	k.sched = sched.New()
	k.timers = timer.New(k.sched.Changes())
	k.changes = k.sched.Changes()
	k.images = image.NewTable(cfg.Pool)
	k.images.OnFree = k.imageGone
	k.windows = space.NewWindows(cfg.Pool)
	k.windows.Unmapped = k.unmapped
	k.irqs = irq.NewTable(cfg.Machine)
	if k.pci = cfg.PCI; k.pci == nil {
		k.pci = pci.New(nil, pci.Root{}, 0, nil)
	}
	k.iommu, k.dma = cfg.IOMMU, new([abi.MaxTasks]holding)
	k.interruptsInit()
	k.log = log.New()
	k.guard = guarded{Guard: ioport.NewGuard(cfg.Ports, cfg.Century), never: cfg.NeverPorts}
	k.armed, k.watching = ^uint64(0), cfg.Limits.HangNS == 0
	k.tell = k.interrupted
	k.entered = k.cpu.TSC()
	k.since, k.slot = cfg.Facts.EntryTSC, -1 // boot is at the kernel's expense
	return k
}

// clock is the time since boot in ns.
func (k *Kernel) clock() uint64 { return k.ns(k.cpu.TSC() - k.cfg.Facts.EntryTSC) }

// Now is the time when ring 0 was entered. It implements ipc.Machine.
func (k *Kernel) Now() uint64 { return k.sinceBoot(k.entered) }

// Timer ids: two a task.
func alarmID(t *task.Task) int { return 2 * t.Slot }
func limitID(t *task.Task) int { return 2*t.Slot + 1 }

// SetLimit implements ipc.Machine.
func (k *Kernel) SetLimit(t *task.Task, timeout uint64) {
	k.timers.Set(limitID(t), addSaturated(k.Now(), timeout))
}

// ClearLimit implements ipc.Machine.
func (k *Kernel) ClearLimit(t *task.Task) { k.timers.Cancel(limitID(t)) }

func addSaturated(a, b uint64) uint64 {
	if a+b < a {
		return ^uint64(0)
	}
	return a + b
}

// Root is the executable of the root task, a file of the boot archive, and its checksum there.
type Root struct {
	Offset, Size uint64
	CRC32C       uint32
}

// StartRoot makes the root task of a file of the boot archive, which the task finds at ModuleBase, and lets it run. Errors: EIO (the
// file is damaged), ENOEXEC, ENOMEM, EINVAL, E2BIG (the archive). Preconditions: module and file begin on a page.
func (k *Kernel) StartRoot(label abi.Label, module Module, file Root) abi.Errno {
	a, e := k.rootAccount(label, module.Size, file.Size)
	if e == abi.OK {
		e = k.mapModule(module, a)
	}
	if e != abi.OK {
		return e
	}
	id, e := k.images.InPlace(module.Start+mem.Addr(file.Offset), file.Size, abi.None, a.ID, &a.Frames)
	if e != abi.OK {
		return e
	}
	a.Images++
	for more := true; more && e == abi.OK; {
		more, e = k.images.Seal(id)
	}
	switch {
	case k.images.Sum(id) != file.CRC32C:
		return abi.EIO
	case e != abi.OK:
		return e
	}
	spec := abi.TaskSpec{Label: label, Image: uint32(id), Account: a.ID, Flags: abi.TaskSnapshot}
	t, e := k.create(&spec)
	for e == again {
		t, e = k.create(&spec)
	}
	if e != abi.OK {
		return e
	}
	k.root, t.Root = t, true
	k.images.Unref(id) // goes with the task, which has no end
	if !k.furnishRoot(t) {
		return abi.ENOMEM
	}
	if k.limbo = k.pool.Get(&a.Frames); k.limbo == 0 {
		return abi.ENOMEM
	}
	t.Priv = abi.Privilege{TrapMask: abi.AllTraps, CallMask: ^uint64(0)}
	t.PrivSet = true
	if k.cfg.Twice {
		e = k.beginTwice(t, a, &spec, k.phys.Bytes(module.Start+mem.Addr(file.Offset), file.Size))
	}
	if e == abi.OK {
		k.allow(t)
	}
	return e
}

const (
	rootFrames = 64 << 20 / abi.PageSize // what RS may have beside its images of executables
	rootImages = 64
	rootKept   = 256 << 10 / abi.PageSize
)

// rootAccount makes the root task's account: alone on the best level, without a limit of time, with memory for itself
// and for images of the archive's files.
func (k *Kernel) rootAccount(label abi.Label, moduleSize, fileSize uint64) (*account.Account, abi.Errno) {
	reserve, images := uint32(room.Root(moduleSize)/abi.PageSize), uint32(room.Images(moduleSize)/abi.PageSize)
	ceiling := rootFrames + images
	if k.cfg.Twice {
		own := uint32(room.Twice(fileSize) / abi.PageSize)
		reserve, ceiling = reserve+own, ceiling+rootFrames+own
	}
	a, e := k.accounts.Set(abi.AccountRoot, &abi.AccountSpec{Label: label, Flags: abi.AccountServer, BudgetNS: abi.DefaultPeriodNS, PeriodNS: abi.DefaultPeriodNS,
		ReserveFrames: reserve, CeilingFrames: ceiling, Images: rootImages, KeptFrames: rootKept})
	if e == abi.OK {
		k.share(a, sched.RootLevel)
		k.beginKept(a)
	}
	return a, e
}
