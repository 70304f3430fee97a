package stop_test

import (
	"testing"

	"bennu/rs/fi/types/stop"
	"bennu/tools/faulttest"
)

func TestStop(t *testing.T) {
	faulttest.Table(t, stop.New(), []faulttest.Case{
		{Words: "RET", Code: "c3", Want: faulttest.Shown("cc int3")},
		{Words: "MOV RAX, [RSP+8]", Code: "488b442408", Want: faulttest.Shown("cc90909090 int3; nop")},
		{Words: "VZEROUPPER", Code: "c5f877", Want: faulttest.Shown("cc9090 int3; nop")},
		{Words: "INT3", Code: "cc"},
	})
	faulttest.Properties(t, stop.New(), faulttest.How{Clean: true, Go: 50_000, C: 10_000})
}
