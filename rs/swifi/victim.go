package main

import (
	"errors"

	"bennu/kernel/abi"
	"bennu/rs/fi/code"
)

// text reads the victim's executable: the segment with its code, and the others that it may only read.
func (j world) text(ep abi.Endpoint) (*code.Text, error) {
	var text code.Segment
	var others []code.Segment
	for _, a := range j.Areas(ep) {
		if a.Kind != abi.AreaImage || a.Rights&abi.AreaWrite != 0 {
			continue
		}
		s := code.Segment{Addr: a.Start, Bytes: make([]byte, a.End-a.Start)}
		if e := j.Read(ep, a.Start, s.Bytes); e != abi.OK {
			return nil, errors.New("the victim's executable cannot be read: " + e.Name())
		}
		switch {
		case a.Rights&abi.AreaExecute == 0:
			others = append(others, s)
		case text.Bytes != nil:
			return nil, errors.New("the victim has more than one executable segment")
		default:
			text = s
		}
	}
	return code.New(text, others...)
}

// maxLine is the last interrupt line that is looked for.
const maxLine = 23

// probe finds the victim's interrupt lines: those of which it can lose an interrupt, of which it loses none.
func (j *injector) probe(ep abi.Endpoint) (lines []uint32) {
	for line := range uint32(maxLine + 1) {
		if j.c.TraceLose(ep, line, 0) == abi.OK {
			lines = append(lines, line)
		}
	}
	return lines
}

// Areas is the victim's memory.
func (j world) Areas(ep abi.Endpoint) (list []abi.TraceArea) {
	var a abi.TraceArea
	for addr := uint64(0); j.c.TraceRegion(ep, addr, &a) == abi.OK; addr = a.End {
		list = append(list, a)
	}
	return list
}

// Read copies from the victim's memory. Errors: EFAULT (not all of it is there).
func (j world) Read(ep abi.Endpoint, va uint64, b []byte) abi.Errno {
	for len(b) > 0 {
		n, e := j.c.TraceRead(ep, va, b[:min(len(b), abi.MaxCopy)])
		switch {
		case e != abi.OK:
			return e
		case n == 0:
			return abi.EFAULT
		}
		b, va = b[n:], va+uint64(n)
	}
	return abi.OK
}

// Write copies into a private copy of the victim's memory.
func (j world) Write(ep abi.Endpoint, va uint64, b []byte) abi.Errno {
	return j.c.TraceWrite(ep, va, b)
}
