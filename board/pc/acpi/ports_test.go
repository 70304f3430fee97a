package acpi

import (
	"encoding/binary"
	"reflect"
	"testing"
)

// TestPorts: what QEMU's two machines say, and tables made by hand.
func TestPorts(t *testing.T) {
	q35 := []PortBlock{{0xb2, 0xb2, "SMI command"}, {0x600, 0x67f, "ACPI power management"}, {0xcf9, 0xcf9, "reset register"}}
	pc := []PortBlock{{0xb2, 0xb2, "SMI command"}, {0x600, 0x67f, "ACPI power management"}, {0xafe0, 0xafe3, "ACPI general-purpose events"}}
	for machine, want := range map[string][]PortBlock{"q35": q35, "pc": pc} {
		got, err := tables(t, load(t, machine)).Ports()
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %x, %v, want %x", machine, got, err, want)
		}
	}
	le := binary.LittleEndian
	b := make([]byte, 268)
	le.PutUint32(b[48:], 0xb2)
	le.PutUint32(b[56:], 0x1800)
	b[88], b[93] = 4, 32
	le.PutUint32(b[84:], 0xfff0) // past the last port
	b[148] = 1
	le.PutUint64(b[152:], 0x1c00) // the generic address names another block than the port: both are kept
	b[220] = 0
	le.PutUint64(b[224:], 0x1234) // memory is no port
	b[244] = 1
	le.PutUint64(b[248:], 0x404)
	b[116] = 1
	le.PutUint64(b[120:], 0x10000) // no port
	for _, c := range []struct {
		flags uint32
		want  []PortBlock
	}{
		{0, []PortBlock{{0xb2, 0xb2, "SMI command"}, {0x1800, 0x187f, "ACPI power management"}, {0x1c00, 0x1c7f, "ACPI power management"},
			{0xfff0, 0xffff, "ACPI general-purpose events"}, {0x404, 0x404, "sleep control"}}},
		{flagReduced, []PortBlock{{0x404, 0x404, "sleep control"}}},
	} {
		le.PutUint32(b[fadtFlags:], c.flags)
		got, err := (&Tables{List: []Table{{Signature: "FACP", Bytes: b}}}).Ports()
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("flags %x: %x, %v, want %x", c.flags, got, err, c.want)
		}
	}
	if _, err := (&Tables{}).Ports(); err == nil {
		t.Error("no table, no error")
	}
}
