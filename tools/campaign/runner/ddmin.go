package runner

import "slices"

// ddmin is delta debugging: it returns a subset of set that holds, of which no element can be left out. holds(set) is known to be true.
//
// Source: Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input".
func ddmin(set []int, holds func([]int) bool) []int {
	parts := 2
	for len(set) >= 2 {
		smaller := reduce(set, parts, holds)
		switch {
		case smaller != nil && len(smaller) <= (len(set)+parts-1)/parts:
			set, parts = smaller, 2
		case smaller != nil:
			set, parts = smaller, max(parts-1, 2)
		case parts < len(set):
			parts = min(2*parts, len(set))
		default:
			return set
		}
		parts = min(parts, max(len(set), 2))
	}
	return set
}

// reduce looks for a part of set that holds, or for a part without which it holds.
func reduce(set []int, parts int, holds func([]int) bool) []int {
	for _, rest := range []bool{false, true} {
		if rest && parts == 2 && len(set) > 2 {
			continue // the halves' rests are the halves
		}
		for i := range parts {
			from, to := i*len(set)/parts, (i+1)*len(set)/parts
			try := slices.Clone(set[from:to])
			if rest {
				try = append(slices.Clone(set[:from]), set[to:]...)
			}
			if len(try) > 0 && len(try) < len(set) && holds(try) {
				return try
			}
		}
	}
	return nil
}
