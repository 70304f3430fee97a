package engine

import (
	"math/rand/v2"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
	"bennu/rs/fi/record"
)

// maxBirths is how many lives of a block may be made to die at birth.
const maxBirths = 4

// begin draws the next block's faults, and arms them.
func (e *Engine) begin() {
	e.b = newBlock()
	e.b.end.Block, e.b.end.Words, e.b.seen.Lie = e.block, e.lies, e.lies != ""
	e.lies = ""
	e.w.Put(&record.Begin{Block: e.block, Ep: e.ep, Life: e.life, Warm: e.warm, TSC: e.w.TSC()})
	e.draw()
	if e.b.seen.Lie {
		e.finish()
		return
	}
	for i := range e.b.faults {
		if a := &e.b.faults[i]; a.made && e.plan.Prove {
			e.w.Put((*record.Drawn)(&a.Fault))
		}
		if e.b.faults[i].made && !e.arm(i) {
			e.finish()
			return
		}
	}
	if e.b.classes != 0 {
		if err := e.w.Trace(e.b.classes); err != abi.OK {
			e.wrong("trace: " + err.Name())
			e.finish()
			return
		}
	}
	e.work(e.plan.Ops, working)
	e.strikeNow()
}

// draw draws all faults of the block, those that the plan leaves out too: what is drawn for one does not depend on which are made.
func (e *Engine) draw() {
	taken := map[uint64]bool{}
	for i := range e.plan.Faults {
		r := rand.New(rand.NewPCG(e.plan.Seed, uint64(e.block)<<8|uint64(i)))
		t := r.IntN(len(e.types))
		if e.plan.Turn {
			t = int((uint64(e.block)*uint64(e.plan.Faults) + uint64(i)) % uint64(len(e.types)))
		}
		a := armed{kind: e.types[t], rand: r, made: e.plan.Makes(e.block, i), Fault: record.Fault{Index: uint16(i), Type: uint8(t)}}
		switch k := a.kind.(type) {
		case fault.Code:
			e.site(&a, t, taken)
			if a.Addr != 0 {
				in := e.code.At(a.Addr)
				a.New = append([]byte(nil), in.Bytes...)
				k.Mutate(in, r, a.New)
			}
		case fault.Strike:
			if k.When() == fault.AtSite {
				e.site(&a, t, taken)
			}
			a.wait = r.IntN(max(1, e.plan.Ops/2)) // an operation is a message to the victim and one from it, at least
		}
		e.b.faults = append(e.b.faults, a)
	}
}

// site draws an instruction that no other fault of the block has, uniformly among those where the type applies. Without one Addr stays 0.
func (e *Engine) site(a *armed, t int, taken map[uint64]bool) {
	for range 16 { // fewer sites than faults: some go without
		in := e.code.Draw(t, e.plan.Reached, a.rand)
		if in == nil {
			a.Words = "no instruction for it in these strata"
			return
		}
		if taken[in.Addr] {
			continue
		}
		taken[in.Addr] = true
		a.Addr, a.Old, a.Stratum = in.Addr, append([]byte(nil), in.Bytes...), in.Stratum()
		return
	}
	a.Words = "all instructions for it have faults"
}

// arm makes a fault wait. false: it cannot, and that is the block's outcome.
func (e *Engine) arm(i int) bool {
	a := &e.b.faults[i]
	k, strikes := a.kind.(fault.Strike)
	if !strikes || k.When() == fault.AtSite {
		if a.Addr == 0 {
			return true
		}
		return e.plant(i)
	}
	switch k.When() {
	case fault.AtCall, fault.AtReturn:
		e.b.classes |= abi.TraceCalls
	case fault.AtStop:
		e.b.classes |= abi.TraceCalls
	case fault.AtBirth:
		e.b.classes |= abi.TraceBirth
		if e.b.lives+livesOf(k) > maxBirths {
			a.Words = notDone("as many lives as a block may end die at birth already", abi.EBUSY)
			return true
		}
		e.b.lives += livesOf(k)
		e.b.births = append(e.b.births, i)
	}
	return true
}

// livesOf is how many lives a fault AtBirth is done to.
func livesOf(k fault.Strike) int {
	if b, ok := k.(fault.Births); ok {
		return b.Lives()
	}
	return 1
}

// plant puts a breakpoint where the fault will be. The first look at the victim's own bytes tells whether the injector reads it right.
func (e *Engine) plant(i int) bool {
	a := &e.b.faults[i]
	now := make([]byte, len(a.Old)) // a life that carries faults has others
	err := e.w.Read(e.ep, a.Addr, now)
	if err == abi.OK && string(now) != string(a.Old) && e.mended {
		e.wrong("the text at the site is not the executable's")
		return false
	}
	if err == abi.OK {
		err = e.w.Write(e.ep, a.Addr, breakpoint)
	}
	if err != abi.OK {
		e.wrong("plant: " + err.Name())
		if err == abi.EDEADSRCDST { // its death is not told yet
			e.ep, e.ready = abi.None, false
		}
		return false
	}
	e.b.sites[a.Addr] = i
	return true
}

// strikeNow does the faults that wait for nothing.
func (e *Engine) strikeNow() {
	for i := range e.b.faults {
		a := &e.b.faults[i]
		k, ok := a.kind.(fault.Strike)
		if !ok || !a.made || e.phase != working {
			continue
		}
		switch k.When() {
		case fault.AtOnce:
			e.strike(i, e.ep, nil)
		case fault.AtBirth:
			if len(e.b.births) > 0 && e.b.births[0] == i {
				e.endLife()
			}
		case fault.AtStop:
			e.b.toStop = true
		}
	}
}

// endLife ends the victim's life, so that there is a birth. That death is the injector's, and does not count.
func (e *Engine) endLife() {
	if err := e.w.Kill(e.ep); err != abi.OK {
		e.wrong("end the life: " + err.Name())
		return
	}
	e.b.ended = true
}
