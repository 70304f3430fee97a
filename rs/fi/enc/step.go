package enc

import "math/rand/v2"

// Step is a number in an instruction that can be one step larger or smaller.
type Step struct {
	At, Len int   // where it is
	Now     int64 // what it is
	By      int64
	Signed  bool // it is as large as its sign lets it be; otherwise as its bits do
}

// ImmStep is the immediate, one larger or smaller. An immediate that the processor widens has a sign; one that is as wide as its operand is
// taken for a number without one if that is how it looks: FFh is not made 100h, and 7Fh can be 80h.
func (i *Inst) ImmStep() Step {
	s := Step{At: i.ImmAt, Len: i.ImmLen, Now: i.Imm(), By: 1}
	if i.Map == MapOne {
		switch i.Op {
		case 0x83, 0x6A, 0x6B, 0x68:
			s.Signed = true
		case 0x04, 0x0C, 0x14, 0x1C, 0x24, 0x2C, 0x34, 0x3C, 0x80, 0xC6:
		default:
			s.Signed = i.Wide() && s.Len < 8
		}
	}
	return s
}

// can tells whether the number can be by more.
func (s *Step) can(by int64) bool {
	if s.Signed {
		return Fits(s.Now+by, s.Len)
	}
	if s.Len == 8 {
		return by > 0 && s.Now != -1 || by < 0 && s.Now != 0
	}
	mask := int64(1)<<(8*s.Len) - 1
	now := s.Now & mask
	return now+by >= 0 && now+by <= mask
}

// Possible tells whether there is a step.
func (s *Step) Possible() bool { return s.Len > 0 && (s.can(s.By) || s.can(-s.By)) }

// Draw makes a step, up or down.
func (s *Step) Draw(r *rand.Rand, out []byte) {
	by := s.By
	if r.IntN(2) == 1 {
		by = -by
	}
	if !s.can(by) {
		by = -by
	}
	Put(out[s.At:s.At+s.Len], s.Now+by)
}
