package swap_test

import (
	"testing"

	"bennu/rs/fi/types/swap"
	"bennu/tools/faulttest"
)

func TestSwap(t *testing.T) {
	faulttest.Table(t, swap.New(), []faulttest.Case{
		{Words: "CMP EAX, ECX", Code: "39c8", Want: faulttest.Shown("3bc8 cmp ecx,eax")},
		{Words: "CMP [RBX+8], RCX", Code: "48394b08", Want: faulttest.Shown("483b4b08 cmp rcx,QWORD PTR [rbx+0x8]")},
		{Words: "CMP RSP, [R14+16]", Code: "493b6610", Want: faulttest.Shown("49396610 cmp QWORD PTR [r14+0x10],rsp")},
		{Words: "CMP AL, R9B", Code: "4438c8", Want: faulttest.Shown("443ac8 cmp r9b,al")},
		{Words: "UCOMISD XMM0, XMM1", Code: "660f2ec1", Want: faulttest.Shown("660f2ec8 ucomisd xmm1,xmm0")},
		{Words: "COMISS XMM9, XMM1", Code: "440f2fc9", Want: faulttest.Shown("410f2fc9 comiss xmm1,xmm9")},
		{Words: "CMP EAX, EAX", Code: "39c0"},
		{Words: "CMP EAX, 5", Code: "83f805"},
		{Words: "SUB EAX, ECX", Code: "29c8"},
		{Words: "UCOMISD with memory", Code: "660f2e03"},
		{Words: "TEST", Code: "85c8"},
	})
	faulttest.Properties(t, swap.New(), faulttest.How{Clean: true, Go: 2_000, C: 200})
}
