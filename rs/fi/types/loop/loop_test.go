package loop_test

import (
	"testing"

	"bennu/rs/fi/types/loop"
	"bennu/tools/faulttest"
)

func TestLoop(t *testing.T) {
	faulttest.Table(t, loop.New(), []faulttest.Case{
		{Words: "JE", Code: "7405", Want: faulttest.Shown("7505 jne 0x1007")},
		{Words: "JNE", Code: "7505", Want: faulttest.Shown("7405 je 0x1007")},
		{Words: "JBE near", Code: "0f8600010000", Want: faulttest.Shown("0f8700010000 ja 0x1106")},
		{Words: "JG near", Code: "0f8f00010000", Want: faulttest.Shown("0f8e00010000 jle 0x1106")},
		{Words: "LOOPNE", Code: "e005", Want: faulttest.Shown("e105 loope 0x1007")},
		{Words: "LOOPE", Code: "e105", Want: faulttest.Shown("e005 loopne 0x1007")},
		{Words: "LOOP", Code: "e205", Want: faulttest.Shown("e305 jrcxz 0x1007")},
		{Words: "JRCXZ", Code: "e305", Want: faulttest.Shown("e205 loop 0x1007")},
		{Words: "REPE CMPSB", Code: "f3a6", Want: faulttest.Shown("f2a6 repnz cmps BYTE PTR ds:[rsi],BYTE PTR es:[rdi]")},
		{Words: "REPNE SCASB", Code: "f2ae", Want: faulttest.Shown("f3ae repz scas al,BYTE PTR es:[rdi]")},
		{Words: "REP MOVSQ does not look at which", Code: "f348a5"},
		{Words: "MOVSS has no REP", Code: "f30f10ca"},
		{Words: "REP RET", Code: "f3c3"},
		{Words: "JMP", Code: "eb05"},
		{Words: "CMPSB once", Code: "a6"},
		{Words: "SETE", Code: "0f94c0"},
	})
	faulttest.Properties(t, loop.New(), faulttest.How{Clean: true, Go: 10_000, C: 1_000})
}
