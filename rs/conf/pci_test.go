package conf

import (
	"reflect"
	"testing"

	"bennu/kernel/abi"
)

// Several lines come together, in their order, a class's where the entry has none of its own; and the words that are too much, or give nothing, are
// told.
func TestPCI(t *testing.T) {
	f, faults := Parse("f", []byte(`class disk { pci class 1/8/2; };
service a { system PCI; pci device 10ec/8139 1af4:1042; pci class 1 1/6 1/8/2; pci slot 0:1f.2 ff:1f.7; };
service b { pci device 1AF4/1042/1af4/1100 1af4:1042/0:0; dma unconfined; };
service c { class disk; dma unconfined; system DMA PCI; };
service d { class disk; pci slot 0:5.0; system PCI; };
service e { dma unconfined; };
`))
	if len(faults) != 0 {
		t.Fatal(faults)
	}
	sub := func(m abi.PCIMatch, sub uint32) abi.PCIMatch { m.Sub = sub; return m }
	blk := abi.DeviceMatch(0x1af4, 0x1042)
	nvme := abi.PCIMatch{Kind: abi.MatchClass, ID: 0x010802, Mask: 0xffffff}
	for label, want := range map[string]struct {
		rows []abi.PCIMatch
		dma  abi.DMARight
	}{
		"a": {[]abi.PCIMatch{abi.DeviceMatch(0x10ec, 0x8139), blk, {Kind: abi.MatchClass, ID: 0x010000, Mask: 0xff0000},
			{Kind: abi.MatchClass, ID: 0x010600, Mask: 0xffff00}, nvme, abi.SlotMatch(0xfa), abi.SlotMatch(0xffff)}, abi.DMAConfined},
		"b": {[]abi.PCIMatch{sub(blk, 0x1100_1af4), sub(blk, 0)}, abi.DMAUnconfined},
		"c": {[]abi.PCIMatch{nvme}, abi.DMAUnconfined},
		"d": {[]abi.PCIMatch{abi.SlotMatch(5 << 3)}, abi.DMAConfined},
		"e": {nil, abi.DMAUnconfined},
	} {
		if s := f.Service(label); !reflect.DeepEqual(s.PCI, want.rows) || s.DMA != want.dma {
			t.Errorf("%s: %+v, %d, want %+v", label, s.PCI, s.DMA, want)
		}
	}
	if s := f.Service("c"); s.Calls != 1<<(abi.CallPCI-abi.CallBase)|1<<(abi.CallDMA-abi.CallBase) {
		t.Errorf("system DMA PCI is %#x", s.Calls)
	}
	want := []string{
		`f:3:13: service "b": pci: no PCI in "system": no right comes of it`,
		`f:3:59: service "b": dma: where no IOMMU confines its devices, it reaches all memory through them`,
		`f:4:25: service "c": dma: where no IOMMU confines its devices, it reaches all memory through them`,
		`f:6:13: service "e": dma: no "pci": no right comes of it`,
	}
	var got []string
	for _, n := range f.Notes {
		got = append(got, n.Error())
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("notes\n%q\nwant\n%q", got, want)
	}
}

// What an entry says of PCI, whatever it is, is read to rows that the kernel takes, or refused.
func FuzzPCI(f *testing.F) {
	for _, s := range []string{"device 10ec/8139", "class 1/6", "slot 0:5.0", "device ::/::", "class //", "slot :."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, words string) {
		file, _ := Parse("f", []byte("service a { pci "+words+"; };"))
		for _, s := range file.Services {
			p := abi.Privilege{NPCI: uint32(len(s.PCI))}
			if copy(p.PCI[:], s.PCI); !p.Valid() {
				t.Errorf("%q gives %+v", words, s.PCI)
			}
		}
	})
}

// pciFaults is rows of TestFaults.
var pciFaults = []struct{ name, text, want string }{
	{"pci none", in("pci device;"), `f:2:3: service "a": pci: 1 argument, expected device VID/DID[/SUBVID/SUBDID]…, class BASE[/SUB[/INTERFACE]]… or slot BUS:DEVICE.FUNCTION…, in hexadecimal`},
	{"pci kind", in("pci vendor 1;"), `f:2:7: service "a": pci: unexpected "vendor", expected device VID/DID…`},
	{"pci many", in("pci class 1 2 3 4 5 6 7 8 9;"), `f:2:29: service "a": pci: 10 arguments, expected device VID/DID…`},
	{"pci device short", in("pci device 10ec;"), `f:2:14: service "a": pci: unexpected "10ec", expected device VID/DID…`},
	{"pci device three", in("pci device 10ec/8139/1;"), `f:2:14: service "a": pci: unexpected "10ec/8139/1", expected device VID/DID…`},
	{"pci device five", in("pci device 10ec/8139/1/2/3;"), `f:2:14: service "a": pci: unexpected "10ec/8139/1/2/3", expected device VID/DID…`},
	{"pci device mixed", in("pci device 10ec:8139/1/2;"), `f:2:14: service "a": pci: unexpected "10ec:8139/1/2", expected device VID/DID…`},
	{"pci device mixed order", in("pci device 10ec/8139:1;"), `f:2:14: service "a": pci: unexpected "10ec/8139:1", expected device VID/DID…`},
	{"pci device long", in("pci device 110ec/8139;"), `f:2:14: service "a": pci: unexpected "110ec/8139", expected device VID/DID…`},
	{"pci device digits", in("pci device 10eg/8139;"), `f:2:14: service "a": pci: unexpected "10eg/8139", expected device VID/DID…`},
	{"pci device hexadecimal", in("pci device 0x10ec/8139;"), `f:2:14: service "a": pci: unexpected "0x10ec/8139", expected device VID/DID…`},
	{"pci device half", in("pci device 10ec/;"), `f:2:14: service "a": pci: unexpected "10ec/", expected device VID/DID…`},
	{"pci device half of the newer", in("pci device 10ec:;"), `f:2:14: service "a": pci: unexpected "10ec:", expected device VID/DID…`},
	{"pci device three of the newer", in("pci device 10ec:8139:1;"), `f:2:14: service "a": pci: unexpected "10ec:8139:1", expected device VID/DID…`},
	{"pci device empty slot", in("pci device ffff/ffff;"), `f:2:14: service "a": pci: unexpected "ffff/ffff", expected device VID/DID…`},
	{"pci device any subsystem", in("pci device 10ec/8139/ffff/ffff;"), `f:2:14: service "a": pci: unexpected "10ec/8139/ffff/ffff", expected device VID/DID…`},
	{"pci device sign", in("pci device +10ec/8139;"), `f:2:14: service "a": pci: unexpected "+10ec/8139", expected device VID/DID…`},
	{"pci class long", in("pci class 100;"), `f:2:13: service "a": pci: unexpected "100", expected device VID/DID…`},
	{"pci class four", in("pci class 1/2/3/4;"), `f:2:13: service "a": pci: unexpected "1/2/3/4", expected device VID/DID…`},
	{"pci class part", in("pci class 1/;"), `f:2:13: service "a": pci: unexpected "1/", expected device VID/DID…`},
	{"pci class word", in("pci class disk;"), `f:2:13: service "a": pci: unexpected "disk", expected device VID/DID…`},
	{"pci class sub", in("pci class 1/100;"), `f:2:13: service "a": pci: unexpected "1/100", expected device VID/DID…`},
	{"pci class interface", in("pci class 1/2/100;"), `f:2:13: service "a": pci: unexpected "1/2/100", expected device VID/DID…`},
	{"pci slot short", in("pci slot 00:05;"), `f:2:12: service "a": pci: unexpected "00:05", expected device VID/DID…`},
	{"pci slot device", in("pci slot 00:20.0;"), `f:2:12: service "a": pci: unexpected "00:20.0", expected device VID/DID…`},
	{"pci slot function", in("pci slot 00:05.8;"), `f:2:12: service "a": pci: unexpected "00:05.8", expected device VID/DID…`},
	{"pci slot segment", in("pci slot 0000:00:05.0;"), `f:2:12: service "a": pci: unexpected "0000:00:05.0", expected device VID/DID…`},
	{"pci slot number", in("pci slot 5;"), `f:2:12: service "a": pci: unexpected "5", expected device VID/DID…`},
	{"pci twice", in("pci device 10ec/8139 10EC:8139;"), `f:2:24: service "a": pci: "10EC:8139" is there twice, expected each once`},
	{"pci twice in two lines", in("pci class 1/0; pci slot 0:5.0; pci class 01/00;"), `f:2:44: service "a": pci: "01/00" is there twice, expected each once`},
	{"pci too many", in("pci class 1 2 3 4 5 6 7 8; pci slot 1:0.0 2:0.0;"), `f:2:39: service "a": pci: one row too many, expected at most 8 in all`},
	{"pci from two", "class x { pci class 1; };\nclass y { pci class 2; };\nservice a { class x y; };", `f:3:21: service "a": class: "pci" comes from two classes, expected it from one, or in the entry itself`},
	{"dma none", in("dma;"), `f:2:3: service "a": dma: no argument, expected unconfined: what an IOMMU confines needs no word`},
	{"dma word", in("dma confined;"), `f:2:7: service "a": dma: unexpected "confined", expected unconfined…`},
	{"dma many", in("dma unconfined 1;"), `f:2:18: service "a": dma: 2 arguments, expected unconfined…`},
	{"dma twice", in("dma unconfined; dma unconfined;"), `f:2:19: service "a": duplicate keyword "dma", expected it once, see f:2:3`},
}
