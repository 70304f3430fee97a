package code_test

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"bennu/rs/fi/code"
	"bennu/rs/fi/code/elffile"
)

const root = "../../.."

// built is a driver in Go with its symbol table, for all tests of a run.
var built = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "code")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	cmd := exec.Command("go", "run", "./tools/tamago", "build", "-ring", "3", "-symbols", "-o", filepath.Join(dir, "rtc"), "./drivers/rtc")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "TAMAGO=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return out, err
	}
	return os.ReadFile(filepath.Join(dir, "rtc"))
})

func build(t testing.TB) []byte {
	t.Helper()
	b, err := built()
	if err != nil {
		t.Fatalf("tools/tamago build: %v\n%s", err, b)
	}
	return b
}

// buildC compiles a program as docs/examples/echo/build.sh does.
func buildC(t testing.TB, source string, flags ...string) []byte {
	t.Helper()
	cc := os.Getenv("CC")
	if cc == "" {
		cc = "cc"
	}
	if _, err := exec.LookPath(cc); err != nil {
		t.Fatalf("%s, the C compiler, is missing: ./tools/need.sh cc installs it", cc)
	}
	file := filepath.Join(t.TempDir(), "c")
	args := []string{"-ffreestanding", "-fno-pic", "-fno-stack-protector", "-static", "-nostdlib", "-Wl,-Ttext-segment=0x40200000", "-o", file}
	cmd := exec.Command(cc, slices.Concat(args, flags, []string{"-x", "c", "-"})...)
	cmd.Stdin = bytes.NewReader([]byte(source))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cc, err, out)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func read(t testing.TB, b []byte) *elffile.File {
	t.Helper()
	f, err := elffile.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// dump is objdump's list of an executable.
func dump(t testing.TB, b []byte) []line {
	t.Helper()
	name := filepath.Join(t.TempDir(), "elf")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return objdump(t, "-d", name)
}

// compare holds all instructions of a text against objdump's list, which has to have the same but padding.
func compare(t *testing.T, text *code.Text, lines []line) (sites, padding int) {
	t.Helper()
	for in := range text.Sweep(code.All) {
		for ; len(lines) > 0 && lines[0].addr < in.Addr; lines = lines[1:] {
			f := text.Func(lines[0].addr)
			if w := lines[0].text; w != "int3" && !(len(text.Funcs) == 0 && isNop(w)) && !(f != nil && f.Name == "crypto/internal/boring/sig.StandardCrypto") {
				t.Errorf("left out: %v", lines[0])
			}
			padding++
		}
		if len(lines) == 0 || lines[0].addr != in.Addr || !bytes.Equal(lines[0].bytes, in.Bytes) {
			t.Fatalf("%x: % x; objdump: %v", in.Addr, in.Bytes, slices.Concat(lines, []line{{}})[0])
		}
		lines = lines[1:]
		sites++
	}
	for _, l := range lines {
		if l.text != "int3" && !isNop(l.text) {
			t.Errorf("left out: %v", l)
		}
		padding++
	}
	for _, u := range text.Unknown(code.All) {
		t.Errorf("%#x: %s", u.Addr, u.Why)
	}
	return sites, padding
}

func isNop(text string) bool {
	for _, nop := range []string{"nop", "xchg   %ax,%ax", "cs nop", "data16 nop", "data16 cs nop", "data16 data16 cs nop", "data16 data16 data16 cs nop"} {
		if text == nop || len(text) > len(nop) && text[:len(nop)] == nop {
			return true
		}
	}
	return false
}

// TestGo holds a whole driver against objdump and its symbol table, which we do not read.
func TestGo(t *testing.T) {
	b := build(t)
	f := read(t, b)
	sites, padding := compare(t, f.Text, dump(t, b))
	t.Logf("%d instructions, %d bytes of padding", sites, padding)
	if sites < 50000 || padding == 0 {
		t.Error("that is not all")
	}
	e, err := elf.NewFile(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	symbols, err := e.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, s := range symbols {
		if elf.ST_TYPE(s.Info) != elf.STT_FUNC || s.Size == 0 {
			continue
		}
		n++
		fn := f.Text.Func(s.Value)
		if fn == nil || fn.Start != s.Value || fn.End < s.Value+s.Size || generic(fn.Name) != generic(s.Name) {
			t.Errorf("%s: %#x, %d bytes; in pclntab %+v", s.Name, s.Value, s.Size, fn)
		}
	}
	if n < 1000 || n > len(f.Text.Funcs) {
		t.Errorf("%d symbols of functions, %d functions", n, len(f.Text.Funcs))
	}
	if text := e.Section(".text"); text != nil {
		if start, end := f.Text.Code(); start != text.Addr || end > text.Addr+text.Size || end+64 < text.Addr+text.Size {
			t.Errorf("code %#x-%#x: expected %#x-%#x", start, end, text.Addr, text.Addr+text.Size)
		}
	}
}

// generic leaves out what a generic function is an instance for, and by which convention an assembly function is called.
func generic(name string) string {
	name = strings.ReplaceAll(name, "·", ".") // the symbol table has a dot for it
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".abi0"), ".abiinternal")
	for i := range name {
		if name[i] == '[' && len(name) > 5 && name[:5] != "type:" {
			return name[:i]
		}
	}
	return name
}

// TestMemory: what a task reads of its victim gives the same, whatever order its areas are in, and with less of them.
func TestMemory(t *testing.T) {
	b := build(t)
	want := read(t, b).Text
	text, others, err := elffile.Segments(b)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func() (code.Segment, []code.Segment){
		"in another order": func() (code.Segment, []code.Segment) {
			return text, append([]code.Segment{{Addr: 0x50000000, Bytes: make([]byte, 4096)}}, others...)
		},
		"without what fills the last page": func() (code.Segment, []code.Segment) {
			_, end := want.Code()
			return code.Segment{Addr: text.Addr, Bytes: text.Bytes[:end-text.Addr]}, others
		},
		"with other bytes in the last page": func() (code.Segment, []code.Segment) {
			_, end := want.Code()
			c := bytes.Clone(text.Bytes)
			for i := end - text.Addr; i < uint64(len(c)); i++ {
				c[i] = 0x90
			}
			return code.Segment{Addr: text.Addr, Bytes: c}, others
		},
		"without the file's header": func() (code.Segment, []code.Segment) {
			c := bytes.Clone(text.Bytes)
			clear(c[:4096])
			return code.Segment{Addr: text.Addr, Bytes: c}, others
		},
		"with a constant that looks like a table": func() (code.Segment, []code.Segment) {
			fake := append([]byte("\xf1\xff\xff\xff\x00\x00\x01\x08\x05"), make([]byte, 200)...)
			return text, append([]code.Segment{{Addr: 0x50000000, Bytes: fake}}, others...)
		},
	} {
		s, o := change()
		got, err := code.New(s, o...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.Equal(got.Funcs, want.Funcs) {
			t.Errorf("%s: %d functions, expected the same %d", name, len(got.Funcs), len(want.Funcs))
		}
		a, b := got.Sites(code.All), want.Sites(code.All)
		if a.Len() != b.Len() || a.Addr(0) != b.Addr(0) || a.Addr(a.Len()-1) != b.Addr(b.Len()-1) {
			t.Errorf("%s: %d sites, expected %d", name, a.Len(), b.Len())
		}
	}
	if got, err := code.New(text); err != nil || len(got.Funcs) != 0 {
		t.Errorf("without constants: %d functions, %v; expected none", len(got.Funcs), err)
	}
	if _, err := code.New(code.Segment{Addr: text.Addr}, others...); err == nil {
		t.Error("an empty segment: expected an error")
	}
	if _, err := code.New(code.Segment{Addr: text.Addr, Bytes: make([]byte, len(text.Bytes))}, others...); err == nil {
		t.Error("the text of another program: expected an error")
	}
}

// TestDamaged: no table makes New panic, nor functions outside of the text.
func TestDamaged(t *testing.T) {
	text, others, err := elffile.Segments(build(t))
	if err != nil {
		t.Fatal(err)
	}
	at := -1
	for i, s := range others {
		if at = bytes.Index(s.Bytes, []byte("\xf1\xff\xff\xff\x00\x00\x01\x08")); at >= 0 {
			others[0], others[i] = others[i], others[0]
			break
		}
	}
	if at < 0 {
		t.Fatal("no table")
	}
	table := others[0].Bytes
	check := func(what string, s []byte) {
		got, err := code.New(text, code.Segment{Addr: others[0].Addr, Bytes: s})
		if err != nil {
			return
		}
		last := text.Addr
		for _, f := range got.Funcs {
			if f.Start < last || f.End < f.Start || f.End > text.Addr+uint64(len(text.Bytes)) {
				t.Fatalf("%s: %+v", what, f)
			}
			last = f.End
		}
	}
	for i := 8; i < 72; i++ {
		for _, v := range []byte{0, 1, 0x7f, 0xff} {
			c := bytes.Clone(table)
			c[at+i] = v
			check("header", c)
		}
	}
	for n := at; n < len(table); n += len(table) / 50 {
		check("cut off", table[:n])
	}
}

// TestNames: stratum and place in the source of functions that are surely there.
func TestNames(t *testing.T) {
	f := read(t, build(t))
	found := map[string]bool{}
	for _, c := range []struct {
		name string
		want code.Stratum
		file string
	}{
		{"main.main", code.Driver, "bennu/drivers/rtc/main.go"},
		{"bennu/drivers/sdk.(*Context).serve", code.SDK, ""},
		{"bennu/kernel/usys.gate", code.SDK, ""},
		{"runtime.mallocgc", code.Runtime, "runtime/malloc.go"},
		{"memeqbody", code.Runtime, "internal/bytealg/equal_amd64.s"},
	} {
		for i := range f.Text.Funcs {
			fn := &f.Text.Funcs[i]
			if fn.Name != c.name {
				continue
			}
			found[c.name] = true
			file, line := f.Line(fn.Start)
			if fn.Stratum != c.want || c.file != "" && (file != c.file || line == 0) {
				t.Errorf("%s: %v, %s:%d; expected %v, %s", c.name, fn.Stratum, file, line, c.want, c.file)
			}
			if name, start := f.Symbol(fn.Start + 1); name != c.name || start != fn.Start {
				t.Errorf("%s: the symbol of its second byte is %s at %#x", c.name, name, start)
			}
		}
		if !found[c.name] && c.file != "" {
			t.Errorf("%s: no such function", c.name)
		}
	}
	if name, _ := f.Symbol(1); name != "" || f.Text.Func(1) != nil {
		t.Errorf("the symbol of address 1 is %q", name)
	}
}

// FuzzNew: no bytes make New or a sweep panic, and what a sweep has lies in the text, in order.
func FuzzNew(f *testing.F) {
	header := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 57)...)
	header[32], header[54], header[56] = 64, 56, 1
	program := make([]byte, 56)
	program[0], program[4], program[33] = 1, 5, 0x10
	f.Add([]byte{0x90, 0xc3}, []byte("\xf1\xff\xff\xff\x00\x00\x01\x08\x01\x00\x00\x00\x00\x00\x00\x00"), uint64(0x40201000))
	f.Add(slices.Concat(header, program, []byte{0x31, 0xc0, 0xc3}), []byte{}, uint64(0))
	f.Add([]byte{0x90, 0xc3}, smallTable("main.g"), uint64(0x40201000))
	f.Fuzz(func(t *testing.T, b, constants []byte, base uint64) {
		text, err := code.New(code.Segment{Addr: base, Bytes: b}, code.Segment{Addr: base &^ 7, Bytes: constants})
		if err != nil {
			return
		}
		at := 0
		for in := range text.Sweep(code.All) {
			off := int(in.Addr - base)
			if off < at || off+len(in.Bytes) > len(b) || !bytes.Equal(b[off:off+len(in.Bytes)], in.Bytes) {
				t.Fatalf("an instruction at %d of %d, after %d: % x", off, len(b), at, in.Bytes)
			}
			at = off + len(in.Bytes)
			in.Decode()
		}
		text.Unknown(code.All)
		text.Sites(code.All).Select(func(*code.Inst) bool { return true })
	})
}

// smallTable is a pclntab of two functions of 2 bytes.
func smallTable(name string) []byte {
	table := make([]byte, 200)
	copy(table, "\xf1\xff\xff\xff\x00\x00\x01\x08\x02")
	table[32], table[40], table[64] = 72, 130, 130
	copy(table[72:], "main.f\x00"+name+"\x00")
	copy(table[130:], []byte{0, 0, 0, 0, 20, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 7})
	return table
}

func TestSmallTable(t *testing.T) {
	for _, c := range []struct {
		what   string
		name   string
		change func(b []byte)
		funcs  int
		count  [code.Strata]int
	}{
		{"two of the driver's", "main.g", func([]byte) {}, 2, [code.Strata]int{3, 0, 0}},
		{"one of the run-time's", "time.F", func([]byte) {}, 2, [code.Strata]int{1, 0, 2}},
		{"a signature, which is data", "crypto/internal/boring/sig.StandardCrypto", func([]byte) {}, 2, [code.Strata]int{1, 0, 0}},
		{"no description of a function", "main.g", func(b []byte) { b[134] = 8 }, 0, [code.Strata]int{3, 0, 0}},
		{"functions not in order", "main.g", func(b []byte) { b[138], b[158] = 5, 5 }, 0, [code.Strata]int{3, 0, 0}},
		{"the first not at 0", "main.g", func(b []byte) { b[130], b[150] = 1, 1 }, 0, [code.Strata]int{3, 0, 0}},
		{"a list that is cut off", "main.g", func(b []byte) { b[8] = 20 }, 0, [code.Strata]int{3, 0, 0}},
		{"no functions", "main.g", func(b []byte) { b[8] = 0 }, 0, [code.Strata]int{3, 0, 0}},
	} {
		b := smallTable(c.name)
		c.change(b)
		text, err := code.New(code.Segment{Addr: 0x40201000, Bytes: []byte{0x50, 0xcc, 0x58, 0x58}}, code.Segment{Addr: 0x40300000, Bytes: b})
		if err != nil || len(text.Funcs) != c.funcs {
			t.Errorf("%s: %+v, %v; expected %d functions", c.what, text, err, c.funcs)
			continue
		}
		s := text.Sites(code.All)
		if got := [code.Strata]int{s.Count(code.Driver), s.Count(code.SDK), s.Count(code.Runtime)}; got != c.count {
			t.Errorf("%s: %d sites by stratum, expected %d", c.what, got, c.count)
		}
	}
}
