package paging

import (
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/layout"
	"bennu/kernel/mem"
)

func newPool(t *testing.T, pages int) (*mem.Pool, mem.Addr) {
	t.Helper()
	buf := make([]byte, (pages+2)*abi.PageSize)
	t.Cleanup(func() { buf[0] = 0 })
	phys, size := mem.Simulated(buf)
	p := mem.NewPool(phys)
	p.Add(0, size)
	template := p.Get(nil)
	if !ClosedIO(p, template, p.Get(nil)) {
		t.Fatal("no memory for the closed bitmap")
	}
	return p, template
}

// holder may have n frames.
func holder(t *testing.T, p *mem.Pool, n uint64) *mem.Holder {
	h := new(mem.Holder)
	if !p.Promise(h, 0, n) {
		t.Fatal("no promise")
	}
	return h
}

func TestSpaceReturnsAllItTook(t *testing.T) {
	p, template := newPool(t, 200)
	before := p.Free()
	s, ok := New(p, template, holder(t, p, 100))
	if !ok {
		t.Fatal("no space")
	}
	shared := []mem.Addr{p.Get(nil), p.Get(nil), p.Get(nil)}
	from := p.Get(nil)
	for i, a := range shared {
		p.Physical().Words(from)[511-i] = uint64(Entry(a, Shared|Present|User))
	}
	if !s.Share(abi.ImageBase+5*abi.PageSize, from, 0) {
		t.Fatal("Share failed")
	}
	for i, a := range shared {
		e := s.Lookup(abi.ImageBase + uint64(511-i)*abi.PageSize)
		if e == nil || e.Frame() != a || *e&(Shared|Present|User) != Shared|Present|User || *e&Writable != 0 {
			t.Errorf("shared page %d: entry %v, want frame %#x, present, user, read-only", i, e, a)
		}
	}
	for i := uint64(0); i < 20; i++ {
		if !s.Map(abi.RAMBase+i<<21, Entry(s.Own(), Present|User|Writable|NX)) {
			t.Fatal("Map failed")
		}
	}
	if !s.OpenIO([]abi.PortRange{{First: 0x3f8, Last: 0x3ff}, {First: 0x7fff, Last: 0x8000}}) {
		t.Fatal("OpenIO failed")
	}
	if s.Lookup(abi.RAMBase+1<<36) != nil {
		t.Error("Lookup found a table that was never made")
	}
	s.Free()
	for _, a := range append(shared, from) {
		p.Put(nil, a)
	}
	if p.Free() != before || s.Used() != 0 {
		t.Errorf("free %d, used %d after Free; want %d and 0", p.Free(), s.Used(), before)
	}
}

func TestPortsAreClosedButThoseOpened(t *testing.T) {
	p, template := newPool(t, 100)
	a, _ := New(p, template, holder(t, p, 50))
	b, _ := New(p, template, holder(t, p, 50))
	open := map[uint64]bool{0x70: true, 0x71: true, 0x7fff: true, 0x8000: true, 0xffff: true}
	if !a.OpenIO([]abi.PortRange{{First: 0x70, Last: 0x71}, {First: 0x7fff, Last: 0x8000}, {First: 0xffff, Last: 0xffff}}) {
		t.Fatal("OpenIO failed")
	}
	bit := func(s *Tables, port uint64) bool {
		w := p.Physical().Words(s.Lookup(IOBitmap + port>>15<<12).Frame())
		return w[port>>6&511]>>(port&63)&1 != 0
	}
	for port := uint64(0); port < 65536; port++ {
		if bit(&a, port) == open[port] {
			t.Fatalf("port %#x: closed=%v", port, bit(&a, port))
		}
		if !bit(&b, port) {
			t.Fatalf("port %#x is open in the other space", port)
		}
	}
	if *b.Lookup(TSSLinear) != *a.Lookup(TSSLinear) || *a.Lookup(TSSLinear)&User != 0 {
		t.Error("the TSS page differs between spaces or is open to ring 3")
	}
}

func TestQuota(t *testing.T) {
	p, template := newPool(t, 100)
	before := p.Free()
	s, _ := New(p, template, holder(t, p, 8))
	n := 0
	for i := uint64(0); i < 100; i++ {
		e := s.Table(abi.RAMBase + i<<12)
		if e == nil {
			break
		}
		f := s.Own()
		if f == 0 {
			break
		}
		*e = Entry(f, Present)
		n++
	}
	if s.Used() != 8 || n != 3 {
		t.Errorf("used %d frames, %d pages mapped; quota 8 allows 3 beside 4 tables and a list", s.Used(), n)
	}
	if s.Free(); p.Free() != before {
		t.Errorf("%d frames lost", before-p.Free())
	}
}

func TestFreeReturnsLongLists(t *testing.T) {
	p, template := newPool(t, 2000)
	before := p.Free()
	s, _ := New(p, template, holder(t, p, 1500))
	for s.Own() != 0 {
	}
	if s.Used() != 1500 || before-p.Free() != 1500 {
		t.Errorf("used %d, pool lost %d; want the quota, 1500", s.Used(), before-p.Free())
	}
	if s.Free(); p.Free() != before {
		t.Errorf("%d frames lost", before-p.Free())
	}
}

// Each address of the kernel's part leads where it was mapped, in pages as large as both addresses allow, with the bits
// of its range and of no other.
func TestMapKernel(t *testing.T) {
	for _, moved := range []mem.Addr{0, 2 << 20, 0x7000_0000, 0x1000} {
		p, _ := newPool(t, 40)
		root := p.Get(nil)
		const base, text, rest, end = 0x100_0000, 0x101_1000, 0x108_0000, 0x150_0000
		for _, r := range []struct {
			start, end mem.Addr
			bits       PTE
		}{{base, text, Writable | NX}, {text, rest, 0}, {rest, end, Writable | NX}, {end, end + 0x1234, NoCache | NX}} {
			if !MapKernel(p, root, uint64(r.start), r.start+moved, r.end+moved, r.bits) {
				t.Fatal("no memory")
			}
		}
		for _, c := range []struct {
			va   uint64
			want PTE
		}{
			{base - 1, 0}, {base, Writable | NX | Present}, {text - 1, Writable | NX | Present}, {text, Present}, {rest - 1, Present},
			{rest, Writable | NX | Present}, {0x120_0000, Writable | NX | Present | Large}, {0x13f_ffff, Writable | NX | Present | Large},
			{end - 1, Writable | NX | Present}, {end + 5, NoCache | NX | Present}, {end + 0x1fff, NoCache | NX | Present}, {end + 0x2000, 0},
		} {
			if moved%largePage != 0 {
				c.want &^= Large
			}
			e := Walk(p.Physical(), root, c.va)
			size := uint64(abi.PageSize)
			if e&Large != 0 {
				size = largePage
			}
			if e&^addrMask != c.want || e != 0 && uint64(e.Frame()) != c.va&^(size-1)+uint64(moved) {
				t.Errorf("moved by %#x: %#x: entry %#x, want bits %#x", moved, c.va, uint64(e), uint64(c.want))
			}
		}
	}
}

// The direct map begins at physical address 0, and every space has it.
func TestMapDirect(t *testing.T) {
	p, template := newPool(t, 60)
	if !MapDirect(p, template, 0x1000, 4<<20, Writable|NX) || !MapDirect(p, template, 1<<40, 1<<40+1, NoCache|NX) {
		t.Fatal("no memory")
	}
	s, ok := New(p, template, holder(t, p, 50))
	if !ok {
		t.Fatal("no space")
	}
	for a, want := range map[uint64]uint64{0: 0, 0x1000: 0x1000, 0x1fffff: 0x1ff000, 2 << 20: 2 << 20, 4 << 20: 0, 1 << 40: 1 << 40} {
		if e := Walk(p.Physical(), s.Root, layout.Direct+a); uint64(e.Frame()) != want || e&User != 0 {
			t.Errorf("physical %#x: entry %#x, want frame %#x", a, uint64(e), want)
		}
	}
}

// What is wrong in the kernel's part is named with its address, wherever that is and however large the page.
func TestCheckKernelAddress(t *testing.T) {
	const closed, open = Present | Writable | NX, Present | User
	for _, c := range []struct {
		va    uint64
		level uint
		bad   PTE
	}{
		{0xffff_8000_0000_0000, 0, open}, {0xffff_8765_4321_f000, 0, open}, {0xffff_ffff_ffff_f000, 0, Present | Writable}, {0xffff_9234_5660_0000, 1, open | Large},
		{0xffff_9234_5660_0000, 1, Present | Writable | Large}, {0xffff_a000_4000_0000, 2, open | Large}, {0x0000_7765_4321_0000, 0, open}, {0x1000, 0, Present | Writable},
	} {
		p, _ := newPool(t, 20)
		root := p.Get(nil)
		put := func(va uint64, level uint, e PTE) {
			table := root
			for l := uint(3); l > level; l-- {
				at := &p.Physical().Words(table)[index(va, l)]
				if *at == 0 {
					*at = uint64(Entry(p.Get(nil), Present|Writable))
				}
				table = PTE(*at).Frame()
			}
			p.Physical().Words(table)[index(va, level)] = uint64(e)
		}
		put(c.va^1<<31, 0, closed)
		if f := CheckKernel(p.Physical(), root); f.Broken() {
			t.Fatalf("%#x: nothing is wrong yet, and found: %s: %#x, %#x", c.va, f.What, f.A, f.B)
		}
		put(c.va, c.level, c.bad)
		if f := CheckKernel(p.Physical(), root); !f.Broken() || f.A != c.va || f.B != uint64(c.bad) {
			t.Errorf("%s: %#x, %#x, want %#x, %#x", f.What, f.A, f.B, c.va, uint64(c.bad))
		}
	}
}

// A space that changes an entry of a table that it shares gets a copy of it, and no other space sees the change.
func TestSharedTable(t *testing.T) {
	p, template := newPool(t, 100)
	table, page := p.Get(nil), p.Get(nil)
	const va = abi.ImageBase + 7*abi.PageSize
	want := Entry(page, Present|User|Shared)
	p.Physical().Words(table)[7] = uint64(want)
	a, _ := New(p, template, holder(t, p, 50))
	b, _ := New(p, template, holder(t, p, 50))
	for _, s := range []*Tables{&a, &b} {
		if !s.Share(va, table, 0) {
			t.Fatal("no memory")
		}
		if e := s.Lookup(va); *e != want || *s.Part(va) != Entry(table, Present|User|Shared) {
			t.Fatalf("entry %#x in %#x", uint64(*e), uint64(*s.Part(va)))
		}
	}
	used := a.Used()
	e := a.Table(va)
	if e == nil || *e != want || a.Used() != used+1 || *a.Part(va)&(Shared|Writable) != Writable || a.Part(va).Frame() == table {
		t.Fatalf("entry %v, part %#x, %d frames", e, uint64(*a.Part(va)), a.Used())
	}
	*e = 0
	if *a.Lookup(va) != 0 || *b.Lookup(va) != want || p.Physical().Words(table)[7] != uint64(want) {
		t.Error("the change is not the space's own")
	}
}
