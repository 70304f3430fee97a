package server

import (
	"bennu/kernel/abi"
	"bennu/rs/service"
)

func (s *Server) pci(res *service.Result) {
	w := &s.w
	w.Seconds("t", res.NowNS)
	s.list("functions", len(res.Functions), func(i int) { s.function(res, &res.Functions[i]) })
	s.list("bridges", len(res.Bridges), func(i int) {
		b := &res.Bridges[i]
		w.Open('{')
		w.String("function", b.Function.String())
		w.Uint("bus", uint64(b.Bus))
		w.Uint("last", uint64(b.Last))
		w.Bool("subtractive", b.Subtractive != 0)
		s.window("ports", b.Ports)
		s.window("memory", b.Memory)
		s.window("prefetchable", b.Prefetch)
		w.Close('}')
	})
	s.list("faults", len(res.DMAFaults), func(i int) {
		d := &res.DMAFaults[i]
		w.Open('{')
		w.String("function", d.Function.String())
		w.String("label", d.Label.String())
		w.Uint("count", d.Count)
		w.Uint("address", d.Address)
		w.Bool("write", d.Flags&abi.DMAWrite != 0)
		w.Bool("muted", d.Flags&abi.DMAMuted != 0)
		w.String("why", service.Zeroed(d.Why[:]))
		w.Close('}')
	})
}

// window writes [start, end]; one that lets nothing through is [].
func (s *Server) window(name string, v abi.BridgeWindow) {
	w := &s.w
	w.Name(name)
	w.Open('[')
	if v.Start <= v.End {
		w.Number(v.Start)
		w.Number(v.End)
	}
	w.Close(']')
}

func (s *Server) function(res *service.Result, f *abi.FunctionInfo) {
	w, id := &s.w, &f.ID
	w.Open('{')
	w.String("function", id.Function.String())
	w.Uint("vendor", uint64(id.Vendor))
	w.Uint("device", uint64(id.Device))
	w.Uint("subvendor", uint64(id.SubVendor))
	w.Uint("subdevice", uint64(id.SubDevice))
	w.Uint("class", uint64(id.Class))
	w.Uint("revision", uint64(f.Revision))
	w.String("vendor_name", service.VendorName(id.Vendor))
	w.String("device_name", service.DeviceName(id.Vendor, id.Device))
	w.String("class_name", service.ClassName(id.Class))
	w.Bool("bridge", f.Flags&abi.FunctionBridge != 0)
	w.Uint("secondary", uint64(f.Secondary))
	w.Uint("subordinate", uint64(f.Subordinate))
	n := 0
	for i := range f.BARs {
		if f.BARs[i].Kind != abi.BARNone {
			n = i + 1
		}
	}
	s.list("bars", n, func(i int) { s.bar(&f.BARs[i]) })
	w.Uint("pin", uint64(f.Pin))
	w.Uint("line", uint64(f.Line))
	w.Uint("msi", uint64(f.MSI))
	w.Uint("msix", uint64(f.MSIX))
	resets := service.ResetNames(f)
	s.list("resets", len(resets), func(i int) { w.Text(resets[i]) })
	w.String("holder", service.HolderLabel(res, f.Holder))
	w.Uint("endpoint", alive(f.Holder))
	w.Bool("master", f.Flags&abi.FunctionMaster != 0)
	w.Uint("domain", uint64(f.Domain))
	w.Uint("unfit", uint64(f.Unfit))
	w.Uint("unfit_bar", uint64(f.UnfitBAR))
	w.String("why", f.Unfit.Why(f.UnfitBAR))
	w.Close('}')
}

// bar writes one base address register; its number is its place in the list.
func (s *Server) bar(b *abi.BAR) {
	w := &s.w
	w.Open('{')
	w.String("kind", b.Kind.String())
	if b.Kind != abi.BARNone {
		w.Uint("base", b.Base)
		w.Uint("size", b.Size)
		w.Bool("wide", b.Flags&abi.BARWide != 0)
		w.Bool("prefetchable", b.Flags&abi.BARPrefetch != 0)
	}
	w.Close('}')
}
