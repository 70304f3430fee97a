package enc

// Kinds of immediates.
const (
	ib    = iota + 1 // one byte
	iw               // two
	iz               // two or four
	iv               // two, four or eight
	id               // a distance of four
	enter            // two and one
	moffs            // an address
)

const bad Form = 0xff

// entry is a row of the opcode map.
type entry struct {
	form  Form
	modrm bool
	imm   uint8
	read  bool // the first operand is only read
}

var (
	one = makeOne()
	two = makeTwo()
)

// fill writes e into some rows.
func fill(t *[256]entry, e entry, rows ...byte) {
	for _, r := range rows {
		t[r] = e
	}
}

// span writes e into the rows from first to last.
func span(t *[256]entry, e entry, first, last int) {
	for r := first; r <= last; r++ {
		t[r] = e
	}
}

func invalid() (t [256]entry) {
	span(&t, entry{form: bad}, 0, 255)
	return t
}

// makeOne is the one-byte map. Where ModRM extends the opcode, group has the rest.
func makeOne() [256]entry {
	t := invalid()
	for op := 0; op < 0x40; op += 8 {
		read := op == 0x38 // CMP
		fill(&t, entry{MR, true, 0, read}, byte(op), byte(op+1))
		fill(&t, entry{RM, true, 0, read}, byte(op+2), byte(op+3))
		t[op+4] = entry{I, false, ib, read}
		t[op+5] = entry{I, false, iz, read}
	}
	span(&t, entry{O, false, 0, true}, 0x50, 0x57)
	span(&t, entry{O, false, 0, false}, 0x58, 0x5F)
	fill(&t, entry{RM, true, 0, false}, 0x63, 0x8A, 0x8B, 0x8D)
	t[0x68], t[0x6A] = entry{I, false, iz, true}, entry{I, false, ib, true}
	t[0x69], t[0x6B] = entry{RMI, true, iz, false}, entry{RMI, true, ib, false}
	span(&t, entry{D, false, ib, true}, 0x70, 0x7F)
	fill(&t, entry{MI, true, ib, false}, 0x80, 0x83, 0xC0, 0xC1, 0xC6)
	fill(&t, entry{MI, true, iz, false}, 0x81, 0xC7)
	fill(&t, entry{MR, true, 0, true}, 0x84, 0x85)
	fill(&t, entry{MR, true, 0, false}, 0x86, 0x87, 0x88, 0x89)
	fill(&t, entry{None, true, 0, false}, 0x8C, 0x8E)
	t[0x8F] = entry{M, true, 0, false}
	span(&t, entry{O, false, 0, false}, 0x91, 0x97)
	fill(&t, entry{}, 0x90, 0x98, 0x99, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xC3, 0xC9, 0xCB, 0xCC, 0xCF, 0xD7, 0xF1, 0xF4, 0xF5)
	fill(&t, entry{MoffsL, false, moffs, false}, 0xA0, 0xA1)
	fill(&t, entry{MoffsS, false, moffs, false}, 0xA2, 0xA3)
	span(&t, entry{}, 0xA4, 0xA7)
	t[0xA8], t[0xA9] = entry{I, false, ib, true}, entry{I, false, iz, true}
	span(&t, entry{}, 0xAA, 0xAF)
	span(&t, entry{OI, false, ib, false}, 0xB0, 0xB7)
	span(&t, entry{OI, false, iv, false}, 0xB8, 0xBF)
	t[0xC2], t[0xCA] = entry{I, false, iw, true}, entry{None, false, iw, true}
	t[0xC8], t[0xCD] = entry{None, false, enter, false}, entry{None, false, ib, false}
	span(&t, entry{M, true, 0, false}, 0xD0, 0xD3)
	span(&t, entry{None, true, 0, false}, 0xD8, 0xDF) // x87
	span(&t, entry{D, false, ib, true}, 0xE0, 0xE3)
	span(&t, entry{I, false, ib, true}, 0xE4, 0xE7)
	fill(&t, entry{D, false, id, true}, 0xE8, 0xE9)
	t[0xEB] = entry{D, false, ib, true}
	span(&t, entry{}, 0x6C, 0x6F)
	span(&t, entry{}, 0xEC, 0xEF)
	span(&t, entry{}, 0xF8, 0xFD)
	fill(&t, entry{M, true, 0, false}, 0xF6, 0xF7, 0xFE, 0xFF)
	return t
}

// makeTwo is the map behind 0F, for SSE with any prefix; entry has what depends on the prefix.
func makeTwo() [256]entry {
	t := invalid()
	span(&t, entry{RM, true, 0, false}, 0x10, 0x17)
	fill(&t, entry{MR, true, 0, false}, 0x11, 0x13, 0x17, 0x29, 0x2B)
	fill(&t, entry{None, true, 0, false}, 0x00, 0x01, 0x0D)
	fill(&t, entry{RM, true, 0, false}, 0x02, 0x03, 0x28, 0x2A, 0x2C, 0x2D)
	fill(&t, entry{}, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0B, 0x77, 0xA0, 0xA1, 0xA2, 0xA8, 0xA9, 0xAA)
	span(&t, entry{None, true, 0, false}, 0x18, 0x1F) // hints
	fill(&t, entry{RM, true, 0, true}, 0x2E, 0x2F, 0xF7)
	span(&t, entry{}, 0x30, 0x35)
	span(&t, entry{RM, true, 0, false}, 0x40, 0x6F)
	t[0x70] = entry{RMI, true, ib, false}
	span(&t, entry{MI, true, ib, false}, 0x71, 0x73)
	span(&t, entry{RM, true, 0, false}, 0x74, 0x76)
	fill(&t, entry{RM, true, 0, false}, 0x7C, 0x7D)
	fill(&t, entry{MR, true, 0, false}, 0x7E, 0x7F)
	span(&t, entry{D, false, id, true}, 0x80, 0x8F)
	span(&t, entry{M, true, 0, false}, 0x90, 0x9F)
	t[0xA3] = entry{MR, true, 0, true}
	fill(&t, entry{MRI, true, ib, false}, 0xA4, 0xAC)
	fill(&t, entry{MR, true, 0, false}, 0xA5, 0xAB, 0xAD, 0xB0, 0xB1, 0xB3, 0xBB, 0xC0, 0xC1, 0xC3, 0xE7)
	fill(&t, entry{None, true, 0, false}, 0xAE, 0xB2, 0xB4, 0xB5, 0xB9, 0xC7, 0xFF)
	fill(&t, entry{RM, true, 0, false}, 0xAF, 0xB6, 0xB7, 0xB8, 0xBC, 0xBD, 0xBE, 0xBF)
	t[0xBA] = entry{MI, true, ib, false}
	fill(&t, entry{RMI, true, ib, false}, 0xC2, 0xC4, 0xC5, 0xC6)
	span(&t, entry{O, false, 0, false}, 0xC8, 0xCF)
	span(&t, entry{RM, true, 0, false}, 0xD0, 0xE6)
	t[0xD6] = entry{MR, true, 0, false}
	span(&t, entry{RM, true, 0, false}, 0xE8, 0xF6)
	span(&t, entry{RM, true, 0, false}, 0xF8, 0xFE)
	return t
}

// mandatory is the prefix that selects an SSE instruction: F2, F3, 66 or 0.
func (i *Inst) mandatory() byte {
	if i.Rep == 0 && i.DataSize {
		return 0x66
	}
	return i.Rep
}

// entry is the row of the opcode, before ModRM is known.
func (i *Inst) entry() entry {
	p, op := i.mandatory(), i.Op
	switch i.Map {
	case MapOne:
		if op == 0x90 && i.REX&1 != 0 { // XCHG R8, RAX
			return entry{form: O}
		}
		return one[op]
	case Map0F:
		e := two[op]
		switch {
		case mmx(op, p):
			e.form = None
		case op == 0x7E && p == 0xF3:
			e.form = RM
		case op == 0xB8 && p != 0xF3, op == 0x7E && p == 0xF2, !taken(op, p):
			e.form = bad
		}
		return e
	case Map0F38:
		return entry38(op, p)
	}
	return entry3A(op, p)
}

// mmx tells whether an instruction behind 0F has operands in MMX registers, or is none of those of SSE that are known.
func mmx(op, p byte) bool {
	switch {
	case op == 0x2A || op == 0x2C || op == 0x2D:
		return p == 0 || p == 0x66
	case op >= 0x60 && op <= 0x7F && op != 0x77 && op != 0x7E && op != 0x6E && op != 0x78 && op != 0x79:
		if p == 0xF3 {
			return op != 0x6F && op != 0x7F && op != 0x70
		}
		if p == 0xF2 {
			return op != 0x70 && op != 0x7C && op != 0x7D
		}
		return p == 0
	case op == 0x6E || op == 0x7E:
		return p == 0 || p == 0xF2 || op == 0x6E && p == 0xF3
	case op == 0xC4 || op == 0xC5:
		return p != 0x66
	case op == 0xD6, op == 0xE7, op == 0xF7:
		return p != 0x66
	case op == 0xE6:
		return p == 0
	case op == 0xF0:
		return false
	case op >= 0xD0 && op <= 0xFE:
		return p != 0x66 && !(op == 0xD0 && p == 0xF2)
	}
	return false
}

// taken tells whether an SSE instruction, or a bit scan, exists with a prefix.
func taken(op, p byte) bool {
	switch op {
	case 0x13, 0x14, 0x15, 0x17, 0x28, 0x29, 0x2E, 0x2F, 0x50, 0x54, 0x55, 0x56, 0x57, 0xC6:
		return p == 0 || p == 0x66
	case 0x16, 0x5B:
		return p != 0xF2
	case 0x52, 0x53:
		return p == 0 || p == 0xF3
	case 0xBC, 0xBD:
		return p != 0xF2
	case 0xC3:
		return p == 0
	case 0xF0:
		return p == 0xF2
	}
	return true
}

// entry38 is the row behind 0F 38.
func entry38(op, p byte) entry {
	e := entry{RM, true, 0, false}
	switch {
	case (op == 0xF0 || op == 0xF1) && p != 0xF3: // MOVBE, CRC32
		if op == 0xF1 && p != 0xF2 {
			e.form = MR
		}
	case op == 0xF6 && (p == 0x66 || p == 0xF3), p == 0 && op >= 0xC8 && op <= 0xCD:
	case p == 0x66 && (op <= 0x0B || op == 0x10 || op == 0x14 || op == 0x15 || op >= 0x1C && op <= 0x1E || op >= 0x20 && op <= 0x25 ||
		op >= 0x28 && op <= 0x2B || op >= 0x30 && op <= 0x35 || op >= 0x37 && op <= 0x41 || op >= 0xDB && op <= 0xDF):
	case p == 0x66 && op == 0x17: // PTEST
		e.read = true
	case p == 0 && (op <= 0x0B || op >= 0x1C && op <= 0x1E): // MMX
		e.form = None
	default:
		e.form = bad
	}
	return e
}

// entry3A is the row behind 0F 3A.
func entry3A(op, p byte) entry {
	e := entry{RMI, true, ib, false}
	switch {
	case p == 0 && op == 0xCC:
	case p == 0 && op == 0x0F: // MMX
		e.form = None
	case p != 0x66:
		e.form = bad
	case op >= 0x08 && op <= 0x0F, op >= 0x20 && op <= 0x22, op >= 0x40 && op <= 0x42, op == 0x44, op == 0xDF:
	case op >= 0x14 && op <= 0x17:
		e.form = MRI
	case op >= 0x60 && op <= 0x63:
		e.read = true
	default:
		e.form = bad
	}
	return e
}

// group is what ModRM makes of a row.
func (i *Inst) group(e entry) entry {
	reg, mem := i.Reg(), i.Memory()
	if i.Map == MapOne {
		return groupOne(e, i.Op, reg, mem)
	}
	if i.Map == Map0F38 && !mem && (i.Op&^1 == 0xF0 && i.Rep != 0xF2 || i.Op == 0x2A) { // MOVBE, MOVNTDQA
		e.form = bad
	}
	if i.Map != Map0F {
		return e
	}
	switch i.Op {
	case 0xBA:
		if e.read = reg == 4; reg < 4 {
			e.form = bad
		}
	case 0x71, 0x72, 0x73:
		if mem || !(reg == 2 || reg == 6 || reg == 4 && i.Op != 0x73 || (reg == 3 || reg == 7) && i.Op == 0x73 && i.mandatory() == 0x66) {
			e.form = bad
		}
	case 0x12, 0x16:
		if !mem && i.mandatory() == 0x66 {
			e.form = bad
		}
	case 0x50, 0xD7, 0xC5, 0xF7:
		if mem {
			e.form = bad
		}
	case 0x13, 0x17, 0x2B, 0xC3, 0xE7, 0xF0:
		if !mem {
			e.form = bad
		}
	}
	return e
}

// groupOne is group for the one-byte map.
func groupOne(e entry, op, reg byte, mem bool) entry {
	switch op {
	case 0x80, 0x81, 0x83:
		e.read = reg == 7
	case 0x8D:
		if !mem {
			e.form = bad
		}
	case 0x8F:
		if reg != 0 {
			e.form = bad // XOP
		}
	case 0xC6, 0xC7:
		if reg != 0 {
			e.form = bad
		}
	case 0xF6, 0xF7:
		switch {
		case reg < 2: // TEST
			e = entry{MI, true, iz, true}
			if op == 0xF6 {
				e.imm = ib
			}
		case reg >= 4:
			e.read = true
		}
	case 0xFE:
		if reg > 1 {
			e.form = bad
		}
	case 0xFF:
		switch {
		case reg == 7, (reg == 3 || reg == 5) && !mem:
			e.form = bad
		case reg == 3, reg == 5: // far
			e.form = None
		case reg > 1:
			e.read = true
		}
	}
	return e
}
