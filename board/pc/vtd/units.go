package vtd

import "strconv"

// Units is the remapping units of a machine, driven as one. It is what kernel/iommu has orders for (iommu.Hardware).
type Units struct {
	All   []*Unit
	Flush func(line uint64) // writes the line of 64 bytes at a physical address back to memory

	started bool
	serial  uint32 // of the last mark
	stuck   bool   // a queue is full and does not move
	next    int    // unit whose faults are looked at next
}

// Line is the size of what Flush writes back at least. Source: Intel SDM Vol. 2A, "CLFLUSH—Flush Cache Line".
const Line = 64

// Widths is the widths of page tables that all units have: bit 1 for 39 bits, bit 2 for 48, as in the register CAP.
func (s *Units) Widths() (w uint32) {
	w = 6
	for _, u := range s.All {
		w &= uint32(u.cap >> 8)
		if u.cap>>16&63+1 < 48 {
			w &^= 4
		}
		if u.cap>>16&63+1 < 39 {
			w &^= 2
		}
	}
	return w
}

// Domains is how many numbers of domains there are, 0 included.
func (s *Units) Domains() uint32 {
	n := uint32(1 << 16)
	for _, u := range s.All {
		n = min(n, 1<<(4+2*min(u.cap&7, 6)))
	}
	return n
}

// Caching tells whether any unit remembers what is not there. Coherent: whether all look into the processor's cache for their tables. Snoop:
// whether all can have requests do so. Remaps: whether all can remap interrupts.
func (s *Units) Caching() bool  { return s.any(func(u *Unit) bool { return u.cap>>7&1 != 0 }) }
func (s *Units) Coherent() bool { return !s.any(func(u *Unit) bool { return !u.coherent() }) }
func (s *Units) Snoop() bool    { return !s.any(func(u *Unit) bool { return u.ecap>>7&1 == 0 }) }
func (s *Units) Remaps() bool   { return !s.any(func(u *Unit) bool { return u.ecap>>3&1 == 0 }) }

func (s *Units) any(f func(*Unit) bool) bool {
	for _, u := range s.All {
		if f(u) {
			return true
		}
	}
	return false
}

// Stop turns all units off, as a boot must find them.
//
// Errors: Error: one does not do as it is told.
func (s *Units) Stop() error {
	for _, u := range s.All {
		if !u.stop() {
			return u.deaf("does not turn off")
		}
	}
	return nil
}

func (u *Unit) deaf(what string) error {
	return Error("unit at 0x" + strconv.FormatUint(u.Addr, 16) + " " + what)
}

// Page is a frame of zeros.
type Page struct {
	Addr  uint64
	Words *[512]uint64
}

// StatusPage makes room for what units write, each in a line of its own; the next pages are their queues.
type Status struct {
	Addr  uint64
	Words []uint32 // a page
}

// Start turns translation on in all units, with the root table at a physical address. queues are a page for each unit.
//
// Errors: Error: one does not do as it is told. Preconditions: Stop; no function is a bus master; len(All) ≤ 64.
func (s *Units) Start(root uint64, status Status, queues []Page) error {
	for i, u := range s.All {
		if !u.startQueue(queues[i].Addr, queues[i].Words, status.Addr+uint64(i)*Line, &status.Words[i*Line/4]) {
			return u.deaf("does not begin its queue")
		}
		s.settle(u)
		if !u.translate(root) {
			return u.deaf("does not translate")
		}
		s.serial = max(s.serial, u.seen())
	}
	s.started = true
	return nil
}

// Remap turns the remapping of interrupts on in all units: table is an address, and in its low bits the size as the register has it.
//
// Errors: Error: one does not do as it is told. Preconditions: Start, Remaps.
func (s *Units) Remap(table uint64) error {
	for _, u := range s.All {
		if !u.remap(table) {
			return u.deaf("does not remap interrupts")
		}
		s.serial = max(s.serial, u.seen())
	}
	return nil
}

// Report has faults raise a vector at the processor with an APIC id.
func (s *Units) Report(vector, dest uint8) {
	for _, u := range s.All {
		u.regs.Store(regFaultData, uint32(vector))
		u.regs.Store(regFaultAddr, 0xfee0_0000|uint32(dest)<<12)
		u.regs.Store(regFaultUpper, 0)
		u.regs.Store(regFaultCtl, 0)
	}
}

// Hush implements iommu.Hardware.
func (s *Units) Hush() {
	for _, u := range s.All {
		u.regs.Store(regFaultCtl, faultMasked)
	}
}

// Written implements iommu.Hardware.
func (s *Units) Written(a, n uint64) {
	if s.Flush == nil {
		return
	}
	for line := a &^ (Line - 1); line < a+n; line += Line {
		s.Flush(line)
	}
}

// Settle implements iommu.Hardware.
func (s *Units) Settle() {
	if s.started {
		for _, u := range s.All {
			s.settle(u)
		}
	}
}

func (s *Units) settle(u *Unit) {
	if u.buffers() && !u.order(writeBuffer, 0) {
		s.stuck = true
	}
}

// each queues a descriptor at all units. Before Start they know nothing that they could forget.
func (s *Units) each(low, high uint64) {
	if s.started {
		for _, u := range s.All {
			s.stuck = s.stuck || !u.put(low, high)
		}
	}
}

// ForgetContexts implements iommu.Hardware.
func (s *Units) ForgetContexts() {
	s.each(forgetContexts, 0)
	s.each(forgetTranslations, 0)
}

// ForgetContext implements iommu.Hardware.
func (s *Units) ForgetContext(source, domain uint16) {
	s.each(forgetDevice|uint64(domain)<<16|uint64(source)<<32, 0)
}

// ForgetDomain implements iommu.Hardware.
func (s *Units) ForgetDomain(domain uint16) { s.each(forgetDomain|uint64(domain)<<16, 0) }

// ForgetPages implements iommu.Hardware.
func (s *Units) ForgetPages(domain uint16, addr, pages uint64) {
	if s.started {
		for _, u := range s.All {
			s.stuck = s.stuck || !u.pages(domain, addr, pages)
		}
	}
}

// ForgetInterrupt implements iommu.Hardware.
func (s *Units) ForgetInterrupt(index uint16) { s.each(forgetInterrupt|uint64(index)<<32, 0) }

// Mark implements iommu.Hardware.
func (s *Units) Mark() uint32 {
	s.serial++
	if s.started {
		for _, u := range s.All {
			s.stuck = s.stuck || !u.mark(s.serial)
		}
	}
	return s.serial
}

// Reached implements iommu.Hardware. Nothing is reached any more when a unit is broken.
func (s *Units) Reached(mark uint32) bool {
	if !s.started {
		return true
	}
	for _, u := range s.All {
		if s.stuck || int32(u.seen()-mark) < 0 {
			return false
		}
	}
	return true
}

// Broken says in words why nothing is reached any more; "": nothing is broken that could be seen.
func (s *Units) Broken() string {
	for _, u := range s.All {
		if e := u.regs.Load(regFaultStatus) & queueErrors; e != 0 {
			return u.deaf("ended its queue, status 0x" + strconv.FormatUint(uint64(e), 16)).Error()
		}
	}
	if s.stuck {
		return "vtd: a unit's queue does not move"
	}
	return ""
}

// Fault implements iommu.Hardware.
func (s *Units) Fault() (source uint16, addr uint64, reason uint8, write, ok bool) {
	for range s.All {
		u := s.All[s.next]
		s.next = (s.next + 1) % len(s.All)
		if source, addr, reason, write, ok = u.fault(); ok {
			return source, addr, reason, write, true
		}
	}
	return 0, 0, 0, false, false
}
