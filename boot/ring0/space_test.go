package ring0

import (
	"debug/elf"
	"encoding/binary"
	"math/rand"
	"reflect"
	"runtime"
	"testing"

	"bennu/board/pc"
	"bennu/board/pc/memmap"
	"bennu/kernel/abi"
	"bennu/kernel/layout"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

const (
	gib  = 1 << 30
	page = abi.PageSize

	dataBits   = paging.Present | paging.Writable | paging.NX
	deviceBits = dataBits | paging.NoCache | paging.WriteThr
)

// tables is a pool of so many frames, with a PML4 out of it.
func tables(t *testing.T, frames int) (*mem.Pool, mem.Addr) {
	t.Helper()
	b := make([]byte, (frames+2)*page)
	t.Cleanup(func() { runtime.KeepAlive(b) })
	phys, _ := mem.Simulated(b)
	pool := mem.NewPool(phys)
	pool.Add(page, mem.Addr(frames+1)*page)
	return pool, pool.Get(nil)
}

// kernelAt is a kernel at a physical address, with the segments that Go's linker makes.
func kernelAt(start uint64) *Image {
	const base = layout.KernelBase
	return &Image{Physical: memmap.Range{Start: start, End: start + layout.KernelEnd - base}, End: base + 0x21_3000, Stacks: pc.Stacks[:],
		Segments: []Segment{{base, base + 0x9_a000, false, true}, {base + 0x9_b000, base + 0x17_7000, false, false}, {base + 0x18_0000, layout.KernelEnd, true, false}}}
}

// byteIsRAM is what a loader's regions say of one byte: RAM, and nothing else.
func byteIsRAM(regions []memmap.Region, a uint64) (ram bool) {
	for _, r := range regions {
		if a >= r.Start && a < r.End {
			if r.Type != memmap.RAM {
				return false
			}
			ram = true
		}
	}
	return ram
}

// pageIsRAM tells whether every byte of a's page is RAM: its first one, and the first one after each edge within it.
func pageIsRAM(regions []memmap.Region, a uint64) bool {
	a &^= page - 1
	for _, r := range regions {
		for _, edge := range []uint64{r.Start, r.End} {
			if edge-a < page && !byteIsRAM(regions, edge) {
				return false
			}
		}
	}
	return byteIsRAM(regions, a)
}

// direct is what the direct map has to have of a.
func direct(k *Image, regions []memmap.Region, a uint64) paging.PTE {
	switch {
	case a-k.Physical.Start < k.Physical.Size():
		return 0
	case pageIsRAM(regions, a):
		return dataBits
	case a < 4*gib:
		return deviceBits
	}
	return 0
}

// image is what is at linear address a, below 4 GiB.
func image(k *Image, a uint64) paging.PTE {
	if _, guard := pc.GuardOf(a); guard || a < layout.KernelBase || a >= layout.KernelEnd {
		return 0
	}
	for _, s := range k.Segments {
		if a < s.Start || a >= s.End || a >= k.End {
			continue
		}
		bits := paging.Present
		if s.Write {
			bits |= paging.Writable
		}
		if !s.Exec {
			bits |= paging.NX
		}
		return bits
	}
	return dataBits
}

// translate compares the entry for linear address va with the bits and the physical address that it has to have.
func translate(t *testing.T, phys mem.Physical, root mem.Addr, va, at uint64, want paging.PTE) {
	t.Helper()
	e := paging.Walk(phys, root, va)
	size := uint64(page)
	if e&paging.Large != 0 {
		size = 2 << 20
	}
	got := uint64(e.Frame()) + va&(size-1)
	bits := e &^ paging.Large &^ paging.PTE(e.Frame())
	if bits != want || want != 0 && got != at {
		t.Errorf("%#x: entry %#x (to %#x, bits %#x), want %#x, bits %#x", va, uint64(e), got, uint64(bits), at, uint64(want))
	}
}

// check compares the page tables at root with the model, near all edges and at random places.
func check(t *testing.T, r *rand.Rand, pool *mem.Pool, root mem.Addr, k *Image, regions []memmap.Region) {
	t.Helper()
	places := []uint64{0, 4 * gib, k.Physical.Start, k.Physical.End, layout.KernelBase, 8 * gib, layout.DirectSize - page}
	for _, x := range regions {
		places = append(places, x.Start, x.End)
	}
	for range 500 {
		places = append(places, r.Uint64()%(6*gib))
	}
	for _, p := range places {
		for _, off := range []uint64{0, 1, page - 1, page, 2 << 20, ^uint64(0), ^uint64(page - 1), ^uint64(2<<20 - 1)} {
			if a := p + off; a < layout.DirectSize {
				translate(t, pool.Physical(), root, layout.Direct+a, a, direct(k, regions, a))
			}
		}
	}
	for a := uint64(layout.DirectSize); a < layout.DirectSize+4*page; a += page {
		translate(t, pool.Physical(), root, layout.Direct+a, a, 0)
	}
	for a := uint64(0); a < layout.KernelEnd+4<<20; a += page {
		translate(t, pool.Physical(), root, a, k.Physical.Start+a-layout.KernelBase, image(k, a))
	}
	for range 500 {
		a := r.Uint64() % (4 * gib)
		translate(t, pool.Physical(), root, a, k.Physical.Start+a-layout.KernelBase, image(k, a))
	}
}

func region(start, end uint64, t memmap.Type) memmap.Region {
	return memmap.Region{Range: memmap.Range{Start: start, End: end}, Type: t}
}

// Maps as machines have them, and as none should.
func TestMap(t *testing.T) {
	const ram, reserved = memmap.RAM, memmap.Reserved
	for _, c := range []struct {
		name    string
		place   uint64
		regions []memmap.Region
	}{
		{"QEMU's q35 with 5 GiB", 16 << 20, []memmap.Region{region(0, 0x9fc00, ram), region(0x9fc00, 0xa0000, reserved), region(0xf0000, 1<<20, reserved),
			region(1<<20, 0x7ffdf000, ram), region(0x7ffdf000, 2*gib, reserved), region(0xb0000000, 0xc0000000, reserved), region(4*gib, 7*gib, ram)}},
		{"a hole from 16 to 24 MiB", 32 << 20, []memmap.Region{region(0, 16<<20, ram), region(24<<20, 1*gib, ram)}},
		{"the kernel below its linear address, NVS before it", 10 << 20, []memmap.Region{region(1<<20, 0x806000, ram), region(0x806000, 0x808000, memmap.NVS), region(0x808000, 256<<20, ram)}},
		{"the kernel at the end of the low memory", 4*gib - 24<<20, []memmap.Region{region(0, 4*gib, ram)}},
		{"RAM across 4 GiB", 2 << 20, []memmap.Region{region(0x1000, 4*gib+0x1234567, ram)}},
		{"RAM that ends within a page, and goes on there", 64 << 20, []memmap.Region{region(1<<20, 0x5000800, ram), region(0x5000801, 0x6000fff, ram), region(0x6001001, 0x6001fff, ram), region(0x6002000, 0x6002001, ram)}},
		{"RAM at the end of what is mapped", 16 << 20, []memmap.Region{region(0, 64<<20, ram), region(layout.DirectSize-3*page, layout.DirectSize+3*page, ram)}},
		{"no RAM at all", 16 << 20, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			pool, root := tables(t, 200)
			k := kernelAt(c.place)
			if !k.Map(pool, root, memmap.Normalise(c.regions)) {
				t.Fatal("no memory")
			}
			check(t, rand.New(rand.NewSource(1)), pool, root, k, c.regions)
		})
	}
}

// Maps at random: regions of any kind and grain, overlapping, the kernel at any place.
func TestRandomMaps(t *testing.T) {
	for seed := range int64(40) {
		r := rand.New(rand.NewSource(seed))
		var regions []memmap.Region
		for range 1 + r.Intn(12) {
			start := r.Uint64() % (5 * gib)
			end := start + r.Uint64()%(1<<(10+r.Intn(22)))
			if r.Intn(2) == 0 {
				start, end = start&^(2<<20-1), end&^(2<<20-1)
			}
			if r.Intn(6) == 0 {
				start, end = start+1<<40, end+1<<40
			}
			kind := memmap.RAM
			if r.Intn(3) == 0 {
				kind = memmap.Type(r.Intn(9))
			}
			if start < end {
				regions = append(regions, region(start, end, kind))
			}
		}
		k := kernelAt(uint64(r.Intn(2036)) * layout.LoadAlign)
		pool, root := tables(t, 300)
		if !k.Map(pool, root, memmap.Normalise(regions)) {
			t.Fatalf("seed %d: no memory", seed)
		}
		check(t, r, pool, root, k, regions)
		if t.Failed() {
			t.Fatalf("seed %d: the kernel at %v, regions %v", seed, k.Physical, regions)
		}
	}
}

// With too few frames for the tables it says so.
func TestMapWithoutMemory(t *testing.T) {
	memory := memmap.Normalise([]memmap.Region{region(1<<20, 1*gib+5*page, memmap.RAM), region(5*gib, 6*gib, memmap.RAM)})
	for frames := 1; ; frames++ {
		pool, root := tables(t, frames)
		if kernelAt(16<<20).Map(pool, root, memory) {
			if frames < 12 {
				t.Errorf("%d frames were enough", frames)
			}
			return
		}
		if pool.Free() != 0 {
			t.Fatalf("of %d frames %d are left", frames, pool.Free())
		}
	}
}

func TestReadSegments(t *testing.T) {
	h := make([]byte, page)
	le := binary.LittleEndian
	le.PutUint64(h[32:], 64)
	le.PutUint16(h[56:], 3)
	for i, p := range []elf.Prog64{
		{Type: uint32(elf.PT_NOTE), Vaddr: 0x100_0f78, Memsz: 0x64, Flags: 4},
		{Type: uint32(elf.PT_LOAD), Vaddr: 0x100_0000, Memsz: 0xa_6b71, Flags: 5},
		{Type: uint32(elf.PT_LOAD), Vaddr: 0x118_4010, Memsz: 0x2000, Flags: 6},
	} {
		at := h[64+56*i:]
		le.PutUint32(at, p.Type)
		le.PutUint32(at[4:], p.Flags)
		le.PutUint64(at[16:], p.Vaddr)
		le.PutUint64(at[40:], p.Memsz)
	}
	want := []Segment{{0x100_0000, 0x10a_7000, false, true}, {0x118_4000, 0x118_7000, true, false}}
	if got := readSegments(h); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}
