package enc

// always is the distance of an unconditional jump to where the conditional one goes. It is longer by what the jump is shorter.
func (i *Inst) always() int64 { return i.Imm() + int64(len(i.Bytes)-1-i.ImmLen) }

// AlwaysFits tells whether Always can write the jump.
func (i *Inst) AlwaysFits() bool { return Fits(i.always(), i.ImmLen) }

// Always writes a jump to where a conditional one goes, and NOPs.
func (i *Inst) Always(out []byte) {
	var b [5]byte
	b[0] = 0xEB
	if i.ImmLen == 4 {
		b[0] = 0xE9
	}
	Put(b[1:1+i.ImmLen], i.always())
	Fill(out, b[:1+i.ImmLen]...)
}
