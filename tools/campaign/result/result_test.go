package result_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bennu/rs/fi/outcome"
	"bennu/tools/campaign/report/fake"
	"bennu/tools/campaign/result"
	"bennu/tools/internal/jsonschema"
)

func schema(t *testing.T) (*jsonschema.Schema, map[string]any) {
	t.Helper()
	b, err := os.ReadFile("../../../docs/schema/fault.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	s, err := jsonschema.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]any
	if err := json.Unmarshal(b, &raw); err != nil {
		t.Fatal(err)
	}
	return s, raw
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The schema has the fields of result.Fault and no other, requires those that are always written, and knows the words of the code.
func TestSchemaIsTheRecord(t *testing.T) {
	s, raw := schema(t)
	var fields, required []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[result.Fault]()) {
		name, omit, _ := strings.Cut(f.Tag.Get("json"), ",")
		fields = append(fields, name)
		if omit == "" {
			required = append(required, name)
		}
	}
	slices.Sort(fields)
	if got := s.Properties(); !slices.Equal(got, fields) {
		t.Errorf("schema\n%q, record\n%q", got, fields)
	}
	if got := texts(raw["required"]); !slices.Equal(sorted(got), sorted(required)) {
		t.Errorf("required %q, always written %q", got, required)
	}
	var words []string
	for o := outcome.Outcome(0); o < outcome.Outcomes; o++ {
		words = append(words, o.String())
	}
	properties := raw["properties"].(map[string]any)
	for name, want := range map[string][]string{"outcome": words, "reason": result.Reasons(), "stratum": result.Strata} {
		if got := texts(properties[name].(map[string]any)["enum"]); !slices.Equal(got, want) {
			t.Errorf("%s: schema %q, code %q", name, got, want)
		}
	}
	for name, p := range properties {
		if p.(map[string]any)["description"] == nil {
			t.Errorf("%s: no description", name)
		}
	}
}

func texts(v any) (all []string) {
	for _, e := range v.([]any) {
		all = append(all, e.(string))
	}
	return all
}

func sorted(s []string) []string { s = slices.Clone(s); slices.Sort(s); return s }

func TestRecordsKeepTheSchema(t *testing.T) {
	s, _ := schema(t)
	bad := fake.One
	bad.Bad = true
	n := 0
	for _, spec := range []fake.Spec{fake.One, fake.Many, bad} {
		for _, f := range spec.Make().Faults {
			n++
			if faults := s.Validate(encode(t, f)); faults != nil || f.Check() != nil {
				t.Fatalf("%s: %q, %v", f.ID, faults, f.Check())
			}
		}
	}
	if n < 1000 {
		t.Errorf("%d records", n)
	}
}

// What the schema refuses, Check refuses, and the other way round; the error names the field.
func TestBrokenRecords(t *testing.T) {
	s, _ := schema(t)
	good := fake.One.Make().Faults[0]
	for field, spoil := range map[string]func(f *result.Fault){
		"id":        func(f *result.Fault) { f.ID = "x/0" },
		"service":   func(f *result.Fault) { f.Service = "RTC" },
		"selection": func(f *result.Fault) { f.Select = "" },
		"image":     func(f *result.Fault) { f.Image = "123" },
		"index":     func(f *result.Fault) { f.Index = -1 },
		"faults":    func(f *result.Fault) { f.Faults = 0 },
		"stratum":   func(f *result.Fault) { f.Stratum = "kernel" },
		"type":      func(f *result.Fault) { f.Type = "" },
		"addr":      func(f *result.Fault) { f.Addr = "401000" },
		"rip":       func(f *result.Fault) { f.RIP = "0x" },
		"before":    func(f *result.Fault) { f.Before = "909" },
		"after":     func(f *result.Fault) { f.After = strings.Repeat("90", 16) },
		"weight":    func(f *result.Fault) { f.Weight = 0 },
		"outcome":   func(f *result.Fault) { f.Outcome = "fine" },
		"activated": func(f *result.Fault) { f.Outcome, f.Activated = "not-activated", true },
		"reason":    func(f *result.Fault) { f.Reason = "boredom" },
		"vector":    func(f *result.Fault) { f.Vector = 256 },
		"replay":    func(f *result.Fault) { f.Replay = "" },
	} {
		f := good
		spoil(&f)
		err := f.Check()
		if faults := s.Validate(encode(t, f)); faults == nil || !strings.Contains(strings.Join(faults, "\n"), field) {
			t.Errorf("%s: the schema says %q", field, faults)
		}
		if err == nil || !strings.Contains(err.Error(), field+" ") {
			t.Errorf("%s: Check says %v", field, err)
		}
	}
	// What a schema cannot say.
	f := good
	f.Block++
	if err := f.Check(); err == nil || !strings.Contains(err.Error(), "/1/0 at its end") {
		t.Errorf("another block than the id's: %v", err)
	}
}

func write(t *testing.T, path string, zip bool, lines ...any) {
	t.Helper()
	var b bytes.Buffer
	for _, l := range lines {
		b.Write(encode(t, l))
		b.WriteByte('\n')
	}
	data := b.Bytes()
	if zip {
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		w.Write(data)
		w.Close()
		data = z.Bytes()
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestRead(t *testing.T) {
	all := fake.One.Make()
	dir := t.TempDir()
	write(t, dir+"/a/campaign.json", false, all.Campaigns[0])
	write(t, dir+"/a/boots.jsonl", false, all.Boots[0], all.Boots[1])
	write(t, dir+"/a/faults.jsonl.gz", true, all.Faults[0], all.Faults[1])
	write(t, dir+"/b/faults.jsonl", false, all.Faults[2])
	write(t, dir+"/a/groups/000001.infra.json", false, []result.Infra{{Group: 1, Block: 7, Words: "QEMU did not run"}})
	write(t, dir+"/b/000002.infra.json", false, []result.Infra{{Group: 2, Words: "no room"}})
	got, err := result.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := &result.Records{Campaigns: all.Campaigns, Boots: all.Boots[:2], Faults: all.Faults[:3],
		Infra: []result.Infra{{Campaign: all.Campaigns[0].ID, Group: 1, Block: 7, Words: "QEMU did not run"}, {Group: 2, Words: "no room"}}}
	if !bytes.Equal(encode(t, got), encode(t, want)) {
		t.Errorf("got\n%s\nwant\n%s", encode(t, got), encode(t, want))
	}
}

// A writer that was killed leaves a file without its end: what was whole is read, the rest is told.
func TestReadCutShort(t *testing.T) {
	all := fake.One.Make()
	for _, name := range []string{"faults.jsonl", "faults.jsonl.gz"} {
		dir := t.TempDir()
		path := filepath.Join(dir, name)
		var lines []any
		for _, f := range all.Faults {
			lines = append(lines, f)
		}
		write(t, path, strings.HasSuffix(name, ".gz"), lines...)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, info.Size()-20); err != nil {
			t.Fatal(err)
		}
		got, err := result.Read(dir)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if n := len(got.Faults); n == 0 || n >= len(all.Faults) || len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "the file ends within this line") {
			t.Errorf("%s: %d of %d, %q", name, n, len(all.Faults), got.Notes)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	good := fake.One.Make().Faults[0]
	broken := good
	broken.Outcome = "fine"
	for want, lines := range map[string][]any{
		`faults.jsonl:2: outcome fine: expected`: {good, broken},
		`faults.jsonl:1: json: unknown field`:    {map[string]any{"id": "a/0/0", "colour": "red"}},
		`faults.jsonl:2: json: unknown field`:    {good, result.Boot{Plan: "x"}},
		`no records of faults`:                   {},
	} {
		dir := t.TempDir()
		write(t, dir+"/faults.jsonl", false, lines...)
		if _, err := result.Read(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

var tableRow = regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (always|where it applies) \\| ([^|]*) \\| ([^|]+) \\|$")

// docs/FAULTS.md has a row for each field, in the schema's order, and says which are always there.
func TestDocumentIsTheSchema(t *testing.T) {
	doc, err := os.ReadFile("../../../docs/FAULTS.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(doc), "\n## Records\n")
	section, _, _ = strings.Cut(section, "\n## ")
	s, raw := schema(t)
	required := texts(raw["required"])
	var names []string
	for _, m := range tableRow.FindAllStringSubmatch(section, -1) {
		names = append(names, m[1])
		if (m[2] == "always") != slices.Contains(required, m[1]) {
			t.Errorf("%s: there %s, and the schema says otherwise", m[1], m[2])
		}
		if strings.HasSuffix(m[1], "_ns") != (m[3] == "guest ns") {
			t.Errorf("%s: unit %q", m[1], m[3])
		}
	}
	if got := s.Properties(); !slices.Equal(sorted(names), got) {
		t.Errorf("document\n%q, schema\n%q", sorted(names), got)
	}
}
