package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"bennu/tools/internal/bootimage"
	"bennu/tools/internal/tinyelf"
)

const tinyEntry = tinyelf.Base + tinyelf.EntryOffset

var tinyOptions = kernelOptions{symbol: "pvhstart", mb2: "pvhstart"}

// notes is what a PVH loader sees: owner, type and first 8 bytes of all notes in PT_NOTE segments.
func notes(t *testing.T, b []byte) (owners []string, last []byte) {
	t.Helper()
	f, err := elf.NewFile(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range f.Progs {
		if p.Type != elf.PT_NOTE {
			continue
		}
		n := b[p.Off : p.Off+p.Filesz]
		owners = append(owners, strings.TrimRight(string(n[12:16]), "\x00"))
		last = n
	}
	return owners, last
}

func TestBootable(t *testing.T) {
	in := tinyelf.ELF(tinyelf.Hang(), tinyelf.NoteGo)
	out, err := bootable(in, &tinyOptions)
	if err != nil {
		t.Fatal(err)
	}
	owners, note := notes(t, out)
	if strings.Join(owners, " ") != "Go Xen" {
		t.Errorf("notes of %v: Go's must stay, Xen's be last", owners)
	}
	if want := pvhNote(tinyEntry); !bytes.Equal(note, want) {
		t.Errorf("note % x\nwant % x", note, want)
	}
	again, err := bootable(in, &tinyOptions)
	if err != nil || !bytes.Equal(out, again) {
		t.Errorf("two runs differ (%v)", err)
	}
	o := tinyOptions
	o.strip = true
	small, err := bootable(in, &o)
	if err != nil || len(small) >= len(out) {
		t.Errorf("stripped: %d of %d bytes, %v", len(small), len(out), err)
	}
	if f, err := elf.NewFile(bytes.NewReader(small)); err != nil || len(f.Sections) != 0 {
		t.Errorf("stripped: %v", err)
	}
}

// Without a PT_GNU_STACK, Go's own note gives way.
func TestBootableWithoutStackHeader(t *testing.T) {
	in := tinyelf.ELF(tinyelf.Hang(), tinyelf.NoteGo)
	binary.LittleEndian.PutUint32(in[64+2*phSize:], uint32(elf.PT_NULL))
	out, err := bootable(in, &tinyOptions)
	if err != nil {
		t.Fatal(err)
	}
	if owners, _ := notes(t, out); strings.Join(owners, " ") != "Xen" {
		t.Errorf("notes of %v", owners)
	}
	binary.LittleEndian.PutUint32(in[64:], uint32(elf.PT_NULL))
	if _, err = bootable(in, &tinyOptions); err == nil || !strings.Contains(err.Error(), "no PT_GNU_STACK and no PT_NOTE") {
		t.Error(err)
	}
}

// As GRUB finds it: an aligned magic number in the first 32 KiB, a sum of 0, tags that end.
func TestMultiboot2(t *testing.T) {
	out, err := bootable(tinyelf.ELF(tinyelf.Hang(), tinyelf.NoteGo), &tinyOptions)
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	at := -1
	for i := 0; i < min(len(out), 32<<10); i += 8 {
		if le.Uint32(out[i:]) == 0xe85250d6 {
			at = i
			break
		}
	}
	if at < 0 {
		t.Fatal("no header")
	}
	h := out[at:]
	if sum := le.Uint32(h) + le.Uint32(h[4:]) + le.Uint32(h[8:]) + le.Uint32(h[12:]); sum != 0 {
		t.Errorf("sum %#x", sum)
	}
	size, tags := int(le.Uint32(h[8:])), map[string]bool{}
	for i := 16; ; {
		kind, n := le.Uint16(h[i:]), int(le.Uint32(h[i+4:]))
		text := fmt.Sprint(kind, le.Uint16(h[i+2:]))
		for j := 8; j < n; j += 4 {
			text += fmt.Sprintf(" %#x", le.Uint32(h[i+j:]))
		}
		tags[text] = true
		i += (n + 7) &^ 7
		if kind == 0 {
			if i != size {
				t.Errorf("tags end at %d of %d", i, size)
			}
			break
		}
	}
	// Requests that must be understood, one that need not; modules on pages; the entry; any place from 16 MiB on, at 2 MiB, the lowest.
	for _, want := range []string{"1 0 0x1 0x3 0x6", "1 1 0xe 0xf", "6 0", fmt.Sprintf("3 0 %#x", tinyEntry), "10 0 0x1000000 0xffffffff 0x200000 0x1", "0 0"} {
		if !tags[want] {
			t.Errorf("no tag %s in %v", want, tags)
		}
	}
}

func TestBootableRefuses(t *testing.T) {
	le := binary.LittleEndian
	const load = 64 + phSize // the PT_LOAD's header
	for _, c := range []struct {
		want   string
		change func(b []byte, o *kernelOptions)
	}{
		{"not an ELF file", func(b []byte, _ *kernelOptions) { b[1] = 'x' }},
		{"EM_386", func(b []byte, _ *kernelOptions) { le.PutUint16(b[18:], uint16(elf.EM_386)) }},
		{"loaded at 0x200000, linked at 0x100000", func(b []byte, _ *kernelOptions) { le.PutUint64(b[load+24:], 0x200000) }},
		{"above 4 GiB", func(b []byte, _ *kernelOptions) { le.PutUint64(b[load+40:], 1<<32) }},
		{"the file ends before its segment", func(b []byte, _ *kernelOptions) { le.PutUint64(b[load+32:], 1<<39) }},
		{"no segment to load", func(b []byte, _ *kernelOptions) { le.PutUint32(b[load:], uint32(elf.PT_NULL)) }},
		{"no symbol nope", func(_ []byte, o *kernelOptions) { o.symbol = "nope" }},
		{"no symbol nope", func(_ []byte, o *kernelOptions) { o.mb2 = "nope" }},
		{"entry 0x500000 is not in an executable", func(_ []byte, o *kernelOptions) { o.entry = 0x500000 }},
		{"not in an executable", func(b []byte, _ *kernelOptions) { le.PutUint32(b[load+4:], uint32(elf.PF_R)) }},
		{"offset 0x100, where the boot headers go, is in use", func(b []byte, _ *kernelOptions) { b[0x100] = 1 }},
		{"no room for 136 bytes", func(b []byte, _ *kernelOptions) { le.PutUint64(b[64+8:], 0x120) }},
		{"no segment loads the ELF's headers", func(b []byte, _ *kernelOptions) {
			le.PutUint64(b[load+8:], 0x1000)
			le.PutUint64(b[load+32:], 8)
			le.PutUint64(b[load+16:], tinyelf.Base+0x1000)
			le.PutUint64(b[load+24:], tinyelf.Base+0x1000)
		}},
	} {
		b, o := tinyelf.ELF(tinyelf.Hang(), tinyelf.NoteGo), tinyOptions
		c.change(b, &o)
		if _, err := bootable(b, &o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

func FuzzBootable(f *testing.F) {
	f.Add(tinyelf.ELF(tinyelf.Hang(), tinyelf.NoteGo))
	f.Fuzz(func(t *testing.T, b []byte) {
		o := tinyOptions
		o.strip = true
		bootable(b, &o)
		bootimage.TaskFault(b)
	})
}
