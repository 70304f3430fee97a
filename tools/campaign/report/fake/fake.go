// Package fake makes records of campaigns that nobody ran: for tests, and to look at a page. They are drawn from a seed, and look like
// real ones as far as reports can tell.
package fake

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"bennu/rs/fi/outcome"
	"bennu/tools/campaign/result"
)

// Spec is what to make up. Each service has Blocks blocks of each selection.
type Spec struct {
	Seed       uint64
	Services   []string
	Selections []string
	Faults     int // a block
	Blocks     int
	Group      int
	Carry      bool
	Reached    bool
	Bad        bool // a machine that breaks its promises now and then, as a planted bug makes it
	Shift      float64
}

// One is a campaign of one fault a block, Many one of a hundred.
var (
	One = Spec{Seed: 1, Services: []string{"rtc", "tty", "sum"}, Selections: []string{"nop", "destination", "pointer", "stuck-branch", "flip-register", "message-late"},
		Faults: 1, Blocks: 120, Group: 40, Reached: true}
	Many = Spec{Seed: 2, Services: []string{"rtc", "kbd"}, Selections: []string{"random", "text", "nop", "source,destination"}, Faults: 100, Blocks: 24, Group: 8, Carry: true}
)

// ID of the campaign.
func (s *Spec) ID() string { return fmt.Sprintf("fake%04x", s.Seed) }

// Make makes the records.
func (s *Spec) Make() *result.Records {
	m := &maker{spec: s, r: rand.New(rand.NewPCG(s.Seed, 99)), out: &result.Records{}}
	m.campaign()
	block := uint32(0)
	for _, service := range s.Services {
		for _, selection := range s.Selections {
			for i := range s.Blocks {
				if i%s.Group == 0 {
					m.boot(service, selection, block, min(s.Group, s.Blocks-i))
				}
				m.block(service, selection, block)
				block++
			}
		}
	}
	return m.out
}

type maker struct {
	spec  *Spec
	r     *rand.Rand
	out   *result.Records
	life  uint32
	group uint32
	tsc   uint64
}

var seven = []string{"text", "nop", "source", "destination", "pointer", "interface", "loop"}

func (m *maker) campaign() {
	s := m.spec
	kind := "single"
	if s.Carry {
		kind = "carry"
	}
	c := result.Campaign{ID: s.ID(), Commit: "0123456789abcdef0123456789abcdef01234567", QEMU: "QEMU emulator version 7.2.22", Machine: "q35", Go: "go1.26.8",
		Hashes:   map[string]string{"kernel.elf": strings.Repeat("ab12", 16), "campaign.tar": strings.Repeat("cd34", 16)},
		Services: s.Services, Selections: s.Selections, Strata: result.Strata[:3], Faults: s.Faults, Blocks: s.Blocks, Group: s.Group, Seed: s.Seed,
		Kind: kind, Ops: 16, Limit: "20ms", Period: "4ms", Reached: s.Reached,
		Command: []string{"go", "run", "./tools/campaign", "run", "-services", strings.Join(s.Services, ","), "-selections", strings.Join(s.Selections, "/"), "-seed", fmt.Sprint(s.Seed)}}
	for _, l := range s.Selections {
		c.Types = append(c.Types, strings.Split(l, ",")...)
	}
	m.out.Campaigns = append(m.out.Campaigns, c)
}

func (m *maker) boot(service, selection string, first uint32, blocks int) {
	m.life, m.group, m.tsc = 0, first, 500_000_000
	b := result.Boot{Campaign: m.spec.ID(), Service: service, Image: image(service), Plan: fmt.Sprintf("victim=%s types=%s first=%d blocks=%d", service, selection, first, blocks),
		First: first, Blocks: uint32(blocks), Sites: [3]uint32{2410, 5120, 118_300}, Reached: [3]uint32{1630, 2240, 21_870}, Eligible: map[string]uint32{}, WallMS: 900 + int64(m.r.IntN(400)), End: "done"}
	for _, t := range expand(selection) {
		b.Eligible[t] = 20_000 + uint32(len(t))*311
	}
	if service == "tty" {
		b.Unknown = []string{"0x403f10", "0x403f14"}
	}
	m.out.Boots = append(m.out.Boots, b)
}

func expand(selection string) []string {
	if selection == "random" {
		return seven
	}
	return strings.Split(selection, ",")
}

func image(service string) string { return fmt.Sprintf("%08x", 0x1234567*len(service)+int(service[0])) }

// block draws what came of a block, and its faults.
func (m *maker) block(service, selection string, block uint32) {
	types := expand(selection)
	end := result.Fault{Seed: m.spec.Seed, Service: service, Select: selection, Group: m.group, Image: image(service), Life: m.life, Warm: m.life > 0, Block: block,
		Faults: m.spec.Faults, Ops: 16 + uint32(m.r.IntN(9))}
	faults := make([]result.Fault, m.spec.Faults)
	activated := 0
	for i := range faults {
		f := &faults[i]
		*f = end
		f.Index, f.ID = i, fmt.Sprintf("%s/%d/%d", m.spec.ID(), block, i)
		f.Replay = "go run ./tools/campaign replay " + f.ID
		m.site(f, types[m.r.IntN(len(types))])
		if f.Activated = m.r.Float64() < m.chance(f.Stratum); f.Activated {
			activated++
			f.ActivatedAt = m.tsc + uint64(m.r.IntN(3_000_000))
		}
	}
	m.end(&end, activated)
	for i := range faults {
		f := &faults[i]
		f.Outcome, f.Reason, f.Vector, f.RIP, f.DiedIn, f.Deaths, f.Ops = end.Outcome, end.Reason, end.Vector, end.RIP, end.DiedIn, end.Deaths, end.Ops
		f.Errors, f.Wrong, f.Lost, f.DetectNS, f.RecoveryNS, f.WrongNS = end.Errors, end.Wrong, end.Lost, end.DetectNS, end.RecoveryNS, end.WrongNS
		f.DetectInst, f.RecoverInst, f.Collateral, f.EndTSC, f.Words = end.DetectNS, end.RecoveryNS, end.Collateral, m.tsc, end.Words
		if activated == 0 && end.Outcome == outcome.NotActivated.String() {
			f.Activated = false
		}
	}
	m.life += end.Deaths
	m.out.Faults = append(m.out.Faults, faults...)
}

func (m *maker) chance(stratum string) float64 {
	c := map[string]float64{"driver": 0.62, "sdk": 0.41, "runtime": 0.12, result.None: 0.97}[stratum]
	if m.spec.Reached && stratum != result.None {
		c = 0.9
	}
	return c
}

// end draws an outcome and what goes with it.
func (m *maker) end(f *result.Fault, activated int) {
	m.tsc += 4_000_000 + uint64(m.r.IntN(2_000_000))
	o := outcome.NotActivated
	if activated > 0 {
		o = m.draw(1 - math.Pow(0.55-m.spec.Shift, float64(activated)))
	}
	if m.spec.Bad && m.r.IntN(80) == 0 {
		o = []outcome.Outcome{outcome.KernelCrash, outcome.MachineHang, outcome.Collateral, outcome.Lie, outcome.InjectorError, outcome.Infrastructure}[m.r.IntN(6)]
	}
	f.Outcome = o.String()
	switch o {
	case outcome.Masked:
	case outcome.Reported:
		f.Errors = 1 + uint32(m.r.IntN(4))
	case outcome.SilentLoss:
		f.Lost, f.WrongNS = 1, m.time(20e6, 0.2)
	case outcome.Corruption:
		f.Wrong, f.WrongNS = 1+uint32(m.r.IntN(3)), m.time(60e3, 1)
	case outcome.KernelCrash:
		f.Words = "kernel: panic: irq: line 8 has no owner"
	case outcome.MachineHang:
		f.Words = "nothing for 2 s of host time after the block began"
	case outcome.Lie:
		f.Words = "image: CRC-32C of page 12 differs after the restart"
	case outcome.Infrastructure, outcome.InjectorError:
		f.Words = "the record stream ends within a frame"
	case outcome.Collateral:
		f.Collateral = []string{"shell: died: no-heartbeat"}
		m.death(f, 1)
	case outcome.RecoveredLate, outcome.RecoveredCold:
		m.death(f, 2+uint32(m.r.IntN(3)))
	case outcome.GaveUp:
		m.death(f, 6)
		f.RecoveryNS, f.Works = 0, false
	case outcome.Recovered:
		m.death(f, 1)
	}
}

func (m *maker) draw(dies float64) outcome.Outcome {
	switch p := m.r.Float64(); {
	case p >= dies:
		return []outcome.Outcome{outcome.Masked, outcome.Masked, outcome.Masked, outcome.Reported, outcome.Reported, outcome.Corruption, outcome.SilentLoss}[m.r.IntN(7)]
	case p < dies*0.94:
		return outcome.Recovered
	case p < dies*0.98:
		return outcome.RecoveredLate
	case p < dies*0.993 || !m.spec.Bad:
		return outcome.RecoveredCold
	}
	return outcome.GaveUp
}

var places = []string{"runtime.mallocgc", "runtime.newstack", "runtime.gcWriteBarrier1", "main.(*Clock).read", "main.main", "bennu/drivers/sdk.(*Context).Run",
	"bennu/kernel/usys.Receive", "runtime.memmove", "runtime.sigpanic0", "bennu/board/ring3.idle"}

func (m *maker) death(f *result.Fault, deaths uint32) {
	f.Deaths, f.Works = deaths, true
	at := m.r.IntN(len(places) * len(places))
	at = int(math.Sqrt(float64(at)))
	f.RIP, f.DiedIn = fmt.Sprintf("0x%x", 0x401000+at*0x1230), fmt.Sprintf("%s+0x%x", places[at], m.r.IntN(5)*16)
	detect := 0.0
	switch p := m.r.Float64(); {
	case p < 0.62:
		f.Reason, detect = "exception", 4e3
		f.Vector = []uint32{14, 14, 14, 13, 6, 3, 0}[m.r.IntN(7)]
	case p < 0.84:
		f.Reason, detect = "panic", 9e3
	case p < 0.95:
		f.Reason, detect = "no-heartbeat", 9e6
		f.RIP, f.DiedIn = "", ""
	case p < 0.98:
		f.Reason, detect = "bad-call", 5e3
	default:
		f.Reason, detect = "exit", 6e3
	}
	f.DetectNS = m.time(detect, 0.35)
	f.RecoveryNS = f.DetectNS + m.time(76e3, 0.25)*uint64(deaths*deaths)
}

// time is log-normal around a median.
func (m *maker) time(median, spread float64) uint64 {
	return uint64(median * math.Exp(m.r.NormFloat64()*spread))
}
