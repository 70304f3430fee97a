package abi

import (
	"fmt"
	"testing"
)

// Every function's name comes back from what it is written as, and is that of pciutils.
func TestFunctionNames(t *testing.T) {
	for f := Function(0); f <= MaxFunction; f++ {
		s := fmt.Sprintf("%02x:%02x.%d", uint32(f)>>8, uint32(f)>>3&31, uint32(f)&7)
		if f.String() != s {
			t.Fatalf("%#x is %q, want %q", uint32(f), f, s)
		}
		if got, ok := ParseFunction(s); got != f || !ok {
			t.Fatalf("%q is read as %v, %v", s, got, ok)
		}
	}
	for s, want := range map[string]Function{"0:5.0": 5 << 3, "ff:1f.7": MaxFunction, "A:0a.1": 10<<8 | 10<<3 | 1} {
		if got, ok := ParseFunction(s); got != want || !ok {
			t.Errorf("%q is read as %v, %v, want %v", s, got, ok, want)
		}
	}
	for _, s := range []string{"", ":", "0", "00:", "00:05", "00:05.", ":05.0", "00:.0", "00:05.8", "00:20.0", "100:00.0", "000:05.0", "00:005.0", "00:05.00",
		"00:05.0 ", " 00:05.0", "00.05.0", "00:05:0", "0000:00:05.0", "+0:05.0", "00:-5.0", "0x:05.0", "00:05.g"} {
		if f, ok := ParseFunction(s); ok {
			t.Errorf("%q is read as %v, want refusal", s, f)
		}
	}
}

// virtioBlk is one as QEMU has it; edu has no subsystem of its own.
var (
	virtioBlk = FunctionID{Function: MakeFunction(0, 4, 0), Vendor: 0x1af4, Device: 0x1042, SubVendor: 0x1af4, SubDevice: 0x1100, Class: 0x010000}
	edu       = FunctionID{Function: MakeFunction(1, 5, 3), Vendor: 0x1234, Device: 0x11e8, SubVendor: 0x1af4, SubDevice: 0x1100, Class: 0x00ff00}
	nvme      = FunctionID{Function: MakeFunction(0, 31, 7), Vendor: 0x1b36, Device: 0x0010, Class: 0x010802}
)

// A row shows what it names, and nothing else.
func TestMatches(t *testing.T) {
	sub := func(m PCIMatch, sub uint32) PCIMatch { m.Sub = sub; return m }
	blk := DeviceMatch(0x1af4, 0x1042)
	for name, c := range map[string]struct {
		m    PCIMatch
		want string // blk edu nvme
	}{
		"nothing":                    {PCIMatch{}, ""},
		"kind 4":                     {PCIMatch{Kind: 4}, ""},
		"device":                     {blk, "blk"},
		"another of the vendor's":    {DeviceMatch(0x1af4, 0x1041), ""},
		"the device of another":      {DeviceMatch(0x1234, 0x1042), ""},
		"turned round":               {DeviceMatch(0x1042, 0x1af4), ""},
		"device and subsystem":       {sub(blk, 0x1100_1af4), "blk"},
		"another subsystem":          {sub(blk, 0x1101_1af4), ""},
		"another subsystem's vendor": {sub(blk, 0x1100_1af5), ""},
		"subsystem 0":                {sub(blk, 0), ""},
		"subsystem 0, which it has":  {sub(DeviceMatch(0x1b36, 0x10), 0), "nvme"},
		"base class":                 {ClassMatch(0x010000, MaskBase), "blk nvme"},
		"base class 0":               {ClassMatch(0, MaskBase), "edu"},
		"sub class":                  {ClassMatch(0x010800, MaskSub), "nvme"},
		"sub class 0":                {ClassMatch(0x010000, MaskSub), "blk"},
		"interface":                  {ClassMatch(0x010802, MaskInterface), "nvme"},
		"another interface":          {ClassMatch(0x010801, MaskInterface), ""},
		"slot":                       {SlotMatch(MakeFunction(1, 5, 3)), "edu"},
		"slot 0":                     {SlotMatch(0), ""},
		"the slot on another bus":    {SlotMatch(MakeFunction(0, 5, 3)), ""},
		"its other function":         {SlotMatch(MakeFunction(1, 5, 2)), ""},
	} {
		got := ""
		for _, f := range []struct {
			name string
			id   *FunctionID
		}{{"blk", &virtioBlk}, {"edu", &edu}, {"nvme", &nvme}} {
			if c.m.Fits(f.id) {
				got += " " + f.name
			}
		}
		if got != "" {
			got = got[1:]
		}
		if got != c.want {
			t.Errorf("%s: shows %q, want %q", name, got, c.want)
		}
	}
}

// A list shows what any of its rows does; rows behind its count, and no list, show nothing. A count that is too high reads no further than there is.
func TestShows(t *testing.T) {
	p := Privilege{PCI: [MaxPCI]PCIMatch{DeviceMatch(0x1af4, 0x1042), ClassMatch(0x010800, MaskSub), MaxPCI - 1: SlotMatch(edu.Function)}}
	for n, want := range map[uint32][3]bool{0: {}, 1: {true}, 2: {true, false, true}, MaxPCI - 1: {true, false, true}, MaxPCI: {true, true, true}, 1 << 31: {true, true, true}} {
		p.NPCI = n
		if got := [3]bool{p.Shows(&virtioBlk), p.Shows(&edu), p.Shows(&nvme)}; got != want {
			t.Errorf("%d rows show %v, want %v", n, got, want)
		}
	}
}

// Rows that are not counted may be anything, as in other lists.
func TestValidPrivileges(t *testing.T) {
	full := Privilege{NPorts: MaxPorts, NIRQs: MaxIRQs, NSendTo: MaxTasks, NPCI: MaxPCI, DMA: DMAUnconfined}
	for i := range full.PCI {
		full.PCI[i] = SlotMatch(Function(i))
	}
	for name, c := range map[string]struct {
		change func(p *Privilege)
		want   bool
	}{
		"full":            {func(p *Privilege) {}, true},
		"empty":           {func(p *Privilege) { *p = Privilege{} }, true},
		"ports":           {func(p *Privilege) { p.NPorts++ }, false},
		"lines":           {func(p *Privilege) { p.NIRQs++ }, false},
		"peers":           {func(p *Privilege) { p.NSendTo++ }, false},
		"functions":       {func(p *Privilege) { p.NPCI++ }, false},
		"many functions":  {func(p *Privilege) { p.NPCI = 1 << 31 }, false},
		"DMA":             {func(p *Privilege) { p.DMA++ }, false},
		"first row":       {func(p *Privilege) { p.PCI[0].Kind = 0 }, false},
		"last row":        {func(p *Privilege) { p.PCI[MaxPCI-1].Mask = 1 }, false},
		"row that is not": {func(p *Privilege) { p.NPCI--; p.PCI[MaxPCI-1].Mask = 1 }, true},
	} {
		p := full
		c.change(&p)
		if p.Valid() != c.want {
			t.Errorf("%s: valid is %v", name, p.Valid())
		}
	}
}

// The kernel takes the rows that the constructors make, and no other bits in them.
func TestValidMatches(t *testing.T) {
	withSub := DeviceMatch(1, 2)
	withSub.Sub = 0
	good := []PCIMatch{DeviceMatch(0, 0), DeviceMatch(0xfffe, 0xffff), withSub, ClassMatch(0xffffff, MaskBase), ClassMatch(0xffffff, MaskSub),
		ClassMatch(0xffffff, MaskInterface), SlotMatch(0), SlotMatch(MaxFunction)}
	for _, m := range good {
		if !m.Valid() {
			t.Errorf("%+v is refused", m)
		}
	}
	for _, m := range []PCIMatch{{}, {Kind: 4}, {Kind: 1 << 31}, DeviceMatch(0xffff, 1), {Kind: MatchDevice, ID: 1, Mask: 1},
		{Kind: MatchClass}, {Kind: MatchClass, ID: 1, Mask: MaskBase}, {Kind: MatchClass, ID: 1, Mask: MaskSub}, {Kind: MatchClass, ID: 1 << 24, Mask: MaskInterface},
		{Kind: MatchClass, Mask: 0xff00}, {Kind: MatchClass, Mask: 0xffffffff}, {Kind: MatchClass, Mask: MaskBase, Sub: 1},
		{Kind: MatchSlot, ID: 1 << 16}, {Kind: MatchSlot, Sub: 1}, {Kind: MatchSlot, Mask: 1}} {
		if m.Valid() {
			t.Errorf("%+v is taken", m)
		}
	}
}
