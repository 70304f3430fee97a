package conf

import (
	"bennu/kernel/abi"
	"bennu/kernel/room"
)

// Room is the memory that the services' reserves may have together. It is given to one after the other in the order of the
// file: an earlier service is more important.
type Room struct {
	Bytes uint64
	Of    string // the owner of the memory, in words
	More  string // the way to make it larger, in words

	promised uint64
}

// promise is a service's reserve in whole pages, in bytes.
func (s *Service) promise() uint64 { return s.Reserve &^ (abi.PageSize - 1) }

// Reserved is the sum of all services' reserves, in bytes.
func (f *File) Reserved() (n uint64) {
	for i := range f.Services {
		n += f.Services[i].promise()
	}
	return n
}

// Room is the memory that the smallest machine for this file leaves its services, beside a boot archive of so many
// bytes.
func (f *File) Room(archive uint64) Room {
	r := Room{Bytes: room.Services(f.Memory, archive)}
	r.Of = "a machine of " + sizeName(f.Memory) + " has them beside kernel and firmware (" + sizeName(room.Kernel+room.Firmware) + "), the boot archive (" +
		sizeName(room.Archive(archive)) + ") and rs (" + sizeName(room.Root(archive)) + ")"
	const m = 1 << 20
	need := (room.Machine(archive, f.Reserved()) + m - 1) / m * m
	r.More = `"machine { memory ` + sizeName(need) + `; };" and a machine that has so much`
	return r
}

// Admit promises a service its reserve out of r. The fault says why it cannot have it; later services may still have
// theirs.
func (f *File) Admit(r *Room, s *Service) (Fault, bool) {
	n, left := s.promise(), r.Bytes-r.promised
	if n <= left {
		r.promised += n
		return Fault{}, true
	}
	return f.ReserveFault(s, "makes the sum "+sizeName(r.promised+n)+" of "+sizeName(r.Bytes)+", expected at most "+sizeName(left)+": "+
		sizeName(r.promised)+" are promised to those before it; "+r.Of+`. A lower "reserve" helps, or `+r.More), false
}

// ReserveFault is a fault of a service's reserve, at the place of the reserve's statement, else at the service's.
func (f *File) ReserveFault(s *Service, text string) Fault {
	return f.sizeFault(s, "reserve", s.Reserve, text)
}

// AdmitLife refuses a service that could not live, or not come back, with the memory that it may have: least is the least
// memory that a life of its executable takes, in bytes. A reserve of nothing promises nothing: that is a note, not a
// fault.
func (f *File) AdmitLife(s *Service, least uint64) (x Fault, note, ok bool) {
	least += s.Kept
	text := "expected at least " + sizeName(least) + ": its executable's writable segments, page tables and kernel pages come to that"
	if s.Kept > 0 {
		text += ", with its kept memory"
	}
	switch {
	case s.Memory < least:
		return f.sizeFault(s, "memory", s.Memory, "is less than a life takes, "+text), false, false
	case s.Reserve == 0:
		return f.ReserveFault(s, "promises nothing: it does not come back while others have all memory"), true, false
	case s.promise() < least:
		return f.ReserveFault(s, "is less than a life takes, "+text), false, false
	}
	return Fault{}, false, true
}

// sizeFault is a fault of a service's size, from a keyword or its default.
func (f *File) sizeFault(s *Service, keyword string, size uint64, text string) Fault {
	x := Fault{File: f.Name, Line: s.Line, Col: s.Col, Label: s.Label}
	w, ok := f.from[s.Label][keyword]
	if !ok {
		x.Text = keyword + " (the default, " + sizeName(size) + ") " + text
		return x
	}
	x.Line, x.Col = w.args[0].line, w.args[0].col
	x.Text = keyword + ": " + sizeName(size) + " " + text
	if w.by.name.text != s.Label {
		x.Text += " (" + w.by.quoted() + " has the line)"
	}
	return x
}
