package stuckbranch_test

import (
	"testing"

	"bennu/rs/fi/types/stuckbranch"
	"bennu/tools/faulttest"
)

func TestStuckBranch(t *testing.T) {
	faulttest.Table(t, stuckbranch.New(), []faulttest.Case{
		{Words: "JE", Code: "7405", Want: faulttest.Shown("eb05 jmp 0x1007")},
		{Words: "JBE near: the same target", Code: "0f8600010000", Want: faulttest.Shown("e90101000090 jmp 0x1106; nop")},
		{Words: "LOOP", Code: "e205", Want: faulttest.Shown("eb05 jmp 0x1007")},
		{Words: "to the next instruction", Code: "7400", Want: faulttest.Shown("eb00 jmp 0x1002")},
		{Words: "LOOP by ECX", Code: "67e205", Want: faulttest.Shown("eb0690 jmp 0x1008; nop")},
		{Words: "too far for a byte", Code: "67e27f"},
		{Words: "back", Code: "74f0"},
		{Words: "near, back", Code: "0f84f0ffffff"},
		{Words: "JMP", Code: "eb05"},
	})
	faulttest.Properties(t, stuckbranch.New(), faulttest.How{Clean: true, Go: 10_000, C: 1_000})
}
