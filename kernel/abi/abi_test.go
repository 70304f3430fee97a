package abi

import (
	"regexp"
	"testing"
	"unsafe"
)

// The sizes and offsets that assembly, docs/ABI.md and drivers in other languages rely on.
func TestLayout(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want uintptr
	}{
		{"Msg", unsafe.Sizeof(Msg{}), 72},
		{"CallArea.Pending", unsafe.Offsetof(CallArea{}.Pending), 72},
		{"CallArea", unsafe.Sizeof(CallArea{}), PageSize},
		{"StartInfo.Seed", unsafe.Offsetof(StartInfo{}.Seed), 96},
		{"StartInfo.Args", unsafe.Offsetof(StartInfo{}.Args), 136},
		{"StartInfo.Guarded", unsafe.Offsetof(StartInfo{}.Guarded), 396},
		{"StartInfo.MemoryLimit", unsafe.Offsetof(StartInfo{}.MemoryLimit), 416},
		{"CallArea.Buf", unsafe.Offsetof(CallArea{}.Buf), 0x100},
		{"CallArea.Grants", unsafe.Offsetof(CallArea{}.Grants), 0x800},
		{"CopyGrant", unsafe.Sizeof(CopyGrant{}), 32},
	} {
		if c.got != c.want {
			t.Errorf("%s: %#x, want %#x", c.name, c.got, c.want)
		}
	}
	for name, size := range map[string]uintptr{
		"StartInfo": unsafe.Sizeof(StartInfo{}), "Privilege": unsafe.Sizeof(Privilege{}), "TaskSpec": unsafe.Sizeof(TaskSpec{}),
		"a Life of each task": MaxTasks * unsafe.Sizeof(Life{}), "DeathRecord": unsafe.Sizeof(DeathRecord{}), "TaskInfo": unsafe.Sizeof(TaskInfo{}), "AccountSpec": unsafe.Sizeof(AccountSpec{}), "AccountInfo": unsafe.Sizeof(AccountInfo{}), "Machine": unsafe.Sizeof(Machine{}),
	} {
		if size > unsafe.Sizeof(CallArea{}.Buf) {
			t.Errorf("%s has %d bytes: does not fit CallArea.Buf", name, size)
		}
	}
}

func TestEndpoint(t *testing.T) {
	e := MakeEndpoint(2, 5)
	if e != 5<<6|2 || e.Slot() != 2 || e.Generation() != 5 {
		t.Errorf("MakeEndpoint(2, 5) = %d, slot %d, generation %d", e, e.Slot(), e.Generation())
	}
	for _, s := range []Endpoint{Hardware, Clock, System, Self, Any, None} {
		if s.Generation() != 0 {
			t.Errorf("special endpoint %#x could be a task's", s)
		}
	}
	if MaxTasks != 1<<endpointShift {
		t.Errorf("slots have %d bits, %d tasks need others", endpointShift, MaxTasks)
	}
	if last := MakeEndpoint(MaxTasks-1, MaxGeneration); last != ^Endpoint(0) || last.Slot() != MaxTasks-1 || last.Generation() != MaxGeneration {
		t.Errorf("last endpoint %#x: slot %d, generation %d", last, last.Slot(), last.Generation())
	}
}

func TestLabel(t *testing.T) {
	for _, s := range []string{"rtc", "a", "sixteen-bytes-ok"} {
		l, ok := MakeLabel(s)
		if !ok || l.String() != s {
			t.Errorf("MakeLabel(%q) = %q, %v", s, l, ok)
		}
		if a, b := PackLabel(l); UnpackLabel(a, b) != l {
			t.Errorf("PackLabel(%q) does not come back", s)
		}
	}
	for _, s := range []string{"", "seventeen-bytes-x", "Upper", "sp ace", "nul\x00"} {
		if l, ok := MakeLabel(s); ok {
			t.Errorf("MakeLabel(%q) = %q, want refusal", s, l)
		}
	}
}

// A label is valid, and MakeLabel makes it, when it is one to sixteen bytes of a few kinds with zeros behind; any byte at any place.
func TestValid(t *testing.T) {
	good, name := regexp.MustCompile(`^[a-z0-9._-]{1,16}\x00*$`), regexp.MustCompile(`^[a-z0-9._-]{1,16}$`)
	for _, s := range []string{"", "a", "rtc", "sixteen-bytes-ok"} {
		for at := range LabelSize {
			for c := range 256 {
				var l Label
				copy(l[:], s)
				l[at] = byte(c)
				if want := good.Match(l[:]); l.Valid() != want {
					t.Fatalf("%q is valid: %v, want %v", l[:], l.Valid(), want)
				}
				text := s[:min(at, len(s))] + string([]byte{byte(c)}) + s[min(at+1, len(s)):]
				if got, ok := MakeLabel(text); ok != name.MatchString(text) || ok && got.String() != text || !ok && got != (Label{}) {
					t.Fatalf("MakeLabel(%q) = %q, %v", text, got, ok)
				}
			}
		}
	}
}

func TestErrno(t *testing.T) {
	if OK.Err() != nil {
		t.Error("OK.Err() is not nil")
	}
	for _, n := range errnoNames {
		e := n.e
		if AsErrno(e.Err()) != e {
			t.Errorf("%s does not come back from Err", e.Name())
		}
	}
}

// What Used leaves out of a specification, Read does not miss, whatever else stands in the page; counts that are too high take all.
func TestUsedAndRead(t *testing.T) {
	for _, n := range []uint32{0, 1, 5, MaxTasks, MaxTasks + 1, 1 << 31} {
		p, got, page := Privilege{CallMask: 1, NSendTo: n, NPorts: 3, NPCI: MaxPCI, DMA: DMAUnconfined}, Privilege{}, make([]byte, 4096)
		for i := range page {
			page[i] = 0xee
		}
		for i := range min(n, MaxTasks) {
			p.SendTo[i] = Endpoint(100 + i)
		}
		p.Ports[2].Last, p.PCI[MaxPCI-1] = 9, ClassMatch(1<<16, MaskBase)
		copy(page, p.Used())
		if got.Read(page); got != p {
			t.Errorf("%d peers: %+v, want %+v", n, got, p)
		}
	}
	for _, n := range []uint32{0, 1, 7, ArgsSize, ArgsSize + 1, 1 << 31} {
		s, got, page := TaskSpec{Image: 1, ArgsLen: n, Flags: 3}, TaskSpec{}, make([]byte, 4096)
		for i := range page {
			page[i] = 0xee
		}
		for i := range min(n, ArgsSize) {
			s.Args[i] = byte(i + 1)
		}
		copy(page, s.Used())
		if got.Read(page); got != s {
			t.Errorf("%d bytes: %+v, want %+v", n, got, s)
		}
	}
}
