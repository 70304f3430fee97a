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
	AtReturn             // its n-th such call has returned
	AtBirth              // the next life's first instruction
	AtStop               // RS has asked it to stop
)

// Strike is a kind of fault that is done to a victim at a moment, not to its text.
type Strike interface {
	Type
	When() When
	// Wants tells whether a call (AtCall, AtReturn) can have the fault; nr is its number, m its message.
	Wants(nr abi.CallNr, m *abi.Msg) bool
	// Strike does it. words tell what was done, for the record. Errors are the kernel's: it was not done.
	Strike(v Victim, r *rand.Rand) (words string, e abi.Errno)
}

// Victim is the life that a Strike is done to. It is stopped, but AtOnce. Errors are the kernel's.
type Victim interface {
	Regs() *abi.Registers // all zero AtOnce
	SetRegs(r *abi.Registers) abi.Errno
	Read(va uint64, b []byte) abi.Errno
	Write(va uint64, b []byte) abi.Errno
	Areas() []abi.TraceArea // its memory
	Pages() uint64          // that it has
	Msg() *abi.Msg          // AtCall: what it sends; AtReturn: what it received
	SetMsg(m *abi.Msg) abi.Errno
	Skip(e abi.Errno)                                       // AtCall: the call is not made, and returns e
	Again()                                                 // AtCall: it is made once more when it has returned
	Delay(d time.Duration)                                  // it goes on so much later
	Lines() []uint32                                        // its interrupt lines
	Raise(line uint32) abi.Errno                            // an interrupt that did not come
	Lose(line uint32, n uint64) abi.Errno                   // the next n that come
	Ceiling(pages uint64) abi.Errno                         // the most that its account may have, until the block ends
	Watch(va uint64, access uint64, bytes uint64) abi.Errno // the fault is activated when the victim meets that
	Jump(code []byte) abi.Errno                             // its next instructions are these
	Kill() abi.Errno                                        // by its next instruction
	KillAnother() (label string, e abi.Errno)               // a service that is not the victim, drawn
}
