package target

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"bennu/rs/fi/code"
	"bennu/rs/fi/fault"
	"bennu/rs/fi/record"
	"bennu/rs/fi/types"
)

// kind is a type for tests.
type kind struct {
	name    string
	applies func(in *code.Inst) bool
}

func (k kind) Name() string                          { return k.name }
func (k kind) Doc() string                           { return "" }
func (k kind) Applies(in *code.Inst) bool            { return k.applies(in) }
func (k kind) Mutate(*code.Inst, *rand.Rand, []byte) {}
func none(*code.Inst) bool                           { return false }
func sized(n int) func(in *code.Inst) bool {
	return func(in *code.Inst) bool { return len(in.Bytes) == n }
}
func named(names ...string) (list []fault.Type) { return namedAnd(nil, names...) }
func namedAnd(more []fault.Type, names ...string) (list []fault.Type) {
	for _, n := range names {
		list = append(list, types.Named(n))
	}
	return append(list, more...)
}

// list is the addresses where a type applies, found in a way of its own: all instructions, one after the other.
func list(text *code.Text, want code.Mask, k fault.Type) (addrs []uint64) {
	c, changes := k.(fault.Code)
	for in := range text.Sweep(want) {
		in.Decode()
		if !changes || c.Applies(in) {
			addrs = append(addrs, in.Addr)
		}
	}
	return addrs
}

// uniform holds draws against how often each of n places should have come. It is seldom exceeded by luck, and the luck is the same each time.
func uniform(t *testing.T, what string, seen map[uint64]int, addrs []uint64, draws int) {
	t.Helper()
	within := 0
	chi, each := 0.0, float64(draws)/float64(len(addrs))
	for _, a := range addrs {
		within += seen[a]
		d := float64(seen[a]) - each
		chi += d * d / each
	}
	if within != draws {
		t.Errorf("%s: %d of %d draws are where the type applies", what, within, draws)
	}
	if free := float64(len(addrs) - 1); chi > free+6*math.Sqrt(2*free)+6 {
		t.Errorf("%s: chi-squared is %.0f of %d places", what, chi, len(addrs))
	}
}

// Draws are uniform over the instructions where a type applies: of one that applies often, which is tried, of one that does seldom, which is looked for, of one
// that applies to all; over all strata and over some; in a text without names, too.
func TestUniform(t *testing.T) {
	for _, c := range []struct {
		name string
		text *code.Text
		want code.Mask
	}{
		{"C", cText(t), code.All},
		{"Go, the driver's", goText(t), code.Of(code.Driver)},
		{"Go, the SDK's and the driver's", goText(t), code.Of(code.Driver, code.SDK)},
	} {
		ks := namedAnd([]fault.Type{kind{"five", sized(5)}, kind{"seven", sized(7)}, kind{"ten", sized(10)}}, "text", "nop", "loop", "stack-flip")
		if c.name == "C" { // it has none of ten bytes
			ks = slices.DeleteFunc(ks, func(k fault.Type) bool { return k.Name() == "ten" })
		}
		g := New(c.text, c.want, ks, 0, 0)
		tried, looked := 0, 0
		for i, k := range ks {
			addrs := list(c.text, c.want, k)
			if len(addrs) == 0 {
				t.Fatalf("%s: %s applies nowhere", c.name, k.Name())
			}
			if g.kinds[i] == nil {
				tried++
			} else {
				looked++
			}
			if often := len(addrs)*rare > 2*g.sites.Len(); often && g.kinds[i] != nil || !often && len(addrs)*rare*2 < g.sites.Len() && g.kinds[i] == nil {
				t.Errorf("%s: %s applies to %d of %d: looked for %v", c.name, k.Name(), len(addrs), g.sites.Len(), g.kinds[i] != nil)
			}
			r, seen := rand.New(rand.NewPCG(7, uint64(i))), map[uint64]int{}
			draws := 40 * len(addrs)
			if len(addrs) > 2000 {
				draws = 10 * len(addrs)
			}
			for range draws {
				in := g.Draw(i, false, r)
				if in == nil {
					t.Fatalf("%s: %s: nothing was drawn of %d", c.name, k.Name(), len(addrs))
				}
				if s := in.Stratum(); !c.want.Has(s) {
					t.Fatalf("%s: %s at %#x is of stratum %s", c.name, k.Name(), in.Addr, s)
				}
				seen[in.Addr]++
			}
			uniform(t, c.name+": "+k.Name(), seen, addrs, draws)
		}
		if tried == 0 || looked == 0 {
			t.Errorf("%s: %d types are tried, %d looked for: both are to be here", c.name, tried, looked)
		}
	}
}

// Of all a Go program's instructions, too: each stratum, and each part of the text, has its share.
func TestUniformOverAll(t *testing.T) {
	text := goText(t)
	const draws, parts = 20000, 64
	for i, k := range named("nop", "loop") {
		g := New(text, code.All, []fault.Type{k}, 0, 0)
		addrs := list(text, code.All, k)
		r, seen, strata := rand.New(rand.NewPCG(9, uint64(i))), map[uint64]int{}, [code.Strata]int{}
		var borders []uint64
		for p := range uint64(parts) {
			borders = append(borders, p)
		}
		for range draws {
			in := g.Draw(0, false, r)
			strata[in.Stratum()]++
			at, ok := slices.BinarySearch(addrs, in.Addr)
			if !ok {
				t.Fatalf("%s: %#x was drawn, where it does not apply", k.Name(), in.Addr)
			}
			seen[uint64(at*parts/len(addrs))]++
		}
		uniform(t, k.Name()+" over parts of the text", seen, borders, draws)
		for s := range code.Strata {
			share := float64(len(list(text, code.Of(s), k))) / float64(len(addrs))
			if got := float64(strata[s]) / draws; math.Abs(got-share) > 5*math.Sqrt(share/draws) {
				t.Errorf("%s: %.4f of the draws are in %s, which has %.4f of the instructions", k.Name(), got, s, share)
			}
		}
	}
}

// The same numbers give the same site, whatever was drawn, or asked for, before.
func TestDrawsStandAlone(t *testing.T) {
	text := cText(t)
	ks := namedAnd([]fault.Type{kind{"seven", sized(7)}}, "text", "nop", "loop", "stack-flip")
	draw := func(g *Target, k int, reached bool) uint64 {
		return g.Draw(k, reached, rand.New(rand.NewPCG(3, uint64(k)))).Addr
	}
	reach := func(g *Target, from, to int) {
		for i := from; i < to; i++ {
			g.Reached(g.sites.Addr(i))
		}
	}
	used := New(text, code.All, ks, 0, 0)
	used.Plant(0xcc)
	n := used.sites.Len()
	reach(used, 0, n/3)
	for k := range ks { // what is kept of these is stale when more is reached
		used.Draw(k, false, rand.New(rand.NewPCG(1, 1)))
		used.Draw(k, true, rand.New(rand.NewPCG(1, 1)))
	}
	used.Hello(new(record.Hello))
	reach(used, n/3, n)
	for k := len(ks) - 1; k >= 0; k-- {
		for _, reached := range []bool{false, true} {
			fresh := New(text, code.All, ks, 0, 0)
			fresh.Plant(0xcc)
			reach(fresh, 0, n)
			if got, want := draw(used, k, reached), draw(fresh, k, reached); got != want {
				t.Errorf("%s, reached %v: %#x, of a fresh one %#x", ks[k].Name(), reached, got, want)
			}
		}
	}
}

// Sites that a run without faults has reached are drawn uniformly among those of them where the type applies, and no other is.
func TestReachedSites(t *testing.T) {
	text := cText(t)
	ks := namedAnd([]fault.Type{kind{"none", none}}, "text", "loop", "stack-flip")
	g := New(text, code.All, ks, 0, 0)
	g.Plant(0xcc)
	r := rand.New(rand.NewPCG(5, 5))
	for k := range ks {
		if in := g.Draw(k, true, r); in != nil {
			t.Errorf("%s: %#x was drawn, and nothing was reached", ks[k].Name(), in.Addr)
		}
	}
	var reached []uint64
	for i := range g.sites.Len() {
		if i%3 != 0 || i > g.sites.Len()/2 && i%2 == 0 {
			g.Reached(g.sites.Addr(i))
			reached = append(reached, g.sites.Addr(i))
		}
	}
	for k := range ks {
		var addrs []uint64
		for _, a := range list(text, code.All, ks[k]) {
			if slices.Contains(reached, a) {
				addrs = append(addrs, a)
			}
		}
		if len(addrs) == 0 {
			if in := g.Draw(k, true, r); in != nil || k != len(ks)-1 {
				t.Errorf("%s: %v was drawn of none", ks[k].Name(), in)
			}
			continue
		}
		seen, draws := map[uint64]int{}, 40*len(addrs)
		for range draws {
			seen[g.Draw(k, true, r).Addr]++
		}
		uniform(t, "reached: "+ks[k].Name(), seen, addrs, draws)
	}
}

// Where a type applies nowhere, or there is no instruction, none is drawn, and nothing hangs.
func TestNothingToDraw(t *testing.T) {
	ks := []fault.Type{kind{"none", none}, types.Named("text"), types.Named("stack-flip")}
	for name, want := range map[string]code.Mask{"all strata": code.All, "a stratum that is not there": code.Of(code.SDK)} {
		g := New(cText(t), want, ks, 0, 0)
		for k := range ks {
			in := g.Draw(k, false, rand.New(rand.NewPCG(1, 1)))
			if empty := k == 0 || want != code.All; empty != (in == nil) {
				t.Errorf("%s: %s: %v", name, ks[k].Name(), in)
			}
		}
	}
}

// Planted, First, Reached and At are of one mind: at each instruction of the strata, and at no other byte, a breakpoint is planted, until it was reached.
func TestPlanted(t *testing.T) {
	const mark = 0xcc
	for name, c := range map[string]struct {
		text *code.Text
		want code.Mask
	}{"C": {cText(t), code.All}, "Go": {goText(t), code.Of(code.Driver)}} {
		original := bytes.Clone(c.text.Bytes)
		g := New(c.text, c.want, named("text"), 0, 0)
		g.Plant(mark)
		sites := map[uint64]bool{}
		for in := range c.text.Sweep(c.want) {
			sites[in.Addr] = true
			if at := g.At(in.Addr); at == nil || at.Addr != in.Addr || !bytes.Equal(at.Bytes, in.Bytes) || at.Func != in.Func {
				t.Fatalf("%s: At(%#x) is %v", name, in.Addr, at)
			}
			if f := g.First(in.Addr); len(f) != 1 || cap(f) != 1 || f[0] != in.Bytes[0] {
				t.Fatalf("%s: First(%#x) is %x", name, in.Addr, f)
			}
		}
		check := func(reached map[uint64]bool) {
			t.Helper()
			addr, text := g.Planted()
			if addr != c.text.Base || len(text) != len(original) {
				t.Fatalf("%s: planted at %#x, %d bytes", name, addr, len(text))
			}
			for i, b := range text {
				want, a := original[i], addr+uint64(i)
				if sites[a] && !reached[a] {
					want = mark
				}
				if b != want {
					t.Fatalf("%s: %#x is %#x, want %#x", name, a, b, want)
				}
			}
		}
		check(nil)
		reached, n := map[uint64]bool{}, 0
		for a := range sites {
			if n++; n%2 == 0 {
				reached[a] = true
				g.Reached(a)
				g.Reached(a)
			}
		}
		check(reached)
		if !bytes.Equal(c.text.Bytes, original) {
			t.Errorf("%s: the text itself was changed", name)
		}
	}
}

// What a victim is stopped at that is no site of the strata, wherever it is, was not planted: it is told, and changes nothing.
func TestReachedElsewhere(t *testing.T) {
	text := goText(t)
	g := New(text, code.Of(code.Driver), named("text"), 0, 0)
	g.Plant(0xcc)
	first, second := uint64(0), uint64(0)
	for in := range text.Sweep(code.Of(code.Driver)) {
		if len(in.Bytes) > 1 {
			first, second = in.Addr, in.Addr+1
			break
		}
	}
	sdk := list(text, code.Of(code.SDK), types.Named("stack-flip"))[0]
	_, before := g.Planted()
	before = bytes.Clone(before)
	for _, a := range []uint64{0, text.Base - 1, text.Base + uint64(len(text.Bytes)), 1<<64 - 1, second, sdk} {
		if g.Reached(a) {
			t.Errorf("%#x is told as planted", a)
		}
		if a != second && a != sdk && g.At(a) != nil {
			t.Errorf("there is an instruction at %#x", a)
		}
	}
	if _, now := g.Planted(); !bytes.Equal(now, before) {
		t.Error("the planted text was changed")
	}
	if !g.Reached(first) {
		t.Errorf("%#x is told as not planted", first)
	}
}

// The numbers of the record's first frame are those that a count by hand has.
func TestHello(t *testing.T) {
	for name, c := range map[string]struct {
		text *code.Text
		want code.Mask
	}{"C": {cText(t), code.All}, "Go": {goText(t), code.All}, "Go, two strata": {goText(t), code.Of(code.Driver, code.Runtime)}} {
		ks := namedAnd([]fault.Type{kind{"none", none}}, "loop", "text", "stack-flip")
		g := New(c.text, c.want, ks, 0x1234, 5e9)
		g.Plant(0xcc)
		var h record.Hello
		g.Hello(&h)
		if h.Eligible != nil || h.Reached != [code.Strata]uint32{} {
			t.Errorf("%s: nothing was reached: %v, %v", name, h.Reached, h.Eligible)
		}
		n, sites, reached := 0, [code.Strata]uint32{}, [code.Strata]uint32{}
		eligible := make([]uint32, len(ks)*int(code.Strata))
		for in := range c.text.Sweep(c.want) {
			s := in.Stratum()
			sites[s]++
			if n++; n%5 != 0 {
				continue
			}
			g.Reached(in.Addr)
			reached[s]++
			in.Decode()
			for i, k := range ks {
				if f, ok := k.(fault.Code); !ok || f.Applies(in) {
					eligible[i*int(code.Strata)+int(s)]++
				}
			}
		}
		h = record.Hello{}
		g.Hello(&h)
		start, end := c.text.Code()
		if h.Sites != sites || h.Reached != reached || !slices.Equal(h.Eligible, eligible) {
			t.Errorf("%s: sites %v, reached %v, eligible %v; want %v, %v, %v", name, h.Sites, h.Reached, h.Eligible, sites, reached, eligible)
		}
		if h.ImageCRC != 0x1234 || h.TSCHz != 5e9 || h.TextBase != start || h.TextSize != end-start || n == 0 {
			t.Errorf("%s: %+v; want text at %#x of %d bytes", name, h, start, end-start)
		}
	}
}

// What does not decode is counted, and its addresses are told.
func TestHelloUnknown(t *testing.T) {
	text, err := code.New(code.Segment{Addr: 0x1000, Bytes: []byte{0x31, 0xc0, 0x06, 0x31, 0xc0, 0x0f, 0x04, 0xc3}})
	if err != nil {
		t.Fatal(err)
	}
	var h record.Hello
	New(text, code.All, named("text"), 0, 0).Hello(&h)
	if h.Unknowns == 0 || int(h.Unknowns) != len(text.Unknown(code.All)) || len(h.Unknown) != int(h.Unknowns) || h.Unknown[0] != 0x1002 {
		t.Errorf("%d unknown: %#x", h.Unknowns, h.Unknown)
	}
}
