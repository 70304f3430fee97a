package index_test

import (
	"testing"

	"bennu/rs/fi/types/index"
	"bennu/tools/faulttest"
)

func TestIndex(t *testing.T) {
	faulttest.Table(t, index.New(), []faulttest.Case{
		{Words: "MOV RAX, [RBX+RCX*8+16]", Code: "488b44cb10", Want: faulttest.Shown(
			"488b44cb18 mov rax,QWORD PTR [rbx+rcx*8+0x18]",
			"488b44cb08 mov rax,QWORD PTR [rbx+rcx*8+0x8]",
		)},
		{Words: "MOV AL, [RBX+RCX+127]: only back", Code: "8a440b7f", Want: faulttest.Shown("8a440b7e mov al,BYTE PTR [rbx+rcx*1+0x7e]")},
		{Words: "MOV [RCX*4+16], EAX", Code: "89048d10000000", Want: faulttest.Shown(
			"89048d14000000 mov DWORD PTR [rcx*4+0x14],eax",
			"89048d0c000000 mov DWORD PTR [rcx*4+0xc],eax",
		)},
		{Words: "CMP EAX, 5", Code: "83f805", Want: faulttest.Shown(
			"83f804 cmp eax,0x4",
			"83f806 cmp eax,0x6",
		)},
		{Words: "CMP EAX, 127: only back", Code: "83f87f", Want: faulttest.Shown("83f87e cmp eax,0x7e")},
		{Words: "CMP AL, 0", Code: "3c00", Want: faulttest.Shown("3c01 cmp al,0x1")},
		{Words: "CMP RAX, 256", Code: "483d00010000", Want: faulttest.Shown(
			"483dff000000 cmp rax,0xff",
			"483d01010000 cmp rax,0x101",
		)},
		{Words: "no displacement", Code: "488b04cb"},
		{Words: "no index", Code: "488b4310"},
		{Words: "LEA", Code: "488d44cb10"},
		{Words: "ADD EAX, 5", Code: "83c005"},
		{Words: "CMP EAX, ECX", Code: "39c8"},
		{Words: "NOP with an index", Code: "0f1f440000"},
	})
	faulttest.Properties(t, index.New(), faulttest.How{Clean: true, Go: 1_000, C: 100})
}
