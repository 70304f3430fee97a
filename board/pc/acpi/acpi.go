// Package acpi reads the firmware's static tables: where the interrupt controllers are, how the
// machine is switched off, where PCI's configuration space lies. It interprets no AML.
//
// Each length is bounded and each checksum checked before anything else of a table is believed.
//
// Source: UEFI Forum, "Advanced Configuration and Power Interface (ACPI) Specification".
package acpi

import (
	"encoding/binary"
	"strconv"
)

// Memory is physical memory to read from. Window gives the n bytes at an address, or not ok when
// there is no memory, or none that may be read.
type Memory interface {
	Window(addr, n uint64) (b []byte, ok bool)
}

// Error is why a table was not believed: its signature, its address (0: not found at
// all), what is wrong.
type Error struct {
	Table string
	Addr  uint64
	What  string
}

func (e *Error) Error() string {
	s := "acpi: " + e.Table
	if e.Addr != 0 {
		s += " at 0x" + strconv.FormatUint(e.Addr, 16)
	}
	return s + ": " + e.What
}

// Bounds of what is believed.
const (
	maxTables = 128     // entries of RSDT or XSDT
	maxTable  = 4 << 20 // bytes; the DSDT is the longest, and real ones stay below 1 MiB
)

// Header of all tables but RSDP and FACS.
//
// Source: ACPI, "System Description Table Header".
const (
	offLength   = 4
	offRevision = 8
	sizeHeader  = 36
)

// Table is a table whose length and checksum are right. Bytes are the machine's own memory.
type Table struct {
	Signature string
	Addr      uint64
	Bytes     []byte
}

// Tables are the tables that the root pointer leads to.
type Tables struct {
	mem  Memory
	List []Table
}

// Root pointer.
//
// Source: ACPI, "Root System Description Pointer (RSDP) Structure".
const (
	signatureRSDP = "RSD PTR "
	sizeRSDP1     = 20
	sizeRSDP2     = 36
	offRSDPRev    = 15
	offRSDT       = 16
	offRSDPLength = 20
	offXSDT       = 24
)

// Where a BIOS may leave the root pointer, and the word that holds the segment of its
// extended data area.
//
// Source: ACPI, "Finding the RSDP on IA-PC Systems".
const (
	biosStart  = 0xe_0000
	biosEnd    = 0x10_0000
	ebdaWord   = 0x40e
	ebdaSearch = 1024
)

// Find searches the BIOS areas for the root pointer. Memory that cannot be read is left
// out: bennu's page 0 is not mapped, and then the extended data area is not searched.
//
// Errors: *Error, when no area holds one with a right checksum.
func Find(mem Memory) (rsdp uint64, err error) {
	if b, ok := mem.Window(ebdaWord, 2); ok {
		if ebda := uint64(le16(b)) << 4; ebda != 0 && ebda < biosStart {
			if a, ok := search(mem, ebda, ebda+ebdaSearch); ok {
				return a, nil
			}
		}
	}
	if a, ok := search(mem, biosStart, biosEnd); ok {
		return a, nil
	}
	return 0, &Error{"RSDP", 0, "not in the BIOS areas"}
}

func search(mem Memory, from, to uint64) (addr uint64, ok bool) {
	for a := from; a+sizeRSDP1 <= to; a += 16 {
		if b, ok := mem.Window(a, sizeRSDP1); ok && string(b[:8]) == signatureRSDP && sum(b) == 0 {
			return a, true
		}
	}
	return 0, false
}

// Root is what the root pointer says: the table that leads to all others.
type Root struct {
	signature string // RSDT or XSDT
	addr      uint64
	width     int // of its entries, in bytes
}

// ReadRoot reads the root pointer at a physical address. It names the XSDT where there is one.
//
// Errors: *Error.
func ReadRoot(mem Memory, rsdp uint64) (Root, error) { return root(mem, rsdp, true) }

// CopiedRoot reads a root pointer that a boot loader has copied. Of a newer one it may have copied no more than
// what revision 0 has.
//
// Errors: *Error, of no address.
func CopiedRoot(b []byte) (Root, error) { return root(copied(b), 0, len(b) >= sizeRSDP2) }

// copied is memory that begins at 0.
type copied []byte

func (c copied) Window(addr, n uint64) (b []byte, ok bool) {
	if size := uint64(len(c)); addr > size || n > size-addr {
		return nil, false
	}
	return c[addr : addr+n], true
}

func root(mem Memory, rsdp uint64, whole bool) (Root, error) {
	b, ok := mem.Window(rsdp, sizeRSDP1)
	if !ok {
		return Root{}, &Error{"RSDP", rsdp, "no memory there"}
	}
	if string(b[:8]) != signatureRSDP {
		return Root{}, &Error{"RSDP", rsdp, "wrong signature"}
	}
	if sum(b) != 0 {
		return Root{}, &Error{"RSDP", rsdp, "bad checksum"}
	}
	if whole && b[offRSDPRev] >= 2 {
		xsdt, err := extended(mem, rsdp)
		if err != nil {
			return Root{}, err
		}
		if xsdt != 0 {
			return Root{"XSDT", xsdt, 8}, nil
		}
	}
	return Root{"RSDT", uint64(le32(b[offRSDT:])), 4}, nil
}

// Load follows the root pointer and checks every table that it leads to.
//
// A table other than RSDT and XSDT that is broken is left out, and is among the faults:
// one bad vendor table must not cost the machine. Whoever needs it gets an error then.
//
// Errors: *Error that names RSDT or XSDT.
func Load(mem Memory, from Root) (t *Tables, faults []error, err error) {
	table, err := read(mem, from.signature, from.addr)
	if err != nil {
		return nil, nil, err
	}
	t = &Tables{mem: mem}
	entries := table.Bytes[sizeHeader:]
	if len(entries)%from.width != 0 || len(entries)/from.width > maxTables {
		return nil, nil, &Error{from.signature, from.addr, "impossible length " + strconv.Itoa(len(table.Bytes))}
	}
	for ; len(entries) > 0; entries = entries[from.width:] {
		a := uint64(le32(entries))
		if from.width == 8 {
			a = le64(entries)
		}
		if a == 0 { // seen in the wild, and meant as "no table"
			continue
		}
		entry, err := read(mem, "", a)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		t.List = append(t.List, entry)
	}
	return t, faults, nil
}

// extended is the XSDT's address in a root pointer of revision 2 or later.
func extended(mem Memory, rsdp uint64) (xsdt uint64, err error) {
	b, ok := mem.Window(rsdp, sizeRSDP2)
	if !ok {
		return 0, &Error{"RSDP", rsdp, "cut off"}
	}
	n := uint64(le32(b[offRSDPLength:]))
	if n < sizeRSDP2 || n > 4096 {
		return 0, &Error{"RSDP", rsdp, "impossible length " + strconv.FormatUint(n, 10)}
	}
	if b, ok = mem.Window(rsdp, n); !ok {
		return 0, &Error{"RSDP", rsdp, "cut off"}
	}
	if sum(b) != 0 {
		return 0, &Error{"RSDP", rsdp, "bad extended checksum"}
	}
	return le64(b[offXSDT:]), nil
}

// read checks the table at an address. With signature "", any is right.
func read(mem Memory, signature string, addr uint64) (Table, error) {
	name := signature
	if name == "" {
		name = "table"
	}
	b, ok := mem.Window(addr, sizeHeader)
	if !ok {
		return Table{}, &Error{name, addr, "no memory there"}
	}
	found := printable(b[:4])
	if signature != "" && found != signature {
		return Table{}, &Error{name, addr, "signature is '" + found + "'"}
	}
	name = found
	n := uint64(le32(b[offLength:]))
	if n < sizeHeader || n > maxTable {
		return Table{}, &Error{name, addr, "impossible length " + strconv.FormatUint(n, 10)}
	}
	if b, ok = mem.Window(addr, n); !ok {
		return Table{}, &Error{name, addr, "cut off: " + strconv.FormatUint(n, 10) + " bytes are not all in memory"}
	}
	if sum(b) != 0 {
		return Table{}, &Error{name, addr, "bad checksum"}
	}
	return Table{found, addr, b}, nil
}

// find is the first table with a signature and at least least bytes.
func (t *Tables) find(signature string, least int) (Table, error) {
	for _, e := range t.List {
		if e.Signature != signature {
			continue
		}
		if len(e.Bytes) < least {
			return Table{}, &Error{signature, e.Addr, "impossible length " + strconv.Itoa(len(e.Bytes))}
		}
		return e, nil
	}
	return Table{}, &Error{signature, 0, "no such table"}
}

// sum is the checksum: 0 when it is right.
func sum(b []byte) (s uint8) {
	const even = 0x00ff00ff00ff00ff // every other byte of a word; what their sums carry on does not count
	words := uint64(0)
	for ; len(b) >= 8; b = b[8:] {
		w := binary.LittleEndian.Uint64(b)
		words = words&even + w&even + w>>8&even
	}
	for _, c := range b {
		s += c
	}
	return s + uint8(words) + uint8(words>>16) + uint8(words>>32) + uint8(words>>48)
}

// printable makes text of a signature that may be garbage.
func printable(b []byte) string {
	var s [4]byte
	for i := range s {
		s[i] = '?'
		if b[i] >= ' ' && b[i] < 0x7f {
			s[i] = b[i]
		}
	}
	return string(s[:])
}

func le16(b []byte) uint16 { return uint16(b[0]) | uint16(b[1])<<8 }

func le32(b []byte) uint32 { return uint32(le16(b)) | uint32(le16(b[2:]))<<16 }

func le64(b []byte) uint64 { return uint64(le32(b)) | uint64(le32(b[4:]))<<32 }
