package source_test

import (
	"testing"

	"bennu/rs/fi/types/source"
	"bennu/tools/faulttest"
)

func TestSource(t *testing.T) {
	faulttest.Table(t, source.New(), []faulttest.Case{
		{Words: "ADD EAX, ECX", Code: "01c8", Want: faulttest.Shown(
			"01c0 add eax,eax",
			"01d8 add eax,ebx",
			"01e8 add eax,ebp",
		)},
		{Words: "MOV RAX, R9: REX.R", Code: "4c89c8", Want: faulttest.Shown(
			"4889c8 mov rax,rcx",
			"4c89c0 mov rax,r8",
			"4c89d8 mov rax,r11",
			"4c89e8 mov rax,r13",
		)},
		{Words: "CMP AL, 5", Code: "3c05", Want: faulttest.Shown(
			"3c04 cmp al,0x4",
			"3c07 cmp al,0x7",
			"3c01 cmp al,0x1",
			"3c0d cmp al,0xd",
			"3c15 cmp al,0x15",
			"3c25 cmp al,0x25",
			"3c45 cmp al,0x45",
			"3c85 cmp al,0x85",
		)},
		{Words: "PUSH RAX", Code: "50", Want: faulttest.Shown(
			"51 push rcx",
			"52 push rdx",
			"54 push rsp",
		)},
		{Words: "SHL EAX, 1: the count is the opcode's", Code: "d1e0"},
		{Words: "SHL EAX, 3: bits that count", Code: "c1e003", Want: faulttest.Shown(
			"c1e002 shl eax,0x2",
			"c1e001 shl eax,0x1",
			"c1e007 shl eax,0x7",
			"c1e00b shl eax,0xb",
			"c1e013 shl eax,0x13",
		)},
		{Words: "POP RAX has only a destination", Code: "58"},
		{Words: "JE: the distance", Code: "7405", Want: faulttest.Shown(
			"7404 je 0x1006",
			"7407 je 0x1009",
			"7401 je 0x1003",
			"740d je 0x100f",
			"7415 je 0x1017",
			"7425 je 0x1027",
			"7445 je 0x1047",
			"7485 je 0xf87",
		)},
		{Words: "XCHG EAX, ECX", Code: "91"},
		{Words: "MOV [RBX], CL", Code: "880b", Want: faulttest.Shown(
			"8803 mov BYTE PTR [rbx],al",
			"881b mov BYTE PTR [rbx],bl",
			"882b mov BYTE PTR [rbx],ch",
		)},
		{Words: "MOVSS XMM1, XMM2: of the register", Code: "f30f10ca", Want: faulttest.Shown(
			"f30f10cb movss xmm1,xmm3",
			"f30f10c8 movss xmm1,xmm0",
			"f30f10ce movss xmm1,xmm6",
			"f30f104a repz; .byte 0xf; .byte 0x10; rex.WX",
			"f30f108a repz; .byte 0xf; .byte 0x10; .byte 0x8a",
		)},
		{Words: "FLD: x87", Code: "d9c1"},
		{Words: "NOP", Code: "0f1f00"},
		{Words: "VEX", Code: "c5f877"},
		{Words: "RET", Code: "c3"},
		{Words: "CPUID", Code: "0fa2"},
	})
	faulttest.Properties(t, source.New(), faulttest.How{Go: 50_000, C: 10_000})
}

func TestUniform(t *testing.T) {
	faulttest.Uniform(t, source.New(), "4c89c8", 4)
	faulttest.Uniform(t, source.New(), "488b448b10", 2+5+8+8) // base and index in REX, RM and mod, SIB, displacement
}
