package conf

import (
	"strconv"
	"strings"

	"bennu/kernel/abi"
)

// The keywords that give PCI functions, and DMA to them.

const wantPCI = "device VID/DID[/SUBVID/SUBDID]…, class BASE[/SUB[/INTERFACE]]… or slot BUS:DEVICE.FUNCTION…, in hexadecimal"

// pciKinds are what the first word of `pci` says of the others.
var pciKinds = [...]struct {
	name string
	read func(s string) (m abi.PCIMatch, ok bool)
}{{"device", pciDevice}, {"class", pciClass}, {"slot", pciSlot}}

// readPCI reads one of an entry's statements `pci`: their rows come together. What one row shows, another may show, too; the same row twice is
// a slip.
func readPCI(a *arguments) {
	if !a.count(2, 1+abi.MaxPCI, wantPCI) {
		return
	}
	kind := a.args[0]
	for _, k := range pciKinds {
		if k.name == kind.text {
			a.rows(a.args[1:], k.read)
			return
		}
	}
	a.wrong(kind, wantPCI)
}

func (a *arguments) rows(list []token, read func(s string) (abi.PCIMatch, bool)) {
	for _, t := range list {
		m, ok := read(t.text)
		if !ok || !m.Valid() {
			a.wrong(t, wantPCI)
			continue
		}
		for _, other := range a.s.PCI {
			if other == m {
				a.fault(t, strconv.Quote(t.text)+" is there twice, expected each once")
			}
		}
		if a.s.PCI = append(a.s.PCI, m); len(a.s.PCI) == abi.MaxPCI+1 { // one fault for all that are too many
			a.fault(t, "one row too many, expected at most "+strconv.Itoa(abi.MaxPCI)+" in all")
		}
	}
}

// pciDevice is VID/DID[/SUBVID/SUBDID], or VID:DID[/SUBVID:SUBDID] as the newer MINIX writes it.
func pciDevice(s string) (m abi.PCIMatch, ok bool) {
	parts := strings.Split(s, "/")
	if strings.Contains(s, ":") {
		var pairs []string
		for _, p := range parts {
			vendor, device, _ := strings.Cut(p, ":")
			pairs = append(pairs, vendor, device)
		}
		parts = pairs
	}
	var n [4]uint16
	if len(parts) != 2 && len(parts) != 4 {
		return m, false
	}
	for i, p := range parts {
		v, ok := digits(p, 16)
		if !ok || v > 0xffff {
			return m, false
		}
		n[i] = uint16(v)
	}
	m = abi.DeviceMatch(n[0], n[1])
	if len(parts) == 4 {
		m.Sub = uint32(n[3])<<16 | uint32(n[2])
	}
	return m, len(parts) == 2 || m.Sub != abi.AnySubsystem
}

// pciClass is BASE[/SUB[/INTERFACE]]: what is not named may be anything.
func pciClass(s string) (m abi.PCIMatch, ok bool) {
	parts := strings.Split(s, "/")
	if len(parts) > 3 {
		return m, false
	}
	class, mask := uint32(0), uint32(0)
	for i, p := range parts {
		n, ok := digits(p, 16)
		if !ok || n > 0xff {
			return m, false
		}
		class |= uint32(n) << (16 - 8*i)
		mask |= 0xff << (16 - 8*i)
	}
	return abi.ClassMatch(class, mask), true
}

// pciSlot is BUS:DEVICE.FUNCTION, as lspci writes it.
func pciSlot(s string) (m abi.PCIMatch, ok bool) {
	f, ok := abi.ParseFunction(s)
	return abi.SlotMatch(f), ok
}

// readDMA reads the only right to DMA that has to be asked for.
func readDMA(a *arguments) {
	const want = "unconfined: what an IOMMU confines needs no word"
	if !a.count(1, 1, want) {
		return
	}
	if a.args[0].text != "unconfined" {
		a.wrong(a.args[0], want)
	}
	a.s.DMA = abi.DMAUnconfined
}

// functions notes words about PCI functions that give nothing, or everything.
func (p *parser) functions(e *entry) {
	p.current = e
	if w, ok := e.from["pci"]; ok && w.by == e && !e.class && e.s.Calls&abi.CallBit(abi.CallPCI) == 0 {
		p.note(w.key, "pci: no PCI in \"system\": no right comes of it")
	}
	w, ok := e.from["dma"]
	switch {
	case !ok || w.by != e:
	case len(e.s.PCI) > 0:
		p.note(w.key, "dma: where no IOMMU confines its devices, it reaches all memory through them")
	case !e.class:
		p.note(w.key, "dma: no \"pci\": no right comes of it")
	}
}
