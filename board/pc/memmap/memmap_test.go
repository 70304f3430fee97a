package memmap

import (
	"math/rand"
	"reflect"
	"testing"
)

func checkNormal(t *testing.T, m Map) {
	t.Helper()
	for i, r := range m {
		if r.Start >= r.End {
			t.Fatalf("empty region %v", r)
		}
		if i > 0 && (m[i-1].End > r.Start || m[i-1].End == r.Start && m[i-1].Type == r.Type) {
			t.Fatalf("%v %v and %v %v: not sorted, apart and merged", m[i-1].Range, m[i-1].Type, r.Range, r.Type)
		}
	}
}

func TestNormalise(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []Region
		want Map
	}{
		{"nothing", nil, nil},
		{"empty region", []Region{{Range{5, 5}, RAM}}, nil},
		{"unsorted neighbours", []Region{{Range{20, 30}, RAM}, {Range{10, 20}, RAM}}, Map{{Range{10, 30}, RAM}}},
		{"same type overlaps", []Region{{Range{10, 25}, RAM}, {Range{20, 30}, RAM}}, Map{{Range{10, 30}, RAM}}},
		{"reserved cuts ram", []Region{{Range{0, 100}, RAM}, {Range{40, 60}, Reserved}},
			Map{{Range{0, 40}, RAM}, {Range{40, 60}, Reserved}, {Range{60, 100}, RAM}}},
		{"ram first or last is the same", []Region{{Range{40, 60}, Reserved}, {Range{0, 100}, RAM}},
			Map{{Range{0, 40}, RAM}, {Range{40, 60}, Reserved}, {Range{60, 100}, RAM}}},
		{"unusable beats reserved", []Region{{Range{0, 10}, Unusable}, {Range{5, 15}, Reserved}},
			Map{{Range{0, 10}, Unusable}, {Range{10, 15}, Reserved}}},
		{"type 0 beats ram", []Region{{Range{0, 10}, RAM}, {Range{5, 15}, 0}},
			Map{{Range{0, 5}, RAM}, {Range{5, 15}, 0}}},
		{"hole stays", []Region{{Range{0, 10}, RAM}, {Range{20, 30}, RAM}}, Map{{Range{0, 10}, RAM}, {Range{20, 30}, RAM}}},
		{"to the end", []Region{{Range{1 << 63, ^uint64(0)}, Reserved}}, Map{{Range{1 << 63, ^uint64(0)}, Reserved}}},
	} {
		if got := Normalise(c.in); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// Byte by byte, the map says the strictest of what was given.
func TestNormaliseRandom(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for range 2000 {
		var in []Region
		for range rng.Intn(8) {
			a := uint64(rng.Intn(40))
			in = append(in, Region{Range{a, a + uint64(rng.Intn(20))}, Type(rng.Intn(8))})
		}
		m := Normalise(in)
		checkNormal(t, m)
		for b := uint64(0); b < 64; b++ {
			want, found := strictest(in, Range{b, b + 1})
			got, has := strictest(m, Range{b, b + 1})
			if got != want || has != found {
				t.Fatalf("byte %d of %v: %v %v, want %v %v", b, in, got, has, want, found)
			}
		}
	}
}

func TestUsable(t *testing.T) {
	m := Normalise([]Region{
		{Range{0, 0x9fc00}, RAM}, {Range{0x9fc00, 0xa0000}, Reserved},
		{Range{0x100000, 0x200800}, RAM}, {Range{0x300001, 0x300fff}, RAM}, {Range{0x400fff, 0x403001}, RAM},
		{Range{^uint64(0) - 0x10, ^uint64(0)}, RAM},
	})
	for _, c := range []struct {
		name     string
		reserved []Range
		want     []Range
	}{
		{"inward", nil, []Range{{0, 0x9f000}, {0x100000, 0x200000}, {0x401000, 0x403000}}},
		{"reserved outward", []Range{{0, 0x100000}, {0x100800, 0x101001}, {0x1ff000, 0x402000}},
			[]Range{{0x102000, 0x1ff000}, {0x402000, 0x403000}}},
		{"middle and empty", []Range{{0x180000, 0x180001}, {0x110000, 0x110000}},
			[]Range{{0, 0x9f000}, {0x100000, 0x180000}, {0x181000, 0x200000}, {0x401000, 0x403000}}},
		{"everything", []Range{{0, ^uint64(0)}}, nil},
	} {
		if got := m.Usable(c.reserved...); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestMapQueries(t *testing.T) {
	m := Normalise([]Region{{Range{0, 0x1000}, RAM}, {Range{0x1000, 0x3000}, Reserved}, {Range{0x4000, 0x8000}, RAM}})
	if n := m.Total(RAM); n != 0x5000 {
		t.Errorf("Total = %#x", n)
	}
	if c := m.Clip(0x800, 0x4800); !reflect.DeepEqual(c, Map{{Range{0x800, 0x1000}, RAM}, {Range{0x1000, 0x3000}, Reserved}, {Range{0x4000, 0x4800}, RAM}}) {
		t.Errorf("Clip = %v", c)
	}
	for r, want := range map[Range]bool{{0x4000, 0x8000}: true, {0x4000, 0x8001}: false, {0xfff, 0x1001}: false, {5, 5}: false} {
		if m.Covers(r, RAM) != want {
			t.Errorf("Covers(%v) = %v", r, !want)
		}
	}
	if s := Type(99).String() + " " + NVS.String(); s != "type 99 nvs" {
		t.Errorf("names: %s", s)
	}
}
