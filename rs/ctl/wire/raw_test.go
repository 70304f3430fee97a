package wire

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
)

// Whatever JSON allows comes back byte for byte; what only looks like it is refused where it is wrong.
func TestRaw(t *testing.T) {
	for _, v := range []string{
		`0`, `-0`, `-1`, `1.0`, `1e400`, `1E+5`, `-0.1e-7`, `18446744073709551616`, `123456789012345678901234567890`,
		`""`, `"x"`, `"é"`, `"\u00e9"`, `"\ud83d\ude00"`, `"\\\"\/\b\f\n\r\t"`, `true`, `false`, `null`,
		`[]`, `{}`, `[1, 2 ,"x",[null]]`, `{"id":1,"id":2,"a":{"b":[{}]}}`, strings.Repeat("[", 32) + strings.Repeat("]", 32), "[ \t1\t]",
	} {
		line := `{ "raw" : ` + v + ` ,"cmd":"x"}`
		o, err := Parse([]byte(line), "raw")
		got, ok := o.Find("raw")
		var w Writer
		w.Value(got)
		if err != nil || !ok || string(w.Bytes()) != v || !json.Valid([]byte(line)) {
			t.Errorf("%s: came back as %s (%v)", v, w.Bytes(), err)
		}
	}
	for _, c := range []struct{ value, want string }{
		{`01`, "column 9: expected a comma or }"},
		{`-`, "column 9: expected a digit"},
		{`1.`, "column 10: expected a digit"},
		{`1e`, "column 10: expected a digit"},
		{`.5`, "column 8: expected a value"},
		{`+1`, "column 8: expected a value"},
		{`NaN`, "column 8: expected a value"},
		{`'x'`, "column 8: expected a value"},
		{``, "column 8: expected a value"},
		{`[1,]`, "column 11: expected a value"},
		{`[1 2]`, "column 11: expected a comma or ]"},
		{`{"a"}`, "column 12: expected a colon"},
		{`{a:1}`, "column 9: expected a field's name in quotes"},
		{`{"a":1`, "column 14: expected a comma or }"},
		{`"\ud83d"`, `column 15: expected one of \" \\ \/ \b \f \n \r \t or \uXXXX`},
		{"\"\x00\"", `column 9: expected a control character as \u00XX`},
		{"\"\xff\"", "column 9: expected UTF-8"},
		{strings.Repeat("[", 33) + strings.Repeat("]", 33), "column 40: expected at most 32 lists and objects in each other"},
	} {
		line := `{"raw":` + c.value + `}`
		if c.value == `{"a":1` {
			line = strings.TrimSuffix(line, "}")
		}
		if _, err := Parse([]byte(line), "raw"); err == nil || err.Error() != c.want {
			t.Errorf("%s: error %v, want %s", line, err, c.want)
		}
	}
}

// What would control a terminal comes back as the escape that means the same.
func TestRawControls(t *testing.T) {
	o, err := Parse([]byte("{\"raw\":\"a\x7f\u009b\u00a0\"}"), "raw")
	v, _ := o.Find("raw")
	var w Writer
	w.Value(v)
	if string(w.Bytes()) != "\"a\\u007f\\u009b\u00a0\"" || err != nil {
		t.Errorf("came back as %q, %v", w.Bytes(), err)
	}
}

// The raw reader takes what encoding/json takes, but for its own limits.
func TestRawAgainstJSON(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const parts = `{}[],:"\u00e9-+.eE0123456789 truefalsenull`
	taken := 0
	for range 300_000 {
		n := 1 + r.IntN(8)
		b := make([]byte, n)
		for i := range b {
			b[i] = parts[r.IntN(len(parts))]
		}
		v := strings.TrimSpace(string(b))
		_, err := Parse([]byte(`{"raw":`+v+`}`), "raw")
		if (err == nil) != json.Valid([]byte(`{"raw":`+v+`}`)) && !strings.Contains(v, `,"`) {
			t.Fatalf("%s: %v, encoding/json says %v", v, err, err != nil)
		}
		if err == nil {
			taken++
		}
	}
	if taken < 1000 {
		t.Errorf("only %d values were valid", taken)
	}
}
