package iommu

import "bennu/kernel/abi"

// Fault is a request of a device that went nowhere.
//
// Source: Intel Virtualization Technology for Directed I/O, "Fault Recording Registers", "Fault Reason Encodings".
type Fault struct {
	Source  uint16 // requester id
	Address uint64 // of the page, as the device says it; of an interrupt, its index
	Reason  uint8
	Write   bool
}

// Source is what one requester id was refused.
type Source struct {
	Last  Fault
	Owner abi.Label // who had it at the last one
	Count uint64    // 0: the row is free
	since uint32    // since it was last attached
	Muted bool      // no more faults of it are recorded, until it is attached again
}

// First tells whether the last fault is the first one since the source was attached.
func (s *Source) First() bool { return s.since == 1 }

// Faults counts faults by source.
type Faults struct {
	rows [maxRows]Source
	// All is how many there were, Others how many of those of sources for which there was no row.
	All, Others uint64
}

const (
	maxRows = abi.MaxDMAFaults
	// MuteAfter is how many faults of one source are recorded: who causes a flood is counted no further, and costs nothing.
	MuteAfter = 16
)

// NextFault takes a fault from the hardware and counts it. The one with which its source is muted has last set. ok is false when there is none.
func (t *Table) NextFault() (f Fault, s *Source, last, ok bool) {
	if f.Source, f.Address, f.Reason, f.Write, ok = t.hw.Fault(); !ok {
		return f, nil, false, false
	}
	t.All++
	if s = t.Faults.row(f.Source); s == nil {
		t.Others++
		return f, nil, false, true
	}
	s.Last = f
	s.Count++
	if s.since++; s.since >= MuteAfter && !s.Muted {
		if s.Muted = t.mute(f.Source); !s.Muted {
			t.hw.Hush()
		}
		return f, s, s.Muted, true
	}
	return f, s, false, true
}

// Row is the n-th source that had faults; nil: there are no more.
func (t *Faults) Row(n uint64) *Source {
	if n >= maxRows || t.rows[n].Count == 0 {
		return nil
	}
	return &t.rows[n]
}

// row is that of a source, which gets one; nil when all are others'.
func (t *Faults) row(source uint16) *Source {
	for i := range t.rows {
		s := &t.rows[i]
		if s.Count == 0 || s.Last.Source == source {
			return s
		}
	}
	return nil
}

// forgive has faults of a source recorded again.
func (t *Faults) forgive(source uint16) {
	if s := t.row(source); s != nil && s.Count != 0 {
		s.since, s.Muted = 0, false
	}
}

// mute has no more faults of a source recorded. false when its bus is not known: the units cannot tell its faults from others then.
func (t *Table) mute(source uint16) bool {
	w, i, at := t.context(source)
	if w == nil {
		return false
	}
	w[i] |= faultless
	t.written(at, 8)
	t.hw.Settle()
	domain := uint16(0)
	if w[i]&present != 0 {
		domain = uint16(w[i+1] >> 8)
	}
	t.hw.ForgetContext(source, domain)
	return true
}

// why is the reasons in words, by number.
var why = [...]string{
	1: "no domain for its bus", 2: "no domain", 3: "broken context entry", 4: "beyond the address width", 5: "may not be written", 6: "may not be read",
	7: "broken table", 8: "broken root table", 9: "broken context table", 10: "broken root entry", 11: "broken context entry", 12: "broken entry", 13: "translated already",
	0x20: "interrupt of a reserved form", 0x21: "interrupt beyond the table", 0x22: "interrupt without an entry", 0x23: "broken table of interrupts",
	0x24: "broken entry of an interrupt", 0x25: "interrupt in compatibility format", 0x26: "interrupt of another's",
}

// Why is the reason in words.
func (f *Fault) Why() string {
	if int(f.Reason) < len(why) && why[f.Reason] != "" {
		return why[f.Reason]
	}
	return "for a reason that is not known"
}
