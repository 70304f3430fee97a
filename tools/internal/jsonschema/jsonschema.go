// Package jsonschema holds JSON values against the keywords of JSON Schema that this tree's schemas use. A keyword that it does not know
// is an error: nothing is passed over in silence.
//
// Source: JSON Schema, draft 2020-12, "Validation".
package jsonschema

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

// Schema is a whole schema file.
type Schema struct {
	root     map[string]any
	compiled map[string]*regexp.Regexp
}

// Parse reads a schema.
func Parse(b []byte) (*Schema, error) {
	s := &Schema{compiled: map[string]*regexp.Regexp{}}
	if err := json.Unmarshal(b, &s.root); err != nil {
		return nil, err
	}
	if v := s.root["$schema"]; v != "https://json-schema.org/draft/2020-12/schema" {
		return nil, fmt.Errorf("$schema %v: expected draft 2020-12", v)
	}
	return s, nil
}

// Properties are the names that the root object may have, sorted.
func (s *Schema) Properties() (names []string) {
	p, _ := s.root["properties"].(map[string]any)
	for n := range p {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// Validate returns a line for everything in the JSON text b that the schema refuses, with its place.
func (s *Schema) Validate(b []byte) []string {
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return []string{err.Error()}
	}
	c := &checker{Schema: s}
	c.value("", s.root, v)
	return c.faults
}

type checker struct {
	*Schema
	faults []string
}

func (c *checker) fault(at, format string, args ...any) {
	c.faults = append(c.faults, at+": "+fmt.Sprintf(format, args...))
}

func (c *checker) value(at string, schema map[string]any, v any) {
	keywords := make([]string, 0, len(schema))
	for k := range schema {
		keywords = append(keywords, k)
	}
	sort.Strings(keywords)
	for _, k := range keywords {
		c.keyword(at, schema, k, v)
	}
}

//check:size a switch over keywords
func (c *checker) keyword(at string, schema map[string]any, k string, v any) {
	arg := schema[k]
	text, isText := v.(string)
	number, isNumber := v.(float64)
	object, isObject := v.(map[string]any)
	list, isList := v.([]any)
	switch k {
	case "$schema", "$id", "$defs", "$comment", "title", "description", "then", "else", "examples":
	case "$ref":
		name, local := strings.CutPrefix(arg.(string), "#/$defs/")
		if def, ok := c.root["$defs"].(map[string]any)[name].(map[string]any); ok && local {
			c.value(at, def, v)
		} else {
			c.fault(at, "$ref %v is not there", arg)
		}
	case "type":
		if arg != kind(v) && !(arg == "number" && kind(v) == "integer") {
			c.fault(at, "%s: expected %v", kind(v), arg)
		}
	case "enum":
		if !slices.ContainsFunc(arg.([]any), func(a any) bool { return reflect.DeepEqual(a, v) }) {
			c.fault(at, "%v: expected one of %v", v, arg)
		}
	case "const":
		if !reflect.DeepEqual(arg, v) {
			c.fault(at, "%v: expected %v", v, arg)
		}
	case "pattern":
		if r := c.pattern(arg.(string)); isText && !r.MatchString(text) {
			c.fault(at, "%q: expected %s", text, r)
		}
	case "minLength":
		if isText && utf8.RuneCountInString(text) < int(arg.(float64)) {
			c.fault(at, "%q: expected at least %v characters", text, arg)
		}
	case "minimum":
		if isNumber && number < arg.(float64) {
			c.fault(at, "%v: expected at least %v", v, arg)
		}
	case "maximum":
		if isNumber && number > arg.(float64) {
			c.fault(at, "%v: expected at most %v", v, arg)
		}
	case "exclusiveMinimum":
		if isNumber && number <= arg.(float64) {
			c.fault(at, "%v: expected more than %v", v, arg)
		}
	case "items":
		for i, e := range list {
			c.value(fmt.Sprintf("%s/%d", at, i), arg.(map[string]any), e)
		}
	case "minItems":
		if isList && len(list) < int(arg.(float64)) {
			c.fault(at, "%d items: expected at least %v", len(list), arg)
		}
	case "maxItems":
		if isList && len(list) > int(arg.(float64)) {
			c.fault(at, "%d items: expected at most %v", len(list), arg)
		}
	case "required":
		for _, name := range arg.([]any) {
			if _, ok := object[name.(string)]; isObject && !ok {
				c.fault(at, "no %v", name)
			}
		}
	case "properties":
		for name, sub := range arg.(map[string]any) {
			if e, ok := object[name]; ok {
				c.value(at+"/"+name, sub.(map[string]any), e)
			}
		}
	case "additionalProperties":
		c.others(at, schema, arg, object)
	case "if":
		branch := "then"
		if !c.accepts(arg, v) {
			branch = "else"
		}
		if sub, ok := schema[branch].(map[string]any); ok {
			c.value(at, sub, v)
		}
	default:
		c.fault(at, "keyword %s is not known here", k)
	}
}

func (c *checker) pattern(p string) *regexp.Regexp {
	r, ok := c.compiled[p]
	if !ok {
		r = regexp.MustCompile(p)
		c.compiled[p] = r
	}
	return r
}

// others checks the members that "properties" does not name.
func (c *checker) others(at string, schema map[string]any, arg any, object map[string]any) {
	known, _ := schema["properties"].(map[string]any)
	for name, e := range object {
		if _, ok := known[name]; ok {
			continue
		}
		if sub, ok := arg.(map[string]any); ok {
			c.value(at+"/"+name, sub, e)
		} else if arg == false {
			c.fault(at, "%s is not known", name)
		}
	}
}

func (c *checker) accepts(schema, v any) bool {
	try := &checker{Schema: c.Schema}
	try.value("", schema.(map[string]any), v)
	return try.faults == nil
}

func kind(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case float64:
		if v == math.Trunc(v) {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	}
	return "object"
}
