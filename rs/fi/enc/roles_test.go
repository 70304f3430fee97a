package enc_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"bennu/rs/fi/enc"
	"bennu/tools/objdump"
)

// noIndex is what objdump prints for an index that is not there, with its scale.
var noIndex = regexp.MustCompile(`\+?riz\*[1248]`)

// operands splits what objdump prints into the operation with its prefixes, and the operands.
func operands(text string) (op string, args []string) {
	words := strings.SplitN(noIndex.ReplaceAllString(text, ""), " ", 2)
	for len(words) == 2 && (strings.HasPrefix(words[0], "rep") || strings.HasPrefix(words[0], "rex") || words[0] == "data16" || words[0] == "addr32" || words[0] == "bnd") {
		words = strings.SplitN(words[1], " ", 2)
	}
	if op = words[0]; len(words) == 1 {
		return op, nil
	}
	depth := 0
	args = strings.FieldsFunc(words[1], func(c rune) bool {
		if c == '[' {
			depth++
		} else if c == ']' {
			depth--
		}
		return c == ',' && depth == 0
	})
	return op, args
}

// distance makes a distance of an address that is jumped to.
func distance(args []string, addr uint64) {
	for n := range args {
		if to, err := strconv.ParseUint(strings.TrimPrefix(args[n], "0x"), 16, 64); err == nil {
			args[n] = strconv.FormatUint(to-addr, 16)
		}
	}
}

// flip is an instruction with one bit changed.
type flip struct {
	from, bit int
	b         []byte
}

func (m flip) in(mask enc.Mask) bool { return mask[m.bit/8]>>(m.bit%8)&1 != 0 }

// samples are instructions of each opcode, with operands of each kind.
func samples() (list []enc.Inst) {
	tail := []byte{0x12, 0x34, 0x56, 0x01, 0x21, 0x43, 0x15, 0x17, 0x11}
	forms := [][]byte{{0xCA}, {0xC3}, {0x0A}, {0x53}, {0x83}, {0x4C, 0x91}, {0x04, 0x24}, {0x0C, 0x8D}, {0x05}, {0x7A}, {0x6B}, {0xF2}, {0xD9}, {0xE1}, {0x21}}
	for n, prefix := range [][]byte{nil, {0x4F}, {0x48}, {0x66}, {0x66, 0x41}, {0xf2}, {0xf3}} {
		if n > 1 {
			forms = forms[:5]
		}
		for _, escape := range [][]byte{nil, {0x0f}, {0x0f, 0x38}, {0x0f, 0x3a}} {
			for op := range 256 {
				for _, f := range forms {
					b := append(append(append([]byte{}, prefix...), escape...), byte(op))
					at := len(b) - 1
					b = append(append(b, f...), tail...)
					if i, ok := enc.Parse(b[:min(len(b), 15)]); ok && i.Form != enc.None && i.OpAt == at { // and not a prefix
						list = append(list, i)
					}
				}
			}
		}
	}
	return list
}

// TestRoles flips each bit behind the prefixes, and each one of REX but W, of instructions with every opcode, and asks objdump what has changed:
// with a bit of the source, never the destination; with one of the destination, nothing else; with a bit of neither, no operand; and with a
// bit of one of them always something.
func TestRoles(t *testing.T) {
	list := samples()
	var plain, flipped [][]byte
	var flips []flip
	for n, i := range list {
		plain = append(plain, i.Bytes)
		for bit := range 8 * len(i.Bytes) {
			at := bit / 8
			if at < i.OpAt && !(i.HasREX && at == i.RexAt && bit%8 < 3) || at == i.OpAt && i.Form != enc.O && i.Form != enc.OI {
				continue
			}
			if at > i.OpAt+2 && bit%8 != 0 && bit%8 != 7 && i.ImmLen != 1 { // of long displacements and immediates two bits a byte
				continue
			}
			b := append([]byte{}, i.Bytes...)
			b[at] ^= 1 << (bit % 8)
			flips = append(flips, flip{n, bit, b})
			flipped = append(flipped, b)
		}
	}
	before, err := objdump.First(plain)
	if err != nil {
		t.Fatal(err)
	}
	after, err := objdump.First(flipped)
	if err != nil {
		t.Fatal(err)
	}
	compared, wrong := 0, 0
	for n, m := range flips {
		i := list[m.from]
		if before[m.from].Text == "" {
			continue
		}
		why, ok := judge(&i, m, before[m.from], after[n])
		if ok {
			compared++
		}
		if why != "" && wrong < 40 {
			wrong++
			t.Errorf("% x (%s) with bit %d of byte %d % x (%s): %s", i.Bytes, before[m.from].Text, m.bit%8, m.bit/8, m.b, after[n].Text, why)
		}
	}
	t.Logf("%d of %d changes of %d instructions compared by operand", compared, len(flips), len(list))
	if compared < 50_000 {
		t.Errorf("%d changes compared by operand: expected more than 50,000", compared)
	}
}

// reads are the operations, as objdump names them, that leave their first operand as it is. IMUL does with one operand.
var reads = regexp.MustCompile(`^(cmp|test|pushw?|call|jmp|j[a-z]+|loop[a-z]*|bt|mul|div|idiv|ret|retw|in|out|u?comis[sd]|ptest|maskmovdqu|pcmp[ei]str[im])$`)

// TestReads holds which instructions write their first operand against the meaning of the names that objdump has for them.
func TestReads(t *testing.T) {
	list := samples()
	var plain [][]byte
	for _, i := range list {
		plain = append(plain, i.Bytes)
	}
	lines, err := objdump.First(plain)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for n, i := range list {
		op, args := operands(lines[n].Text)
		if op == "" {
			continue
		}
		seen[op] = true
		if want := reads.MatchString(op) || op == "imul" && len(args) == 1; i.ReadOnly != want {
			t.Errorf("% x (%s): the first operand is only read: %t: expected %t", i.Bytes, lines[n].Text, i.ReadOnly, want)
		}
	}
	if len(seen) < 300 {
		t.Errorf("%d operations: expected more than 300", len(seen))
	}
}

// judge is what is wrong with a flip, and whether operands could be compared.
func judge(i *enc.Inst, m flip, was, is objdump.Line) (why string, compared bool) {
	source, destination := m.in(i.Source()), m.in(i.Destination())
	if source && destination {
		return "is of both operands", false
	}
	if (source || destination) && was.Text == is.Text && len(was.Bytes) == len(is.Bytes) {
		return "changes nothing", false
	}
	if i.ImmLen == 1 && m.bit/8 == i.ImmAt && !source { // bits that objdump prints and the processor ignores: TestIgnored
		return "", false
	}
	if (i.Form == enc.M || i.Form == enc.MI) && m.bit/8 == i.ModRMAt && m.bit%8 >= 3 && m.bit%8 < 6 { // part of the opcode
		return "", false
	}
	op, args := operands(was.Text)
	now, args2 := operands(is.Text)
	if i.Form == enc.D {
		distance(args, was.Addr)
		distance(args2, is.Addr)
	}
	if op != now || len(args) != len(args2) || len(args) == 0 || len(was.Bytes) != len(is.Bytes) {
		return "", false
	}
	changed := -1
	for n := range args {
		if args[n] != args2[n] {
			if changed >= 0 {
				return "changes two operands", true
			}
			changed = n
		}
	}
	switch {
	case !source && !destination && changed >= 0:
		return fmt.Sprintf("is of no operand, and changes operand %d", changed), true
	case destination && changed != 0:
		return fmt.Sprintf("is of the destination, and changes operand %d", changed), true
	case source && changed == 0 && !i.ReadOnly:
		return "is of the source, and changes the destination", true
	case source && changed < 0:
		return "changes no operand", true
	}
	return "", true
}
