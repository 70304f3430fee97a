//go:build !tamago

package arch

import "bennu/kernel/mem"

// Player plays a processor in the tests of the host: what ring 3 does, and what time it is.
type Player interface {
	Enter(c *Context) (vector, left, back uint64)
	Idle() (vector uint64)
	Poll() (vector uint64, came bool)
	Switched(root mem.Addr)
	FaultAddress() uint64
	Invalidate(va uint64)
	TSC() uint64
}

// player is what CPU has besides.
type player struct {
	Player
	WatchAt, WatchControl uint64 // DR0 and DR7
}

// Played is a processor that p plays.
func Played(p Player) *CPU { return &CPU{player: player{Player: p}} }

// Switch is the processor's, without the GS base, which nobody changes here.
func (p *CPU) Switch(c *Context, root mem.Addr) {
	p.Current = c
	p.player.Switched(root)
}

// Enter is the player's.
func (p *CPU) Enter(c *Context) (vector, left, back uint64) { return p.player.Enter(c) }

// Idle is the player's.
func (p *CPU) Idle() (vector uint64) { return p.player.Idle() }

// Poll is the player's.
func (p *CPU) Poll() (vector uint64, came bool) { return p.player.Poll() }

// Watch notes what would be in the registers.
func (p *CPU) Watch(at, control uint64) { p.WatchAt, p.WatchControl = at, control }

// FaultAddress is the player's.
func (p *CPU) FaultAddress() uint64 { return p.player.FaultAddress() }

// Invalidate is the player's.
func (p *CPU) Invalidate(va uint64) { p.player.Invalidate(va) }

// TSC is the player's.
func (p *CPU) TSC() uint64 { return p.player.TSC() }
