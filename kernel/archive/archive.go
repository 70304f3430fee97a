// Package archive reads the boot archive: the one module that a boot loader hands to the
// kernel, which holds system.conf and the executables of the ring-3 tasks.
//
// It is a USTAR tar of plain files. The first member is named "manifest" and has one line
// a file, in the order of the members, and a last line that counts them:
//
//	SHA256 CRC32C SIZE NAME
//	end N
//
// A file's bytes begin on a page, so that tasks can be made of them where they lie. What that takes of room before its header
// is a pax extended header with nothing but a comment, which tar reads over; so does Open, and nobody looks at its bytes.
//
// SHA256 has 64 lower-case hexadecimal digits, CRC32C (Castagnoli) has 8, SIZE and N are
// decimal. The CRC guards the boot, the SHA-256 is the file's identity for tools
// (docs/decisions/001-archive-checksums.md).
//
// The package runs in ring 0 and in the reincarnation server as well as on the host: it
// never copies a file's bytes, allocates only its table, and imports no fmt.
//
// Source: POSIX.1-2017, pax, "ustar Interchange Format", "pax Extended Header".
package archive

import (
	"strconv"

	"bennu/kernel/crc32c"
)

const (
	// BlockSize is tar's unit: headers and the files' padded bytes are multiples of it.
	BlockSize = 512
	// Align is of what the offset of a file's bytes is a multiple: a page.
	Align = 4096
	// Manifest is the name of the first member. It does not list itself.
	Manifest = "manifest"
	// MaxName is the longest name of a file, in bytes: what fits USTAR's name field with
	// the prefix field unused.
	MaxName = 100
	// MaxFiles bounds the table that Open makes for an archive nobody has checked yet.
	MaxFiles = 1024
)

// Entry is one file of the archive.
type Entry struct {
	Name   string
	Offset int // of its first byte in the archive
	Size   int // bytes
	CRC32C uint32
	SHA256 [32]byte
}

// Archive is an archive whose structure Open found right. It refers to the bytes that were
// given to Open, which must not change.
type Archive struct {
	bytes []byte
	files []Entry // in the archive's order
}

// Error says what is wrong with an archive, and where.
type Error struct {
	Name   string // the file it is about; "" when there is none
	Offset int    // into the archive, in bytes
	Text   string
}

func (e *Error) Error() string {
	s := "boot archive: "
	if e.Name != "" {
		s += e.Name + ": "
	}
	return s + e.Text + " (offset " + strconv.Itoa(e.Offset) + ")"
}

func fault(name string, offset int, text string) *Error { return &Error{name, offset, text} }

// Open checks the structure of b and makes its table. It looks at headers and at the
// manifest, not at the files' bytes: Check does that.
//
// Errors: an *Error for the first fault found: b is truncated, a header is damaged or not
// that of a plain file, the manifest is missing or damaged, a file is missing, extra, out
// of order, not of the manifest's size or on no page, or something follows the end.
func Open(b []byte) (*Archive, error) {
	m, next, err := member(b, 0)
	if err != nil {
		return nil, err
	}
	if m.name != Manifest {
		return nil, fault(m.name, 0, "the first member must be "+Manifest)
	}
	files, err := parseManifest(b[m.offset:m.offset+m.size], m.offset)
	if err != nil {
		return nil, err
	}
	for i := range files {
		f := &files[i]
		if endsAt(b, next) {
			return nil, fault(f.Name, next, "missing: the manifest lists it, the archive ends")
		}
		at := next
		if m, next, err = padded(b, at); err != nil {
			return nil, err
		}
		if m.name != f.Name {
			return nil, fault(m.name, at, "unexpected file: the manifest has "+f.Name+" here")
		}
		if m.size != f.Size {
			return nil, fault(m.name, at, "has "+strconv.Itoa(m.size)+" bytes, the manifest says "+strconv.Itoa(f.Size))
		}
		if m.offset%Align != 0 {
			return nil, fault(m.name, m.offset, "its bytes begin on no page: expected an offset that is a multiple of "+strconv.Itoa(Align))
		}
		f.Offset = m.offset
	}
	if err := checkEnd(b, next); err != nil {
		return nil, err
	}
	return &Archive{b, files}, nil
}

// checkEnd asks for two zero blocks at offset at, and for nothing but zeros after them.
func checkEnd(b []byte, at int) error {
	if !endsAt(b, at) {
		m, _, err := member(b, at)
		if err != nil {
			return err
		}
		return fault(m.name, at, "extra file: the manifest does not list it")
	}
	if len(b) < at+2*BlockSize {
		return fault("", len(b), "truncated: the end mark should reach offset "+strconv.Itoa(at+2*BlockSize))
	}
	if n := zeros(b[at:]); n < len(b)-at {
		return fault("", at+n, "something follows the end mark")
	}
	return nil
}

// Files is the table, in the archive's order. The caller must not change it.
func (a *Archive) Files() []Entry { return a.files }

// Size is the archive's length in bytes, as given to Open.
func (a *Archive) Size() int { return len(a.bytes) }

// Lookup finds a file's entry; ok is false when there is none of that name.
func (a *Archive) Lookup(name string) (e Entry, ok bool) {
	for i := range a.files {
		if a.files[i].Name == name {
			return a.files[i], true
		}
	}
	return Entry{}, false
}

// File is the bytes of a file, in place; ok is false when there is none of that name.
func (a *Archive) File(name string) (b []byte, ok bool) {
	e, ok := a.Lookup(name)
	if !ok {
		return nil, false
	}
	return a.bytes[e.Offset : e.Offset+e.Size : e.Offset+e.Size], true
}

// Check compares a file's bytes with the manifest's CRC32C.
//
// Errors: an *Error when they differ or there is no such file.
func (a *Archive) Check(name string) error {
	e, ok := a.Lookup(name)
	if !ok {
		return fault(name, 0, "no such file")
	}
	sum := crc32c.Sum(a.bytes[e.Offset : e.Offset+e.Size])
	if sum != e.CRC32C {
		return fault(name, e.Offset, "damaged: CRC32C is "+hex8(sum)+", the manifest says "+hex8(e.CRC32C))
	}
	return nil
}

func hex8(v uint32) string {
	s := strconv.FormatUint(uint64(v), 16)
	return "00000000"[len(s):] + s
}
