package conf

import (
	"strings"
	"testing"

	"bennu/kernel/room"
)

const reserves = `class c { reserve 3M; };
service a { reserve 2M; };
service b { class c; };
service d { };
service e { memory 64K; };
service f { reserve 1M; };
`

// admit gives r to all services of a text, and has the faults as they are told.
func admit(t *testing.T, text string, r func(*File) Room) (told []string) {
	t.Helper()
	f, faults := Parse("f", []byte(text))
	if len(faults) != 0 {
		t.Fatal(faults)
	}
	left := r(f)
	for i := range f.Services {
		if x, ok := f.Admit(&left, &f.Services[i]); !ok {
			told = append(told, x.Error())
		}
	}
	return told
}

// TestAdmitReserves: reserves are promised in the order of the file; one that goes past the sum is refused where it is written, by
// itself, by a class or by default, and those after it that fit are not harmed.
func TestAdmitReserves(t *testing.T) {
	for _, c := range []struct {
		room uint64
		want []string
	}{
		{6<<20 + 704<<10, nil},
		{6<<20 + 703<<10, []string{`f:6:21: service "f": reserve: 1M makes the sum 6848K of 6847K, expected at most 1023K: 5824K are promised to those before it; OF. A lower "reserve" helps, or MORE`}},
		{5<<20 + 64<<10, []string{`f:4:1: service "d": reserve (the default, 640K) makes the sum 5760K of 5184K, expected at most 64K: 5M are promised to those before it; OF…`,
			`f:6:21: service "f": reserve: 1M makes the sum 6208K of 5184K, expected at most 0M: 5184K are promised to those before it…`}},
		{3 << 20, []string{`f:1:19: service "b": reserve: 3M makes the sum 5M of 3M, expected at most 1M: 2M are promised to those before it; OF. A lower "reserve" helps, or MORE (class "c" has the line)`,
			`f:6:21: service "f": …`}},
		{0, []string{`f:2:21: service "a": reserve: 2M makes the sum 2M of 0M, expected at most 0M: 0M are…`, `f:1:19: …`, `f:4:1: …`, `f:5:1: service "e": reserve (the default, 64K) …`, `f:6:21: …`}},
	} {
		told := admit(t, reserves, func(*File) Room { return Room{Bytes: c.room, Of: "OF", More: "MORE"} })
		if len(told) != len(c.want) {
			t.Errorf("room %d: %d refused, want %d: %v", c.room, len(told), len(c.want), told)
			continue
		}
		for i, got := range told {
			if begin, cut := strings.CutSuffix(c.want[i], "…"); got != c.want[i] && !(cut && strings.HasPrefix(got, begin)) {
				t.Errorf("room %d:\n got %s\nwant %s", c.room, got, c.want[i])
			}
		}
	}
}

// TestRoomOfTheFile: what the file says of its machine is what its services are admitted to; the machine that a refusal names is
// the smallest that would do.
func TestRoomOfTheFile(t *testing.T) {
	const archive = 9<<20 + 77
	f, _ := Parse("f", []byte(reserves))
	if f.Memory != room.Minimum || f.Reserved() != 6<<20+704<<10 {
		t.Errorf("a file that says nothing: memory %d, reserves %d", f.Memory, f.Reserved())
	}
	of := func(f *File) Room { return f.Room(archive) }
	if told := admit(t, reserves, of); told != nil {
		t.Errorf("on the smallest machine: %v", told)
	}
	large := reserves + "service g { reserve 500M; memory 500M; };\n"
	told := admit(t, large, of)
	if len(told) != 1 || !strings.Contains(told[0], `f:7:21: service "g": reserve: 500M makes the sum 518848K of `) ||
		!strings.Contains(told[0], ": 6848K are promised to those before it; a machine of 128M has them beside kernel and firmware (25M), the boot archive (9220K) and rs (4244K). ") {
		t.Fatalf("500M on the smallest machine: %q", told)
	}
	_, hint, _ := strings.Cut(told[0], `or "`)
	hint, rest, ok := strings.Cut(hint, `" and a machine that has so much`)
	if !ok || rest != "" || hint != "machine { memory 545M; };" {
		t.Fatalf("it says %q, %q", hint, rest)
	}
	if told := admit(t, hint+"\n"+large, of); told != nil {
		t.Errorf("with what it said: %v", told)
	}
	if told := admit(t, "machine { memory 544M; };\n"+large, of); len(told) != 1 {
		t.Errorf("with a MiB less: %v", told)
	}
	if told := admit(t, "machine { memory 32M; };\n"+reserves, of); len(told) != 5 {
		t.Errorf("where not even rs fits: %v", told)
	}
}
