package code_test

import (
	"bytes"
	"debug/elf"
	"fmt"
	"slices"
	"testing"

	"bennu/rs/fi/code"
)

// offsets are where the instructions of a text without names begin, and what does not decode.
func offsets(t *testing.T, base uint64, s string) (sites []uint64, unknown []code.Unknown) {
	t.Helper()
	text, err := code.New(code.Segment{Addr: base, Bytes: unhex(t, s)})
	if err != nil {
		t.Fatal(err)
	}
	for in := range text.Sweep(code.All) {
		if in.Func != nil || in.Stratum() != code.Driver {
			t.Errorf("%#x: function %v, stratum %v", in.Addr, in.Func, in.Stratum())
		}
		sites = append(sites, in.Addr-base)
	}
	for range text.Sweep(code.Of(code.SDK, code.Runtime)) {
		t.Error("a text without names has an instruction that is no driver's")
	}
	return sites, text.Unknown(code.All)
}

// What pads is no site.
func TestPadding(t *testing.T) {
	for _, c := range []struct {
		what, bytes string
		want        []uint64
	}{
		{"RET, NOPs to 16", "c3 66 2e 0f 1f 84 00 00 00 00 00 0f 1f 44 00 00 c3", []uint64{0, 16}},
		{"RET, NOPs to the end", "c3 0f 1f 44 00 00", []uint64{0}},
		{"RET, NOPs to nowhere", "c3 0f 1f 40 00 c3", []uint64{0, 1, 5}},
		{"JMP, one-byte NOPs to 16", "eb 0e 90 90 90 90 90 90 90 90 90 90 90 90 90 90 c3", []uint64{0, 16}},
		{"JMP by register", "ff e0 66 90 0f 1f 84 00 00 00 00 00 0f 1f 40 00 c3", []uint64{0, 16}},
		{"UD2", "0f 0b 66 90 0f 1f 84 00 00 00 00 00 0f 1f 40 00 c3", []uint64{0, 16}},
		{"RET n", "c2 08 00 90 0f 1f 84 00 00 00 00 00 0f 1f 40 00 c3", []uint64{0, 16}},
		{"REP RET, which is one", "f3 c3 66 90 0f 1f 84 00 00 00 00 00 0f 1f 40 00 c3", []uint64{0, 16}},
		{"a loop's alignment is executed", "31 c0 66 90 0f 1f 84 00 00 00 00 00 0f 1f 40 00 ff c8 75 fc c3", []uint64{0, 2, 4, 12, 16, 18, 20}},
		{"after CALL NOPs may be executed", "e8 00 00 00 00 66 2e 0f 1f 84 00 00 00 00 00 90 c3", []uint64{0, 5, 15, 16}},
		{"after JE, too", "74 0e 66 90 0f 1f 84 00 00 00 00 00 0f 1f 40 00 c3", []uint64{0, 2, 4, 12, 16}},
		{"PAUSE is no NOP", "eb 0e f3 90 0f 1f 84 00 00 00 00 00 0f 1f 40 00 c3", []uint64{0, 2, 4, 12, 16}},
		{"XCHG with R8 is none", "eb 0e 41 90 0f 1f 84 00 00 00 00 00 0f 1f 40 00 c3", []uint64{0, 2, 4, 12, 16}},
		{"INT3 by linkers", "c3 cc cc cc c3", []uint64{0, 4}},
		{"INT3 and NOPs", "c3 cc cc 90 90 90 90 90 90 90 90 90 90 90 90 90 c3", []uint64{0, 16}},
		{"INT3 that is a constant", "b0 cc c3", []uint64{0, 2}},
		{"no code before a function", "66 2e 0f 1f 84 00 00 00 00 00 0f 1f 44 00 00 90 c3", []uint64{16}},
		{"zeros of the last page", "31 c0 b8 00 00 00 00" + " 00 00 00 00 00", []uint64{0, 2}},
	} {
		sites, unknown := offsets(t, 0x40201000, c.bytes)
		if !slices.Equal(sites, c.want) || unknown != nil {
			t.Errorf("%s: sites at %d, unknown %v; expected %d", c.what, sites, unknown, c.want)
		}
	}
	// 16 is counted in addresses, not from the segment's begin
	if sites, _ := offsets(t, 0x40201001, "c3 66 2e 0f 1f 84 00 00 00 00 00 0f 1f 40 00 c3"); !slices.Equal(sites, []uint64{0, 15}) {
		t.Errorf("sites at %d", sites)
	}
}

// What does not decode is told, and the sweep goes on behind it.
func TestUnknown(t *testing.T) {
	sites, unknown := offsets(t, 0x1000, "31 c0 06 31 c0 c5 f8 77 66 c5 f8 77 0f 04 c3 b8 01")
	want := []code.Unknown{
		{0x1002, "there is no such opcode in 64-bit mode"},
		{0x1008, "a prefix that VEX and EVEX do not allow"},
		{0x100c, "there is no such opcode in 64-bit mode"},
		{0x100f, "the instruction is cut off"},
	}
	// 9: VZEROUPPER again, without the prefix. 13: ADD AL, c3h. 16: ADD is cut off
	if !slices.Equal(sites, []uint64{0, 3, 5, 9, 13}) || len(unknown) < len(want) || !slices.Equal(unknown[:3], want[:3]) {
		t.Errorf("sites at %d, unknown %v; expected %v", sites, unknown, want)
	}
	if fmt.Sprint(unknown[3:]) != fmt.Sprint([]code.Unknown{want[3], {0x1010, "the instruction is cut off"}}) {
		t.Errorf("unknown %v", unknown[3:])
	}
}

const program = `
int table(int n, int a)
{
	switch (n) {
	case 0: return a * 7;
	case 1: return a / 3;
	case 2: return a ^ 0x55;
	case 3: return a << 3;
	case 4: return a - 11;
	case 5: return a % 5;
	case 6: return a | 0x1000;
	case 7: return -a;
	}
	return a;
}
int (*volatile f)(int, int) = table;
volatile int out[64];
static const long constants[] = {0x1122334455667788, 0x99aabbccddeeff00};
double half(double d) { return d / 2 + constants[(int)d & 1]; }
void fill(int n) { for (int i = 0; i < n; i++) out[i & 63] += f(i, n) * i; }
void _start(void) { for (;;) { fill(100); out[0] = half(out[1]); } }
`

// TestC: a program in C of several functions with a jump table, at all levels of optimization, with symbols and without.
func TestC(t *testing.T) {
	for _, flags := range [][]string{{"-O0"}, {"-O1"}, {"-O2"}, {"-O3", "-mavx2"}, {"-Os"}, {"-O2", "-falign-functions=64"}, {"-O2", "-fcf-protection=full", "-g"}} {
		b := buildC(t, program, append(flags, "-Wl,-z,separate-code")...)
		f := read(t, b)
		sites, padding := compare(t, f.Text, dump(t, b))
		t.Logf("%v: %d instructions, %d that pad", flags, sites, padding)
		e, err := elf.NewFile(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		symbols, err := e.Symbols()
		if err != nil {
			t.Fatal(err)
		}
		index := f.Text.Sites(code.All)
		within := 0
		for _, s := range symbols {
			if elf.ST_TYPE(s.Info) != elf.STT_FUNC {
				continue
			}
			if _, ok := index.Index(s.Value); !ok {
				t.Errorf("%v: %s at %#x is no site", flags, s.Name, s.Value)
			}
			for in := range f.Text.Sweep(code.All) {
				if in.Addr >= s.Value && in.Addr < s.Value+s.Size {
					within++
				}
			}
			if name, start := f.Symbol(s.Value + 1); name != s.Name || start != s.Value {
				t.Errorf("%v: %#x is of %q, expected %s", flags, s.Value+1, name, s.Name)
			}
		}
		if within != sites || sites < 50 {
			t.Errorf("%v: %d sites, %d of them in functions", flags, sites, within)
		}
		file, line := f.Line(e.Entry)
		if debug := slices.Contains(flags, "-g"); (line != 0) != debug || (file != "") != debug {
			t.Errorf("%v: the entry is of %q, line %d", flags, file, line)
		}
	}
}

// The code of a program whose header is in the same segment begins behind it, behind a note, and behind the zeros that align it.
func TestHeaderInText(t *testing.T) {
	for _, flags := range [][]string{{"-Wl,--build-id=none"}, {"-Wl,--build-id=sha1"}, {"-Wl,--build-id=none", "-falign-functions=128"}} {
		flags = append(flags, "-O2", "-Wl,-z,noseparate-code", "-fno-asynchronous-unwind-tables", "-fcf-protection=none")
		b := buildC(t, "void _start(void) { for (;;) ; }", flags...)
		f := read(t, b)
		e, err := elf.NewFile(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		s := f.Text.Sites(code.All)
		if s.Len() == 0 || s.Len() > 5 || s.Addr(0) != e.Entry {
			t.Errorf("%v: %d sites, the first at %#x; expected %#x", flags, s.Len(), s.Addr(0), e.Entry)
		}
	}
}
