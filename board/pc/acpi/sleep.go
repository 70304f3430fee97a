package acpi

import "bytes"

// SleepType is the values of SLP_TYP, in PM1a and PM1b control, that enter a sleep state.
type SleepType struct {
	A, B uint8 // 3 bits each
}

// AML that a \_S5 package is made of.
//
// Source: ACPI, "ACPI Machine Language (AML) Specification", "AML Grammar Definition";
// "\_Sx (System States)".
const (
	amlName    = 0x08
	amlPackage = 0x12
	amlZero    = 0x00
	amlOne     = 0x01
	amlByte    = 0x0a
	amlRoot    = '\\'
)

var name = []byte("_S5_")

// S5 finds the package \_S5, which soft-off takes, in the DSDT or else in an SSDT.
//
// It does not interpret AML: it searches for a Name of _S5_ with a package of integers behind
// it, which is how every compiler writes it. A method _S5 is not found.
//
// Errors: *Error that names DSDT: broken, or no such package.
func (t *Tables) S5(f *FADT) (SleepType, error) {
	dsdt, err := read(t.mem, "DSDT", f.DSDT)
	if err != nil {
		return SleepType{}, err
	}
	if s, ok := findS5(dsdt.Bytes[sizeHeader:]); ok {
		return s, nil
	}
	for _, e := range t.List {
		if e.Signature != "SSDT" {
			continue
		}
		if s, ok := findS5(e.Bytes[sizeHeader:]); ok {
			return s, nil
		}
	}
	return SleepType{}, &Error{"DSDT", f.DSDT, `no package \_S5`}
}

// findS5 searches AML.
func findS5(aml []byte) (SleepType, bool) {
	for i := 1; ; i++ {
		n := bytes.Index(aml[min(i, len(aml)):], name)
		if n < 0 {
			return SleepType{}, false
		}
		i += n
		if aml[i-1] != amlName && (i < 2 || aml[i-1] != amlRoot || aml[i-2] != amlName) {
			continue
		}
		if s, ok := s5Package(aml[i+4:]); ok {
			return s, true
		}
	}
}

// s5Package reads PackageOp PkgLength NumElements and the first two integers.
func s5Package(b []byte) (s SleepType, ok bool) {
	if len(b) < 2 || b[0] != amlPackage {
		return s, false
	}
	b = b[1:]
	more := int(b[0] >> 6) // PkgLength: bytes after the first
	if len(b) < 1+more+1 {
		return s, false
	}
	n := int(b[0] & 0x3f)
	if more > 0 {
		n = int(b[0] & 0x0f)
		for i := range more {
			n |= int(b[1+i]) << (4 + 8*i)
		}
	}
	if n > len(b) || n < 1+more+1 {
		return s, false
	}
	b = b[:n][1+more:]
	elements := b[0]
	if b = b[1:]; elements < 1 {
		return s, false
	}
	if s.A, b, ok = integer(b); !ok {
		return s, false
	}
	if elements > 1 {
		if s.B, _, ok = integer(b); !ok {
			return s, false
		}
	}
	return s, s.A < 8 && s.B < 8
}

// integer reads a small AML constant.
func integer(b []byte) (v uint8, rest []byte, ok bool) {
	switch {
	case len(b) >= 1 && (b[0] == amlZero || b[0] == amlOne):
		return b[0], b[1:], true
	case len(b) >= 2 && b[0] == amlByte:
		return b[1], b[2:], true
	}
	return 0, nil, false
}
