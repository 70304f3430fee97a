package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"bennu/tools/campaign/report/fake"
)

var pages = flag.String("pages", "", "a folder to leave the tests' pages in, to be looked at")

// bad is a campaign on a machine that breaks what it promises.
func bad() fake.Spec {
	s := fake.One
	s.Seed, s.Bad = 3, true
	return s
}

func render(t *testing.T, name string, m *Model) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteHTML(&b, m, Options{HostTimes: true}); err != nil {
		t.Fatal(err)
	}
	if *pages != "" {
		if err := os.WriteFile(filepath.Join(*pages, name+".html"), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func TestTmp(t *testing.T) {
	b := bad()
	render(t, "one", New(fake.One.Make()))
	render(t, "many", New(fake.Many.Make()))
	render(t, "bad", New(b.Make()))
}
