package code_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"bennu/rs/fi/code"
)

func TestDisassemble(t *testing.T) {
	for _, c := range []struct{ bytes, want string }{
		{"48 89 c3", "mov %rax,%rbx"},
		{"c3", "ret"},
		{"e8 fb 0f 00 00", "call 0x40202000"},
		{"75 fe", "jne 0x40201000"},
		{"48 8b 05 10 00 00 00", "mov 0x10(%rip),%rax"},
		{"c5 f8 77", "vzeroupper"},
		{"c5 fc 77", "vzeroall"},
		{"c5 fe 6f 05 10 00 00 00", "vmovdqu 0x10(%rip),%ymm0"},
		{"c5 fe 6f 05 f0 ff ff ff", "vmovdqu -0x10(%rip),%ymm0"},
		// what a change may have made of one instruction: several, which follow each other in addresses
		{"90 75 fd", "nop; jne 0x40201000"},
		{"b8 01 00 00 00 90", "mov $0x1,%eax; nop"},
		// and one that takes bytes of the next
		{"48 b8 01 02", "(bad) 48b80102: the instruction is cut off"},
		{"90 0f", "nop; (bad) 0f: the instruction is cut off"},
		{"06 90", "(bad) 06: there is no such opcode in 64-bit mode; nop"},
		{"66 c5 f8 77", "(bad) 66: a prefix that VEX and EVEX do not allow; vzeroupper"},
		{"f3 48 0f 38 f6 de", "(unknown) f3480f38f6de"}, // ADOX: x86asm lacks it
		{"", ""},
	} {
		if got := code.Disassemble(0x40201000, unhex(t, c.bytes)); got != c.want {
			t.Errorf("%s: %q, expected %q", c.bytes, got, c.want)
		}
	}
}

var (
	number  = regexp.MustCompile(`-?0x[0-9a-f]+`)
	target  = regexp.MustCompile(`^((?:bnd )?(?:j|call)\w*) ([0-9a-f]+)$`)
	nothing = regexp.MustCompile(`(^|[ ,:])0x0\(`)
	comment = regexp.MustCompile(`\s*(#|<).*`)
	spaces  = regexp.MustCompile(`\s+`)
)

// words leaves out in what objdump's words and ours differ without another meaning.
func words(s string) string {
	s = spaces.ReplaceAllString(comment.ReplaceAllString(s, ""), " ")
	s = strings.NewReplacer(",1)", ")", "movabs ", "mov ", "pushfq", "pushf", "popfq", "popf", " {%k", "{%k", " {z}", "{z}").Replace(s)
	return nothing.ReplaceAllString(target.ReplaceAllString(s, "$1 0x$2"), "$1(")
}

// alike compares numbers by their value as sizes of operands have it: -1 is 0xffff of 16 bits.
func alike(a, b string) bool {
	x, y := number.FindAllString(a, -1), number.FindAllString(b, -1)
	if number.ReplaceAllString(a, "0x") != number.ReplaceAllString(b, "0x") {
		return false
	}
	for i := range x {
		m, n := value(x[i]), value(y[i])
		if m != n && int64(int32(m)) != int64(n) && int64(int32(n)) != int64(m) && int64(int16(m)) != int64(n) && int64(int16(n)) != int64(m) {
			return false
		}
	}
	return true
}

func value(s string) uint64 {
	digits, minus := strings.CutPrefix(s, "-")
	n, _ := strconv.ParseUint(digits, 0, 64) // the expression has digits
	if minus {
		return -n
	}
	return n
}

// TestDisassembleGo compares the words of all instructions of a driver with objdump's.
func TestDisassembleGo(t *testing.T) {
	b := build(t)
	text := read(t, b).Text
	lines := dump(t, b)
	other := map[string]int{}
	n := 0
	for in := range text.Sweep(code.All) {
		for lines[0].addr < in.Addr {
			lines = lines[1:]
		}
		n++
		got, want := words(code.Disassemble(in.Addr, in.Bytes)), words(lines[0].text)
		if alike(got, want) {
			continue
		}
		name := strings.Fields(want)[0]
		if other[name]++; other[name] == 1 {
			t.Logf("%x: % x: %q, objdump: %q", in.Addr, in.Bytes, got, want)
		}
	}
	delete(other, "vpcmpnequq") // an alias
	if len(other) > 0 {
		t.Errorf("of %d, by mnemonic: %v", n, other)
	}
}
