package jsonschema

import (
	"strings"
	"testing"
)

func TestKeywords(t *testing.T) {
	const head = `"$schema": "https://json-schema.org/draft/2020-12/schema"`
	for _, c := range []struct{ schema, value, want string }{
		{`"type": "integer"`, `3`, ""},
		{`"type": "integer"`, `3.5`, "number: expected integer"},
		{`"type": "number"`, `3`, ""},
		{`"type": "string"`, `null`, "null: expected string"},
		{`"type": "array", "items": {"type": "boolean"}`, `[true, 1]`, "/1: integer: expected boolean"},
		{`"minItems": 2`, `[1]`, "1 items: expected at least 2"},
		{`"maxItems": 2`, `[1, 2, 3]`, "3 items: expected at most 2"},
		{`"enum": ["a", "b"]`, `"c"`, "c: expected one of"},
		{`"const": false`, `true`, "true: expected false"},
		{`"pattern": "^a+$"`, `"ab"`, `"ab": expected ^a+$`},
		{`"pattern": "^a+$"`, `7`, ""},
		{`"minLength": 1`, `""`, "expected at least 1 characters"},
		{`"minimum": 1`, `0`, "0: expected at least 1"},
		{`"maximum": 1`, `2`, "2: expected at most 1"},
		{`"exclusiveMinimum": 0`, `0`, "0: expected more than 0"},
		{`"required": ["a"]`, `{}`, "no a"},
		{`"properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"type": "string"}}`, `{"a": 1}`, "/a: integer: expected string"},
		{`"properties": {"a": {"$ref": "#/$defs/y"}}, "$defs": {}`, `{"a": 1}`, "$ref #/$defs/y is not there"},
		{`"properties": {"a": {}}, "additionalProperties": false`, `{"a": 1, "b": 1}`, "b is not known"},
		{`"additionalProperties": {"type": "integer"}`, `{"b": "x"}`, "/b: string: expected integer"},
		{`"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"minimum": 2}`, `"x"`, "at least 2 characters"},
		{`"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"minimum": 2}`, `1`, "at least 2"},
		{`"uniqueItems": true`, `[]`, "keyword uniqueItems is not known"},
		{`"type": "object"`, `{`, "unexpected end of JSON"},
	} {
		s, err := Parse([]byte("{" + head + ", " + c.schema + "}"))
		if err != nil {
			t.Fatalf("%s: %v", c.schema, err)
		}
		got := strings.Join(s.Validate([]byte(c.value)), "\n")
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s of %s: %q, want %q", c.value, c.schema, got, c.want)
		}
	}
	if _, err := Parse([]byte(`{"type": "object"}`)); err == nil {
		t.Error("a schema of no draft")
	}
}
