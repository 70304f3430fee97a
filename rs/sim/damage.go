package sim

import (
	"bennu/kernel/abi"
)

// harm damages what the server keeps, as steps have said: a byte is changed, or what was written last is cut at a word.
func (w *World) harm() {
	mem := w.m.Kept(abi.AccountRoot)
	for _, s := range w.damage {
		var h abi.KeptHeader
		copy(abi.Bytes(&h), mem)
		b := &h.Bank[h.Current&1]
		used := (b.Snapshot+7)&^7 + b.Log
		if used == 0 {
			continue
		}
		w.damaged = true
		w.count.Damaged++
		if s.B%2 == 0 || b.Log == 0 {
			mem[b.Start+uint64(s.A)%used] ^= byte(1 + s.B>>8%255)
			continue
		}
		for at := b.Start + uint64(s.A)%used&^7; at < b.Start+used; at++ {
			mem[at] = 0
		}
	}
	w.damage = nil
}

// mostUnsettled is more lives in a row that do not settle than lead down all rungs.
const mostUnsettled = 14
