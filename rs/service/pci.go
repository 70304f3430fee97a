package service

import (
	"slices"
	"strings"

	"bennu/kernel/abi"
)

// functions asks RS for the PCI functions, then for the bridges, and then for what devices were refused; the kernel's task table says who holds what.
func functions(a *Asker, r Request, done func(Result)) {
	found, buses, faults := make([]abi.FunctionInfo, abi.MaxFunctions), make([]abi.BridgeInfo, abi.MaxBridges), make([]abi.DMAFaults, abi.MaxDMAFaults)
	rowsOfPCI(a, r, abi.InfoPCI, memory(found), done, func(n uint64) {
		rowsOfPCI(a, r, abi.InfoBuses, memory(buses), done, func(nb uint64) {
			rowsOfPCI(a, r, abi.InfoDMA, memory(faults), done, func(nf uint64) {
				res := tasks(a)
				if res.Errno == abi.OK {
					res.Functions, res.Bridges = found[:min(n, abi.MaxFunctions)], buses[:min(nb, abi.MaxBridges)]
					res.DMAFaults = faults[:min(nf, abi.MaxDMAFaults)]
				}
				done(res)
			})
		})
	})
}

// rowsOfPCI has RS fill mem; then is told how many rows there are, or failed why there are none.
func rowsOfPCI(a *Asker, r Request, kind abi.InfoKind, mem []byte, failed func(Result), then func(n uint64)) {
	grant, ok := a.Grant(a.RS(), mem, true)
	if !ok {
		failed(Result{Errno: abi.EAGAIN, Text: noGrant})
		return
	}
	m := abi.Msg{Type: abi.RSPCI, Arg: [7]uint64{uint64(grant), uint64(len(mem)), uint64(kind)}}
	a.Ask(a.RS(), m, LimitRS, func(m *abi.Msg, e abi.Errno) {
		a.Revoke(grant)
		if e != abi.OK {
			f := failure(r, m, e)
			failed(Result{Errno: f.errno, Text: f.text()})
			return
		}
		then(m.Arg[1])
	})
}

// HolderLabel is the label of who has a function: "" when nobody has, or when who has it is not among the tasks.
func HolderLabel(r *Result, ep abi.Endpoint) string {
	for i := range r.Tasks {
		if t := &r.Tasks[i]; ep != abi.None && t.Endpoint == ep {
			return t.Label.String()
		}
	}
	return ""
}

// ResetNames is how a function can be reset, the mildest first.
func ResetNames(f *abi.FunctionInfo) (names []string) {
	for k := abi.ResetFunction; k <= abi.ResetBus; k++ {
		if f.Resets>>k&1 != 0 {
			names = append(names, k.String())
		}
	}
	return names
}

// FunctionTree is the PCI functions for people: what is behind a bridge stands under it.
func FunctionTree(r *Result) string {
	if len(r.Functions) == 0 {
		return "no PCI functions\n"
	}
	t := tree{r: r, done: make([]bool, len(r.Functions))}
	for i := range r.Functions {
		if !t.done[i] {
			t.bus(r.Functions[i].ID.Function.Bus(), "")
		}
	}
	for i := range r.DMAFaults { // bridges ask in a name that no function has
		if d := &r.DMAFaults[i]; !slices.ContainsFunc(r.Functions, func(f abi.FunctionInfo) bool { return f.ID.Function == d.Function }) {
			t.line("", d.Function.String(), faultText(d))
		}
	}
	return t.b.String()
}

type tree struct {
	r    *Result
	done []bool
	b    strings.Builder
}

// bus writes the functions of a bus. Only a bus of a higher number is under another, so that it ends.
func (t *tree) bus(bus uint32, indent string) {
	for i := range t.r.Functions {
		f := &t.r.Functions[i]
		if t.done[i] || f.ID.Function.Bus() != bus {
			continue
		}
		t.done[i] = true
		t.function(f, indent)
		if f.Flags&abi.FunctionBridge != 0 && uint32(f.Secondary) > bus {
			t.bus(uint32(f.Secondary), indent+"  ")
		}
	}
}

func (t *tree) line(indent string, words ...string) {
	t.b.WriteString(indent)
	for i, w := range words {
		if i > 0 {
			t.b.WriteByte(' ')
		}
		t.b.WriteString(w)
	}
	t.b.WriteByte('\n')
}

func (t *tree) function(f *abi.FunctionInfo, indent string) {
	id := &f.ID
	head := []string{id.Function.String(), ids(id.Vendor, id.Device), ClassName(id.Class)}
	if name := strings.TrimSpace(VendorName(id.Vendor) + " " + DeviceName(id.Vendor, id.Device)); name != "" {
		head[2] += ":"
		head = append(head, name)
	}
	t.line(indent, head...)
	indent += "    "
	if id.SubVendor != 0 {
		t.line(indent, "subsystem", ids(id.SubVendor, id.SubDevice), VendorName(id.SubVendor))
	}
	if f.Flags&abi.FunctionBridge != 0 {
		t.line(indent, "buses", hexadecimal(uint64(f.Secondary), 2)+"-"+hexadecimal(uint64(f.Subordinate), 2)+t.windows(id.Function))
	}
	for i := range f.BARs {
		if b := &f.BARs[i]; b.Kind != abi.BARNone {
			t.line(indent, "BAR", Decimal(uint64(i)), barText(b))
		}
	}
	if s := interruptText(f); s != "" {
		t.line(indent, "interrupts:", s)
	}
	if names := ResetNames(f); len(names) > 0 {
		t.line(indent, "resets:", strings.Join(names, ", "))
	}
	if f.Holder != abi.None {
		who := HolderLabel(t.r, f.Holder)
		if who == "" {
			who = "endpoint " + Decimal(uint64(f.Holder))
		}
		if f.Flags&abi.FunctionMaster != 0 {
			who += ", bus master"
		}
		t.line(indent, "held by", who)
	}
	if f.Domain != 0 {
		t.line(indent, "IOMMU domain", Decimal(uint64(f.Domain)))
	}
	for i := range t.r.DMAFaults {
		if d := &t.r.DMAFaults[i]; d.Function == id.Function {
			t.line(indent, faultText(d))
		}
	}
	if f.Unfit != abi.Fit && f.Unfit != abi.UnfitBridge {
		t.line(indent, "cannot be used:", f.Unfit.Why(f.UnfitBAR))
	}
}

// windows is what a bridge lets through.
func (t *tree) windows(name abi.Function) (s string) {
	for i := range t.r.Bridges {
		b := &t.r.Bridges[i]
		if b.Function != name {
			continue
		}
		for _, w := range [...]struct {
			name string
			abi.BridgeWindow
		}{{"ports", b.Ports}, {"memory", b.Memory}, {"prefetchable", b.Prefetch}} {
			if w.Start <= w.End {
				s += ", " + w.name + " 0x" + hexadecimal(w.Start, 1) + "-0x" + hexadecimal(w.End, 1)
			}
		}
		if b.Subtractive != 0 {
			s += ", and what nobody else answers to"
		}
	}
	return s
}

// faultText is what a function was refused.
func faultText(d *abi.DMAFaults) string {
	access := "read of"
	if d.Flags&abi.DMAWrite != 0 {
		access = "write to"
	}
	s := "DMA refused: " + Decimal(d.Count) + ", the last for " + d.Label.String() + ", a " + access + " 0x" + hexadecimal(d.Address, 1) + ": " + Zeroed(d.Why[:])
	if d.Flags&abi.DMAMuted != 0 {
		s += "; no more are counted until the function is reserved again"
	}
	return s
}

func ids(vendor, device uint16) string {
	return hexadecimal(uint64(vendor), 4) + ":" + hexadecimal(uint64(device), 4)
}

func barText(b *abi.BAR) string {
	s := "memory 0x" + hexadecimal(b.Base, 1) + " " + Size(b.Size)
	if b.Kind == abi.BARPorts {
		return "ports 0x" + hexadecimal(b.Base, 4) + " " + Decimal(b.Size)
	}
	if b.Flags&abi.BARWide != 0 {
		s += ", 64 bits"
	}
	if b.Flags&abi.BARPrefetch != 0 {
		s += ", prefetchable"
	}
	return s
}

func interruptText(f *abi.FunctionInfo) string {
	var ways []string
	if f.Pin >= 1 && f.Pin <= 4 {
		ways = append(ways, "INT"+string(rune('A'+f.Pin-1))+" line "+Decimal(uint64(f.Line))+" (as the firmware says)")
	}
	if f.MSI != 0 {
		ways = append(ways, "MSI "+Decimal(uint64(f.MSI)))
	}
	if f.MSIX != 0 {
		ways = append(ways, "MSI-X "+Decimal(uint64(f.MSIX)))
	}
	return strings.Join(ways, ", ")
}
