package conf

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestBelong(t *testing.T) {
	f, faults := Parse("f", []byte(`group g { strategy all-for-one; burst 3 10s; };
group h { };
group i { strategy one-for-one; burst none; };
class k { requires disk; };
service a { after log disk; group g; };
service b { class k; group h; };
service c { group i; after a; };
service log { };
service disk { };
`))
	if len(faults) != 0 {
		t.Fatal(faults)
	}
	for _, c := range []struct {
		label           string
		after, requires []string
		group           Group
	}{
		{"a", []string{"log", "disk"}, nil, Group{"g", true, 3, 10 * time.Second}},
		{"b", nil, []string{"disk"}, Group{"h", false, DefaultBurst, DefaultBurstWindow}},
		{"c", []string{"a"}, nil, Group{"i", false, 0, 0}},
		{"log", nil, nil, Group{}},
	} {
		if s := f.Service(c.label); !slices.Equal(s.After, c.after) || !slices.Equal(s.Requires, c.requires) || s.Group != c.group {
			t.Errorf("%s: after %v, requires %v, %+v", c.label, s.After, s.Requires, s.Group)
		}
	}
}

// A fault spoils those that cannot be without what has it, and nobody else; each of them says so.
func TestBelongToBad(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
		good []string
	}{
		{"service a { requires b; };\nservice b { nice 1; };\nservice c { requires a; };\nservice d { after b; };", []string{
			`f:1:22: service "a": requires: service "b" has faults, expected a good one, see f:2:9`,
			`f:2:13: service "b": unknown keyword "nice"`,
			`f:3:22: service "c": requires: service "a" has faults, expected a good one, see f:1:9`,
		}, []string{"d"}},
		{"service a { after b; };\nservice b { requires c; };\nservice c { requires a; };", []string{
			`f:2:22: service "b": requires: service "c" has faults, expected a good one, see f:3:9`,
			`f:3:22: service "c": requires: services wait for each other: a after b after c after a, expected no circle`,
		}, []string{"a"}},
		{"group g { nice 1; };\nservice a { group g; };\nservice b { };", []string{
			`f:1:11: group "g": unknown keyword "nice"`,
			`f:2:19: service "a": group: group "g" has faults, expected a good one, see f:1:7`,
		}, []string{"b"}},
		{"service a { after b; };\nservice b { after a; };\nservice c { after a; };\nservice d { requires b; };", []string{
			`f:2:19: service "b": after: services wait for each other: a after b after a, expected no circle`,
			`f:4:22: service "d": requires: service "b" has faults`,
		}, []string{"a", "c"}},
	} {
		f, faults := Parse("f", []byte(c.text))
		if len(faults) != len(c.want) {
			t.Errorf("%q: %v", c.text, faults)
			continue
		}
		for i, want := range c.want {
			if got := faults[i].Error(); !strings.HasPrefix(got, want) {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		}
		var good []string
		for _, s := range f.Services {
			good = append(good, s.Label)
		}
		if !slices.Equal(good, c.good) {
			t.Errorf("%q: good are %v", c.text, good)
		}
	}
}
