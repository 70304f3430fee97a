package operator_test

import (
	"testing"

	"bennu/rs/fi/types/operator"
	"bennu/tools/faulttest"
)

func TestOperator(t *testing.T) {
	faulttest.Table(t, operator.New(), []faulttest.Case{
		{Words: "ADD EAX, ECX", Code: "01c8", Want: faulttest.Shown("29c8 sub eax,ecx")},
		{Words: "SUB RAX, [RBX]", Code: "482b03", Want: faulttest.Shown("480303 add rax,QWORD PTR [rbx]")},
		{Words: "OR AL, 1", Code: "0c01", Want: faulttest.Shown("2401 and al,0x1")},
		{Words: "AND ECX, 7", Code: "83e107", Want: faulttest.Shown("83c907 or ecx,0x7")},
		{Words: "XOR EAX, ECX", Code: "31c8", Want: faulttest.Shown("09c8 or eax,ecx")},
		{Words: "ADC RAX, 0", Code: "4883d000", Want: faulttest.Shown("4883d800 sbb rax,0x0")},
		{Words: "SBB EAX, EAX", Code: "19c0", Want: faulttest.Shown("11c0 adc eax,eax")},
		{Words: "INC EAX", Code: "ffc0", Want: faulttest.Shown("ffc8 dec eax")},
		{Words: "DEC BYTE [RAX]", Code: "fe08", Want: faulttest.Shown("fe00 inc BYTE PTR [rax]")},
		{Words: "SHL EAX, 3", Code: "c1e003", Want: faulttest.Shown("c1e803 shr eax,0x3")},
		{Words: "SHR RAX, CL", Code: "48d3e8", Want: faulttest.Shown("48d3e0 shl rax,cl")},
		{Words: "SAR EAX, 1", Code: "d1f8", Want: faulttest.Shown("d1e0 shl eax,1")},
		{Words: "ROL EAX, 5", Code: "c1c005", Want: faulttest.Shown("c1c805 ror eax,0x5")},
		{Words: "NEG RAX", Code: "48f7d8", Want: faulttest.Shown("48f7d0 not rax")},
		{Words: "NOT EAX", Code: "f7d0", Want: faulttest.Shown("f7d8 neg eax")},
		{Words: "IMUL RAX, RCX", Code: "480fafc1", Want: faulttest.Shown("4803c190 add rax,rcx; nop")},
		{Words: "IMUL R8D, [RBX+8]", Code: "440faf4308", Want: faulttest.Shown("4403430890 add r8d,DWORD PTR [rbx+0x8]; nop")},
		{Words: "LOCK ADD [RAX], ECX", Code: "f00108", Want: faulttest.Shown("f02908 lock sub DWORD PTR [rax],ecx")},
		{Words: "ADDSD", Code: "f20f58c1", Want: faulttest.Shown("f20f5cc1 subsd xmm0,xmm1")},
		{Words: "DIVSS", Code: "f30f5ec1", Want: faulttest.Shown("f30f59c1 mulss xmm0,xmm1")},
		{Words: "MINSD", Code: "f20f5dc1", Want: faulttest.Shown("f20f5fc1 maxsd xmm0,xmm1")},
		{Words: "XOR EAX, EAX is 0", Code: "31c0"},
		{Words: "SUB EAX, EAX is 0", Code: "29c0"},
		{Words: "AND EAX, EAX is for flags", Code: "21c0"},
		{Words: "ADD RSP, 8 is the frame's", Code: "4883c408"},
		{Words: "SUB RSP, RAX", Code: "4829c4"},
		{Words: "ADD EAX, 0", Code: "83c000"},
		{Words: "SHL EAX, 0", Code: "c1e000"},
		{Words: "SHL EAX, 32", Code: "c1e020"},
		{Words: "CMP EAX, ECX", Code: "39c8"},
		{Words: "MOV EAX, ECX", Code: "89c8"},
		{Words: "RCL", Code: "d1d0"},
		{Words: "MUL", Code: "f7e1"},
		{Words: "VADDSD", Code: "c5fb58c1"},
		{Words: "AND AH, 1: not RSP", Code: "80e401", Want: faulttest.Shown("80cc01 or ah,0x1")},
	})
	faulttest.Properties(t, operator.New(), faulttest.How{Clean: true, Go: 5_000, C: 500})
}
