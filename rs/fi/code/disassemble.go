package code

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"

	"golang.org/x/arch/x86/x86asm"
)

// Disassemble is the instructions of b in GNU syntax, as objdump names them, with "; " between them. A changed instruction may have
// become several, or one that goes on past b: what is left is then given as "(bad)" with its bytes and the reason.
func Disassemble(addr uint64, b []byte) string {
	var out []string
	for len(b) > 0 {
		n, words := disassemble(addr, b)
		out = append(out, words)
		addr, b = addr+uint64(n), b[n:]
	}
	return strings.Join(out, "; ")
}

func disassemble(addr uint64, b []byte) (n int, words string) {
	s, why := parse(b)
	switch why {
	case "":
	case whyShort:
		return len(b), "(bad) " + hex.EncodeToString(b) + ": " + why
	default:
		return 1, "(bad) " + hex.EncodeToString(b[:1]) + ": " + why
	}
	b = b[:s.len]
	if s.vex && s.wide == 1 && b[s.opcode] == 0x77 {
		if b[s.opcode-1]&4 != 0 {
			return s.len, "vzeroall"
		}
		return s.len, "vzeroupper"
	}
	x, err := x86asm.Decode(b, 64)
	if err != nil || x.Len != s.len || x.Op == 0 {
		return s.len, "(unknown) " + hex.EncodeToString(b)
	}
	words = spelling.Replace(x86asm.GNUSyntax(x, addr, nil))
	if s.vex {
		words = ripRelative(b, &s, words)
	}
	return s.len, words
}

// spelling is what objdump writes otherwise.
var spelling = strings.NewReplacer("callq ", "call ", "jmpq ", "jmp ", "retq", "ret", ",%riz)", ")", "data16 nop", "xchg %ax,%ax", "movsxd ", "movslq ")

// ripRelative adds the register that x86asm leaves out where VEX and EVEX address by RIP.
func ripRelative(b []byte, s *shape, words string) string {
	if b[s.opcode+1]&0xc7 != 5 {
		return words
	}
	disp := int32(binary.LittleEndian.Uint32(b[s.opcode+2:]))
	place := "0x" + strconv.FormatUint(uint64(max(disp, -disp)), 16)
	if disp < 0 {
		place = "-" + place
	}
	before, after, ok := strings.Cut(words, place)
	if !ok {
		return words
	}
	return before + place + "(%rip)" + after
}
