package control

import (
	"context"

	"bennu/kernel/abi"
	"bennu/rs/service"
)

// PCI is the machine's PCI functions and bridges.
type PCI struct {
	Functions []Function `json:"functions"`
	Bridges   []Bridge   `json:"bridges"`
	Faults    []DMAFault `json:"faults"`
}

// DMAFault is what a function was refused (abi.DMAFaults).
type DMAFault struct {
	Function string `json:"function"`
	Label    string `json:"label"` // of who had it at the last one; kernel: nobody
	Count    uint64 `json:"count"`
	Address  uint64 `json:"address"` // of the last one, as the device said it
	Write    bool   `json:"write"`
	Muted    bool   `json:"muted"`
	Why      string `json:"why"`
}

// Function is a PCI function (abi.FunctionInfo).
type Function struct {
	Function    string   `json:"function"` // bus:device.number
	Vendor      uint16   `json:"vendor"`
	Device      uint16   `json:"device"`
	SubVendor   uint16   `json:"subvendor"`
	SubDevice   uint16   `json:"subdevice"`
	Class       uint32   `json:"class"`
	Revision    uint8    `json:"revision"`
	Bridge      bool     `json:"bridge"`
	Secondary   uint8    `json:"secondary"`
	Subordinate uint8    `json:"subordinate"`
	BARs        []BAR    `json:"bars"` // those without a kind stand in the list, too
	Pin         uint8    `json:"pin"`
	Line        uint8    `json:"line"`
	MSI         uint16   `json:"msi"`
	MSIX        uint16   `json:"msix"`
	Resets      []string `json:"resets"`
	Holder      string   `json:"holder"` // "": nobody
	Endpoint    uint32   `json:"endpoint"`
	Master      bool     `json:"master"`
	Domain      uint32   `json:"domain"`
	Unfit       uint32   `json:"unfit"`
	UnfitBAR    uint16   `json:"unfit_bar"`
}

// BAR is a base address register.
type BAR struct {
	Kind         string `json:"kind"` // "none", "ports", "memory"
	Base         uint64 `json:"base"`
	Size         uint64 `json:"size"`
	Wide         bool   `json:"wide"`
	Prefetchable bool   `json:"prefetchable"`
}

// Bridge is a bridge to another bus. A window is its first and its last address, or empty.
type Bridge struct {
	Function    string   `json:"function"`
	Bus         uint32   `json:"bus"`
	Last        uint32   `json:"last"`
	Subtractive bool     `json:"subtractive"`
	Ports       []uint64 `json:"ports"`
	Memory      []uint64 `json:"memory"`
	Prefetch    []uint64 `json:"prefetchable"`
}

// PCI reads the table of functions and bridges.
func (c *Client) PCI(ctx context.Context) (p PCI, err error) { return p, c.Do(ctx, "pci", nil, &p) }

// Result is what the machine made it of, as far as people are shown it; the tasks are the holders.
func (p *PCI) Result() (r service.Result) {
	for i := range p.Functions {
		f := &p.Functions[i]
		row := abi.FunctionInfo{Holder: abi.None, Unfit: abi.Unfit(f.Unfit), UnfitBAR: f.UnfitBAR, Domain: f.Domain, Revision: f.Revision, Pin: f.Pin, Line: f.Line,
			Secondary: f.Secondary, Subordinate: f.Subordinate, MSI: f.MSI, MSIX: f.MSIX}
		row.ID = abi.FunctionID{Vendor: f.Vendor, Device: f.Device, SubVendor: f.SubVendor, SubDevice: f.SubDevice, Class: f.Class}
		row.ID.Function, _ = abi.ParseFunction(f.Function)
		row.Flags = flag(f.Bridge, abi.FunctionBridge) | flag(f.Master, abi.FunctionMaster)
		for n := range f.BARs[:min(len(f.BARs), abi.MaxBARs)] {
			b := &f.BARs[n]
			row.BARs[n] = abi.BAR{Base: b.Base, Size: b.Size, Flags: flag(b.Wide, abi.BARWide) | flag(b.Prefetchable, abi.BARPrefetch)}
			for k := abi.BARNone; k <= abi.BARMemory; k++ {
				if k.String() == b.Kind {
					row.BARs[n].Kind = k
				}
			}
		}
		for k := abi.ResetFunction; k <= abi.ResetBus; k++ {
			for _, name := range f.Resets {
				row.Resets |= flag(name == k.String(), 1<<k)
			}
		}
		if f.Endpoint != 0 {
			row.Holder = abi.Endpoint(f.Endpoint)
			t := abi.TaskInfo{Endpoint: row.Holder}
			t.Label, _ = abi.MakeLabel(f.Holder)
			if f.Holder != "" {
				r.Tasks = append(r.Tasks, t)
			}
		}
		r.Functions = append(r.Functions, row)
	}
	for i := range p.Bridges {
		b := &p.Bridges[i]
		row := abi.BridgeInfo{Bus: b.Bus, Last: b.Last, Subtractive: flag(b.Subtractive, 1), Ports: window(b.Ports), Memory: window(b.Memory), Prefetch: window(b.Prefetch)}
		row.Function, _ = abi.ParseFunction(b.Function)
		r.Bridges = append(r.Bridges, row)
	}
	for i := range p.Faults {
		f := &p.Faults[i]
		row := abi.DMAFaults{Count: f.Count, Address: f.Address, Flags: flag(f.Write, abi.DMAWrite) | flag(f.Muted, abi.DMAMuted)}
		row.Function, _ = abi.ParseFunction(f.Function)
		row.Label, _ = abi.MakeLabel(f.Label)
		copy(row.Why[:], f.Why)
		r.DMAFaults = append(r.DMAFaults, row)
	}
	return r
}

func flag(on bool, bit uint32) uint32 {
	if on {
		return bit
	}
	return 0
}

func window(v []uint64) abi.BridgeWindow {
	if len(v) != 2 {
		return abi.BridgeWindow{Start: 1}
	}
	return abi.BridgeWindow{Start: v[0], End: v[1]}
}
