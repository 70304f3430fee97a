package noload_test

import (
	"testing"

	"bennu/rs/fi/types/noload"
	"bennu/tools/faulttest"
)

func TestNoLoad(t *testing.T) {
	faulttest.Table(t, noload.New(), []faulttest.Case{
		{Words: "MOV RAX, [RSP+8]: MOV fits", Code: "488b442408", Want: faulttest.Shown("b800000000 mov eax,0x0")},
		{Words: "MOV R9, [RSP+128]", Code: "4c8b8c2480000000", Want: faulttest.Shown("41b9000000009090 mov r9d,0x0; nop")},
		{Words: "MOV AL, [RBX]", Code: "8a03", Want: faulttest.Shown("b000 mov al,0x0")},
		{Words: "MOV AH, [RBX]", Code: "8a23", Want: faulttest.Shown("b400 mov ah,0x0")},
		{Words: "MOV SPL, [RBX]", Code: "408a23", Want: faulttest.Shown("40b400 mov spl,0x0")},
		{Words: "MOV R8B, [RBX]", Code: "448a03", Want: faulttest.Shown("41b000 mov r8b,0x0")},
		{Words: "MOV EAX, [RBX]; CMP: nobody has the flags", After: "39c8", Code: "8b03", Want: faulttest.Shown("31c0 xor eax,eax")},
		{Words: "MOV R10, [RBX+8]; RET", After: "c3", Code: "4c8b5308", Want: faulttest.Shown("4531d290 xor r10d,r10d; nop")},
		{Words: "MOV EAX, [RBX]; JE: they matter", After: "7400", Code: "8b03"},
		{Words: "MOV EAX, [RBX]; ADC: they matter", After: "11c8", Code: "8b03"},
		{Words: "MOV EAX, [RBX] alone: who knows", Alone: true, Code: "8b03"},
		{Words: "MOV AX, [RBX]: half a register", After: "39c8", Code: "668b03", Want: faulttest.Shown("6631c0 xor ax,ax")},
		{Words: "MOV AX, [RSP+8]: MOV fits", After: "7400", Code: "668b442408", Want: faulttest.Shown("66b8000090 mov ax,0x0; nop")},
		{Words: "MOVZX EAX, BYTE [RSP+8]", Code: "0fb6442408", Want: faulttest.Shown("b800000000 mov eax,0x0")},
		{Words: "MOVSXD RAX, [RBX]; CMP", After: "39c8", Code: "486303", Want: faulttest.Shown("31c090 xor eax,eax; nop")},
		{Words: "MOVUPS XMM1, [RBX]", Code: "0f100b", Want: faulttest.Shown("0f57c9 xorps xmm1,xmm1")},
		{Words: "MOVSD XMM9, [RBX]", Code: "f2440f100b", Want: faulttest.Shown("450f57c990 xorps xmm9,xmm9; nop")},
		{Words: "MOVDQU XMM1, [RBX]", Code: "f30f6f0b", Want: faulttest.Shown("0f57c990 xorps xmm1,xmm1; nop")},
		{Words: "MOVQ XMM1, [RBX]", Code: "f30f7e0b", Want: faulttest.Shown("0f57c990 xorps xmm1,xmm1; nop")},
		{Words: "MOV EAX, ECX", After: "39c8", Code: "8bc1"},
		{Words: "ADD EAX, [RBX]", After: "39c8", Code: "0303"},
		{Words: "LEA", After: "39c8", Code: "8d03"},
		{Words: "MOV [RBX], EAX", After: "39c8", Code: "8903"},
		{Words: "MOVSS XMM1, XMM2", Code: "f30f10ca"},
		{Words: "POP", Code: "58"},
	})
	faulttest.Properties(t, noload.New(), faulttest.How{Clean: true, Go: 5_000, C: 500})
}
