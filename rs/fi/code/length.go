package code

// MaxLen is the most bytes that an instruction has.
const MaxLen = 15

// The two opcode maps that have an irregular format, 16 opcodes a row, a letter each: what follows the opcode.
//
//	.  nothing         m  ModRM           x  no instruction in 64-bit mode
//	b  1 byte          M  ModRM, 1 byte   p  a prefix, or what begins an opcode
//	w  2 bytes         Z  ModRM, z        t  ModRM, and where its register field is 0 or 1: as b (F6) or z (F7)
//	z  4 bytes, by operand size 2         e  ENTER's 3 bytes
//	v  as z, by REX.W 8                   o  an address: 8 bytes, by address size 4
//	r  ModRM that always names registers  G  ModRM with only some register fields
//
// Source: SDM Vol. 2, appendix A, "Opcode Map".
const (
	oneByte = "" +
		"mmmmbzxxmmmmbzxp" + // 00
		"mmmmbzxxmmmmbzxx" + // 10
		"mmmmbzpxmmmmbzpx" + // 20
		"mmmmbzpxmmmmbzpx" + // 30
		"pppppppppppppppp" + // 40: REX
		"................" + // 50
		"xxpmppppzZbM...." + // 60
		"bbbbbbbbbbbbbbbb" + // 70
		"MZxMmmmmmmmmmmmG" + // 80
		"..........x....." + // 90
		"oooo....bz......" + // a0
		"bbbbbbbbvvvvvvvv" + // b0
		"MMw.ppGGe.w..bx." + // c0
		"mmmmxxx.mmmmmmmm" + // d0
		"bbbbbbbbzzxb...." + // e0
		"p.pp..tt......GG" //   f0
	twoByte = "" +
		"mmmmx.....x.xm.M" + // 00: 0f 0f is 3DNow!'s
		"mmmmmmmmmmmmmmmm" + // 10
		"rrrrxxxxmmmmmmmm" + // 20
		"......x.pxpxxxxx" + // 30
		"mmmmmmmmmmmmmmmm" + // 40
		"mmmmmmmmmmmmmmmm" + // 50
		"mmmmmmmmmmmmmmmm" + // 60
		"MMMMmmm.mmxxmmmm" + // 70
		"zzzzzzzzzzzzzzzz" + // 80
		"mmmmmmmmmmmmmmmm" + // 90
		"...mMmxx...mMmmm" + // a0
		"mmmmmmmmmmMmmmmm" + // b0
		"mmMmMMMm........" + // c0
		"mmmmmmmmmmmmmmmm" + // d0
		"mmmmmmmmmmmmmmmm" + // e0
		"mmmmmmmmmmmmmmmm" //   f0
)

// Both have 256 opcodes.
var _, _ = [1]struct{}{}[len(oneByte)-256], [1]struct{}{}[len(twoByte)-256]

// Why bytes are no instruction.
const (
	whyShort  = "the instruction is cut off"
	whyLong   = "an instruction is at most 15 bytes"
	whyOpcode = "there is no such opcode in 64-bit mode"
	whyGroup  = "there is no such opcode in its group"
	whyPrefix = "a prefix that VEX and EVEX do not allow"
	whyMap    = "there is no such map of VEX or EVEX"
)

// shape is what is known of an instruction without its operands' meaning.
type shape struct {
	len    int
	opcode int  // where its last opcode byte is
	wide   byte // the map: 0, 1 (0f), 2 (0f 38), 3 (0f 3a), and so on as VEX numbers them
	modrm  bool // ModRM follows the opcode
	vex    bool // VEX or EVEX
}

// Length is how many bytes the first instruction of b has, by the formats of the manual. It does not ask whether there is such an
// instruction where the format does not depend on it. Source: SDM Vol. 2, "Instruction Format".
func Length(b []byte) (int, error) {
	s, e := parse(b)
	if e != "" {
		return 0, Error(e)
	}
	return s.len, nil
}

// prefixes is what stands before an opcode.
type prefixes struct {
	operand bool // 66
	address bool // 67
	repeat  bool // f2
	other   bool // f0, f3
	rex     byte // 0, if a legacy prefix follows it: then it does nothing
}

// immediate is how many bytes of constant follow where the manual's code is z.
func (p *prefixes) immediate() int {
	if p.operand && p.rex&8 == 0 {
		return 2
	}
	return 4
}

// parse returns why it fails in words, which cost a sweep no allocation.
func parse(b []byte) (s shape, why string) {
	why = whyShort
	if len(b) >= MaxLen {
		b, why = b[:MaxLen], whyLong
	}
	var p prefixes
	i := p.read(b)
	if i == len(b) {
		return s, why
	}
	if c := b[i]; c == 0xc5 || c == 0xc4 || c == 0x62 {
		return parseVEX(b, i, &p, why)
	}
	kind := oneByte[b[i]]
	if b[i] == 0x0f {
		if i++; i == len(b) {
			return s, why
		}
		s.wide, kind = 1, twoByte[b[i]]
		if b[i] == 0x38 || b[i] == 0x3a {
			s.wide, kind = 2, 'm'
			if b[i] == 0x3a {
				s.wide, kind = 3, 'M'
			}
			i++
		}
	}
	s.opcode = i
	s.modrm = kind == 'm' || kind == 'M' || kind == 'Z' || kind == 't' || kind == 'G' || kind == 'r'
	n, bad := p.operands(b, i, kind, s.wide)
	switch {
	case bad != "":
		return s, bad
	case n < 0 || i+1+n > len(b):
		return s, why
	}
	s.len = i + 1 + n
	return s, ""
}

// read returns where the opcode is.
func (p *prefixes) read(b []byte) int {
	for i, c := range b {
		if oneByte[c] != 'p' {
			return i
		}
		if c&0xf0 == 0x40 {
			p.rex = c
			continue
		}
		switch c {
		case 0x66:
			p.operand = true
		case 0x67:
			p.address = true
		case 0xf2:
			p.repeat = true
		case 0xf3, 0xf0:
			p.other = true
		case 0x0f, 0x62, 0xc4, 0xc5:
			return i
		}
		p.rex = 0
	}
	return len(b)
}

// operands returns how many bytes follow the opcode at b[i], or a negative number if b ends before that is known.
func (p *prefixes) operands(b []byte, i int, kind, wide byte) (n int, bad string) {
	switch kind {
	case '.':
		return 0, ""
	case 'b':
		return 1, ""
	case 'w':
		return 2, ""
	case 'e':
		return 3, ""
	case 'z':
		return p.immediate(), ""
	case 'v':
		if p.rex&8 != 0 {
			return 8, ""
		}
		return p.immediate(), ""
	case 'o':
		if p.address {
			return 4, ""
		}
		return 8, ""
	case 'x', 'p':
		return 0, whyOpcode
	}
	if i+1 >= len(b) {
		return -1, ""
	}
	if kind == 'r' {
		return 1, ""
	}
	n = modRM(b, i+1)
	if n < 0 {
		return n, ""
	}
	field := b[i+1] >> 3 & 7
	switch kind {
	case 'M':
		n++
	case 'Z':
		n += p.immediate()
	case 't':
		if field <= 1 {
			n += p.grow(b[i])
		}
	case 'G':
		return p.group(b[i], b[i+1], n)
	case 'm':
		if wide == 1 && b[i] == 0x78 && (p.operand || p.repeat) {
			n += 2 // EXTRQ and INSERTQ of SSE4a
		}
	}
	return n, ""
}

// grow is the size of the constant of a pair of opcodes, the even one of which is for bytes.
func (p *prefixes) grow(opcode byte) int {
	if opcode&1 == 0 {
		return 1
	}
	return p.immediate()
}

// group is operands for the opcodes that exist with some register fields only; n is the size of ModRM and what belongs to it.
func (p *prefixes) group(opcode, modrm byte, n int) (int, string) {
	field := modrm >> 3 & 7
	switch {
	case opcode == 0x8f && field == 0, opcode == 0xfe && field <= 1, opcode == 0xff && field <= 6:
		return n, ""
	case (opcode == 0xc6 || opcode == 0xc7) && (field == 0 || modrm == 0xf8): // MOV; XABORT, XBEGIN
		return n + p.grow(opcode), ""
	}
	return 0, whyGroup
}

// modRM is how many bytes ModRM at b[i], SIB and displacement have; negative if b ends before that is known.
func modRM(b []byte, i int) int {
	m := b[i]
	n := 1
	mod, base := m>>6, m&7
	if mod == 3 {
		return 1
	}
	if base == 4 {
		if i+1 >= len(b) {
			return -1
		}
		base, n = b[i+1]&7, 2
	}
	switch {
	case mod == 1:
		return n + 1
	case mod == 2 || base == 5: // without a base, or RIP's
		return n + 4
	}
	return n
}

// parseVEX is parse for what has VEX (c5, c4) or EVEX (62) at b[i]. In 64-bit mode these bytes are nothing else.
func parseVEX(b []byte, i int, p *prefixes, short string) (s shape, why string) {
	if p.operand || p.repeat || p.other || p.rex != 0 {
		return s, whyPrefix
	}
	s.vex, s.wide = true, 1
	evex := b[i] == 0x62
	size := 2
	if b[i] != 0xc5 {
		if size = 3; evex {
			size = 4
		}
		if i+size > len(b) {
			return s, short
		}
		switch s.wide = b[i+1] & 31; {
		case evex && (b[i+1]&8 != 0 || b[i+2]&4 == 0):
			return s, whyMap
		case evex:
			s.wide &= 7
		}
	}
	i += size
	if i+1 > len(b) {
		return s, short
	}
	s.opcode = i
	if s.wide == 1 && b[i] == 0x77 && !evex {
		s.len = i + 1 // VZEROUPPER, VZEROALL: no ModRM
		return s, ""
	}
	if s.wide < 1 || s.wide > 3 && (!evex || s.wide != 5 && s.wide != 6) {
		return s, whyMap
	}
	if i+1 >= len(b) {
		return s, short
	}
	n := modRM(b, i+1)
	if s.wide == 3 || s.wide == 1 && twoByte[b[i]] == 'M' {
		n++ // the maps with a constant of 8 bits are those of the instructions without VEX
	}
	if n <= 0 || i+1+n > len(b) {
		return s, short
	}
	s.len = i + 1 + n
	return s, ""
}
