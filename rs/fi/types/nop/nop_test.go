package nop_test

import (
	"testing"

	"bennu/rs/fi/types/nop"
	"bennu/tools/faulttest"
)

func TestNop(t *testing.T) {
	faulttest.Table(t, nop.New(), []faulttest.Case{
		{Words: "MOV RAX, [RSP+8]", Code: "488b442408", Want: faulttest.Shown("9090909090 nop")},
		{Words: "RET", Code: "c3", Want: faulttest.Shown("90 nop")},
		{Words: "XCHG EAX, ECX", Code: "91", Want: faulttest.Shown("90 nop")},
		{Words: "XCHG RAX, R8: not a NOP", Code: "4990", Want: faulttest.Shown("9090 nop")},
		{Words: "VZEROUPPER", Code: "c5f877", Want: faulttest.Shown("909090 nop")},
		{Words: "LOCK XADD", Code: "f00fc101", Want: faulttest.Shown("90909090 nop")},
		{Words: "NOP", Code: "90"},
		{Words: "NOP of two bytes", Code: "6690"},
		{Words: "NOP of five bytes", Code: "0f1f440000"},
		{Words: "ENDBR64", Code: "f30f1efa"},
		{Words: "PREFETCHT0", Code: "0f1808"},
		{Words: "INT3", Code: "cc"},
	})
	faulttest.Properties(t, nop.New(), faulttest.How{Clean: true, Go: 50_000, C: 10_000})
}
