package pci

import "bennu/kernel/abi"

// saved is what a function's registers had before a reset.
type saved struct {
	bars                           [abi.MaxBARs]uint32
	command, cache, line, transfer uint32
}

// ResetTakesNS is the time that a reset takes; for ResetMostNS after it, a function that does not answer is asked again.
//
// Source: PCI Express Base Specification, "Function Level Reset", "Configuration Request Retry Status".
const (
	ResetTakesNS = 100_000_000
	ResetMostNS  = 1_000_000_000
)

const (
	functionReset = 1 << 28 // of Device Capabilities
	initiate      = 1 << 15 // of Device Control
	regCache      = 0x0c
)

// BeginReset begins a function level reset of f, which nothing is to be done with for ResetTakesNS. Preconditions: f has one, and is quiet.
//
// Source: PCI Express Base Specification, "Device Control Register"; PCI-SIG, "Advanced Capabilities for Conventional PCI ECN", "AF Control".
func (t *Table) BeginReset(f *Function) {
	name, s := f.ID.Function, &f.saved
	for i := range s.bars {
		s.bars[i] = t.read(name, regBAR+4*uint32(i), 4)
	}
	s.command, s.cache, s.line = t.read(name, regCommand, 2), t.read(name, regCache, 2), t.read(name, regInterrupt, 1)
	c := f.Cap(CapExpress)
	if c != 0 {
		s.transfer = t.read(name, c+8, 2)
	}
	if c != 0 && t.read(name, c+4, 4)&functionReset != 0 {
		t.change(name, c+8, 0, initiate)
		return
	}
	t.space.Write(name, f.Cap(CapAF)+4, 1, 1)
}

// EndReset gives f its addresses back; it is quiet. false: it does not answer.
func (t *Table) EndReset(f *Function) bool {
	name, s := f.ID.Function, &f.saved
	if t.read(name, regID, 4) != uint32(f.ID.Device)<<16|uint32(f.ID.Vendor) {
		return false
	}
	for i, v := range s.bars {
		t.space.Write(name, regBAR+4*uint32(i), 4, v)
	}
	if c := f.Cap(CapExpress); c != 0 {
		t.space.Write(name, c+8, 2, s.transfer&^initiate)
	}
	t.space.Write(name, regCache, 2, s.cache)
	t.space.Write(name, regInterrupt, 1, s.line)
	t.space.Write(name, regCommand, 2, s.command&^cmdMaster|cmdNoINTx)
	return true
}
