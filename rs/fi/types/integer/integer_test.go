package integer_test

import (
	"testing"

	"bennu/rs/fi/types/integer"
	"bennu/tools/faulttest"
)

func TestInteger(t *testing.T) {
	faulttest.Table(t, integer.New(), []faulttest.Case{
		{Words: "MOV EAX, 5", Code: "b805000000", Want: faulttest.Shown(
			"b804000000 mov eax,0x4",
			"b806000000 mov eax,0x6",
		)},
		{Words: "MOV EAX, -1: only smaller", Code: "b8ffffffff", Want: faulttest.Shown("b8feffffff mov eax,0xfffffffe")},
		{Words: "MOV EAX, 0: only larger", Code: "b800000000", Want: faulttest.Shown("b801000000 mov eax,0x1")},
		{Words: "MOV BYTE [RAX], 127", Code: "c6007f", Want: faulttest.Shown(
			"c6007e mov BYTE PTR [rax],0x7e",
			"c60080 mov BYTE PTR [rax],0x80",
		)},
		{Words: "ADD EAX, 127: it has a sign", Code: "83c07f", Want: faulttest.Shown("83c07e add eax,0x7e")},
		{Words: "PUSH 5", Code: "6a05", Want: faulttest.Shown(
			"6a04 push 0x4",
			"6a06 push 0x6",
		)},
		{Words: "IMUL EAX, ECX, 7", Code: "6bc107", Want: faulttest.Shown(
			"6bc106 imul eax,ecx,0x6",
			"6bc108 imul eax,ecx,0x8",
		)},
		{Words: "AND AL, 15", Code: "240f", Want: faulttest.Shown(
			"240e and al,0xe",
			"2410 and al,0x10",
		)},
		{Words: "MOV QWORD [RSP], -1", Code: "48c70424ffffffff", Want: faulttest.Shown(
			"48c70424feffffff mov QWORD PTR [rsp],0xfffffffffffffffe",
			"48c7042400000000 mov QWORD PTR [rsp],0x0",
		)},
		{Words: "CMP EAX, 5 is type index", Code: "83f805"},
		{Words: "TEST AL, 5", Code: "a805"},
		{Words: "SHL EAX, 3", Code: "c1e003"},
		{Words: "ADD RSP, 8", Code: "4883c408"},
		{Words: "RET 8", Code: "c20800"},
		{Words: "JE", Code: "7405"},
		{Words: "ADD AH, 5", Code: "80c405", Want: faulttest.Shown(
			"80c404 add ah,0x4",
			"80c406 add ah,0x6",
		)},
	})
	faulttest.Properties(t, integer.New(), faulttest.How{Clean: true, Go: 10_000, C: 1_000})
}
