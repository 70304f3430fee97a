package initial_test

import (
	"testing"

	"bennu/rs/fi/types/initial"
	"bennu/tools/faulttest"
)

func TestInit(t *testing.T) {
	faulttest.Table(t, initial.New(), []faulttest.Case{
		{Words: "MOV QWORD [RSP+8], 0", Code: "48c744240800000000", Want: faulttest.Shown("909090909090909090 nop")},
		{Words: "MOV BYTE [RBP-1], 5", C: true, Code: "c645ff05", Want: faulttest.Shown("90909090 nop")},
		{Words: "MOVUPS [RSP+8], XMM15", Code: "440f117c2408", Want: faulttest.Shown("909090909090 nop")},
		{Words: "the same by C", C: true, Code: "440f117c2408"},
		{Words: "MOVUPS [RSP+8], XMM0", Code: "0f11442408"},
		{Words: "XOR EAX, EAX; MOV [RSP+8], RAX", Before: "31c0", Code: "4889442408", Want: faulttest.Shown("9090909090 nop")},
		{Words: "MOV EAX, 1; the same", Before: "b801000000", Code: "4889442408"},
		{Words: "XOR EAX, EAX; INC EAX; the same", Before: "31c0ffc0", Code: "4889442408"},
		{Words: "XOR R9D, R9D; MOV [RSP+8], R9", Before: "4531c9", Code: "4c894c2408", Want: faulttest.Shown("9090909090 nop")},
		{Words: "XOR EAX, EAX; MOV [RSP+8], R8: another register", Before: "31c0", Code: "4c89442408"},
		{Words: "an element of an array", Code: "c704cc00000000"},
		{Words: "MOV DWORD [RAX+8], 0: no local", Code: "c7400800000000"},
		{Words: "MOV RAX, [RSP+8]", Code: "488b442408"},
		{Words: "MOV EAX, 0", Code: "c7c000000000"},
	})
	faulttest.Properties(t, initial.New(), faulttest.How{Clean: true, Go: 500})
}
