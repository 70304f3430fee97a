package parameter_test

import (
	"testing"

	"bennu/rs/fi/types/parameter"
	"bennu/tools/faulttest"
)

func TestInterface(t *testing.T) {
	faulttest.Table(t, parameter.New(), []faulttest.Case{
		{Words: "MOV RBX, RDX; CALL in Go", Callee: "main.g", After: "CALL", Code: "4889d3", Want: faulttest.Shown("909090 nop")},
		{Words: "MOV EAX, 5; LEA RBX, [RSP+8]; CALL in Go", Callee: "main.g", After: "488d5c2408CALL", Code: "b805000000", Want: faulttest.Shown("9090909090 nop")},
		{Words: "XOR ECX, ECX; CALL in Go", Callee: "main.g", After: "CALL", Code: "31c9", Want: faulttest.Shown("9090 nop")},
		{Words: "MOV RDX, R12; CALL in Go: not a parameter", Callee: "main.g", After: "CALL", Code: "4c89e2"},
		{Words: "MOV RDX, RBX; CALL by C", C: true, After: "CALL", Code: "4889da", Want: faulttest.Shown("909090 nop")},
		{Words: "MOV RBX, RDX; CALL by C: not a parameter", C: true, After: "CALL", Code: "4889d3"},
		{Words: "MOV RDI, RDX; CALL [RAX] by C", C: true, After: "ff10", Code: "4889d7", Want: faulttest.Shown("909090 nop")},
		{Words: "the register is written before the call", Callee: "main.g", After: "bb01000000CALL", Code: "4889d3"},
		{Words: "the register is read before the call", Callee: "main.g", After: "4889d8CALL", Code: "4889d3"},
		{Words: "a jump before the call", Callee: "main.g", After: "7400CALL", Code: "4889d3"},
		{Words: "MOV R10, RAX; SYSCALL", C: true, After: "0f05", Code: "4989c2", Want: faulttest.Shown("909090 nop")},
		{Words: "MOV EAX, 5; SYSCALL: the call's number", C: true, After: "0f05", Code: "b805000000"},
		{Words: "MOV EAX, 5; ADD RSP, 8; RET: a result", C: true, After: "4883c408c3", Code: "b805000000", Want: faulttest.Shown("9090909090 nop")},
		{Words: "XOR EBX, EBX; POP RBP; RET in Go: the second", After: "5dc3", Code: "31db", Want: faulttest.Shown("9090 nop")},
		{Words: "XOR EBX, EBX; RET by C", C: true, After: "c3", Code: "31db"},
		{Words: "behind CMP, JBE, PUSH: MOV [RSP+8], RAX", Before: "493b66107640554889e5", Code: "4889442408", Want: faulttest.Shown("9090909090 nop")},
		{Words: "the same where RAX was written", Before: "b801000000", Code: "4889442408"},
		{Words: "the same behind a call", Before: "e800000000", Code: "4889442408"},
		{Words: "the same by C: begins are not known", C: true, Before: "493b6610", Code: "4889442408"},
		{Words: "MOV [RSP+8], RDX: not a parameter", Code: "4889542408"},
		{Words: "ADD RBX, RDX; CALL: more than a move", Callee: "main.g", After: "CALL", Code: "4801d3"},
		{Words: "alone", Alone: true, Code: "4889d3"},
	})
	faulttest.Properties(t, parameter.New(), faulttest.How{Clean: true, Go: 5_000, C: 1_000})
}
