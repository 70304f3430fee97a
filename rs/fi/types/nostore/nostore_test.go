package nostore_test

import (
	"testing"

	"bennu/rs/fi/types/nostore"
	"bennu/tools/faulttest"
)

func TestNoStore(t *testing.T) {
	faulttest.Table(t, nostore.New(), []faulttest.Case{
		{Words: "MOV [RSP+8], RAX", Code: "4889442408", Want: faulttest.Shown("9090909090 nop")},
		{Words: "MOV BYTE [RAX], 1", Code: "c60001", Want: faulttest.Shown("909090 nop")},
		{Words: "MOVUPS [RSP+8], XMM15", Code: "440f117c2408", Want: faulttest.Shown("909090909090 nop")},
		{Words: "MOVQ [RAX], XMM0", Code: "660fd600", Want: faulttest.Shown("90909090 nop")},
		{Words: "SETE [RAX]", Code: "0f9400", Want: faulttest.Shown("909090 nop")},
		{Words: "MOVNTI", Code: "480fc300", Want: faulttest.Shown("90909090 nop")},
		{Words: "MOV [moffs], EAX", Code: "a31122334455667788", Want: faulttest.Shown("909090909090909090 nop")},
		{Words: "MOV RAX, [RSP+8]", Code: "488b442408"},
		{Words: "MOV EAX, ECX", Code: "89c8"},
		{Words: "ADD [RAX], ECX", Code: "0108"},
		{Words: "PUSH", Code: "50"},
		{Words: "MOVSS XMM1, XMM2", Code: "f30f11d1"},
		{Words: "XCHG", Code: "8703"},
		{Words: "STOSB", Code: "aa"},
	})
	faulttest.Properties(t, nostore.New(), faulttest.How{Clean: true, Go: 20_000, C: 2_000})
}
