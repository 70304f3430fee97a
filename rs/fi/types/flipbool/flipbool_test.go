package flipbool_test

import (
	"testing"

	"bennu/rs/fi/types/flipbool"
	"bennu/tools/faulttest"
)

func TestFlipBool(t *testing.T) {
	faulttest.Table(t, flipbool.New(), []faulttest.Case{
		{Words: "SETE CL", Code: "0f94c1", Want: faulttest.Shown("0f95c1 setne cl")},
		{Words: "SETNE [RSP+8]", Code: "0f95442408", Want: faulttest.Shown("0f94442408 sete BYTE PTR [rsp+0x8]")},
		{Words: "SETG R8B", Code: "410f9fc0", Want: faulttest.Shown("410f9ec0 setle r8b")},
		{Words: "CMOVE", Code: "0f44c1"},
		{Words: "JE near", Code: "0f8400000000"},
		{Words: "MOVZX", Code: "0fb6c1"},
	})
	faulttest.Properties(t, flipbool.New(), faulttest.How{Clean: true, Go: 100, C: 10})
}
