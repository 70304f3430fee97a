package length_test

import (
	"testing"

	"bennu/rs/fi/types/length"
	"bennu/tools/faulttest"
)

func TestLength(t *testing.T) {
	faulttest.Table(t, length.New(), []faulttest.Case{
		{Words: "MOV ECX, 2; REP MOVSB", After: "f3a4", Code: "b902000000", Want: faulttest.Shown(
			"b903000000 mov ecx,0x3",
			"b904000000 mov ecx,0x4",
		)},
		{Words: "MOV ECX, 1; LEA RSI, [RBX+1]; REP STOSQ: by C", C: true, After: "488d7301f348ab", Code: "b901000000", Want: faulttest.Shown("b902000000 mov ecx,0x2")},
		{Words: "MOV RCX, 1 with REX.W", After: "f348ab", Code: "48c7c101000000", Want: faulttest.Shown("48c7c102000000 mov rcx,0x2")},
		{Words: "MOV ECX, 3; MOV RBX, RAX; CALL memmove", Callee: "runtime.memmove", After: "4889c3CALL", Code: "b903000000", Want: faulttest.Shown(
			"b904000000 mov ecx,0x4",
			"b905000000 mov ecx,0x5",
			"b906000000 mov ecx,0x6",
		)},
		{Words: "MOV EBX, 1; CALL memclr", Callee: "runtime.memclrNoHeapPointers", After: "CALL", Code: "bb01000000", Want: faulttest.Shown("bb02000000 mov ebx,0x2")},
		{Words: "MOV EBX, 1; CALL memmove: another parameter", Callee: "runtime.memmove", After: "CALL", Code: "bb01000000"},
		{Words: "CALL of another function", Callee: "main.g", After: "CALL", Code: "b903000000"},
		{Words: "written again before the copy", After: "b904000000f3a4", Code: "b903000000"},
		{Words: "read before the copy", After: "4889c8f3a4", Code: "b903000000", Want: faulttest.Shown(
			"b904000000 mov ecx,0x4",
			"b905000000 mov ecx,0x5",
			"b906000000 mov ecx,0x6",
		)},
		{Words: "a jump between", After: "7400f3a4", Code: "b903000000"},
		{Words: "nothing", After: "f3a4", Code: "b900000000"},
		{Words: "too much", After: "f3a4", Code: "b9ffffff7f"},
		{Words: "negative", After: "f3a4", Code: "b9ffffffff"},
		{Words: "MOVSB once", After: "a4", Code: "b903000000"},
		{Words: "REPE CMPSB reads only", After: "f3a6", Code: "b903000000"},
		{Words: "alone", Alone: true, Code: "b903000000"},
	})
	faulttest.Properties(t, length.New(), faulttest.How{Clean: true, Go: 1})
}

// TestUniform draws lengths from n+1 to 2n.
func TestUniform(t *testing.T) {
	faulttest.UniformCase(t, length.New(), faulttest.Case{Code: "b908000000", After: "f3a4"}, 8)
}
