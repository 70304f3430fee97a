package code

import "bennu/rs/fi/enc"

// Enc is where the instruction's fields are. It is read once for an Inst, whoever asks. False: package enc does not know it.
func (in *Inst) Enc() (*enc.Inst, bool) {
	if len(in.Bytes) == 0 {
		return &in.enc, false
	}
	if in.encOf != &in.Bytes[0] {
		in.encOf = &in.Bytes[0]
		in.enc, in.encOK = enc.Parse(in.Bytes)
		in.encOK = in.encOK && len(in.enc.Bytes) == len(in.Bytes)
	}
	return &in.enc, in.encOK
}

// Before is the text from the begin of the instruction's function to it. It is nil where that is not known, which is so in all of a
// program without names.
func (in *Inst) Before() []byte {
	if in.Text == nil || in.Func == nil {
		return nil
	}
	return in.Text.Bytes[in.Func.Start-in.Text.Base : in.Addr-in.Text.Base]
}

// After is the text behind the instruction, to the end of its function, or of the text.
func (in *Inst) After() []byte {
	if in.Text == nil {
		return nil
	}
	end := in.Text.Base + uint64(len(in.Text.Bytes))
	if in.Func != nil {
		end = in.Func.End
	}
	return in.Text.Bytes[in.Addr+uint64(len(in.Bytes))-in.Text.Base : end-in.Text.Base]
}

// Callee is the name of the function that begins at an address; empty: none does, or names are not known.
func (in *Inst) Callee(addr uint64) string {
	if in.Text == nil {
		return ""
	}
	if f := in.Text.Func(addr); f != nil && f.Start == addr {
		return f.Name
	}
	return ""
}

// Program tells whether an instruction can be a part of what a program does. INT3 is none: linkers pad with it, and programs stop at it.
func Program(b []byte) bool { return len(b) > 0 && b[0] != int3 }
