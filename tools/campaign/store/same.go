package store

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"bennu/tools/campaign/result"
)

// same tells in which of its fields a campaign is not the store's. Commit and Go may differ: what was built is told by Hashes.
func same(s *Store, c *result.Campaign) error {
	if diff := Differences(&s.Campaign, c); len(diff) > 0 {
		return fmt.Errorf("%s has another campaign, %s: %s; expected the same, or another folder", s.Dir, s.Campaign.ID, strings.Join(diff, "; "))
	}
	return nil
}

// Differences between two campaigns, a field each: "seed 1 and 2".
func Differences(a, b *result.Campaign) (diff []string) {
	free := []string{"commit", "dirty", "go", "command"}
	x, y := fields(a), fields(b)
	names := make([]string, 0, len(x))
	for n := range x {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		if !reflect.DeepEqual(x[n], y[n]) && n != "id" && !slices.Contains(free, n) {
			diff = append(diff, fmt.Sprintf("%s %v and %v", n, x[n], y[n]))
		}
	}
	return diff
}

func fields(c *result.Campaign) (m map[string]any) {
	b, err := json.Marshal(c)
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil {
		panic(err) // strings, numbers and lists of them
	}
	return m
}
