package bochs

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"bennu/tools/internal/tinyelf"
)

func TestFlat(t *testing.T) {
	code := []byte{0xf4, 0xeb, 0xfd, 0x55}
	b, err := flat(tinyelf.ELF(code, tinyelf.NotePVH))
	if err != nil {
		t.Fatal(err)
	}
	var h [4]uint32
	for i := range h {
		h[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	if h[0] != tinyelf.Base+tinyelf.EntryOffset || h[1] != tinyelf.Base || int(h[2]) != len(b)-16 || h[3] < h[2] {
		t.Errorf("entry %#x, at %#x, %d bytes of %d in memory; the file has %d", h[0], h[1], h[2], h[3], len(b))
	}
	if got := b[16+h[0]-h[1]:][:len(code)]; !bytes.Equal(got, code) {
		t.Errorf("at the entry: % x, want % x", got, code)
	}
}

func TestFlatRefuses(t *testing.T) {
	for _, c := range []struct {
		name, want string
		elf        []byte
	}{
		{"no ELF", "bad magic number", []byte("not an ELF, and long enough")},
		{"no note", "no PVH note", tinyelf.ELF([]byte{0xf4}, tinyelf.NoteGo)},
	} {
		if _, err := flat(c.elf); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}
