package ioport

import (
	"strconv"

	"bennu/kernel/abi"
)

// Class says how a task may reach a port.
type Class uint8

const (
	Unlisted Class = iota // in no list: nobody knows the device. Only a service with `unguarded` gets it
	Open                  // IN and OUT of the task itself
	Guarded               // CallPortIO, which lets accesses through that stay within the device
	Never                 // no task gets it
)

func (c Class) String() string {
	return [...]string{"unlisted", "open", "guarded", "never"}[c&3]
}

// Block is ports of one class, and their device.
type Block struct {
	First, Last uint16
	Class       Class
	Name        string
}

// String is the ports as messages name them: "3f8-3ff", or "64".
func (b Block) String() string { return Name(b.First, b.Last) }

// Name is the ports first to last as messages name them.
func Name(first, last uint16) string {
	if first == last {
		return strconv.FormatUint(uint64(first), 16)
	}
	return strconv.FormatUint(uint64(first), 16) + "-" + strconv.FormatUint(uint64(last), 16)
}

// Find is the block that a port lies in: one of the table, or the gap between two of them.
func Find(port uint16) Block {
	at, end := 0, len(pc) // the first block that does not end before port is within
	for at < end {
		if m := (at + end) / 2; pc[m].Last < port {
			at = m + 1
		} else {
			end = m
		}
	}
	if at < len(pc) && pc[at].First <= port {
		return pc[at]
	}
	gap := Block{Last: 0xffff, Name: "no device that the kernel knows"}
	if at > 0 {
		gap.First = pc[at-1].Last + 1
	}
	if at < len(pc) {
		gap.Last = pc[at].First - 1
	}
	return gap
}

// Next is the first piece of r that lies in one block, cut to r, and the rest of r; more is false when there
// is none.
func Next(r abi.PortRange) (piece Block, rest abi.PortRange, more bool) {
	piece = Find(r.First)
	piece.First, piece.Last = r.First, min(piece.Last, r.Last)
	if piece.Last == r.Last {
		return piece, abi.PortRange{}, false
	}
	return piece, abi.PortRange{First: piece.Last + 1, Last: r.Last}, true
}

// Sort tells who reads and writes the ports of a range that is to be a task's: the kernel for it (guarded), or the task itself.
// ok is false when no task gets them: bad are those for which, of the kernel's own, in no list and not said to be
// unguarded, or of the other kind than the first.
func Sort(r abi.PortRange, unguarded bool) (guarded bool, bad Block, ok bool) {
	piece, rest, more := Next(r)
	for guarded = piece.Class == Guarded; ; piece, rest, more = Next(rest) {
		switch {
		case piece.Class == Never, piece.Class == Unlisted && !unguarded, (piece.Class == Guarded) != guarded:
			return false, piece, false
		case !more:
			return guarded, Block{}, true
		}
	}
}
