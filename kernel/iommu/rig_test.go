//go:build !tamago

package iommu_test

import (
	"fmt"
	"testing"

	model "bennu/board/model/vtd"
	"bennu/board/pc/mmio"
	"bennu/board/pc/vtd"
	"bennu/kernel/abi"
	"bennu/kernel/iommu"
	"bennu/kernel/mem"
)

// memory is the model's way to the pool's.
type memory struct {
	phys mem.Physical
	size uint64
}

func (m memory) at(a uint64) *uint64        { return &m.phys.Words(mem.Addr(a &^ 4095))[a/8%512] }
func (m memory) Word(a uint64) uint64       { return *m.at(a) }
func (m memory) SetWord(a uint64, v uint64) { *m.at(a) = v }
func (m memory) Size() uint64               { return m.size }

// rig is domains on the driver of the units, on a model of them.
type rig struct {
	*iommu.Table
	t      testing.TB
	pool   *mem.Pool
	holder mem.Holder
	units  *vtd.Units
	models []*model.Unit
	buf    []byte
}

// Units as they are: QEMU 7.2's, and what others have. Fields of CAP: 6 bits of domain numbers, faults at 0x220.
const (
	capBase  = 0x22<<24 | 6
	capCM    = model.CapCM
	capRWBF  = model.CapRWBF
	cap39    = 2<<8 | 38<<16
	cap48    = 4<<8 | 47<<16
	capBoth  = 6<<8 | 47<<16
	capPSI   = 1<<39 | 18<<48
	capDrain = 3 << 54
	ecapBase = 1<<1 | 1<<3
)

var kinds = []struct {
	name  string
	c     model.Config
	width uint
	units int
}{
	{"QEMU", model.Config{Cap: capBase | capCM | cap39 | capPSI | capDrain, ECap: ecapBase, Lax: true}, 39, 1},
	{"QEMU aw-bits=48", model.Config{Cap: capBase | capCM | capBoth | capPSI | capDrain, ECap: ecapBase}, 48, 1},
	{"39 of both", model.Config{Cap: capBase | capBoth | capPSI, ECap: ecapBase}, 39, 1},
	{"coherent", model.Config{Cap: capBase | cap48 | capPSI, ECap: ecapBase | model.ECapC | 1<<7}, 48, 1},
	{"write buffer", model.Config{Cap: capBase | capRWBF | cap39 | capPSI, ECap: ecapBase}, 39, 1},
	{"write buffer, coherent", model.Config{Cap: capBase | capRWBF | cap39, ECap: ecapBase | model.ECapC}, 39, 1},
	{"no page-selective", model.Config{Cap: capBase | capCM | cap39, ECap: ecapBase}, 39, 1},
	{"small pieces", model.Config{Cap: capBase | capCM | cap39 | 1<<39 | 2<<48, ECap: ecapBase}, 39, 1},
	{"two units", model.Config{Cap: capBase | cap48 | capPSI, ECap: ecapBase}, 48, 2},
}

func newRig(t testing.TB, c model.Config, width uint, n int) *rig {
	t.Helper()
	r := &rig{t: t, units: &vtd.Units{}, buf: make([]byte, 3<<20)}
	phys, size := mem.Simulated(r.buf)
	r.pool = mem.NewPool(phys)
	r.pool.Add(0x10000, size)
	for i := range n {
		m := model.New(c, memory{phys, uint64(size)})
		u, err := vtd.Probe(0xfed90000+uint64(i)<<12, mmio.Fake(m))
		if err != nil {
			t.Fatal(err)
		}
		r.models, r.units.All = append(r.models, m), append(r.units.All, u)
	}
	if !r.units.Coherent() {
		r.units.Flush = func(line uint64) {
			for _, m := range r.models {
				m.Flush(line)
			}
		}
	}
	if !r.pool.Promise(&r.holder, 0, 1<<20) {
		t.Fatal("no account")
	}
	table, ok := iommu.New(r.pool, r.units, iommu.Config{Width: width, Domains: r.units.Domains(), Caching: r.units.Caching(), Snoop: r.units.Snoop(),
		Low: 0x8000_0000, Lows: 8})
	if !ok {
		t.Fatal("no memory")
	}
	r.Table = table
	for _, bus := range []uint8{0, 3} {
		if !table.AddBus(bus) {
			t.Fatal("no memory for a bus")
		}
	}
	r.start()
	t.Cleanup(func() {
		for _, m := range r.models {
			if len(m.Wrong) > 0 && !t.Failed() {
				t.Errorf("against the manual: %q", m.Wrong)
			}
		}
	})
	return r
}

func (r *rig) start() {
	r.t.Helper()
	page := func() vtd.Page {
		a := r.pool.Get(nil)
		return vtd.Page{Addr: uint64(a), Words: r.pool.Physical().Words(a)}
	}
	var queues []vtd.Page
	for range r.units.All {
		queues = append(queues, page())
	}
	at := r.pool.Get(nil)
	status := vtd.Status{Addr: uint64(at), Words: r.pool.Physical().Halves(at)}
	for _, err := range []error{r.units.Stop(), r.units.Start(uint64(r.Root()), status, queues), r.units.Remap(uint64(r.Table.Remap()) | iommu.RemapSize)} {
		if err != nil {
			r.t.Fatal(err)
		}
	}
}

// reaches is what all units agree on.
func (r *rig) reaches(source uint16, addr uint64, write bool) string {
	r.t.Helper()
	s := ""
	for i, m := range r.models {
		one := "nothing"
		if pa, ok := m.Translate(source, addr, write); ok {
			one = fmt.Sprintf("%#x", pa)
		}
		if i > 0 && one != s {
			r.t.Fatalf("units do not agree on %#x of %#x: %s, %s", addr, source, s, one)
		}
		s = one
	}
	return s
}

func (r *rig) expect(source uint16, addr uint64, write bool, want string) {
	r.t.Helper()
	if got := r.reaches(source, addr, write); got != want {
		r.t.Fatalf("%#x of source %#x (write %v) reaches %s, want %s", addr, source, write, got, want)
	}
}

func (r *rig) open(sources ...uint16) *iommu.Domain {
	r.t.Helper()
	d, e := r.Open(&r.holder)
	if e != abi.OK {
		r.t.Fatal(e)
	}
	for _, s := range sources {
		if e := r.Attach(d, s); e != abi.OK {
			r.t.Fatal(e)
		}
	}
	return d
}

func (r *rig) frames(n int) (f []uint64) {
	for range n {
		a := r.pool.Get(nil)
		if a == 0 {
			r.t.Fatal("no memory")
		}
		f = append(f, uint64(a))
	}
	return f
}

func (r *rig) reached(mark uint32) {
	r.t.Helper()
	if !r.units.Reached(mark) {
		r.t.Fatalf("mark %d is not reached: %s", mark, r.units.Broken())
	}
}

func (r *rig) end(d *iommu.Domain) {
	r.t.Helper()
	d.Close()
	if !d.Quiet() {
		r.t.Fatalf("the domain does not end: %s", r.units.Broken())
	}
}
