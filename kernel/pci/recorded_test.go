package pci

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/pci/fake"
)

// recorded is a machine of QEMU's: for each function what its monitor says ("info pci"), and below it the registers that are not 0. The sizes of BARs, which no register
// has, are the monitor's.
func recorded(t *testing.T, name string) (s *fake.Space, rows map[abi.Function]string) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	s, rows = fake.New(), map[abi.Function]string{}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		f, ok := abi.ParseFunction(strings.Fields(lines[i])[0])
		if !ok {
			t.Fatalf("line %d: %q", i+1, lines[i])
		}
		d := s.Add(f, 0, 0, 0)
		for _, w := range strings.Fields(lines[i+1]) {
			offset, value, _ := strings.Cut(w, "=")
			if offset == "100-fff" {
				for o := uint32(0x100); o < 0x1000; o += 4 {
					d.Put(o, 4, hex(t, value))
				}
				continue
			}
			d.Put(hex(t, offset), 4, hex(t, value))
		}
		words := strings.Fields(lines[i])
		for j, w := range words {
			if base, size, ok := strings.Cut(w, "+"); ok {
				k := j - 1
				for !strings.Contains(words[k], ":") { // the word that begins with the register's number
					k--
				}
				number, _, _ := strings.Cut(words[k], ":")
				n := hex(t, number)
				at, _ := strconv.ParseUint(base, 0, 64)
				bytes, _ := strconv.ParseUint(size, 0, 64)
				d.BAR(n, at, bytes, d.Get(0x10+4*n, 4)&barType(d.Get(0x10+4*n, 4)))
			}
		}
		rows[f] = lines[i]
	}
	return s, rows
}

func hex(t *testing.T, s string) uint32 {
	t.Helper()
	v, err := strconv.ParseUint(s, 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	return uint32(v)
}

// barType is the bits of a BAR that are its type.
func barType(v uint32) uint32 {
	if v&1 != 0 {
		return 3
	}
	return 15
}

// row is a function in the words of the record.
func row(f *Function) string {
	s := fmt.Sprintf("%s %04x:%04x", f.ID.Function, f.ID.Vendor, f.ID.Device)
	if f.ID.SubVendor != 0 {
		s += fmt.Sprintf(" sub %04x:%04x", f.ID.SubVendor, f.ID.SubDevice)
	}
	if f.Pin != 0 {
		s += fmt.Sprintf(" INT%c %d", 'A'+rune(f.Pin)-1, f.Line)
	}
	if f.Flags&abi.FunctionBridge != 0 {
		s += fmt.Sprintf(" buses %d-%d", f.Secondary, f.Subordinate)
	}
	for n := range f.BARs {
		b, kind := &f.BARs[n], "32 bit "
		if b.Flags&abi.BARWide != 0 {
			kind = "64 bit "
		}
		if b.Flags&abi.BARPrefetch != 0 {
			kind += "prefetchable "
		}
		switch kind += "memory"; b.Kind {
		case abi.BARPorts:
			kind = "I/O"
			fallthrough
		case abi.BARMemory:
			s += fmt.Sprintf(" %d:%s %#x+%#x", n, kind, b.Base, b.Size)
		}
	}
	return s
}

// TestRecorded scans two machines of QEMU's as their firmware left them: what is found is what QEMU says, and all of it but bridges can be used.
func TestRecorded(t *testing.T) {
	for name, want := range map[string]struct {
		functions, bridges int
		messages           string
	}{
		"q35": {13, 4, "00:05.0 1+0 00:06.0 0+1 00:07.0 0+1 00:08.0 0+1 00:09.0 1+5 00:1f.2 1+0 01:00.0 0+65 03:00.0 1+0 04:03.0 0+2 "},
		"pc":  {11, 2, "00:05.0 1+0 00:06.0 1+0 00:07.0 0+65 01:04.0 1+0 02:02.0 0+2 "},
	} {
		s, rows := recorded(t, name)
		table, messages := scan(s), ""
		if n, nb := len(table.Functions()), len(table.Bridges()); n != want.functions || nb != want.bridges || n != len(rows) {
			t.Errorf("%s: %d functions, %d bridges, %d recorded", name, n, nb, len(rows))
		}
		for f, recorded := range rows {
			g := table.must(t, f)
			if got := row(g); got != recorded {
				t.Errorf("%s: %s\nrecorded %s", name, got, recorded)
			}
			if bridge := g.Flags&abi.FunctionBridge != 0; bridge != (g.Unfit == abi.UnfitBridge) || !bridge && g.Unfit != abi.Fit {
				t.Errorf("%s: %v: %s", name, f, g.Unfit.Why(g.UnfitBAR))
			}
		}
		for f := range abi.Function(abi.MaxFunction) {
			if g := table.Lookup(f); g != nil && g.MSI+g.MSIX > 0 {
				messages += fmt.Sprintf("%v %d+%d ", f, g.MSI, g.MSIX)
			}
		}
		if messages != want.messages {
			t.Errorf("%s: messages %s, want %s", name, messages, want.messages)
		}
	}
}
