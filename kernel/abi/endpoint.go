package abi

// Endpoint names one life of one task: a slot and the generation of that slot. A
// restart always changes it; the old one then answers EDEADSRCDST for ever (until
// 65534 generations later).
type Endpoint uint32

// The slot is the low 15 bits (MINIX's newest layout).
const (
	endpointShift = 15
	slotMask      = 1<<endpointShift - 1

	// MaxGeneration is the last one; 1 follows it.
	MaxGeneration = 65534
)

// Special endpoints: generation 0, slots that no task has.
const (
	Hardware Endpoint = 0x7ff0 // interrupts come from it
	Clock    Endpoint = 0x7ff1 // alarms
	System   Endpoint = 0x7ff2 // deaths (to the root task), results of senda
	Self     Endpoint = 0x7ffd
	Any      Endpoint = 0x7ffe
	None     Endpoint = 0x7fff
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
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' {
			l[i] = c
			continue
		}
		return Label{}, false
	}
	return l, true
}

func (l Label) String() string {
	for i, c := range l {
		if c == 0 {
			return string(l[:i])
		}
	}
	return string(l[:])
}
