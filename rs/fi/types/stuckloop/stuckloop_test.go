package stuckloop_test

import (
	"testing"

	"bennu/rs/fi/types/stuckloop"
	"bennu/tools/faulttest"
)

func TestStuckLoop(t *testing.T) {
	faulttest.Table(t, stuckloop.New(), []faulttest.Case{
		{Words: "JE", Code: "74f0", Want: faulttest.Shown("ebf0 jmp 0xff2")},
		{Words: "JNE near: the same target", Code: "0f85f0ffffff", Want: faulttest.Shown("e9f1ffffff90 jmp 0xff6; nop")},
		{Words: "LOOP", Code: "e2f0", Want: faulttest.Shown("ebf0 jmp 0xff2")},
		{Words: "to itself", Code: "74fe", Want: faulttest.Shown("ebfe jmp 0x1000")},
		{Words: "forward", Code: "7405"},
		{Words: "near, forward", Code: "0f8500010000"},
		{Words: "JMP", Code: "ebf0"},
	})
	faulttest.Properties(t, stuckloop.New(), faulttest.How{Clean: true, Go: 1_000, C: 100})
}
