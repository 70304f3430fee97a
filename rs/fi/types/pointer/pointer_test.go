package pointer_test

import (
	"testing"

	"bennu/rs/fi/types/pointer"
	"bennu/tools/faulttest"
)

func TestPointer(t *testing.T) {
	faulttest.Table(t, pointer.New(), []faulttest.Case{
		{Words: "MOV EAX, [RBX]", Code: "8b03", Want: faulttest.Shown(
			"8b02 mov eax,DWORD PTR [rdx]",
			"8b01 mov eax,DWORD PTR [rcx]",
			"8b07 mov eax,DWORD PTR [rdi]",
		)},
		{Words: "MOV EAX, [RAX]: no SIB byte", Code: "8b00", Want: faulttest.Shown(
			"8b01 mov eax,DWORD PTR [rcx]",
			"8b02 mov eax,DWORD PTR [rdx]",
		)},
		{Words: "MOV EAX, [RCX]: not relative to RIP", Code: "8b01", Want: faulttest.Shown(
			"8b00 mov eax,DWORD PTR [rax]",
			"8b03 mov eax,DWORD PTR [rbx]",
		)},
		{Words: "MOV EAX, [R9]: REX.B", Code: "418b01", Want: faulttest.Shown(
			"408b01 rex mov eax,DWORD PTR [rcx]",
			"418b00 mov eax,DWORD PTR [r8]",
			"418b03 mov eax,DWORD PTR [r11]",
		)},
		{Words: "MOV [RCX+RDX], EAX", Code: "890411", Want: faulttest.Shown(
			"890419 mov DWORD PTR [rcx+rbx*1],eax",
			"890401 mov DWORD PTR [rcx+rax*1],eax",
			"890431 mov DWORD PTR [rcx+rsi*1],eax",
			"890451 mov DWORD PTR [rcx+rdx*2],eax",
			"890491 mov DWORD PTR [rcx+rdx*4],eax",
			"890410 mov DWORD PTR [rax+rdx*1],eax",
			"890413 mov DWORD PTR [rbx+rdx*1],eax",
		)},
		{Words: "LEA RAX, [RDI+1]: the displacement, too", Code: "488d4701", Want: faulttest.Shown(
			"498d4701 lea rax,[r15+0x1]",
			"488d4601 lea rax,[rsi+0x1]",
			"488d4501 lea rax,[rbp+0x1]",
			"488d4301 lea rax,[rbx+0x1]",
			"488d4700 lea rax,[rdi+0x0]",
			"488d4703 lea rax,[rdi+0x3]",
			"488d4705 lea rax,[rdi+0x5]",
			"488d4709 lea rax,[rdi+0x9]",
			"488d4711 lea rax,[rdi+0x11]",
			"488d4721 lea rax,[rdi+0x21]",
			"488d4741 lea rax,[rdi+0x41]",
			"488d4781 lea rax,[rdi-0x7f]",
		)},
		{Words: "MOV RAX, [RSP+8]: a local", Code: "488b442408"},
		{Words: "MOV RAX, [RBP-8]: a local", Code: "488b45f8"},
		{Words: "MOV RAX, [RIP+x]: a global", Code: "488b0500000000"},
		{Words: "MOV EAX, FS:[-8]: the task's own", Code: "64488b0425f8ffffff"},
		{Words: "NOP", Code: "0f1f4000"},
		{Words: "PREFETCHT0", Code: "0f1808"},
		{Words: "ADD EAX, ECX", Code: "01c8"},
		{Words: "VEX", Code: "c5fb1003"},
	})
	faulttest.Properties(t, pointer.New(), faulttest.How{Clean: true, Go: 20_000, C: 1_000})
}

func TestUniform(t *testing.T) {
	faulttest.Uniform(t, pointer.New(), "890411", 7)
	faulttest.Uniform(t, pointer.New(), "498b448b10", 2+8+8) // base and index in REX, SIB, displacement
}
