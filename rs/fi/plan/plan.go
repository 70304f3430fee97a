// Package plan is what an injector does in one boot, in words: at most abi.ArgsSize bytes, so that it has them as its arguments.
package plan

import (
	"strconv"
	"strings"
	"time"

	"bennu/kernel/abi"
)

// Kind is how the blocks of a plan follow each other.
type Kind uint8

const (
	Single Kind = iota // a life that had a fault activated is ended after its block
	Carry              // a life that survives its block has the next one's faults too, until it dies: MINIX's run_t1 and run_t2
)

var kinds = [...]string{Single: "single", Carry: "carry"}

func (k Kind) String() string { return kinds[k] }

// Plan is the blocks of faults that are made in one boot, on one victim.
type Plan struct {
	Victim  string        // label
	Types   []string      // kinds of faults, or names of lists of them; for each fault one is drawn
	Strata  []string      // whose code: driver, sdk, runtime; empty: all
	Faults  int           // a block
	First   uint32        // number of the first block
	Blocks  uint32        // how many
	Seed    uint64        // of the campaign: with the number of a block it gives all that is drawn in that block
	Ops     int           // checked operations after which a fault counts as masked
	Limit   time.Duration // that one operation may take
	Kind    Kind
	Turn    bool   // types come in turn, instead of being drawn
	Prove   bool   // after each block that did something a life without faults has to show that it works: what lives of the victim leave to later ones may be damaged
	Reached bool   // sites are drawn among those that a run without faults reached
	Only    string // hexadecimal, bit n of its n/4-th digit: the faults of the last block that are made; empty: all
}

// Keeps tells whether lives of a victim leave something to later ones, so that plans on it say prove: what they were, and what they were asked to keep.
func Keeps(victim string) bool { return victim == "rs" || victim == "ds" }

// MaxFaults is the most faults that a block may have.
const MaxFaults = 100

// Default is a plan of which only a victim is missing.
func Default() Plan {
	return Plan{Types: []string{"random"}, Faults: 100, Blocks: 1, Seed: 1, Ops: 16, Limit: 20 * time.Millisecond}
}

// word is one word of a plan: name, or name=value.
type word struct {
	name string
	set  func(p *Plan, value string) (want string) // "" when value is right
	get  func(p *Plan) string                      // "" when it needs no saying
}

var words = [...]word{
	{"victim", func(p *Plan, v string) string {
		p.Victim = v
		if _, ok := abi.MakeLabel(v); !ok {
			return "the label of a service"
		}
		return ""
	}, func(p *Plan) string { return p.Victim }},
	{"types", func(p *Plan, v string) string { return list(&p.Types, v) }, func(p *Plan) string { return strings.Join(p.Types, ",") }},
	{"strata", func(p *Plan, v string) string { return list(&p.Strata, v) }, func(p *Plan) string { return strings.Join(p.Strata, ",") }},
	{"faults", func(p *Plan, v string) string { return count(&p.Faults, v, 1, MaxFaults) }, func(p *Plan) string { return strconv.Itoa(p.Faults) }},
	{"first", func(p *Plan, v string) string { return block(&p.First, v) }, func(p *Plan) string { return number(uint64(p.First)) }},
	{"blocks", func(p *Plan, v string) string { return block(&p.Blocks, v) }, func(p *Plan) string { return number(uint64(p.Blocks)) }},
	{"seed", func(p *Plan, v string) (want string) {
		n, err := strconv.ParseUint(v, 10, 64)
		if p.Seed = n; err != nil {
			return "a number"
		}
		return ""
	}, func(p *Plan) string { return number(p.Seed) }},
	{"ops", func(p *Plan, v string) string { return count(&p.Ops, v, 1, 10_000) }, func(p *Plan) string { return strconv.Itoa(p.Ops) }},
	{"limit", func(p *Plan, v string) string {
		d, err := time.ParseDuration(v)
		if p.Limit = d; err != nil || d < time.Millisecond || d > time.Minute {
			return "a duration from 1ms to 1m"
		}
		return ""
	}, func(p *Plan) string { return p.Limit.String() }},
	{"kind", func(p *Plan, v string) string {
		for i, name := range kinds {
			if name == v {
				p.Kind = Kind(i)
				return ""
			}
		}
		return strings.Join(kinds[:], " or ")
	}, func(p *Plan) string { return p.Kind.String() }},
	{"turn", func(p *Plan, v string) string { return yes(&p.Turn, v) }, func(p *Plan) string { return whether(p.Turn) }},
	{"reached", func(p *Plan, v string) string { return yes(&p.Reached, v) }, func(p *Plan) string { return whether(p.Reached) }},
	{"prove", func(p *Plan, v string) string { return yes(&p.Prove, v) }, func(p *Plan) string { return whether(p.Prove) }},
	{"only", func(p *Plan, v string) string {
		p.Only = v
		for _, c := range v {
			if !strings.ContainsRune("0123456789abcdef", c) {
				return "hexadecimal digits"
			}
		}
		return ""
	}, func(p *Plan) string { return p.Only }},
}

// Error is a word of a plan that cannot be.
type Error struct{ Word, Want string }

func (e *Error) Error() string { return strconv.Quote(e.Word) + ": expected " + e.Want }

// Parse reads a plan. Words that are not there are Default's.
func Parse(text []string) (Plan, error) {
	p := Default()
	seen := map[string]bool{}
	for _, w := range text {
		name, value, _ := strings.Cut(w, "=")
		found := find(name)
		switch {
		case found == nil:
			return p, &Error{w, "one of " + names()}
		case seen[name]:
			return p, &Error{w, name + "= once"}
		}
		seen[name] = true
		if want := found.set(&p, value); want != "" {
			return p, &Error{w, name + "= with " + want}
		}
	}
	switch {
	case p.Victim == "":
		return p, &Error{strings.Join(text, " "), "victim=LABEL"}
	case uint64(p.First)+uint64(p.Blocks) > 1<<32-1:
		return p, &Error{"blocks=" + number(uint64(p.Blocks)), "blocks whose numbers are below 2^32"}
	}
	return p, nil
}

func find(name string) *word {
	for i := range words {
		if words[i].name == name {
			return &words[i]
		}
	}
	return nil
}

func names() string {
	s := make([]string, len(words))
	for i, w := range words {
		s[i] = w.name + "="
	}
	return strings.Join(s, " ")
}

// String is the plan as Parse reads it.
func (p Plan) String() string {
	var s []string
	for _, w := range words {
		if v := w.get(&p); v != "" {
			s = append(s, w.name+"="+v)
		}
	}
	return strings.Join(s, " ")
}

// Makes tells whether the i-th fault of a block is made.
func (p *Plan) Makes(block uint32, i int) bool {
	if p.Only == "" || block != p.First+p.Blocks-1 {
		return true
	}
	if i/4 >= len(p.Only) {
		return false
	}
	n, _ := strconv.ParseUint(p.Only[i/4:i/4+1], 16, 8) // the parser has looked
	return n>>(i%4)&1 != 0
}

// SetOnly has none but the listed faults of the last block made.
func (p *Plan) SetOnly(list []int) {
	const digits = "0123456789abcdef"
	bits := make([]byte, (p.Faults+3)/4)
	for _, i := range list {
		bits[i/4] |= 1 << (i % 4)
	}
	for i, b := range bits {
		bits[i] = digits[b]
	}
	p.Only = string(bits)
}

func yes(to *bool, v string) string {
	if *to = v == "yes"; v != "yes" && v != "no" {
		return "yes or no"
	}
	return ""
}

func whether(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

func list(to *[]string, v string) string {
	*to = strings.Split(v, ",")
	for i, s := range *to {
		if s == "" {
			return "names, a comma between two"
		}
		for _, o := range (*to)[:i] {
			if o == s {
				return "each name once"
			}
		}
	}
	return ""
}

func count(to *int, v string, least, most int) string {
	n, err := strconv.Atoi(v)
	if *to = n; err != nil || n < least || n > most {
		return "a number from " + strconv.Itoa(least) + " to " + strconv.Itoa(most)
	}
	return ""
}

func block(to *uint32, v string) string {
	n, err := strconv.ParseUint(v, 10, 32)
	if *to = uint32(n); err != nil {
		return "a number below 2^32"
	}
	return ""
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }
