package enc

import (
	"math/bits"
	"math/rand/v2"
)

// Mask is a set of bits of an instruction.
type Mask [15]byte

// Count is how many bits the set has.
func (m *Mask) Count() (n int) {
	for _, b := range m {
		n += bits.OnesCount8(b)
	}
	return n
}

// Flip changes one bit of the set in out, each as likely as the others. The set is not empty.
func (m *Mask) Flip(r *rand.Rand, out []byte) { m.flip(r.IntN(m.Count()), out) }

// flip changes the n-th bit.
func (m *Mask) flip(n int, out []byte) {
	for at, b := range m {
		for ; b != 0; b &= b - 1 {
			if n == 0 {
				out[at] ^= b & -b
				return
			}
			n--
		}
	}
}

// Whole is all bits of so many bytes.
func Whole(bytes int) (m Mask) {
	for n := range bytes {
		m[n] = 0xff
	}
	return m
}

// Destination is the bits that say where the result goes: the register, or the place in memory. It is empty where nothing is written, or
// where the opcode alone says where to. A bit that the processor ignores here is in no set.
func (i *Inst) Destination() (m Mask) {
	if !i.ReadOnly {
		i.first(&m)
	}
	return m
}

// Source is the bits that say what is read beside the destination: registers, the place in memory, the immediate, the distance of a jump.
func (i *Inst) Source() (m Mask) {
	if i.ReadOnly {
		i.first(&m)
	}
	switch i.Form {
	case RM, RMI:
		i.rm(&m)
	case MR, MRI:
		i.reg(&m)
	case MoffsL:
		i.disp(&m)
	}
	switch i.Form {
	case RMI, MRI, MI, OI, I, D:
		i.imm(&m)
	}
	return m
}

// first adds the bits of the first operand.
func (i *Inst) first(m *Mask) {
	switch i.Form {
	case RM, RMI:
		i.reg(m)
	case MR, MRI, MI, M:
		i.rm(m)
	case O, OI:
		m[i.OpAt] |= 7
		i.rex(m, 1)
	case MoffsS:
		i.disp(m)
	}
}

// rex adds a bit of REX, where there is one.
func (i *Inst) rex(m *Mask, bit byte) {
	if i.HasREX {
		m[i.RexAt] |= bit
	}
}

func (i *Inst) reg(m *Mask) {
	m[i.ModRMAt] |= 7 << 3
	i.rex(m, 4)
}

func (i *Inst) disp(m *Mask) {
	for n := range i.DispLen {
		m[i.DispAt+n] = 0xff
	}
}

// rm adds the bits of the operand that is a register or in memory; which of both is a part of it.
func (i *Inst) rm(m *Mask) {
	m[i.ModRMAt] |= 0xC7
	if !i.Memory() {
		i.rex(m, 1)
		return
	}
	base, index, _ := i.Address()
	if i.SIBAt != 0 {
		m[i.SIBAt] |= 0x3F
		if index != NoReg {
			m[i.SIBAt] |= 0xC0
		}
		i.rex(m, 2)
	}
	if base != NoReg && base != RIP {
		i.rex(m, 1)
	}
	i.disp(m)
}

// imm adds the bits of the immediate that count.
func (i *Inst) imm(m *Mask) {
	used := i.immBits()
	for n := range i.ImmLen {
		m[i.ImmAt+n] |= 0xff
	}
	if used != 0 {
		m[i.ImmAt] = used
	}
}

// immBits is the bits of a byte immediate that the processor looks at; 0: all.
func (i *Inst) immBits() byte {
	count := byte(0x1F)
	if i.Wide() {
		count = 0x3F
	}
	switch {
	case i.Map == MapOne && (i.Op == 0xC0 || i.Op == 0xC1), i.Map == Map0F && (i.Op == 0xA4 || i.Op == 0xAC): // shifts
		return count
	case i.Map == Map0F && i.Op == 0xBA: // BT
		if i.DataSize && !i.Wide() {
			return 0x0F
		}
		return count
	case i.Map == Map0F:
		switch i.Op {
		case 0xC2, 0xC4, 0xC5: // CMPPS, PINSRW, PEXTRW
			return 7
		case 0xC6: // SHUFPD
			if i.mandatory() == 0x66 {
				return 3
			}
		}
	case i.Map == Map0F3A:
		switch i.Op {
		case 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x14, 0x20: // ROUND, BLENDPS, PEXTRB, PINSRB
			return 0x0F
		case 0x0D, 0x17: // BLENDPD, EXTRACTPS
			return 3
		case 0x16, 0x22: // PEXTRD, PINSRD; with REX.W Q
			if i.Wide() {
				return 1
			}
			return 3
		case 0x15, 0x42: // PEXTRW, MPSADBW
			return 7
		case 0x44: // PCLMULQDQ
			return 0x11
		case 0xCC: // SHA1RNDS4
			return 3
		case 0x60, 0x61, 0x62, 0x63: // PCMPxSTRx
			return 0x7F
		}
	}
	return 0
}

// Pointer is the bits of a memory operand's address that can be changed one at a time so that the instruction stays what it is and as
// long as it is: base, index, scale, displacement.
func (i *Inst) Pointer() (m Mask) {
	if !i.Memory() {
		return m
	}
	base, index, _ := i.Address()
	if base == NoReg && index == NoReg || base == RIP {
		return m
	}
	i.disp(&m)
	if i.SIBAt == 0 {
		m[i.ModRMAt] = i.sameLength(i.RM(), true)
		i.rex(&m, 1)
		return m
	}
	i.rex(&m, 2)
	m[i.SIBAt] = 0x38
	if index != NoReg {
		m[i.SIBAt] |= 0xC0
	}
	if base != NoReg {
		m[i.SIBAt] |= i.sameLength(base&7, false)
		i.rex(&m, 1)
	}
	return m
}

// sameLength is those of the low three bits with which a base register becomes another one, and not the mark of a SIB byte (in ModRM)
// or of a displacement without a base (in both, with mod 0).
func (i *Inst) sameLength(reg byte, modrm bool) (m byte) {
	for bit := byte(1); bit < 8; bit <<= 1 {
		if now := reg ^ bit; modrm && now == 4 || i.Mod() == 0 && now == 5 {
			continue
		}
		m |= bit
	}
	return m
}
