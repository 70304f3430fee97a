package branch_test

import (
	"testing"

	"bennu/rs/fi/types/branch"
	"bennu/tools/faulttest"
)

func TestBranch(t *testing.T) {
	faulttest.Table(t, branch.New(), []faulttest.Case{
		{Words: "JE", Code: "7405", Want: faulttest.Shown("9090 nop")},
		{Words: "JBE near", Code: "0f8600010000", Want: faulttest.Shown("909090909090 nop")},
		{Words: "LOOP", Code: "e205", Want: faulttest.Shown("9090 nop")},
		{Words: "JRCXZ", Code: "e305", Want: faulttest.Shown("9090 nop")},
		{Words: "REP MOVSQ", Code: "f348a5", Want: faulttest.Shown("9048a5 nop; movs QWORD PTR es:[rdi],QWORD PTR ds:[rsi]")},
		{Words: "REP STOSW with 66 first", Code: "66f3ab", Want: faulttest.Shown("9066ab nop; stos WORD PTR es:[rdi],ax")},
		{Words: "REPNE SCASB", Code: "f2ae", Want: faulttest.Shown("90ae nop; scas al,BYTE PTR es:[rdi]")},
		{Words: "MOVSS has no REP", Code: "f30f10ca"},
		{Words: "REP RET", Code: "f3c3"},
		{Words: "PAUSE", Code: "f390"},
		{Words: "MOVSB once", Code: "a4"},
		{Words: "JMP", Code: "eb05"},
		{Words: "CALL", Code: "e800000000"},
	})
	faulttest.Properties(t, branch.New(), faulttest.How{Go: 10_000, C: 1_000})
}
