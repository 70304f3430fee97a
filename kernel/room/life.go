package room

import "bennu/kernel/abi"

// Segment is a part of an executable, loaded at [Start, End).
type Segment struct {
	Start, End uint64
	Write      bool
}

// Parts of a task's memory.
const (
	pageShift  = 12
	tableShift = 21 // what a last-level table maps
	perList    = abi.PageSize/8 - 1
	own        = 3 // context, start page, call page
	upper      = 4 // PML4, the table below it, and one for the GiB of executable, start page and call page, one for RAM
	bitmap     = 5 // the I/O bitmap, and its tables
)

// Life is the least memory, in bytes, that a life of an executable takes which uses all of its writable segments, from its
// first instruction to its end: tables, context, start page and call page, and its private copies. ports tells whether it
// reaches ports by IN and OUT. The RAM that it touches comes on top; nobody knows how much that is before it runs.
func Life(segments []Segment, ports bool) uint64 {
	var tables [512]bool // of the GiB in which all of these lie
	tables[abi.StartPage>>tableShift%512] = true
	n := uint64(own + upper)
	if ports {
		n += bitmap
	}
	for _, s := range segments {
		if s.End <= s.Start || !s.Write { // the tables of what is read-only are the image's
			continue
		}
		for t := s.Start >> tableShift; t <= (s.End-1)>>tableShift; t++ {
			tables[t%512] = true
		}
		n += (s.End-1)>>pageShift - s.Start>>pageShift + 1
	}
	for _, used := range tables {
		if used {
			n++
		}
	}
	n += (n + perList - 1) / perList // the lists that name all of these
	return n * abi.PageSize
}
