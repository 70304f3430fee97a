package dataflip

import (
	"encoding/binary"
	"testing"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault/fake"
)

const (
	text  = 0x40200000
	image = 0x40300000
	heap  = 0x80000000
)

// victim has three pages of data, one of them not there, and a heap: a page that the data points to, one that this points to, one that nobody
// does; and a word in the data that points to a page that is not there.
func victim() *fake.Victim {
	v := &fake.Victim{Map: []abi.TraceArea{
		{Start: text, End: text + 0x1000, Rights: abi.AreaRead | abi.AreaExecute, Kind: abi.AreaImage},
		{Start: image, End: image + 0x3000, Rights: abi.AreaRead | abi.AreaWrite, Kind: abi.AreaImage},
		{Start: abi.CallPage, End: abi.CallPage + 0x1000, Rights: abi.AreaRead | abi.AreaWrite, Kind: abi.AreaCall},
		{Start: heap, End: heap + 0x100000, Rights: abi.AreaRead | abi.AreaWrite, Kind: abi.AreaRAM},
	}}
	v.Page(text, 0x90)
	v.Page(abi.CallPage, 1)
	a, _ := v.Page(image, 1), v.Page(image+0x2000, 2)
	binary.LittleEndian.PutUint64(a[64:], heap+0x5123)
	binary.LittleEndian.PutUint64(a[72:], heap+0x7000)
	b := v.Page(heap+0x5000, 3)
	binary.LittleEndian.PutUint64(b[8:], heap+0x9ff8)
	v.Page(heap+0x9000, 4)
	v.Page(heap+0xc000, 5)
	return v
}

// One bit changes, the one that the words name, which is watched; all pages with data are drawn, and no others.
func TestOneBit(t *testing.T) {
	pages := map[uint64]int{}
	for seed := range uint64(400) {
		v := victim()
		was := v.Copy()
		words, e := New().Strike(v, fake.Rand(seed))
		d := v.Changed(was)
		if e != abi.OK || len(d) != 1 || len(v.Did) != 1 || v.Did[0] != "watch 3 1" {
			t.Fatalf("seed %d: %v changed, %v, %s %s", seed, d, v.Did, words, e.Name())
		}
		for va, x := range d {
			if va != v.Watch1 || x&(x-1) != 0 {
				t.Fatalf("%#x changed by %#x, %#x is watched", va, x, v.Watch1)
			}
			pages[va&^0xfff]++
		}
	}
	if len(pages) != 4 || pages[image] < 60 || pages[image+0x2000] < 60 || pages[heap+0x5000] < 60 || pages[heap+0x9000] < 60 {
		t.Errorf("bits changed in pages %#x", pages)
	}
}

// Without a watch nothing is changed; without data there is nothing to change.
func TestNotDone(t *testing.T) {
	v := victim()
	v.Watched = abi.EBUSY
	if words, e := New().Strike(v, fake.Rand(1)); e != abi.EBUSY || v.Writes != 0 || words == "" {
		t.Errorf("%s %s, %d writes", words, e.Name(), v.Writes)
	}
	none := &fake.Victim{Map: []abi.TraceArea{{Start: image, End: image + 0x1000, Rights: abi.AreaRead | abi.AreaWrite, Kind: abi.AreaImage}}}
	if _, e := New().Strike(none, fake.Rand(1)); e != abi.ESRCH {
		t.Errorf("no page is there: %s", e.Name())
	}
}

// A heap that points to itself without end is not followed without end.
func TestMost(t *testing.T) {
	v := victim()
	v.Map[3].End = heap + 4096*abi.PageSize
	for i := range uint64(1000) {
		p := v.Page(heap+i*abi.PageSize, 0)
		for to := range uint64(100) {
			binary.LittleEndian.PutUint64(p[8*to:], heap+(i+7*to)*abi.PageSize)
		}
	}
	d := data{v: v, seen: map[uint64]bool{}}
	d.image()
	d.follow()
	if len(d.pages) != most {
		t.Errorf("%d pages, want %d", len(d.pages), most)
	}
}
