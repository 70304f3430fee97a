package arch

import (
	"reflect"
	"strings"
	"testing"
)

const (
	stubsAt, trapAt, specialAt, entryAt, cpuAt = 0x18_5000, 0x18_4800, 0x18_4a00, 0x18_4700, 0x21_3400
)

var wanted = Expect{AVX: true, UMIP: true, SYSENTER: true, RSP0: 0x180_0000, NMI: 0x17f_7000, DoubleFault: 0x17f_5000, Machine: 0x17f_3000, Debug: 0x17f_9000}

// right is a CPU with nothing wrong, as one was read back under QEMU.
func right() *State {
	s := &State{CR0: 0x80050033, CR4: 0x350ee0, XCR0: 7, EFER: 0xd01, STAR: 0x1b000800000000, LSTAR: entryAt, FMASK: 0x44700,
		PAT: 0x7040600070106, DR6: 0xffff0ff0, DR7: 0x400, CS: 8, SS: 0x10, TR: 0x30, GDTLimit: 63, IDTLimit: 4095,
		GSBase: cpuAt, GDTBase: cpuAt, CPU: cpuAt, Syscall: entryAt, Stubs: stubsAt, Trap: trapAt, Special: specialAt,
		GDT: [8]uint64{0, 0x20990000000000, 0x930000000000, 0, 0xf20000000000, 0x20f80000000000, 0x8b0000003000, 0xffff8000}}
	for i, top := range [...]uint64{36: wanted.NMI, 44: wanted.DoubleFault, 52: wanted.Machine, 60: wanted.Debug, 4: wanted.RSP0} {
		if top != 0 {
			s.TSS[i/4], s.TSS[i/4+1] = uint32(top), uint32(top>>32)
		}
	}
	s.TSS[25] = 0x1000 << 16
	ist := map[int]uint64{1: 4, 2: 1, 8: 2, 18: 3}
	errorCode := map[int]bool{8: true, 10: true, 11: true, 12: true, 13: true, 14: true, 17: true, 21: true}
	for v := range 256 {
		at := uint64(stubsAt + 8*v)
		s.IDT[2*v] = at&0xffff | 8<<16 | ist[v]<<32 | 0x8e<<40 | at>>16<<48
		if v == 3 {
			s.IDT[2*v] |= 3 << 45
		}
		to, push := uint64(trapAt), uint64(0x6a)
		if ist[v] != 0 {
			to = specialAt
		}
		if errorCode[v] {
			push = 0x9090
		}
		s.Code[v] = push | 0xe8<<16 | (to-at-7)&0xffffffff<<24 | 0x90<<56
	}
	return s
}

func TestStateRight(t *testing.T) {
	if f := right().Faults(&wanted); len(f) != 0 {
		t.Errorf("a CPU with nothing wrong: %v", f)
	}
	s, want := right(), wanted
	s.CR4, s.XCR0, s.SysenterCS, want.UMIP, want.AVX, want.SYSENTER = 0x3506e0, 3, 77, false, false, false
	if f := s.Faults(&want); len(f) != 0 {
		t.Errorf("without UMIP, AVX, SYSENTER: %v", f)
	}
}

// Each single bit that is wrong, of every register and table, is a fault that names what it is in.
func TestStateEveryBit(t *testing.T) {
	names := map[string]string{"SysenterCS": "SYSENTER_CS", "GDTLimit": "GDT limit", "GDTBase": "GDT base", "GSBase": "GS base", "KernelGSBase": "KERNEL_GS_BASE", "CPU": "GS base", "IDTLimit": "IDT limit", "Syscall": "LSTAR", "Stubs": "IDT gate",
		"Trap": "IDT gate", "Special": "IDT gate", "GDT": "GDT entry", "IDT": "IDT gate", "Code": "IDT gate", "TSS": "TSS"}
	free := func(field string, i int, bit uint) bool { // bits that nothing looks at
		switch field {
		case "IDTBase":
			return true // where the table is is its own affair: its contents are compared
		case "Trap", "Special":
			return bit >= 32 // a CALL goes 2 GiB far
		case "GDT":
			return bit == 40 && i != 0 && i != 3 && i < 6 // accessed
		case "TSS": // the words between the pointers, and the T bit
			return i == 0 || i == 7 || i == 8 || i == 23 || i == 24 || i == 25 && bit < 16
		}
		return false
	}
	v := reflect.ValueOf(right()).Elem()
	for f := range v.NumField() {
		field := v.Type().Field(f)
		n, bits := 1, uint(64)
		if field.Type.Kind() == reflect.Array {
			n, bits = field.Type.Len(), uint(field.Type.Elem().Bits())
		}
		for i := range n {
			for bit := range bits {
				s := right()
				w := reflect.ValueOf(s).Elem().Field(f)
				if field.Type.Kind() == reflect.Array {
					w = w.Index(i)
				}
				w.SetUint(w.Uint() ^ 1<<bit)
				faults := s.Faults(&wanted)
				name := names[field.Name]
				if name == "" {
					name = field.Name
				}
				if free(field.Name, i, bit) {
					continue
				}
				if len(faults) == 0 || !strings.HasPrefix(faults[0], name) || !strings.Contains(faults[0], ": expected ") {
					t.Fatalf("%s[%d] bit %d: %q, want a fault of %s", field.Name, i, bit, faults, name)
				}
			}
		}
	}
}

func TestStateWords(t *testing.T) {
	s := right()
	s.FMASK &^= 1 << 18
	s.CR4 &^= 1 << 20
	want := "CR4: expected 0x350ee0, found 0x250ee0\nFMASK (AC NT DF IF TF): expected 0x44700, found 0x4700"
	if got := strings.Join(s.Faults(&wanted), "\n"); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
