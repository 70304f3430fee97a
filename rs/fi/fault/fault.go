// Package fault is what a kind of fault is: one interface, and one small package a kind below it.
package fault

import (
	"math/rand/v2"
	"time"

	"bennu/kernel/abi"
	"bennu/rs/fi/code"
)

// Type is a kind of fault. It is a Code or a Strike.
type Type interface {
	Name() string // as campaigns name it: lower case, '-'
	Doc() string  // one line: what a programmer did wrong, or what broke
}

// Code is a kind of fault that changes an instruction of the text. The faulty bytes are as many as the right ones.
type Code interface {
	Type
	// Applies tells whether there is such a fault of in. It draws nothing: sites are drawn uniformly among those where it is true.
	Applies(in *code.Inst) bool
	// Mutate writes the faulty instruction into out, which has in.Bytes. It draws from r, and never leaves out as it was.
	Mutate(in *code.Inst, r *rand.Rand, out []byte)
}

// When is what a Strike waits for.
type When uint8

const (
	AtOnce   When = iota // as soon as the block begins
	AtSite               // the victim reaches an instruction, drawn uniformly over those of the strata
	AtCall               // it is about to make its n-th IPC call that Wants takes; n is drawn
	AtReturn             // its n-th call that has received what Wants takes has returned
	AtBirth              // the next life's first instruction; the engine ends the one that runs
	AtStop               // RS has asked it to stop
)

// Strike is a kind of fault that is done to a victim at a moment, not to its text.
type Strike interface {
	Type
	When() When
	// Wants tells whether a call (AtCall, AtReturn) can have the fault; nr is its number, m its message: what it sends, or has received. A
	// call that sends none has m of the call before.
	Wants(nr abi.CallNr, m *abi.Msg) bool
	// Strike does it. words tell what was done, for the record. An error says that it was not done, and words why, or what it was.
	Strike(v Victim, r *rand.Rand) (words string, e abi.Errno)
}

// NoCall is a part of a Strike that waits for no call.
type NoCall struct{}

// Wants is false.
func (NoCall) Wants(abi.CallNr, *abi.Msg) bool { return false }

// Births is a Strike AtBirth that is done to more than one life in a row.
type Births interface {
	Lives() int
}

// Victim is the life that a Strike is done to. It is stopped, but AtOnce. Errors are the kernel's.
type Victim interface {
	Regs() *abi.Registers // all zero AtOnce
	SetRegs(r *abi.Registers) abi.Errno
	Read(va uint64, b []byte) abi.Errno
	Write(va uint64, b []byte) abi.Errno
	Areas() []abi.TraceArea // its memory
	Pages() uint64          // that its account has, for it and its snapshot
	Msg() *abi.Msg          // AtCall: what it sends; AtReturn: what it received
	SetMsg(m *abi.Msg) abi.Errno
	Drop()                                                  // AtCall: what it sends is lost, which it does not learn; what it waits for it waits for
	Again()                                                 // AtCall: what it sends is sent twice
	Delay(d time.Duration)                                  // it goes on so much later
	Lines() []uint32                                        // its interrupt lines
	Raise(line uint32) abi.Errno                            // an interrupt that did not come
	Lose(line uint32, n uint64) abi.Errno                   // the next n that come
	Ceiling(pages uint64) abi.Errno                         // the most that its account may have, until the life or the block ends
	Watch(va uint64, access uint64, bytes uint64) abi.Errno // the fault is activated when the victim meets that. EBUSY: another fault's watch is on
	Jump(code []byte) abi.Errno                             // its next instructions are these. EFAULT: there is no room, and nothing was written
	Kill() abi.Errno                                        // by its next instruction
	KillAnother() (label string, e abi.Errno)               // a service that is not the victim, drawn
}
