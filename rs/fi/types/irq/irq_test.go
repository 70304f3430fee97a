package irq_test

import (
	"testing"

	"bennu/rs/fi/types/irq"
	"bennu/tools/faulttest"
)

func TestIRQ(t *testing.T) {
	faulttest.Table(t, irq.New(), []faulttest.Case{
		{Words: "MOV EAX, 40; MOV EDI, 3; SYSCALL", Before: "b828000000bf03000000", Code: "0f05", Want: faulttest.Shown("9090 nop")},
		{Words: "the same by C, behind other code", C: true, Before: "554889e5b828000000bf030000004889de", Code: "0f05", Want: faulttest.Shown("9090 nop")},
		{Words: "IRQDisable", Before: "b828000000bf04000000", Code: "0f05"},
		{Words: "another call", Before: "b829000000bf03000000", Code: "0f05"},
		{Words: "not known", Before: "89f8bf03000000", Code: "0f05"},
		{Words: "a jump between", Before: "b8280000007400bf03000000", Code: "0f05"},
		{Words: "CALL usys.Gate.irq with IRQEnable", Callee: "bennu/kernel/usys.Gate.irq", Before: "b80300000089cb", Code: "CALL", Want: faulttest.Shown("9090909090 nop")},
		{Words: "CALL usys.Gate.irq with IRQDisable", Callee: "bennu/kernel/usys.Gate.irq", Before: "b804000000", Code: "CALL"},
		{Words: "CALL usys.Gate.IRQEnable", Callee: "bennu/kernel/usys.Gate.IRQEnable", Code: "CALL", Want: faulttest.Shown("9090909090 nop")},
		{Words: "CALL of another", Callee: "bennu/kernel/usys.Gate.Diag", Before: "b803000000", Code: "CALL"},
		{Words: "alone", Alone: true, Code: "0f05"},
	})
	faulttest.Properties(t, irq.New(), faulttest.How{Clean: true})
}
