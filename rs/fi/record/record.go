// Package record is what the injector writes while it works: a stream of frames that a host reads. A frame that begins a block is written
// before anything is done, so that a machine that ends tells in which block it did.
//
// A frame is the byte 0xb5, its kind, the number of bytes of its content (two bytes, the lower first), the content, and the CRC-32C of
// all that (four bytes). In the content numbers are varints (encoding/binary), texts and lists have their length before them.
package record

import (
	"bennu/kernel/abi"
	"bennu/rs/fi/code"
	"bennu/rs/fi/outcome"
)

// Hello is the first frame of a boot.
type Hello struct {
	Plan     string   // as the injector understood it
	Types    []string // of the faults: Fault.Type is an index
	ImageCRC uint64   // CRC-32C of the victim's executable
	TextBase uint64
	TextSize uint64
	TSCHz    uint64
	Sites    [code.Strata]uint32 // instructions
	Reached  [code.Strata]uint32 // of which the golden run reached
	// Eligible is, by index of Types times code.Strata plus the stratum, the instructions that the golden run reached and where the type
	// applies; empty without a golden run. How many there are in all, the reader counts.
	Eligible []uint32
	Unknowns uint32   // bytes that do not decode
	Unknown  []uint64 // addresses of the first of them
}

// Begin says that a block is about to be made.
type Begin struct {
	Block uint32
	Ep    abi.Endpoint
	Life  uint32 // incarnation
	Warm  bool
	TSC   uint64
}

// Fault is one fault of the block.
type Fault struct {
	Index     uint16
	Type      uint8 // index of its name in Hello.Types
	Stratum   code.Stratum
	Activated bool
	Addr      uint64 // Code, AtSite; else 0
	Old, New  []byte // the instruction's bytes
	TSC       uint64 // when it was activated
	Stops     uint64 // which stop for its tracer that was, in all of the boot
	Words     string // what a Strike did
}

// Drawn is a fault that is about to be made, of a plan that says prove: what it may do to the machine leaves nobody who could tell of it.
type Drawn Fault

// End says what came of a block.
type End struct {
	Block       uint32
	Outcome     outcome.Outcome
	Reason      abi.Reason // of the first death of the victim
	Vector      uint32
	RIP, CR2    uint64
	Deaths      uint32 // of the victim in this block
	Works       bool   // operations on its last life were right
	Ops         uint32 // checked and right
	Errors      uint32 // answered with a definite error
	Wrong       uint32
	Lost        uint32 // not answered in time
	FaultNS     uint64 // times since boot: when the last fault before the death was activated
	DeathNS     uint64
	DetectNS    uint64
	ReadyNS     uint64
	WrongNS     uint64 // first silent failure
	Collaterals []string
	TSC         uint64
	Words       string // InjectorError, Lie: what
}

// Bye is the last frame of a plan.
type Bye struct {
	Blocks uint32
	TSC    uint64
	Words  string // why it ended before the plan's end; empty: it did not
}
