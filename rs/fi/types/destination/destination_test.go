package destination_test

import (
	"testing"

	"bennu/rs/fi/types/destination"
	"bennu/tools/faulttest"
)

func TestDestination(t *testing.T) {
	faulttest.Table(t, destination.New(), []faulttest.Case{
		{Words: "MOV EAX, [RCX]", Code: "8b01", Want: faulttest.Shown(
			"8b09 mov ecx,DWORD PTR [rcx]",
			"8b11 mov edx,DWORD PTR [rcx]",
			"8b21 mov esp,DWORD PTR [rcx]",
		)},
		{Words: "MOV R8, [RCX]: REX.R", Code: "4c8b01", Want: faulttest.Shown(
			"488b01 mov rax,QWORD PTR [rcx]",
			"4c8b09 mov r9,QWORD PTR [rcx]",
			"4c8b11 mov r10,QWORD PTR [rcx]",
			"4c8b21 mov r12,QWORD PTR [rcx]",
		)},
		{Words: "POP RAX", Code: "58", Want: faulttest.Shown(
			"59 pop rcx",
			"5a pop rdx",
			"5c pop rsp",
		)},
		{Words: "MOV R15D, imm", Code: "41bf00000000", Want: faulttest.Shown(
			"40bf00000000 rex mov edi,0x0",
			"41be00000000 mov r14d,0x0",
			"41bd00000000 mov r13d,0x0",
			"41bb00000000 mov r11d,0x0",
		)},
		{Words: "IMUL EAX, ECX, 7", Code: "6bc107", Want: faulttest.Shown(
			"6bc907 imul ecx,ecx,0x7",
			"6bd107 imul edx,ecx,0x7",
			"6be107 imul esp,ecx,0x7",
		)},
		{Words: "BSWAP EAX", Code: "0fc8", Want: faulttest.Shown(
			"0fc9 bswap ecx",
			"0fca bswap edx",
			"0fcc bswap esp",
		)},
		{Words: "XCHG EAX, ECX: one of them is a NOP", Code: "91", Want: faulttest.Shown(
			"90 nop",
			"93 xchg ebx,eax",
			"95 xchg ebp,eax",
		)},
		{Words: "ADD AL, 5: the opcode says where to", Code: "0405"},
		{Words: "CMP EAX, ECX writes nothing", Code: "39c8"},
		{Words: "TEST EAX, EAX", Code: "85c0"},
		{Words: "PUSH RAX", Code: "50"},
		{Words: "MUL ECX", Code: "f7e1"},
		{Words: "JE", Code: "7405"},
		{Words: "CALL", Code: "e800000000"},
		{Words: "FSTP: x87", Code: "dd5c2408"},
		{Words: "VEX", Code: "c5f877"},
		{Words: "NOP", Code: "90"},
	})
	faulttest.Properties(t, destination.New(), faulttest.How{Go: 50_000, C: 10_000})
}

func TestUniform(t *testing.T) {
	faulttest.Uniform(t, destination.New(), "4c8b01", 4)
	faulttest.Uniform(t, destination.New(), "4889448b10", 2+5+8+8) // base and index in REX, RM and mod, SIB, displacement
}
