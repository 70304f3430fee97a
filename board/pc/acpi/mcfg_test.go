package acpi

import (
	"reflect"
	"testing"
)

func TestMCFG(t *testing.T) {
	list, err := tables(t, load(t, "q35")).MCFG()
	if want := []ECAM{{Base: 0xb000_0000, Last: 255}}; err != nil || !reflect.DeepEqual(list, want) {
		t.Errorf("q35: %+v, %v, want %+v", list, err, want)
	}
	if list, err := tables(t, load(t, "pc")).MCFG(); err == nil {
		t.Errorf("pc: %+v, want none", list)
	}
	b := make([]byte, 44+4*16)
	entry := func(n int, base uint32, first, last byte) {
		e := b[44+16*n:]
		e[0], e[1], e[2], e[3], e[4], e[8], e[10], e[11] = byte(base), byte(base>>8), byte(base>>16), byte(base>>24), 1, 2, first, last
	}
	entry(0, 0xe000_0000, 16, 16)
	entry(1, 0xe000_1000, 0, 255)
	entry(2, 0xf000_0000, 2, 1)
	made := &Tables{List: []Table{{"MCFG", 1, b}}}
	list, err = made.MCFG()
	if want := []ECAM{{0x1_e000_0000, 2, 16, 16}}; err != nil || !reflect.DeepEqual(list, want) {
		t.Errorf("%+v, %v, want %+v", list, err, want)
	}
	for _, n := range []int{43, 45, 59} {
		made.List[0].Bytes = b[:n]
		if list, err := made.MCFG(); err == nil {
			t.Errorf("%d bytes: %+v", n, list)
		}
	}
}
