// Package memmap keeps a machine's memory map, in one form for all boot protocols.
package memmap

import "strconv"

// Type is what a memory region is for. The numbers are E820's, which Multiboot2 shares.
type Type uint32

// Source: ACPI, "Address Range Types"; Xen, public/arch-x86/hvm/start_info.h.
const (
	RAM         Type = 1
	Reserved    Type = 2
	Reclaimable Type = 3 // ACPI tables: memory after they were read
	NVS         Type = 4
	Unusable    Type = 5
	Disabled    Type = 6
	Persistent  Type = 7
)

func (t Type) String() string {
	names := [...]string{"?", "ram", "reserved", "acpi", "nvs", "unusable", "disabled", "persistent"}
	if int(t) < len(names) {
		return names[t]
	}
	return "type " + strconv.FormatUint(uint64(t), 10)
}

// Range is the physical addresses [Start, End).
type Range struct {
	Start, End uint64
}

// Size is the range's length in bytes.
func (r Range) Size() uint64 { return r.End - r.Start }

// Overlaps tells whether the ranges have a byte in common.
func (r Range) Overlaps(o Range) bool { return r.Start < o.End && o.Start < r.End }

func (r Range) String() string {
	return "[" + hex(r.Start) + ", " + hex(r.End) + ")"
}

// Region is a range of memory and what it is for.
type Region struct {
	Range
	Type Type
}

// Map is a memory map. Normalise makes one of what a loader gave; the other methods need
// that form: by address, nothing empty, nothing twice, neighbours of one type merged.
type Map []Region

// PageSize is the grain of Usable.
const PageSize = 4096

// Normalise sorts and merges regions as a loader gave them. Where two overlap, the stricter
// holds: RAM gives way to anything else, and of two others the lower number.
//
// An empty region is dropped. The regions must not wrap (Start ≤ End): their reader checks that.
func Normalise(regions []Region) Map {
	edges := make([]uint64, 0, 2*len(regions))
	for _, r := range regions {
		if r.Start < r.End {
			edges = append(edges, r.Start, r.End)
		}
	}
	sortUnique(&edges)
	var m Map
	for i := 0; i+1 < len(edges); i++ {
		piece := Range{edges[i], edges[i+1]}
		t, found := strictest(regions, piece)
		if !found {
			continue
		}
		if n := len(m); n > 0 && m[n-1].Type == t && m[n-1].End == piece.Start {
			m[n-1].End = piece.End
			continue
		}
		m = append(m, Region{piece, t})
	}
	return m
}

// strictest is the type that holds for piece, which no region's edge divides.
func strictest(regions []Region, piece Range) (t Type, found bool) {
	for _, r := range regions {
		if r.Start >= r.End || !r.Overlaps(piece) {
			continue
		}
		if !found || stricter(r.Type, t) {
			t, found = r.Type, true
		}
	}
	return t, found
}

// stricter tells whether t takes more away from memory than than does.
func stricter(t, than Type) bool {
	if t == RAM || than == RAM {
		return than == RAM && t != RAM
	}
	return t > than
}

// sortUnique sorts by insertion: maps have tens of entries, and package sort would bring
// reflection into the kernel.
func sortUnique(v *[]uint64) {
	s := *v
	for i := 1; i < len(s); i++ {
		for j := i; j > 0 && s[j-1] > s[j]; j-- {
			s[j-1], s[j] = s[j], s[j-1]
		}
	}
	n := 0
	for i, x := range s {
		if i == 0 || x != s[n-1] {
			s[n] = x
			n++
		}
	}
	*v = s[:n]
}

// Usable is the RAM in whole pages, without what is in reserved (the kernel, modules, the
// first megabyte …), by address.
//
// Regions are cut inward to pages, reserved ranges outward: a page that is RAM in part only is
// not used.
func (m Map) Usable(reserved ...Range) []Range {
	var free []Range
	for _, r := range m {
		if r.Type != RAM {
			continue
		}
		if p := inward(r.Range); p.Start < p.End {
			free = append(free, p)
		}
	}
	for _, cut := range reserved {
		free = subtract(free, outward(cut))
	}
	return free
}

// inward is the whole pages of r; empty (Start ≥ End) when there are none.
func inward(r Range) Range {
	start := r.Start
	if rest := start % PageSize; rest != 0 {
		start += PageSize - rest
		if start < r.Start { // past the last page of all
			return Range{}
		}
	}
	return Range{start, r.End &^ (PageSize - 1)}
}

// outward is r widened to pages, as far as addresses go.
func outward(r Range) Range {
	if r.Start >= r.End {
		return Range{}
	}
	end := r.End
	if rest := end % PageSize; rest != 0 {
		end += PageSize - rest
		if end < r.End {
			end = ^uint64(0)
		}
	}
	return Range{r.Start &^ (PageSize - 1), end}
}

// Without is what of r is not in cut.
func (r Range) Without(cut Range) []Range { return subtract([]Range{r}, cut) }

// subtract removes cut from each of the ranges.
func subtract(ranges []Range, cut Range) []Range {
	var left []Range
	for _, r := range ranges {
		if cut.Start >= cut.End || !r.Overlaps(cut) {
			left = append(left, r)
			continue
		}
		if r.Start < cut.Start {
			left = append(left, Range{r.Start, cut.Start})
		}
		if cut.End < r.End {
			left = append(left, Range{cut.End, r.End})
		}
	}
	return left
}

// Clip is the part of the map in [lo, hi).
func (m Map) Clip(lo, hi uint64) Map {
	var out Map
	for _, r := range m {
		r.Start, r.End = max(r.Start, lo), min(r.End, hi)
		if r.Start < r.End {
			out = append(out, r)
		}
	}
	return out
}

// Total is how many bytes the map has of a type.
func (m Map) Total(t Type) uint64 {
	var n uint64
	for _, r := range m {
		if r.Type == t {
			n += r.Size()
		}
	}
	return n
}

// Covers tells whether all of r is in regions of a type.
func (m Map) Covers(r Range, t Type) bool {
	for _, region := range m {
		if region.Type == t && region.Start <= r.Start && r.End <= region.End {
			return r.Start < r.End
		}
	}
	return false
}

// Conflict finds RAM that overlaps memory of another type, in regions as a loader gave them. Normalise would settle it; a
// boot protocol that forbids it may say so.
func Conflict(regions []Region) (a, b Region, bad bool) {
	for i, a := range regions {
		for _, b := range regions[i+1:] {
			if a.Start < a.End && b.Start < b.End && a.Overlaps(b.Range) && a.Type != b.Type && (a.Type == RAM || b.Type == RAM) {
				return a, b, true
			}
		}
	}
	return a, b, false
}

// hex spells an address.
func hex(v uint64) string { return "0x" + strconv.FormatUint(v, 16) }
