package cpu

import (
	"strings"
	"testing"
)

// table is a processor: leaf and sub-leaf to answer.
type table map[[2]uint32]Leaf

func (t table) id(leaf, sub uint32) Leaf { return t[[2]uint32{leaf, sub}] }

// words packs a string as CPUID does.
func words(s string, n int) []uint32 {
	b := append([]byte(s), make([]byte, 4*n-len(s))...)
	w := make([]uint32, n)
	for i := range w {
		w[i] = uint32(b[4*i]) | uint32(b[4*i+1])<<8 | uint32(b[4*i+2])<<16 | uint32(b[4*i+3])<<24
	}
	return w
}

// full is a processor that has everything in Required.
func full() table {
	t := table{
		{0, 0}:           {0x16, 0x756e6547, 0x6c65746e, 0x49656e69},
		{0x80000000, 0}:  {EAX: 0x80000008},
		{leafCrystal, 0}: {},
	}
	for _, f := range append([]Feature{RDRAND}, Required...) {
		k := [2]uint32{f.Leaf, f.Sub}
		l := t[k]
		switch f.Reg {
		case EAX:
			l.EAX |= 1 << f.Bit
		case EBX:
			l.EBX |= 1 << f.Bit
		case ECX:
			l.ECX |= 1 << f.Bit
		case EDX:
			l.EDX |= 1 << f.Bit
		}
		t[k] = l
	}
	b := words("   Intel(R) Test CPU @ 2.00GHz", 12)
	for i := range uint32(3) {
		t[[2]uint32{leafBrand + i, 0}] = Leaf{b[4*i], b[4*i+1], b[4*i+2], b[4*i+3]}
	}
	return t
}

func (t table) hypervisor(signature string, highest uint32) {
	l := t[[2]uint32{1, 0}]
	l.ECX |= 1 << 31
	t[[2]uint32{1, 0}] = l
	w := words(signature, 3)
	t[[2]uint32{leafHypervisor, 0}] = Leaf{highest, w[0], w[1], w[2]}
}

func TestCheck(t *testing.T) {
	if missing := Check(full().id, Required); len(missing) != 0 {
		t.Errorf("a full processor lacks %v", missing)
	}
	for _, f := range Required {
		c := full()
		k := [2]uint32{f.Leaf, f.Sub}
		l := c[k]
		mask := ^uint32(1 << f.Bit)
		switch f.Reg {
		case EBX:
			l.EBX &= mask
		case ECX:
			l.ECX &= mask
		case EDX:
			l.EDX &= mask
		}
		c[k] = l
		if got := Check(c.id, Required); len(got) != 1 || got[0] != f.Name {
			t.Errorf("without %s: Check says %v", f.Name, got)
		}
	}
}

// A processor whose highest leaf is below 7 answers leaf 7 with garbage (Intel: the highest
// leaf's data): that must not count.
func TestCheckPastHighestLeaf(t *testing.T) {
	c := full()
	l := c[[2]uint32{0, 0}]
	l.EAX = 5
	c[[2]uint32{0, 0}] = l
	got := strings.Join(Check(c.id, Required), " ")
	if got != "fsgsbase smep smap" {
		t.Errorf("Check = %q", got)
	}
	c[[2]uint32{0x80000000, 0}] = Leaf{} // no extended leaves at all
	if got := Check(c.id, []Feature{LongMode, NX}); len(got) != 2 {
		t.Errorf("without extended leaves: %v", got)
	}
}

func TestNames(t *testing.T) {
	c := full()
	if v := Vendor(c.id); v != "GenuineIntel" {
		t.Errorf("Vendor = %q", v)
	}
	if v := Brand(c.id); v != "Intel(R) Test CPU @ 2.00GHz" {
		t.Errorf("Brand = %q", v)
	}
	if v := Hypervisor(c.id); v != "" {
		t.Errorf("Hypervisor on bare metal = %q", v)
	}
	c.hypervisor("KVMKVMKVM", 0x40000001)
	if v := Hypervisor(c.id); v != "KVMKVMKVM" {
		t.Errorf("Hypervisor = %q", v)
	}
}

func TestToldRates(t *testing.T) {
	for _, c := range []struct {
		name    string
		hv      string
		highest uint32
		timing  Leaf
		crystal Leaf
		base    uint32
		want    Rates
	}{
		{name: "nothing"},
		{name: "crystal", crystal: Leaf{2, 168, 24_000_000, 0}, want: Rates{2_016_000_000, 24_000_000, "cpuid 0x15", false}},
		{name: "large crystal", crystal: Leaf{1, 400, 38_400_000, 0}, want: Rates{15_360_000_000, 38_400_000, "cpuid 0x15", false}},
		{name: "no crystal rate", crystal: Leaf{2, 200, 0, 0}, base: 2400, want: Rates{2_400_000_000, 24_000_000, "cpuid 0x16", true}},
		{name: "ratio only", crystal: Leaf{2, 200, 0, 0}},
		{name: "base only", base: 2400},
		{name: "guest with the host's crystal", hv: "KVMKVMKVM", highest: 0x40000001, crystal: Leaf{2, 168, 24_000_000, 0},
			want: Rates{2_016_000_000, 0, "cpuid 0x15", false}},
		{name: "kvm", hv: "KVMKVMKVM", highest: 0x40000010, timing: Leaf{2_899_999, 1_000_000, 0, 0}, crystal: Leaf{2, 168, 24_000_000, 0},
			want: Rates{2_899_999_000, 1_000_000_000, "hypervisor", false}},
		{name: "kvm without the leaf", hv: "KVMKVMKVM", highest: 0x40000001, timing: Leaf{2_899_999, 1_000_000, 0, 0}},
		{name: "unknown hypervisor", hv: "XYZXYZXYZXYZ", highest: 0x40000010, timing: Leaf{2_899_999, 1_000_000, 0, 0}},
		{name: "tcg", hv: "TCGTCGTCGTCG", highest: 0x40000001},
	} {
		p := full()
		if c.hv != "" {
			p.hypervisor(c.hv, c.highest)
		}
		p[[2]uint32{leafHVTiming, 0}] = c.timing
		p[[2]uint32{leafCrystal, 0}] = c.crystal
		p[[2]uint32{leafFrequency, 0}] = Leaf{EAX: c.base}
		if got := ToldRates(p.id); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestPhysicalBits(t *testing.T) {
	for _, c := range []struct {
		highest, eax uint32
		want         uint
	}{
		{0x8000_0008, 0x3028, 40}, {0x8000_001f, 0x302e, 46}, {0x8000_0008, 0x3000, 36}, {0x8000_0004, 0x3028, 36},
	} {
		id := func(leaf, _ uint32) Leaf {
			switch leaf {
			case 0x8000_0000:
				return Leaf{EAX: c.highest}
			case 0x8000_0008:
				return Leaf{EAX: c.eax}
			}
			return Leaf{}
		}
		if got := PhysicalBits(id); got != c.want {
			t.Errorf("leaf 80000008h of %#x is %#x: %d bits, want %d", c.highest, c.eax, got, c.want)
		}
	}
}
