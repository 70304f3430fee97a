package archive_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"strings"
	"testing"

	"bennu/kernel/archive"
	"bennu/kernel/archive/pack"
)

var sample = map[string][]byte{
	"system.conf": []byte("service rtc { };\n"),
	"bin/rs":      bytes.Repeat([]byte("rs"), 700),
	"bin/rtc":     bytes.Repeat([]byte("c"), 512),
	"bin/empty":   nil,
}

func archiveOf(t testing.TB, files map[string][]byte) []byte {
	t.Helper()
	b, err := pack.Bytes(files)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	a, err := archive.Open(archiveOf(t, sample))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range a.Files() {
		names = append(names, e.Name)
		if err := a.Check(e.Name); err != nil {
			t.Error(err)
		}
		if b, ok := a.File(e.Name); !ok || !bytes.Equal(b, sample[e.Name]) {
			t.Errorf("%s: %d bytes, %v; want %d", e.Name, len(b), ok, len(sample[e.Name]))
		}
	}
	if got := strings.Join(names, " "); got != "bin/empty bin/rs bin/rtc system.conf" {
		t.Errorf("files: %s", got)
	}
	if b, ok := a.File("bin/none"); ok || b != nil {
		t.Error("File finds what is not there")
	}
	if err := a.Check("bin/none"); err == nil {
		t.Error("Check of a missing file is silent")
	}
}

// A file's bytes cannot be grown into its neighbour's.
func TestFileIsBounded(t *testing.T) {
	a, err := archive.Open(archiveOf(t, sample))
	if err != nil {
		t.Fatal(err)
	}
	b, _ := a.File("bin/rs")
	if cap(b) != len(b) {
		t.Errorf("len %d, cap %d", len(b), cap(b))
	}
}

// Whatever tar writes, reads: the archive is one, manifest first.
func TestIsTar(t *testing.T) {
	r := tar.NewReader(bytes.NewReader(archiveOf(t, sample)))
	h, err := r.Next()
	if err != nil || h.Name != archive.Manifest || h.ModTime.Unix() != 0 || h.Uid != 0 {
		t.Fatalf("%+v, %v", h, err)
	}
	for h, err = r.Next(); err == nil; h, err = r.Next() {
		want := int64(0o644)
		if strings.HasPrefix(h.Name, "bin/") {
			want = 0o755
		}
		if h.Mode != want {
			t.Errorf("%s: mode %o, want %o", h.Name, h.Mode, want)
		}
	}
}

func TestSameBytes(t *testing.T) {
	if !bytes.Equal(archiveOf(t, sample), archiveOf(t, sample)) {
		t.Error("two archives of the same files differ")
	}
}

func TestPackRefuses(t *testing.T) {
	for _, n := range []string{"", "manifest", "/abs", "a//b", "../x", "a/.", "sp ace", "é", strings.Repeat("x", 101)} {
		if _, err := pack.Bytes(map[string][]byte{n: nil}); err == nil {
			t.Errorf("name %q is taken", n)
		}
	}
}

func TestCheckFindsEachFlippedBit(t *testing.T) {
	b := archiveOf(t, sample)
	a, err := archive.Open(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range a.Files() {
		for i := 0; i < e.Size; i++ {
			b[e.Offset+i] ^= 1 << (i % 8)
			if a.Check(e.Name) == nil {
				t.Fatalf("%s: bit flipped at %d, not found", e.Name, i)
			}
			b[e.Offset+i] ^= 1 << (i % 8)
		}
	}
	e := a.Files()[1]
	b[e.Offset] ^= 1
	want := "boot archive: bin/rs: damaged: CRC32C is"
	if err := a.Check("bin/rs"); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}

// Every shorter archive is refused, as truncated, with the offset at which it ends.
func TestTruncated(t *testing.T) {
	b := archiveOf(t, sample)
	for n := range b {
		_, err := archive.Open(b[:n:n])
		var e *archive.Error
		if !errors.As(err, &e) || e.Offset > n {
			t.Fatalf("cut at %d of %d: %v", n, len(b), err)
		}
		if !strings.Contains(err.Error(), "truncated") {
			t.Fatalf("cut at %d of %d: %v", n, len(b), err)
		}
	}
}

// A changed byte anywhere in a header is refused.
func TestHeaderBits(t *testing.T) {
	b := archiveOf(t, sample)
	good, err := archive.Open(bytes.Clone(b))
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for _, e := range good.Files() {
		for at = e.Offset - archive.BlockSize; at < e.Offset; at++ {
			b[at] ^= 0x10
			if _, err := archive.Open(b); err == nil {
				t.Errorf("%s: byte %d of its header changed, not found", e.Name, at-e.Offset+archive.BlockSize)
			}
			b[at] ^= 0x10
		}
	}
}

func TestFaults(t *testing.T) {
	crc, sha := "00000000", strings.Repeat("0", 64)
	line := func(size, name string) string { return sha + " " + crc + " " + size + " " + name + "\n" }
	for _, c := range []struct {
		title, manifest string
		files           []string // name, content, …
		want            string
	}{
		{"no manifest", "", []string{"bin/rs", ""}, "bin/rs: the first member must be manifest"},
		{"empty manifest", "\n", nil, `manifest: line 1: expected "end 0" (offset 512)`},
		{"no final newline", "end 0", nil, `manifest: does not end with a line "end N"`},
		{"wrong count", line("0", "a") + "end 2\n", []string{"a", ""}, `line 2: expected "end 1"`},
		{"end missing", line("0", "a"), []string{"a", ""}, `line 1: expected "end 0"`},
		{"short sum", "00 " + crc + " 0 a\nend 1\n", nil, "line 1: expected 64 hexadecimal digits of SHA-256"},
		{"upper case sum", strings.Repeat("A", 64) + " " + crc + " 0 a\nend 1\n", nil, "64 hexadecimal digits"},
		{"short crc", sha + " 0 0 a\nend 1\n", nil, "expected 8 hexadecimal digits of CRC32C"},
		{"crc missing", sha + " \nend 1\n", nil, "expected 8 hexadecimal digits of CRC32C"},
		{"size missing", sha + " " + crc + " \nend 1\n", nil, "expected the size in bytes"},
		{"bad size", line("x", "a") + "end 1\n", nil, "line 1: expected the size in bytes"},
		{"huge size", line("99999999999999999999", "a") + "end 1\n", nil, "expected the size in bytes"},
		{"leading zero", line("01", "a") + "end 1\n", nil, "expected the size in bytes"},
		{"no name", sha + " " + crc + " 0 \nend 1\n", nil, "expected a file name"},
		{"path out", line("0", "../a") + "end 1\n", nil, "expected a file name"},
		{"twice", line("0", "a") + line("0", "a") + "end 2\n", nil, "line 2: a is listed twice"},
		{"missing file", line("0", "a") + "end 1\n", nil, "a: missing: the manifest lists it"},
		{"extra file", "end 0\n", []string{"b", "x"}, "b: extra file"},
		{"order", line("0", "a") + line("0", "b") + "end 2\n", []string{"b", "", "a", ""}, "b: unexpected file: the manifest has a here"},
		{"size", line("3", "a") + "end 1\n", []string{"a", "four"}, "a: has 4 bytes, the manifest says 3"},
	} {
		t.Run(c.title, func(t *testing.T) {
			_, err := archive.Open(rawTar(t, c.manifest, c.files...))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestTypes(t *testing.T) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: "manifest", Linkname: "x", Format: tar.FormatUSTAR}); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if _, err := archive.Open(out.Bytes()); err == nil || !strings.Contains(err.Error(), "not a plain file") {
		t.Errorf("symbolic link: %v", err)
	}
}

func TestEnd(t *testing.T) {
	b := archiveOf(t, sample)
	if _, err := archive.Open(append(bytes.Clone(b), make([]byte, 9000)...)); err != nil {
		t.Errorf("zeros after the end (loaders pad): %v", err)
	}
	if _, err := archive.Open(append(bytes.Clone(b), 0, 1)); err == nil || !strings.Contains(err.Error(), "follows the end") {
		t.Errorf("bytes after the end: %v", err)
	}
}

// rawTar makes a tar without asking whether it is an archive. An empty manifest leaves it out.
func rawTar(t *testing.T, manifest string, files ...string) []byte {
	t.Helper()
	if manifest != "" {
		files = append([]string{"manifest", manifest}, files...)
	}
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for i := 0; i < len(files); i += 2 {
		h := tar.Header{Typeflag: tar.TypeReg, Name: files[i], Size: int64(len(files[i+1])), Format: tar.FormatUSTAR}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(files[i+1]))
	}
	w.Close()
	return out.Bytes()
}

// Open must not cost the kernel more than its table.
func TestAllocations(t *testing.T) {
	b := archiveOf(t, sample)
	n := testing.AllocsPerRun(10, func() {
		a, err := archive.Open(b)
		if err != nil {
			t.Fatal(err)
		}
		a.Check("bin/rs")
	})
	if n > 20 {
		t.Errorf("%.0f allocations for %d files", n, len(sample))
	}
}

// Open takes any bytes without a panic; what it accepts is within them.
func FuzzOpen(f *testing.F) {
	b := archiveOf(f, sample)
	f.Add(b)
	f.Add(b[:1024])
	f.Add(b[512:])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := archive.Open(b)
		if err != nil {
			var e *archive.Error
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(b) {
				t.Fatalf("%v", err)
			}
			return
		}
		for _, e := range a.Files() {
			if g, ok := a.File(e.Name); !ok || len(g) != e.Size {
				t.Fatalf("%s: %d bytes of %d", e.Name, len(g), e.Size)
			}
			a.Check(e.Name)
		}
	})
}

// FuzzManifest puts any text where the manifest is, with headers in order.
func FuzzManifest(f *testing.F) {
	f.Add("end 0\n", "a")
	f.Add(strings.Repeat("0", 64)+" 00000000 0 a\nend 1\n", "a")
	f.Fuzz(func(t *testing.T, manifest, name string) {
		if manifest == "" || !archive.ValidName(name) {
			return
		}
		archive.Open(rawTar(t, manifest, name, ""))
	})
}
