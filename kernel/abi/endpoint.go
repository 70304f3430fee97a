package abi

// Endpoint names one life of one task: a slot and the generation of that slot. A
// restart always changes it; the old one then answers EDEADSRCDST until the slot has had
// MaxGeneration more lives. Slots are reused first in, first out, so that a machine in which n
// slots are free sees an endpoint again after n*MaxGeneration lives at the earliest.
type Endpoint uint32

// The slot has the bits that MaxTasks needs; the generation has all others.
const (
	endpointShift = 6
	slotMask      = 1<<endpointShift - 1

	// MaxGeneration is the last one; 1 follows it.
	MaxGeneration = 1<<(32-endpointShift) - 1
)

// Special endpoints: generation 0, which no task has.
const (
	Hardware Endpoint = 0x30 // interrupts come from it
	Clock    Endpoint = 0x31 // alarms
	System   Endpoint = 0x32 // deaths (to the root task), results of senda
	Self     Endpoint = 0x3d
	Any      Endpoint = 0x3e
	None     Endpoint = 0x3f
)

// MakeEndpoint joins a slot and its generation.
func MakeEndpoint(slot int, generation uint32) Endpoint {
	return Endpoint(generation<<endpointShift | uint32(slot)&slotMask)
}

// Slot is the task table's index.
func (e Endpoint) Slot() int { return int(e & slotMask) }

// Generation counts the lives that the slot has had.
func (e Endpoint) Generation() uint32 { return uint32(e) >> endpointShift }

// Label is the name of a service: 1 to 16 bytes, lower case, zero-padded.
type Label [LabelSize]byte

// MakeLabel cuts nothing: a name that is empty, longer than LabelSize, or not made
// of a-z, 0-9, '-', '_' and '.' is refused.
func MakeLabel(s string) (l Label, ok bool) {
	if len(s) == 0 || len(s) > LabelSize {
		return l, false
	}
	for i := 0; i < len(s); i++ {
		if !labelByte(s[i]) {
			return Label{}, false
		}
		l[i] = s[i]
	}
	return l, true
}

// Valid tells whether MakeLabel makes such a label.
func (l Label) Valid() bool {
	n := 0
	for n < LabelSize && labelByte(l[n]) {
		n++
	}
	for _, c := range l[n:] {
		if c != 0 {
			return false
		}
	}
	return n > 0
}

func labelByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'
}

func (l Label) String() string {
	for i, c := range l {
		if c == 0 {
			return string(l[:i])
		}
	}
	return string(l[:])
}
