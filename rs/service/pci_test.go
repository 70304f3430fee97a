package service

import (
	"testing"

	"bennu/kernel/abi"
	"bennu/rs/service/fake"
)

var (
	machineFunctions = []abi.FunctionInfo{
		{ID: abi.FunctionID{Function: 0, Vendor: 0x8086, Device: 0x29c0, SubVendor: 0x1af4, SubDevice: 0x1100, Class: 0x060000}, Holder: abi.None},
		{ID: abi.FunctionID{Function: 0x10, Vendor: 0x1b36, Device: 0xc, Class: 0x060400}, Holder: abi.None, Unfit: abi.UnfitBridge, Flags: abi.FunctionBridge,
			Secondary: 1, Subordinate: 2, Pin: 1, Line: 10, MSIX: 1},
		{ID: abi.FunctionID{Function: 0x28, Vendor: 0x1234, Device: 0x11e8, Class: 0x00ff00}, Holder: abi.None, Unfit: abi.UnfitAddress, UnfitBAR: 0, Pin: 1, Line: 11,
			MSI: 1},
		{ID: abi.FunctionID{Function: 0x100, Vendor: 0x1b36, Device: 0x10, Class: 0x010802}, Holder: 0x8005, Flags: abi.FunctionMaster, Resets: 1<<abi.ResetFunction | 1<<abi.ResetBus,
			Domain: 3, MSIX: 65, BARs: [abi.MaxBARs]abi.BAR{{Base: 0xfe800000, Size: 0x4000, Kind: abi.BARMemory, Flags: abi.BARWide | abi.BARPrefetch}, 4: {Base: 0xc040, Size: 32, Kind: abi.BARPorts}}},
		{ID: abi.FunctionID{Function: 0x900, Vendor: 0x4321, Device: 1, Class: 0x020000}, Holder: 0x9999},
	}
	machineFaults = []abi.DMAFaults{
		{Function: 0x100, Count: 16, Address: 0x9f000, Flags: abi.DMAWrite | abi.DMAMuted, Label: labelOf("nvme"), Why: wordsOf("no domain")},
		{Function: 0x101, Count: 1, Address: 0, Label: labelOf("kernel"), Why: wordsOf("may not be read")},
	}
	machineBridges = []abi.BridgeInfo{{Function: 0x10, Bus: 1, Last: 2, Ports: abi.BridgeWindow{Start: 0xf000, End: 0xfff}, Memory: abi.BridgeWindow{Start: 0xfe800000, End: 0xfe9fffff}}}
)

func labelOf(s string) abi.Label {
	l, _ := abi.MakeLabel(s)
	return l
}

func wordsOf(s string) (w [32]byte) {
	copy(w[:], s)
	return w
}

const machineTree = `00:00.0 8086:29c0 host bridge: Intel Q35
    subsystem 1af4:1100 Red Hat (virtio)
00:02.0 1b36:000c PCI bridge: Red Hat (QEMU) PCI Express root port
    buses 01-02, memory 0xfe800000-0xfe9fffff, prefetchable 0x0-0x0
    interrupts: INTA line 10 (as the firmware says), MSI-X 1
  01:00.0 1b36:0010 NVMe controller: Red Hat (QEMU) NVMe
      BAR 0 memory 0xfe800000 16.0KiB, 64 bits, prefetchable
      BAR 4 ports 0xc040 32
      interrupts: MSI-X 65
      resets: function, bus
      held by nvme, bus master
      IOMMU domain 3
      DMA refused: 16, the last for nvme, a write to 0x9f000: no domain; no more are counted until the function is reserved again
00:05.0 1234:11e8 device of no class: QEMU edu
    interrupts: INTA line 11 (as the firmware says), MSI 1
    cannot be used: BAR 0 has no address
09:00.0 4321:0001 Ethernet controller
    held by endpoint 39321
01:00.1 DMA refused: 1, the last for kernel, a read of 0x0: may not be read
`

// TestPCI: the tables come by grants, which end; the tree has every function once, under its bridge, and words for what it is.
func TestPCI(t *testing.T) {
	f := fake.New()
	l, _ := abi.MakeLabel("nvme")
	f.Table[abi.InfoTask] = rowsOf(&abi.TaskInfo{Endpoint: 0x8005, Label: l})
	a := NewAsker(f)
	ask := func() (text string) {
		r, _, err := Parse("pci")
		if err != nil {
			t.Fatal(err)
		}
		Run(a, r, func(res Result) { text += Text(r, res) })
		for _, c := range []struct {
			kind abi.InfoKind
			rows []byte
			n    int
		}{{abi.InfoPCI, memory(machineFunctions), len(machineFunctions)}, {abi.InfoBuses, memory(machineBridges), len(machineBridges)},
			{abi.InfoDMA, memory(machineFaults), len(machineFaults)}} {
			s, ok := f.Take()
			g := f.Grants[abi.GrantID(s.Msg.Arg[0])]
			if !ok || s.Msg.Type != abi.RSPCI || s.Msg.Arg[2] != uint64(c.kind) || !g.Write || g.To != fake.RSEndpoint || uint64(len(g.Memory)) != s.Msg.Arg[1] {
				t.Fatalf("asks %v, %+v", ok, s)
			}
			copy(g.Memory, c.rows)
			a.Answer(s.Reply(abi.OK, uint64(c.n)))
		}
		return text
	}
	if got := ask(); got != machineTree {
		t.Errorf("printed\n%s\nwant\n%s", got, machineTree)
	}
	if len(f.Grants) != 0 {
		t.Errorf("%d grants are left", len(f.Grants))
	}
	text := ""
	r, _, _ := Parse("pci")
	Run(a, r, func(res Result) { text += Text(r, res) })
	s, _ := f.Take()
	a.Answer(s.Refuse(abi.EPERM, abi.WhyNotOperator, 0))
	if want := "EPERM: not permitted: this needs uid 0"; len(text) < len(want) || text[:len(want)] != want || len(f.Grants) != 0 {
		t.Errorf("refused: %q, %d grants", text, len(f.Grants))
	}
}

// Rows that lead round in a circle, and two of one name, are told once each.
func TestTreeEnds(t *testing.T) {
	bridge := func(f abi.Function, to uint8) abi.FunctionInfo {
		return abi.FunctionInfo{ID: abi.FunctionID{Function: f, Vendor: 1}, Holder: abi.None, Flags: abi.FunctionBridge, Secondary: to}
	}
	r := &Result{Functions: []abi.FunctionInfo{bridge(0x200, 1), bridge(0x100, 2), bridge(0x100, 1), bridge(0, 0)}}
	const want = "02:00.0 0001:0000 device of no class\n    buses 01-00\n01:00.0 0001:0000 device of no class\n    buses 02-00\n" +
		"01:00.0 0001:0000 device of no class\n    buses 01-00\n00:00.0 0001:0000 device of no class\n    buses 00-00\n"
	if got := FunctionTree(r); got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
	if got := FunctionTree(&Result{}); got != "no PCI functions\n" {
		t.Errorf("none: %q", got)
	}
}

func TestClassName(t *testing.T) {
	for class, want := range map[uint32]string{0x010802: "NVMe controller", 0x010803: "non-volatile memory controller", 0x018000: "storage controller", 0x770000: "class 770000"} {
		if got := ClassName(class); got != want {
			t.Errorf("%06x is %q, want %q", class, got, want)
		}
	}
}
