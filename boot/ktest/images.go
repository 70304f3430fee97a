//go:build tamago

package main

import (
	"encoding/binary"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
	"bennu/kernel/archive"
)

var imageTests = []test{
	{"TestImageRefused", imageRefused},
	{"TestImageWriteOrder", imageWriteOrder},
	{"TestImageInPlace", imageInPlace},
	{"TestImageOutlivesFree", imageOutlivesFree},
	{"TestImagesFull", imagesFull},
}

// own is this program's own file in the boot archive.
func own(t *T) archive.Entry {
	a, err := archive.Open(sys.Module())
	if err != nil {
		t.fatalf("%v", err)
	}
	f, ok := a.Lookup("bin/rs")
	if !ok || f.Offset%abi.PageSize != 0 {
		t.fatalf("bin/rs: %v, %+v", ok, f)
	}
	return f
}

// imageInPlace: the root task makes images of files of the boot archive where they lie, which takes no memory but for tables. They have the
// archive's checksum. Nobody else does, and nothing else is one.
func imageInPlace(t *T) {
	f, module := own(t), uint64(len(sys.Module()))
	for what, c := range map[string]struct{ offset, size uint64 }{
		"not on a page": {uint64(f.Offset) + 8, 4096}, "no bytes": {uint64(f.Offset), 0}, "longer than the archive": {0, module + 1},
		"past its end": {module &^ 0xfff, 0x1001}, "behind it": {(module + 0xfff) &^ 0xfff, 1}, "far behind it": {1<<64 - 0x1000, 0x1000}, "of a size that wraps": {0x1000, 1<<64 - 0x1000},
	} {
		t.want(what, second(sys.ImageModule(c.offset, c.size)), abi.EINVAL)
	}
	e, _ := t.puppet().call(abi.CallImageModule, uint64(f.Offset), uint64(f.Size))
	t.want("another task's", e, abi.EPERM)

	id, e := sys.ImageModule(uint64(f.Offset), uint64(f.Size))
	t.must("ImageModule", e)
	t.want("write", sys.ImageWrite(id, 0, []byte{1}), abi.EINVAL)
	s := abi.TaskSpec{Image: id, Account: abi.AccountRoot}
	t.want("a task before the seal", second(sys.TaskCreate(&s)), abi.EINVAL)
	sum, e := sys.ImageSealSum(id)
	t.must("seal", e)
	equal(t, "checksum", sum, f.CRC32C)
	var i abi.ImageInfo
	getInfo(abi.InfoImage, uint64(id), &i)
	equal(t, "checksum of ImageInfo", uint32(i.CRC32C), f.CRC32C)
	if most := i.Size>>21 + 8; i.Frames == 0 || i.Frames > most {
		t.errorf("it has %d frames, want at most %d: tables and its last page", i.Frames, most)
	}
	entry := binary.LittleEndian.Uint64(sys.Module()[f.Offset+24:]) // e_entry
	ep := t.createOn(t.usually(), id, "traced")
	before := t.peek(ep, entry)
	t.poke(ep, entry, ^before)
	equal(t, "what a trace has changed", t.peek(ep, entry), ^before)
	other := t.createOn(t.usually(), id, "other")
	equal(t, "the same of another task", t.peek(other, entry), before)
	again, e := sys.ImageModule(uint64(f.Offset), uint64(f.Size))
	t.must("ImageModule, again", e)
	sum, e = sys.ImageSealSum(again)
	t.must("seal, again", e)
	equal(t, "the archive's checksum afterwards", sum, f.CRC32C)
	t.must("free, again", sys.ImageFree(again))
	t.kill(ep)
	t.kill(other)
	t.want("free", sys.ImageFree(id), abi.OK)

	id, e = sys.ImageModule(0, 0x1000) // the manifest is no executable
	t.must("of the manifest", e)
	t.want("seal of the manifest", sys.ImageSeal(id), abi.ENOEXEC)
	t.want("free", sys.ImageFree(id), abi.OK)
}

// plainText is the whole of the smallest executable: its headers, in a segment.
var plainText = code.Segment{Flags: 5, Addr: abi.ImageBase, FileSize: 0x400, Size: 0x400}

// badImages is what Seal must refuse.
func badImages() map[string][]byte {
	text := plainText
	data := func(change func(*code.Segment)) []byte {
		s := code.Segment{Flags: 6, Addr: code.Data, Size: 0x1000}
		change(&s)
		return code.Raw(abi.ImageBase+0x100, text, s)
	}
	good := code.Raw(abi.ImageBase+0x100, text)
	with := func(at int, v byte) []byte {
		b := append([]byte(nil), good...)
		b[at] = v
		return b
	}
	return map[string][]byte{
		"empty":                   {0},
		"short":                   good[:63],
		"no program headers":      code.Raw(abi.ImageBase + 0x100),
		"magic":                   with(1, 'e'),
		"32 bits":                 with(4, 1),
		"big endian":              with(5, 2),
		"relocatable":             with(16, 1),
		"shared object":           with(16, 3),
		"i386":                    with(18, 3),
		"header size":             with(54, 64),
		"headers past the page":   with(33, 0x10),
		"headers far away":        with(38, 0xff),
		"too many headers":        with(56, 200),
		"entry outside":           code.Raw(abi.ImageBase+0x400, text),
		"entry null":              code.Raw(0, text),
		"entry in data":           code.Raw(code.Data, text, code.Segment{Flags: 6, Addr: code.Data, Size: 0x1000}),
		"dynamic":                 with(64, 2),
		"interpreter":             with(64, 3),
		"writable text":           with(68, 7),
		"below the window":        data(func(s *code.Segment) { s.Addr = abi.ImageBase - 0x1000 }),
		"on the start page":       data(func(s *code.Segment) { s.Addr = abi.StartPage }),
		"in the kernel":           data(func(s *code.Segment) { s.Addr = kernelText &^ 0xfff }),
		"at 0":                    data(func(s *code.Segment) { s.Addr = 0 }),
		"past the window":         data(func(s *code.Segment) { s.Addr = abi.ImageEnd }),
		"across the window's end": data(func(s *code.Segment) { s.Addr, s.Size = abi.ImageEnd-0x1000, 0x4000 }),
		"size wraps":              data(func(s *code.Segment) { s.Size = 1<<64 - 1 }),
		"address and size wrap":   data(func(s *code.Segment) { s.Addr = 1<<64 - 0x1000 }),
		"file part too long":      data(func(s *code.Segment) { s.FileSize, s.Size = 0x1000, 0x800 }),
		"past the file":           data(func(s *code.Segment) { s.FileSize = 0x1000 }),
		"offset past the file":    data(func(s *code.Segment) { s.Offset, s.FileSize = 1<<63, 1 }),
		"offset wraps":            data(func(s *code.Segment) { s.Offset, s.FileSize = 1<<64-0x1000, 0x1000 }),
		"offset and address":      data(func(s *code.Segment) { s.Offset = 0x100 }),
		"on the text":             data(func(s *code.Segment) { s.Addr = abi.ImageBase + 0x800 }),
		"zeros in read-only":      data(func(s *code.Segment) { s.Flags = 4 }),
	}
}

// imageRefused: what is not an executable of the ABI is ENOEXEC, costs nothing, and no task can be made of it.
func imageRefused(t *T) {
	for name, elf := range badImages() {
		id, e := sys.ImageCreate(uint64(len(elf)))
		t.must("create", e)
		t.must("write", sys.ImageWrite(id, 0, elf))
		t.want(name, sys.ImageSeal(id), abi.ENOEXEC)
		s := abi.TaskSpec{Image: id, Account: abi.AccountRoot}
		t.want(name+": task", second(sys.TaskCreate(&s)), abi.EINVAL)
		t.want(name+": free", sys.ImageFree(id), abi.OK)
	}
	t.must("free", sys.ImageFree(t.image(code.Raw(abi.ImageBase+0x100, plainText))))
	nine := make([]code.Segment, 9)
	for i := range nine {
		nine[i] = code.Segment{Flags: 6, Addr: code.Data + uint64(i)<<12, Size: 0x1000}
	}
	nine[0] = plainText
	id, e := sys.ImageCreate(0x400)
	t.must("create", e)
	t.must("write", sys.ImageWrite(id, 0, code.Raw(abi.ImageBase+0x100, nine...)[:0x400]))
	t.want("9 segments", sys.ImageSeal(id), abi.ENOEXEC)
	t.must("free", sys.ImageFree(id))
	t.must("8 segments", sys.ImageFree(t.image(code.Raw(abi.ImageBase+0x100, nine[:8]...))))
	for _, size := range []uint64{0, 16<<20 + 1, 1 << 63, 1<<64 - 1} {
		t.want("size", second(sys.ImageCreate(size)), abi.EINVAL)
	}
}

func imageWriteOrder(t *T) {
	elf := code.New().Exit(3).ELF()
	id, e := sys.ImageCreate(uint64(len(elf)))
	t.must("create", e)
	t.want("not from the start", sys.ImageWrite(id, 1, elf[1:]), abi.EINVAL)
	t.want("half", sys.ImageWrite(id, 0, elf[:100]), abi.OK)
	t.want("seal too early", sys.ImageSeal(id), abi.EINVAL)
	t.want("again", sys.ImageWrite(id, 0, elf[:100]), abi.EINVAL)
	t.want("a gap", sys.ImageWrite(id, 101, elf[101:]), abi.EINVAL)
	t.want("past the end", sys.ImageWrite(id, 100, append(elf[100:], 0)), abi.EINVAL)
	t.want("the rest", sys.ImageWrite(id, 100, elf[100:]), abi.OK)
	t.want("seal", sys.ImageSeal(id), abi.OK)
	t.want("seal again", sys.ImageSeal(id), abi.EINVAL)
	t.want("write when sealed", sys.ImageWrite(id, 0, elf[:1]), abi.EINVAL)
	p := t.puppet()
	e, _ = p.call(abi.CallImageWrite, uint64(id), 0, code.Data, abi.MaxCopy+1)
	t.want("too much at once", e, abi.E2BIG)
	t.want("free", sys.ImageFree(id), abi.OK)
	for name, e := range map[string]abi.Errno{"free": sys.ImageFree(id), "seal": sys.ImageSeal(id), "write": sys.ImageWrite(id, 0, elf[:1]),
		"free 0": sys.ImageFree(0), "free 96": sys.ImageFree(abi.MaxImages), "free -1": sys.ImageFree(1<<32 - 1)} {
		t.want(name+" of none", e, abi.EINVAL)
	}
}

// imageOutlivesFree: an image that was freed goes with its last task, and no new one can be made of it.
func imageOutlivesFree(t *T) {
	t.usually()
	before := counts()
	id := t.image(code.New().Stop().ELF())
	a, b := t.create(id, "a"), t.create(id, "b")
	t.must("free", sys.ImageFree(id))
	t.want("free again", sys.ImageFree(id), abi.EINVAL)
	s := abi.TaskSpec{Image: id, Account: abi.AccountRoot}
	t.want("create", second(sys.TaskCreate(&s)), abi.EINVAL)
	t.kill(a)
	equal(t, "images", counts().Images, before.Images-1)
	t.kill(b)
	equal(t, "counts", counts(), before)
}

func imagesFull(t *T) {
	var ids []uint32
	var own abi.AccountInfo
	t.must("InfoAccount", getInfo(abi.InfoAccount, uint64(abi.AccountRoot), &own))
	for range rowsLeft - own.Images {
		id, e := sys.ImageCreate(1)
		t.must("create", e)
		ids = append(ids, id)
	}
	t.want("one more", second(sys.ImageCreate(1)), abi.ENOSPC)
	for _, id := range ids {
		t.must("free", sys.ImageFree(id))
	}
}
