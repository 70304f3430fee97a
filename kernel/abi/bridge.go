package abi

// BridgeInfo is a bridge to another bus (InfoBuses). A window is the addresses from its start to its end, both within; one that ends
// before it starts lets nothing through.
type BridgeInfo struct {
	Function    Function
	Bus         uint32 // behind it
	Last        uint32 // the last bus behind it
	Subtractive uint32 // 1: what nobody else answers to goes through, too
	Ports       BridgeWindow
	Memory      BridgeWindow
	Prefetch    BridgeWindow
}

// BridgeWindow is addresses that a bridge lets through.
type BridgeWindow struct{ Start, End uint64 }

// Has tells whether all of [start, start+size) goes through. Preconditions: size > 0, and start+size does not wrap.
func (w BridgeWindow) Has(start, size uint64) bool { return w.Start <= start && start+size-1 <= w.End }

// Limits of PCI. What is beyond them is made quiet, counted, and is nobody's.
const (
	MaxFunctions = 128
	MaxBridges   = 32
)
