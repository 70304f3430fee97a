package archive_test

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"bennu/kernel/archive"
)

// Every file begins on a page, whatever lies before it, and tar still finds the manifest and these files and nothing else.
func TestFilesBeginOnPages(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	gaps := map[int]bool{}
	for range 300 {
		files := map[string][]byte{strings.Repeat("n", archive.MaxName): []byte("x")}
		for i := range 1 + r.IntN(9) {
			files[fmt.Sprintf("bin/%s%d", strings.Repeat("d/", r.IntN(40)), i)] = make([]byte, r.IntN(3*archive.Align))
		}
		b := archiveOf(t, files)
		a, err := archive.Open(b)
		if err != nil {
			t.Fatal(err)
		}
		end := 0
		for _, e := range a.Files() {
			if e.Offset%archive.Align != 0 || e.Offset%4096 != 0 {
				t.Fatalf("%s begins at %d", e.Name, e.Offset)
			}
			if end > 0 {
				gaps[(e.Offset-end)/archive.BlockSize] = true
			}
			end = (e.Offset + e.Size + archive.BlockSize - 1) / archive.BlockSize * archive.BlockSize
		}
		tr, n := tar.NewReader(bytes.NewReader(b)), 0
		for h, err := tr.Next(); err != io.EOF; h, err = tr.Next() {
			if err != nil {
				t.Fatal(err)
			}
			got, _ := io.ReadAll(tr)
			if want, ok := files[h.Name]; n > 0 && (!ok || !bytes.Equal(got, want)) || n == 0 && h.Name != archive.Manifest {
				t.Fatalf("tar finds %s, %d bytes", h.Name, len(got))
			}
			n++
		}
		if n != 1+len(files) {
			t.Fatalf("tar finds %d files of %d", n, 1+len(files))
		}
	}
	for _, g := range []int{1, 3, 4, 5, 6, 7, 8, 10} { // blocks: a header alone; with padding; what two blocks are too many for
		if !gaps[g] {
			t.Errorf("never %d blocks between two files", g)
		}
	}
}

// A file that begins on no page is refused, and padding is nothing but before a file.
func TestPadding(t *testing.T) {
	b := archiveOf(t, map[string][]byte{"a": []byte("a"), "b": []byte("b")})
	a, err := archive.Open(b)
	if err != nil {
		t.Fatal(err)
	}
	const block = archive.BlockSize
	first, second := a.Files()[0].Offset, a.Files()[1].Offset
	pad := first + block                      // of b: the rest of a's page
	as := func(b []byte, at int, kind byte) { // makes the header at at one of another type
		sum := 0
		b[at+156] = kind
		copy(b[at+148:], "        ")
		for _, c := range b[at : at+block] {
			sum += int(c)
		}
		copy(b[at+148:], fmt.Sprintf("%06o\x00 ", sum))
	}
	for _, c := range []struct {
		title string
		edit  func(b []byte) []byte
		want  string
	}{
		{"of another type", func(b []byte) []byte { as(b, pad, 'g'); return b }, "not a plain file"},
		{"a file of that size", func(b []byte) []byte { as(b, pad, '0'); return b }, "unexpected file: the manifest has b here"},
		{"twice", func(b []byte) []byte { as(b, second-block, 'x'); return b }, "b: not a plain file"},
		{"before the manifest", func(b []byte) []byte { as(b, 0, 'x'); return b }, "manifest: not a plain file"},
		{"before no file", func(b []byte) []byte { clear(b[second-block:]); return b }, "padding before no file"},
		{"damaged", func(b []byte) []byte { b[pad+1] ^= 4; return b }, "damaged header"},
		{"cut off", func(b []byte) []byte { return b[:pad+2*block] }, "truncated"},
		{"none", func(b []byte) []byte { return append(b[:pad:pad], b[second-block:]...) }, "b: its bytes begin on no page: expected an offset that is a multiple of 4096 (offset"},
	} {
		t.Run(c.title, func(t *testing.T) {
			_, err := archive.Open(c.edit(bytes.Clone(b)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}
