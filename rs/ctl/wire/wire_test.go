package wire

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func text(s string) Value   { return Value{Kind: String, Text: s} }
func number(n uint64) Value { return Value{Kind: Number, Number: n} }

func TestParse(t *testing.T) {
	for _, c := range []struct {
		line string
		want Object
	}{
		{`{}`, nil},
		{" { } \r", nil},
		{`{"id":1,"cmd":"status"}`, Object{{"id", number(1)}, {"cmd", text("status")}}},
		{`{ "a" : 18446744073709551615 , "b" : 0 }`, Object{{"a", number(1<<64 - 1)}, {"b", number(0)}}},
		{`{"a":true,"b":false,"c":null}`, Object{{"a", Value{Kind: Bool, True: true}}, {"b", Value{Kind: Bool}}, {"c", Value{}}}},
		{`{"arg":[1, "x",true ]}`, Object{{"arg", Value{Kind: List, List: []Value{number(1), text("x"), {Kind: Bool, True: true}}}}}},
		{`{"arg":[]}`, Object{{"arg", Value{Kind: List}}}},
		{`{"s":"\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00é"}`, Object{{"s", text("\"\\/\b\f\n\r\té😀é")}}},
	} {
		got, err := Parse([]byte(c.line), "raw")
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, %v; want %+v", c.line, got, err, c.want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	const (
		value   = "a string, an unsigned integer, true, false, null"
		orList  = value + " or a list of these"
		integer = "an integer from 0 to 18446744073709551615"
		escape  = `one of \" \\ \/ \b \f \n \r \t or \uXXXX`
	)
	for _, c := range []struct{ line, want string }{
		{``, "column 1: expected an object, {…}"},
		{`[1]`, "column 1: expected an object, {…}"},
		{`{`, "column 2: expected a field's name in quotes"},
		{`{id:1}`, "column 2: expected a field's name in quotes"},
		{`{"id" 1}`, "column 7: expected a colon"},
		{`{"id":}`, "column 7: expected " + orList},
		{`{"id":`, "column 7: expected " + orList},
		{`{"id":-1}`, "column 7: expected " + orList},
		{`{"id":1.5}`, "column 7: expected " + integer},
		{`{"id":1e3}`, "column 7: expected " + integer},
		{`{"id":01}`, "column 7: expected " + integer},
		{`{"id":18446744073709551616}`, "column 7: expected " + integer},
		{`{"id":{}}`, "column 7: expected " + orList},
		{`{"id":[[]]}`, "column 8: expected " + value},
		{`{"id":[1`, "column 9: expected a comma or ]"},
		{`{"id":[1,]}`, "column 10: expected " + value},
		{`{"id":1`, "column 8: expected a comma or }"},
		{`{"id":1,}`, "column 9: expected a field's name in quotes"},
		{`{"id":1}x`, "column 9: expected the end of the line"},
		{`{"id":1,"id":2}`, "column 9: expected each field once"},
		{`{"id":nul}`, "column 7: expected " + orList},
		{`{"id":"a`, "column 9: expected a quote that ends the string"},
		{"{\"id\":\"a\tb\"}", `column 9: expected a control character as \u00XX`},
		{`{"id":"\x"}`, "column 8: expected " + escape},
		{`{"id":"\u12"}`, "column 8: expected " + escape},
		{`{"id":"\ud83d"}`, "column 14: expected " + escape},
		{`{"id":"\ud83d\u0041"}`, "column 20: expected " + escape},
		{`{"id":"\udc00"}`, "column 14: expected " + escape},
		{"{\"id\":\"\xff\"}", "column 8: expected UTF-8"},
		{`{"id":[` + strings.Repeat("1,", 64) + `1]}`, "column 136: expected at most 64 values in a list"},
	} {
		got, err := Parse([]byte(c.line), "raw")
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: got %+v, error %v; want error %s", c.line, got, err, c.want)
		}
	}
	// What came before the fault is known, so that the answer can name the request.
	o, _ := Parse([]byte(`{"id":7,"cmd":status}`), "raw")
	if v, ok := o.Get("id"); !ok || v.Number != 7 {
		t.Errorf("the id before the fault is %+v, %v; want 7", v, ok)
	}
}

func TestWriter(t *testing.T) {
	var w Writer
	for range 2 { // the second time after Reset
		w.Reset()
		w.Open('{')
		w.Value(text("id"))
		w.Reset()
		w.Open('{')
		w.Uint("id", 1)
		w.Bool("ok", true)
		w.String("s", "a\"\\\n\x01\x7f\xff é😀\u009b")
		w.Seconds("t", 1_234_567_890)
		w.Seconds("z", 999)
		w.Name("list")
		w.Open('[')
		w.Number(1)
		w.Open('{')
		w.Close('}')
		w.Value(Value{Kind: List, List: []Value{text("x"), {}}})
		w.Close(']')
		w.Name("empty")
		w.Open('[')
		w.Close(']')
		w.Close('}')
		w.End()
		const want = `{"id":1,"ok":true,"s":"a\"\\\n\u0001\u007f\ufffd \u00e9\ud83d\ude00\u009b","t":1.234567,"z":0.000000,"list":[1,{},["x",null]],"empty":[]}` + "\n"
		if string(w.Bytes()) != want {
			t.Errorf("got  %swant %s", w.Bytes(), want)
		}
		if !json.Valid(w.Bytes()) {
			t.Error("encoding/json does not take it")
		}
	}
}

// Every byte, alone, between others and beside another one, is read back as it was; what is no UTF-8 is the sign for that.
func TestText(t *testing.T) {
	for i := range 1 << 16 {
		a, b := string([]byte{byte(i)}), string([]byte{byte(i >> 8)})
		for _, s := range []string{a, "x" + a + "y", "x" + a + b + "y" + b} {
			var w Writer
			w.Text(s)
			var got string
			if err := json.Unmarshal(w.Bytes(), &got); err != nil || got != string([]rune(s)) {
				t.Fatalf("%q is written %s, read %q, %v", s, w.Bytes(), got, err)
			}
			for _, c := range w.Bytes() {
				if c < ' ' || c >= 0x7f {
					t.Fatalf("%q is written %q", s, w.Bytes())
				}
			}
		}
	}
}

// Seconds have six decimals, cut, whatever the number.
func TestSeconds(t *testing.T) {
	for _, ns := range []uint64{0, 1, 999, 1000, 999_999, 1_000_000, 999_999_999, 1_000_000_000, 1_000_001_000, 10_000_000_000, 59_999_999_999, 1<<64 - 1} {
		var w Writer
		w.Seconds("t", ns)
		if want := fmt.Sprintf(`"t":%d.%06d`, ns/1e9, ns/1e3%1e6); string(w.Bytes()) != want {
			t.Errorf("%d ns are %s, want %s", ns, w.Bytes(), want)
		}
	}
}

// What the reader takes, encoding/json takes and understands in the same way; what is written
// reads back.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"id":1,"cmd":"fi","label":"rtc","kind":"hang"}`, `{"arg":[1,2,"\u00e9\ud83d\ude00"],"b":true,"n":null}`, `{"a":1.5}`, `{"a":"\x"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		o, err := Parse(line, "raw")
		if err != nil {
			e := err.(*SyntaxError)
			if e.Column < 1 || e.Column > len(line)+1 || e.Want == "" {
				t.Fatalf("%q: error %+v", line, e)
			}
			return
		}
		var std map[string]any
		d := json.NewDecoder(strings.NewReader(string(line)))
		d.UseNumber()
		if err := d.Decode(&std); err != nil || len(std) != len(o) {
			t.Fatalf("%q: %d fields; encoding/json has %d, %v", line, len(o), len(std), err)
		}
		var w Writer
		w.Open('{')
		for _, field := range o {
			if s, ok := std[field.Name].(string); field.Value.Kind == String && (!ok || s != field.Value.Text) {
				t.Fatalf("%q: %q is %q, encoding/json has %q", line, field.Name, field.Value.Text, s)
			}
			if strings.ContainsFunc(field.Name, func(u rune) bool { return u >= utf8.RuneSelf || !plain(byte(u)) }) {
				return // the server has no such names
			}
			w.Name(field.Name)
			w.Value(field.Value)
		}
		w.Close('}')
		again, err := Parse(w.Bytes(), "raw")
		if err != nil || !reflect.DeepEqual(again, o) {
			t.Fatalf("%q: written as %q, read as %+v, %v", line, w.Bytes(), again, err)
		}
	})
}
