package spec

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"bennu/rs/fi/plan"
	"bennu/tools/campaign/result"
)

// Made is what a campaign was made of.
type Made struct {
	Commit string
	Dirty  bool
	QEMU   string
	Go     string
	Hashes map[string]string
}

// Campaign is the record of the spec. Its ID follows from the spec and what is run, not from who runs it, where or when, so that shards
// agree on it.
func (s *Spec) Campaign(m Made) result.Campaign {
	c := result.Campaign{Commit: m.Commit, Dirty: m.Dirty, QEMU: m.QEMU, Machine: s.Machine, Go: m.Go, Hashes: m.Hashes, Services: s.Services,
		Strata: s.Strata, Faults: s.Faults, Blocks: s.Blocks, Group: s.Group, Seed: s.Seed, Kind: s.Kind.String(), Ops: s.Ops,
		Limit: s.Limit.String(), Period: s.Period.String(), Reached: s.Reached, Turn: s.Turn}
	for _, l := range s.Selections {
		c.Selections = append(c.Selections, strings.Join(l, ","))
		for _, t := range l {
			if !slices.Contains(c.Types, t) {
				c.Types = append(c.Types, t)
			}
		}
	}
	c.Command = append([]string{"go", "run", "./tools/campaign", "run"}, s.Arguments()...)
	key := c
	key.Commit, key.Dirty, key.Go = "", false, ""
	b, err := json.Marshal(key)
	if err != nil {
		panic(err) // there is nothing in it that JSON refuses
	}
	sum := sha256.Sum256(b)
	c.ID = hex.EncodeToString(sum[:5])
	return c
}

// Arguments are those of `campaign run` that make the spec.
func (s *Spec) Arguments() []string {
	var l []string
	for _, t := range s.Selections {
		l = append(l, strings.Join(t, ","))
	}
	a := []string{"-services", strings.Join(s.Services, ","), "-selections", strings.Join(l, "/"), "-strata", strings.Join(s.Strata, ","),
		"-faults", strconv.Itoa(s.Faults), "-blocks", strconv.Itoa(s.Blocks), "-group", strconv.Itoa(s.Group),
		"-seed", strconv.FormatUint(s.Seed, 10), "-kind", s.Kind.String(), "-ops", strconv.Itoa(s.Ops), "-limit", s.Limit.String(),
		"-period", s.Period.String(), "-machine", s.Machine}
	if s.Reached {
		a = append(a, "-reached")
	}
	if s.Turn {
		a = append(a, "-turn")
	}
	return a
}

// Of is the inverse of Campaign.
func Of(c *result.Campaign) (*Spec, error) {
	s := &Spec{Services: c.Services, Strata: c.Strata, Faults: c.Faults, Blocks: c.Blocks, Seed: c.Seed, Ops: c.Ops, Machine: c.Machine,
		Reached: c.Reached, Turn: c.Turn, Group: c.Group}
	for _, l := range c.Selections {
		s.Selections = append(s.Selections, strings.Split(l, ","))
	}
	var err error
	if s.Kind, err = Kind(c.Kind); err != nil {
		return nil, err
	}
	if s.Limit, err = time.ParseDuration(c.Limit); err != nil {
		return nil, fmt.Errorf("limit: %w", err)
	}
	if s.Period, err = time.ParseDuration(c.Period); err != nil {
		return nil, fmt.Errorf("period: %w", err)
	}
	return s, s.Check()
}

// ID is a fault's, or a block's: CAMPAIGN/BLOCK/INDEX.
type ID struct {
	Campaign string
	Block    uint32
	Index    int // -1: the whole block
}

func (id ID) String() string {
	if id.Index < 0 {
		return fmt.Sprintf("%s/%d", id.Campaign, id.Block)
	}
	return fmt.Sprintf("%s/%d/%d", id.Campaign, id.Block, id.Index)
}

// ParseID reads CAMPAIGN/BLOCK/INDEX, or CAMPAIGN/BLOCK.
func ParseID(text string) (ID, error) {
	parts := strings.Split(text, "/")
	bad := fmt.Errorf("%q: expected CAMPAIGN/BLOCK/INDEX, as records have it in \"id\"", text)
	if len(parts) < 2 || len(parts) > 3 || !word(parts[0]) {
		return ID{}, bad
	}
	block, err := strconv.ParseUint(parts[1], 10, 32)
	if err != nil {
		return ID{}, bad
	}
	id := ID{parts[0], uint32(block), -1}
	if len(parts) == 3 {
		n, err := strconv.ParseUint(parts[2], 10, 16)
		if err != nil {
			return ID{}, bad
		}
		id.Index = int(n)
	}
	return id, nil
}

// Kind reads a plan's kind.
func Kind(text string) (plan.Kind, error) {
	for _, k := range Kinds {
		if k.String() == text {
			return k, nil
		}
	}
	return 0, fmt.Errorf("kind %q: expected single or carry", text)
}
