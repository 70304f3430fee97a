// Package simulated is a machine that makes its results up: each follows from the plan alone. Tests run campaigns on it, and whoever sets
// up a cluster does.
package simulated

import (
	"context"
	"hash/fnv"
	"math/rand/v2"
	"slices"

	"bennu/kernel/abi"
	"bennu/rs/fi/code"
	"bennu/rs/fi/outcome"
	"bennu/rs/fi/plan"
	"bennu/rs/fi/record"
	"bennu/tools/campaign/machine"
)

// Odd is what goes wrong in a block.
type Odd uint8

const (
	Fine     Odd = iota
	Crash        // the kernel panics
	Hang         // nothing more comes
	Repeat       // the block comes twice
	Truncate     // the stream ends within a frame, as on a full disk
	Damage       // a byte of a frame is wrong
	Quit         // the injector gives up: Bye with words
)

// Machine is made up. The zero value crashes and hangs in some blocks.
type Machine struct {
	// Odd tells what goes wrong in a block in the n-th boot (from 0) that comes to it. nil: by chance, the same in each boot.
	Odd func(block uint32, n int) Odd
	// Culprits tells which faults of a block it takes to come to its outcome; the others are idle. nil: by chance.
	Culprits func(p *plan.Plan, block uint32) []int
	// Starts is asked before each boot.
	Starts func(b machine.Boot) error

	seen counter
}

// types is what a real injector has of its registry.
var types = []string{"text", "nop", "source", "destination", "pointer", "interface", "loop"}

// Start makes up the whole stream.
func (m *Machine) Start(_ context.Context, b machine.Boot) (machine.Stream, error) {
	if m.Starts != nil {
		if err := m.Starts(b); err != nil {
			return nil, err
		}
	}
	s := &stream{}
	s.end = m.write(s, &b)
	return s, nil
}

type stream struct {
	parts [][]byte
	end   *machine.End
}

func (s *stream) Read(ctx context.Context) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(s.parts) == 0 {
		return nil, s.end
	}
	b := s.parts[0]
	s.parts = s.parts[1:]
	return b, nil
}

func (s *stream) Close() {}

func (s *stream) add(frames ...record.Frame) { s.parts = append(s.parts, encode(frames)) }

func encode(frames []record.Frame) (b []byte) {
	for _, f := range frames {
		b = record.Append(b, f)
	}
	return b
}

func (m *Machine) write(s *stream, b *machine.Boot) *machine.End {
	p := &b.Plan
	names := p.Types
	if slices.Contains(names, "random") {
		names = types
	}
	s.add(&record.Hello{Plan: p.String(), Types: names, ImageCRC: 0x5eed, TextBase: Base, TextSize: textSize, TSCHz: 1e9,
		Sites: [code.Strata]uint32{100, 200, 4000}, Reached: [code.Strata]uint32{80, 100, 900}, Eligible: slices.Repeat([]uint32{500, 1000, 2500}, len(names))})
	for k := p.First; k < p.First+p.Blocks; k++ {
		odd := m.odd(p, k)
		if odd == Quit {
			s.add(&record.Bye{Blocks: k - p.First, Words: "made up: enough"})
			return &machine.End{How: machine.Off}
		}
		begin := &record.Begin{Block: k, Ep: abi.Endpoint(k), Life: k - p.First, Warm: true, TSC: uint64(k) * 1e6}
		s.add(begin)
		raw := encode(m.block(p, b.Seed, k, len(names)))
		switch odd {
		case Crash:
			return &machine.End{How: machine.Panic, Words: "kernel: panic: made up"}
		case Hang:
			return &machine.End{How: machine.Silent}
		case Truncate:
			s.parts = append(s.parts, raw[:len(raw)-3])
			return &machine.End{How: machine.Off}
		case Damage:
			raw[len(raw)-1] ^= 1
		case Repeat:
			s.parts = append(s.parts, raw)
			s.add(begin)
		}
		s.parts = append(s.parts, raw)
	}
	s.add(&record.Bye{Blocks: p.Blocks, TSC: 1})
	return &machine.End{How: machine.Off}
}

func (m *Machine) odd(p *plan.Plan, k uint32) Odd {
	if m.Odd != nil {
		return m.Odd(k, m.seen.next(k))
	}
	switch draw(p, k, "odd").IntN(200) {
	case 0:
		return Crash
	case 1:
		return Hang
	}
	return Fine
}

// draw is chance that follows from campaign and block.
func draw(p *plan.Plan, k uint32, what string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(p.Victim + " " + what))
	return rand.New(rand.NewPCG(p.Seed, uint64(k)^h.Sum64()))
}

// block is what came of one, without its Begin.
func (m *Machine) block(p *plan.Plan, seed uint64, k uint32, kinds int) []record.Frame {
	r := draw(p, k, "block")
	var culprits []int
	if m.Culprits != nil {
		culprits = m.Culprits(p, k)
	} else if r.IntN(4) > 0 {
		culprits = []int{r.IntN(p.Faults)}
	}
	at := uint64(k) * 1e6
	end := &record.End{Block: k, Outcome: outcome.NotActivated, Ops: uint32(p.Ops), TSC: at + 5e5 + seed%1000, FaultNS: at}
	var frames []record.Frame
	for i := range p.Faults {
		f := fault(r, i, kinds)
		if f.Activated = slices.Contains(culprits, i); f.Activated {
			f.TSC, f.Stops = at+uint64(i)+1, uint64(i)+1
		}
		if p.Makes(k, i) {
			frames = append(frames, f)
		}
	}
	missing := slices.ContainsFunc(culprits, func(i int) bool { return !p.Makes(k, i) })
	if len(culprits) > 0 && !missing {
		end.Works = true
		end.Outcome, end.Reason, end.Vector, end.Deaths, end.RIP = outcome.Recovered, abi.ReasonException, 14, 1, Base+uint64(r.IntN(textSize))
		end.DetectNS, end.ReadyNS = at+uint64(1000+r.IntN(1000)), at+uint64(50000+r.IntN(50000))
	} else if slices.ContainsFunc(culprits, func(i int) bool { return p.Makes(k, i) }) {
		end.Outcome = outcome.Masked
	}
	return append(frames, end)
}

func fault(r *rand.Rand, i, kinds int) *record.Fault {
	f := &record.Fault{Index: uint16(i), Type: uint8(r.IntN(kinds)), Stratum: code.Stratum(r.IntN(int(code.Strata))),
		Addr: Base + uint64(r.IntN(textSize-16))}
	f.Old = Symbols{}.Bytes(f.Addr, 1+r.IntN(7))
	f.New = slices.Clone(f.Old)
	f.New[0] ^= 1 << r.IntN(8)
	return f
}
