package text_test

import (
	"testing"

	"bennu/rs/fi/types/text"
	"bennu/tools/faulttest"
)

func TestText(t *testing.T) {
	faulttest.Table(t, text.New(), []faulttest.Case{
		{Words: "RET: eight bits", Code: "c3", Want: faulttest.Shown(
			"c2 .byte 0xc2",
			"c1 .byte 0xc1",
			"c7 .byte 0xc7",
			"cb retf",
			"d3 .byte 0xd3",
			"e3 .byte 0xe3",
			"83 .byte 0x83",
			"43 rex.XB",
		)},
		{Words: "INT3", Code: "cc"},
	})
	faulttest.Properties(t, text.New(), faulttest.How{Go: 50_000, C: 10_000})
}

func TestUniform(t *testing.T) {
	faulttest.Uniform(t, text.New(), "488b4308", 32)
	faulttest.Uniform(t, text.New(), "c5f877", 24)
}
