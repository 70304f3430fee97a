package runner

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"bennu/rs/fi/code"
	"bennu/rs/fi/outcome"
	"bennu/rs/fi/record"
	"bennu/tools/campaign/machine"
	"bennu/tools/campaign/result"
	"bennu/tools/campaign/spec"
)

// writer makes lines of what a boot of a group told.
type writer struct {
	campaign string // its ID
	spec     *spec.Spec
	group    spec.Group
	symbols  machine.Symbols
}

// lines are a block's: one for each of its faults. n is its number.
func (w *writer) lines(h *record.Hello, n uint32, b *block) []result.Fault {
	base := result.Fault{Seed: w.spec.Seed, Service: w.group.Service, Select: strings.Join(w.group.Selection, ","), Group: w.group.First,
		Block: n, Faults: w.spec.Faults, Stratum: result.None}
	if h != nil {
		base.Image = fmt.Sprintf("%08x", h.ImageCRC)
	}
	if b.begin != nil {
		base.Life, base.Warm = b.begin.Life, b.begin.Warm
	}
	w.end(&base, b.end)
	var l []result.Fault
	for _, f := range b.faults {
		l = append(l, w.fault(base, h, f))
	}
	if len(l) == 0 {
		for _, f := range b.drawn {
			d := w.fault(base, h, f)
			d.Did = strings.TrimPrefix(d.Did+"; drawn, and nobody told whether it was met", "; ")
			l = append(l, d)
		}
	}
	if o := b.end.Outcome; len(l) == 0 || o == outcome.InjectorError || hosts(o) {
		l = w.untold(base, l)
	}
	return w.verified(l)
}

// untold has a line for each fault of a block of which nothing was told, so that it is counted.
func (w *writer) untold(base result.Fault, told []result.Fault) []result.Fault {
	for i := range w.spec.Faults {
		if !slices.ContainsFunc(told, func(f result.Fault) bool { return f.Index == i }) {
			f := base
			f.Index, f.Type, f.Weight = i, "unknown", 1
			if len(w.group.Selection) == 1 {
				f.Type = w.group.Selection[0]
			}
			f.Did = "what was drawn was not told"
			told = append(told, w.identify(f))
		}
	}
	slices.SortFunc(told, func(a, b result.Fault) int { return a.Index - b.Index })
	return told
}

func (w *writer) identify(f result.Fault) result.Fault {
	f.ID = spec.ID{Campaign: w.campaign, Block: f.Block, Index: f.Index}.String()
	f.Replay = "go run ./tools/campaign replay " + f.ID
	return f
}

func (w *writer) end(f *result.Fault, e *record.End) {
	f.Outcome, f.Deaths, f.Vector = e.Outcome.String(), e.Deaths, e.Vector
	f.Works = e.Works
	f.Ops, f.Errors, f.Wrong, f.Lost = e.Ops, e.Errors, e.Wrong, e.Lost
	f.Collateral, f.EndTSC, f.Words = e.Collaterals, e.TSC, e.Words
	if e.Deaths > 0 {
		f.Reason = e.Reason.String()
	}
	if e.RIP != 0 {
		f.RIP = fmt.Sprintf("%#x", e.RIP)
		f.DiedIn, _ = w.symbols.Place(e.RIP)
	}
	since := func(t uint64) uint64 {
		if e.FaultNS == 0 || t < e.FaultNS {
			return 0
		}
		return t - e.FaultNS
	}
	f.DetectNS, f.RecoveryNS, f.WrongNS = since(e.DetectNS), since(e.ReadyNS), since(e.WrongNS)
	f.DetectInst, f.RecoverInst = f.DetectNS, f.RecoveryNS // a guest instruction is a nanosecond
}

func (w *writer) fault(base result.Fault, h *record.Hello, r *record.Fault) result.Fault {
	f := base
	f.Index, f.Type = int(r.Index), h.Types[r.Type]
	if r.Addr != 0 {
		f.Stratum = r.Stratum.String()
	}
	f.Activated, f.ActivatedAt, f.Stop, f.Weight, f.Did = r.Activated, r.TSC, r.Stops, w.weight(h, r), r.Words
	if r.Addr != 0 {
		f.Addr = fmt.Sprintf("%#x", r.Addr)
		f.Symbol, f.Place = w.symbols.Place(r.Addr)
	}
	f.Before, f.After = hex.EncodeToString(r.Old), hex.EncodeToString(r.New)
	if len(r.Old) > 0 {
		f.BeforeAs = w.symbols.Asm(r.Addr, r.Old)
		f.AfterAs = w.symbols.Asm(r.Addr, r.New)
		if have := w.symbols.Bytes(r.Addr, len(r.Old)); !bytes.Equal(have, r.Old) {
			f.Outcome = outcome.InjectorError.String()
			f.Words = fmt.Sprintf("fault %d: the injector read %x at %s, the executable has %x", f.Index, r.Old, f.Addr, have)
		}
	}
	return w.identify(f)
}

// weight is which part of the instructions that a fault's type applies to, in its stratum, it was drawn among.
func (w *writer) weight(h *record.Hello, r *record.Fault) float64 {
	at := int(r.Type)*int(code.Strata) + int(r.Stratum)
	if r.Addr == 0 || at >= len(h.Eligible) {
		return 1
	}
	all := w.symbols.Eligible(h.Types[r.Type])[r.Stratum]
	if all == 0 {
		return 1
	}
	return float64(h.Eligible[at]) / float64(all)
}

// verified gives a block with a fault of the injector's that outcome, whichever of its faults showed it.
func (w *writer) verified(l []result.Fault) []result.Fault {
	bad := slices.IndexFunc(l, func(f result.Fault) bool { return f.Outcome == outcome.InjectorError.String() })
	if bad >= 0 {
		for i := range l {
			l[i].Outcome, l[i].Words = l[bad].Outcome, l[bad].Words
		}
	}
	return l
}

// boot is the boot's own line.
func (w *writer) boot(b *boot, plan string, end string) result.Boot {
	r := result.Boot{Campaign: w.campaign, Service: w.group.Service, Plan: plan, First: b.first, Blocks: uint32(len(b.blocks)), End: end}
	if h := b.hello; h != nil {
		r.Image = fmt.Sprintf("%08x", h.ImageCRC)
		r.Sites, r.Reached, r.Eligible = h.Sites, h.Reached, map[string]uint32{}
		for _, t := range h.Types {
			n := w.symbols.Eligible(t)
			for s := range code.Strata {
				if slices.Contains(w.spec.Strata, s.String()) {
					r.Eligible[t] += n[s]
				}
			}
		}
		for _, a := range h.Unknown {
			r.Unknown = append(r.Unknown, fmt.Sprintf("%#x", a))
		}
	}
	return r
}

// hosts tells whether an outcome is seen by the host, not by the injector.
func hosts(o outcome.Outcome) bool {
	return o == outcome.KernelCrash || o == outcome.MachineHang || o == outcome.Infrastructure
}
