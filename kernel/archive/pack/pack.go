// Package pack writes boot archives (package archive says what they are). It runs on the
// host only: the reader must not carry crypto/sha256 and archive/tar into ring 0.
package pack

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"fmt"
	"sort"
	"strings"

	"bennu/kernel/archive"
	"bennu/kernel/crc32c"
)

// Bytes makes the archive that holds files, by name. The same files give the same bytes:
// sorted by name, no times, owner 0. Executables (bin/…) get mode 0755, the rest 0644,
// for people who unpack it with tar.
//
// Errors: a name that the format does not allow, a file called "manifest", too many files.
func Bytes(files map[string][]byte) ([]byte, error) {
	names := make([]string, 0, len(files))
	for n := range files {
		if !archive.ValidName(n) || n == archive.Manifest {
			return nil, fmt.Errorf("boot archive: %q cannot be the name of a file", n)
		}
		names = append(names, n)
	}
	if len(names) > archive.MaxFiles {
		return nil, fmt.Errorf("boot archive: %d files, at most %d fit", len(names), archive.MaxFiles)
	}
	sort.Strings(names)

	var manifest, out bytes.Buffer
	for _, n := range names {
		b := files[n]
		fmt.Fprintf(&manifest, "%x %08x %d %s\n", sha256.Sum256(b), crc32c.Sum(b), len(b), n)
	}
	fmt.Fprintf(&manifest, "end %d\n", len(names))

	w := tar.NewWriter(&out)
	if err := member(w, archive.Manifest, manifest.Bytes(), 0); err != nil {
		return nil, err
	}
	for _, n := range names {
		if err := w.Flush(); err != nil { // what was written fills its last block
			return nil, fmt.Errorf("boot archive: %w", err)
		}
		if err := member(w, n, files[n], padding(out.Len())); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("boot archive: %w", err)
	}
	return out.Bytes(), nil
}

// padding is how many bytes before a file's header make its bytes begin on a page, when the archive has n so far: none, or at least
// two blocks.
func padding(n int) int {
	p := (archive.Align - (n+archive.BlockSize)%archive.Align) % archive.Align
	if p == archive.BlockSize {
		p += archive.Align
	}
	return p
}

// comment is a pax record of n bytes that says nothing.
func comment(n int) string {
	for digits := 1; ; digits++ {
		v := strings.Repeat(" ", n-digits-len(" comment=\n"))
		if len(fmt.Sprint(n)) == digits {
			return v
		}
	}
}

func member(w *tar.Writer, name string, b []byte, padding int) error {
	h := tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(b)), Mode: 0o644, Format: tar.FormatUSTAR}
	if strings.HasPrefix(name, "bin/") {
		h.Mode = 0o755
	}
	if padding > 0 {
		h.Format, h.PAXRecords = tar.FormatPAX, map[string]string{"comment": comment(padding - archive.BlockSize)}
	}
	if err := w.WriteHeader(&h); err != nil {
		return fmt.Errorf("boot archive: %s: %w", name, err)
	}
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("boot archive: %s: %w", name, err)
	}
	return nil
}
