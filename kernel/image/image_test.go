package image

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

type seg struct {
	flags                 uint32
	off, va, filesz, memz uint64
}

// elf makes an executable of size bytes whose byte i is i*7, with headers on top.
func elf(size int, entry uint64, segs ...seg) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i * 7)
	}
	le := binary.LittleEndian
	clear(b[:ehSize+phSize*len(segs)])
	copy(b, "\x7fELF\x02\x01\x01")
	le.PutUint16(b[16:], etExec)
	le.PutUint16(b[18:], emX8664)
	le.PutUint64(b[24:], entry)
	le.PutUint64(b[32:], ehSize)
	le.PutUint16(b[54:], phSize)
	le.PutUint16(b[56:], uint16(len(segs)))
	for i, s := range segs {
		p := b[ehSize+phSize*i:]
		le.PutUint32(p, ptLoad)
		le.PutUint32(p[4:], s.flags)
		le.PutUint64(p[8:], s.off)
		le.PutUint64(p[16:], s.va)
		le.PutUint64(p[32:], s.filesz)
		le.PutUint64(p[40:], s.memz)
	}
	return b
}

const base = abi.ImageBase

var good = []seg{
	{pfExec | 4, 0, base, 0x2800, 0x2800},
	{4, 0x3000, base + 0x3000, 0x1000, 0x1000},
	{pfWrite | 4, 0x4100, base + 0x5100, 0x1000, 0x4000},
}

func newTable(t *testing.T) (*mem.Pool, *Table) {
	t.Helper()
	buf := make([]byte, 300*abi.PageSize)
	t.Cleanup(func() { buf[0] = 0 })
	phys, size := mem.Simulated(buf)
	p := mem.NewPool(phys)
	p.Add(0, size)
	return p, NewTable(p)
}

// holder may have all of p.
func holder(t *testing.T, p *mem.Pool) *mem.Holder {
	h := new(mem.Holder)
	if !p.Promise(h, 0, p.Size()) {
		t.Fatal("no promise")
	}
	return h
}

// seal makes all steps.
func seal(tab *Table, id int) abi.Errno {
	for {
		if more, e := tab.Seal(id); e != abi.OK || !more {
			return e
		}
	}
}

func load(t *testing.T, tab *Table, b []byte) (int, abi.Errno) {
	t.Helper()
	id, e := tab.Create(uint64(len(b)), 7, 2, holder(t, tab.pool))
	if e != abi.OK {
		t.Fatal(e.Name())
	}
	for off := 0; off < len(b); off += 5000 {
		if e := tab.Write(id, uint64(off), b[off:min(off+5000, len(b))]); e != abi.OK {
			t.Fatal(e.Name())
		}
	}
	return id, seal(tab, id)
}

func TestSharedAndPrivatePages(t *testing.T) {
	p, tab := newTable(t)
	free := p.Free()
	b := elf(0x5100, base+0x1000, good...)
	id, e := load(t, tab, b)
	if e != abi.OK {
		t.Fatal(e.Name())
	}
	m := tab.Sealed(id)
	if m.CRC != crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) {
		t.Error("wrong CRC")
	}
	template := p.Get(nil)
	s, _ := paging.New(p, template, holder(t, p))
	if m.SharedPages() != 4 || m.Parts() != 1 {
		t.Fatalf("%d pages in %d tables, want 4 in 1", m.SharedPages(), m.Parts())
	}
	if va, table := m.Part(0); va != base || !s.Share(va, table, 0) {
		t.Fatalf("the table is for %#x, want %#x", va, base)
	}
	for va, nx := range map[uint64]bool{base: false, base + 0x2000: false, base + 0x3000: true} {
		e := *s.Lookup(va)
		if e&paging.NX != 0 != nx || e&paging.Writable != 0 || e&paging.User == 0 {
			t.Errorf("page %#x has bits %#x", va, uint64(e))
		}
		if got := p.Physical().Bytes(e.Frame(), 4096); !bytes.Equal(got[:100], b[va-base:][:100]) {
			t.Errorf("page %#x holds other bytes than the file", va)
		}
	}
	for _, c := range []struct {
		va         uint64
		start, end int // where the file's bytes are in the page
		off        int
	}{{base + 0x5000, 0x100, 0x1000, 0x4100}, {base + 0x6000, 0, 0x100, 0x5000}, {base + 0x7000, 0, 0, 0}} {
		f := p.Get(nil)
		tab.Fill(m, m.Segment(c.va), c.va+5, f)
		got, want := p.Physical().Bytes(f, 4096), make([]byte, 4096)
		copy(want[c.start:c.end], b[c.off:])
		if !bytes.Equal(got, want) {
			t.Errorf("data page %#x is wrong", c.va)
		}
		p.Put(nil, f)
	}
	tab.Hold(m)
	tab.Unref(id)
	if tab.Sealed(id) != nil || tab.Get(id) == nil {
		t.Error("an image given up while a task lives must stay, but make no new tasks")
	}
	s.Free()
	tab.Drop(m)
	p.Put(nil, template)
	if p.Free() != free || tab.Free() != abi.MaxImages-1 {
		t.Errorf("free frames %d, want %d", p.Free(), free)
	}
}

// An image in place is the same image as a copy: the same tables, pages and checksum; it takes frames for its tables and for the page of
// which only a part is the file's. In that one nothing is seen of what follows.
func TestInPlace(t *testing.T) {
	p, tab := newTable(t)
	free := p.Free()
	h := holder(t, p)
	const pages = 8
	for _, size := range []int{0x5100, 0x5fff, 0x6000} {
		var file mem.Addr
		for range pages { // one run of memory: the pool gives it by falling or rising addresses
			a := p.Get(nil)
			if file == 0 || a < file {
				file = a
			}
		}
		b := elf(size, base+0x1000, good...)
		copy(p.Physical().Bytes(file, pages*abi.PageSize), bytes.Repeat([]byte{0xcc}, pages*abi.PageSize))
		copy(p.Physical().Bytes(file, uint64(size)), b)
		before := h.Used()
		id, e := tab.InPlace(file, uint64(size), 7, 2, h)
		if e != abi.OK {
			t.Fatal(e.Name())
		}
		if tab.Sealed(id) != nil || tab.Write(id, uint64(size), []byte{1}) != abi.EINVAL {
			t.Error("it is written, and not sealed")
		}
		if e := seal(tab, id); e != abi.OK {
			t.Fatal(e.Name())
		}
		m := tab.Sealed(id)
		if want := crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)); m.CRC != want || tab.Sum(id) != want {
			t.Errorf("%#x bytes: CRC %#x, want %#x", size, m.CRC, want)
		}
		if n := h.Used() - before; n > 3 { // a list, a table, the last page
			t.Errorf("%#x bytes: %d frames", size, n)
		}
		for n := range uint64(size+abi.PageSize-1) / abi.PageSize {
			a, part := tab.page(m, n), n == uint64(size/abi.PageSize)
			if from, to := m.Place(); !part && a != file+mem.Addr(n*abi.PageSize) || part && a >= file && a < file+pages*abi.PageSize || (a >= from && a < to) == part {
				t.Errorf("%#x bytes: page %d is %#x", size, n, a)
			}
			want := make([]byte, abi.PageSize)
			copy(want, b[n*abi.PageSize:])
			if !bytes.Equal(p.Physical().Bytes(a, abi.PageSize), want) {
				t.Errorf("%#x bytes: page %d holds something else than the file, and zeros", size, n)
			}
		}
		f := p.Get(nil)
		tab.Fill(m, m.Segment(base+0x6000), base+0x6000, f)
		want := make([]byte, abi.PageSize)
		copy(want[:0x100], b[0x5000:])
		if !bytes.Equal(p.Physical().Bytes(f, abi.PageSize), want) {
			t.Error("a data page is wrong")
		}
		p.Put(nil, f)
		if tab.Unref(id); tab.Free() != abi.MaxImages-1 || h.Used() != before {
			t.Errorf("%#x bytes: %d frames are lost", size, h.Used()-before)
		}
		for n := range mem.Addr(pages) {
			p.Put(nil, file+n*abi.PageSize)
		}
	}
	if p.Free() != free {
		t.Errorf("%d frames of the file's are lost", free-p.Free())
	}
	if e := p.Promise(h, 0, 0); !e { // no memory for the last page
		t.Fatal("no ceiling")
	}
	if _, e := tab.InPlace(0x1000, 5, 7, 2, h); e != abi.ENOMEM || tab.Free() != abi.MaxImages-1 {
		t.Errorf("without memory: %s, %d rows free", e.Name(), tab.Free())
	}
	if _, e := tab.InPlace(0x1000, MaxSize+1, 7, 2, h); e != abi.EINVAL {
		t.Errorf("too long: %s", e.Name())
	}
}

func TestSealRefuses(t *testing.T) {
	set := func(off int, v ...byte) func([]byte) { return func(b []byte) { copy(b[off:], v) } }
	with := func(s ...seg) []seg { return s }
	for name, c := range map[string]struct {
		segs  []seg
		entry uint64
		edit  func([]byte)
	}{
		"no magic":             {good, base + 0x1000, set(0, 'X')},
		"32 bits":              {good, base + 0x1000, set(4, 1)},
		"position-independent": {good, base + 0x1000, set(16, 3)},
		"another machine":      {good, base + 0x1000, set(18, 40)},
		"interpreter":          {good, base + 0x1000, set(ehSize, ptInterp)},
		"headers far away":     {good, base + 0x1000, set(32, 0, 0, 1)},
		"too many headers":     {good, base + 0x1000, set(56, 200)},
		"entry in data":        {good, base + 0x5100, nil},
		"entry nowhere":        {good, base + 0x100000, nil},
		"no segments":          {nil, base, nil},
		"write and execute":    {with(seg{pfExec | pfWrite, 0, base, 0x1000, 0x1000}), base, nil},
		"below the image":      {with(seg{pfExec, 0, base - 0x1000, 0x1000, 0x1000}), base - 0x1000, nil},
		"above the image":      {with(seg{pfExec, 0, abi.ImageEnd - 0x1000, 0x2000, 0x2000}), abi.ImageEnd - 0x1000, nil},
		"size wraps":           {with(seg{pfExec, 0, base, 0x1000, ^uint64(0)}), base, nil},
		"past the file":        {with(seg{pfExec, 0x5000, base, 0x1000, 0x1000}), base, nil},
		"offset wraps":         {with(seg{pfExec, ^uint64(0xfff), base, 0x2000, 0x2000}), base, nil},
		"odd offset":           {with(seg{pfExec, 0x10, base, 0x1000, 0x1000}), base, nil},
		"pages overlap":        {with(seg{pfExec, 0, base, 0x1800, 0x1800}, seg{4, 0x1900, base + 0x1900, 0x100, 0x100}), base, nil},
		"one page many times":  {with(seg{4, 0, base, 0x5100, 0x5100}, seg{4, 0, base + 1<<20, 0x5100, 0x5100}, seg{pfExec, 0, base + 2<<20, 0x5000, 0x5000}), base + 2<<20, nil},
		"zeros in text":        {with(seg{pfExec, 0, base, 0x1000, 0x1800}), base, nil},
	} {
		p, tab := newTable(t)
		free := p.Free()
		b := elf(0x5100, c.entry, c.segs...)
		if c.edit != nil {
			c.edit(b)
		}
		id, e := load(t, tab, b)
		if e != abi.ENOEXEC {
			t.Errorf("%s: Seal = %s, want ENOEXEC", name, e.Name())
		}
		if tab.Sealed(id) != nil {
			t.Errorf("%s: usable after a refusal", name)
		}
		if tab.Unref(id); p.Free() != free {
			t.Errorf("%s: lost %d frames", name, free-p.Free())
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	p, tab := newTable(t)
	h := holder(t, p)
	if _, e := tab.Create(0, 7, 2, h); e != abi.EINVAL {
		t.Errorf("size 0: %s", e.Name())
	}
	free := p.Free()
	big, e := tab.Create(400*abi.PageSize, 7, 2, h)
	if e != abi.OK || p.Free() != free {
		t.Errorf("create: %s, %d frames taken before a write", e.Name(), free-p.Free())
	}
	if e := tab.Write(big, 0, make([]byte, 400*abi.PageSize)); e != abi.ENOMEM || tab.Get(big).filled%abi.PageSize != 0 || p.Free() != 0 {
		t.Errorf("more than there is: %s, want ENOMEM; %d bytes written, %d frames free", e.Name(), tab.Get(big).filled, p.Free())
	}
	tab.Unref(big)
	id, _ := tab.Create(100, 7, 2, h)
	_, early := tab.Seal(id)
	for name, e := range map[string]abi.Errno{
		"no image": tab.Write(id+1, 0, []byte{1}), "image 0": tab.Write(0, 0, []byte{1}), "hole": tab.Write(id, 1, []byte{1}),
		"too long": tab.Write(id, 0, make([]byte, 101)), "seal early": early,
	} {
		if e != abi.EINVAL {
			t.Errorf("%s: %s, want EINVAL", name, e.Name())
		}
	}
	tab.Unref(id)
	if p.Free() != free || h.Used() != 0 {
		t.Error("frames lost")
	}
	for i := 1; i < abi.MaxImages; i++ {
		if _, e := tab.Create(1, 7, 2, h); e != abi.OK {
			t.Fatal(e.Name())
		}
	}
	if _, e := tab.Create(1, 7, 2, h); e != abi.ENOSPC {
		t.Errorf("full table: %s, want ENOSPC", e.Name())
	}
	var gone []abi.AccountID
	tab.OnFree = func(a abi.AccountID) { gone = append(gone, a) }
	if tab.ReleaseAll(8); len(gone) != 0 {
		t.Error("images of one maker ended with another")
	}
	if tab.ReleaseAll(7); len(gone) != abi.MaxImages-1 || gone[0] != 2 || tab.Free() != abi.MaxImages-1 {
		t.Errorf("%d images ended with their maker, %d are free", len(gone), tab.Free())
	}
}

// Memory runs out at each frame that an image takes: a definite error, the retry goes on where it stopped, and
// all comes back.
func TestEachFrameMissing(t *testing.T) {
	b := elf(0x5100, base+0x1000, good...)
	for n := uint64(0); ; n++ {
		p, tab := newTable(t)
		free, h := p.Free(), new(mem.Holder)
		p.Promise(h, 0, n)
		id, _ := tab.Create(uint64(len(b)), 7, 2, h)
		failed := 0
		retry := func(what string, e abi.Errno) {
			if e != abi.OK && e != abi.ENOMEM {
				t.Fatalf("ceiling %d: %s: %s, want ENOMEM", n, what, e.Name())
			}
			if e == abi.ENOMEM {
				failed++
				p.Promise(h, 0, p.Size())
			}
		}
		for tab.Get(id).filled < uint64(len(b)) {
			at := tab.Get(id).filled
			retry("write", tab.Write(id, at, b[at:min(at+3000, uint64(len(b)))]))
		}
		for !tab.Get(id).sealed {
			retry("seal", seal(tab, id))
		}
		if c := crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)); tab.Get(id).CRC != c {
			t.Errorf("ceiling %d: CRC %#x, want %#x", n, tab.Get(id).CRC, c)
		}
		if failed > 1 {
			t.Errorf("ceiling %d: failed %d times", n, failed)
		}
		if tab.Unref(id); p.Free() != free || h.Used() != 0 {
			t.Errorf("ceiling %d: %d frames lost", n, free-p.Free())
		}
		if failed == 0 {
			if n < 8 {
				t.Errorf("nothing failed with %d frames", n)
			}
			return
		}
	}
}

// Check sees when the images that a maker keeps are miscounted: its death would pass them over.
func TestCheckKept(t *testing.T) {
	p, tab := newTable(t)
	id, e := tab.Create(abi.PageSize, abi.MakeEndpoint(5, 1), 2, holder(t, p))
	if e != abi.OK {
		t.Fatal(e.Name())
	}
	if f := tab.Check(); f.Broken() || tab.kept[5] != 1 {
		t.Fatalf("%s; %d kept", f.What, tab.kept[5])
	}
	tab.kept[5] = 0
	if f := tab.Check(); !f.Broken() || f.A != 5 {
		t.Errorf("%q, slot %d", f.What, f.A)
	}
	tab.kept[5] = 1
	tab.ReleaseAll(abi.MakeEndpoint(5, 1))
	if tab.Get(id) != nil || tab.kept[5] != 0 {
		t.Error("it outlives its maker")
	}
}
