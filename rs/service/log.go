package service

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strconv"

	"bennu/kernel/abi"
)

// logLine is a line of the log, or a remark in the place of lost ones.
type logLine struct {
	seq  uint64 // of the line; of a remark, that of the next line that is left
	text string
}

// log reads the newest lines of the kernel's log: those of all sources, in the order in which they were written. Lost lines are
// told where their source goes on. Lines written meanwhile are left out, for all sources alike.
func log(p Port, lines int) Result {
	var newest []logLine
	buf, end := make([]byte, len(abi.CallArea{}.Buf)), uint64(0)
	for source := range abi.LogSources {
		some, e := readSource(p, buf, source, lines, &end)
		switch {
		case e == abi.EDOM: // a kernel with fewer sources
		case e != abi.OK:
			return Result{Errno: e}
		case len(some) > 0:
			newest = append(newest, some...)
			slices.SortStableFunc(newest, func(a, b logLine) int { return cmp.Compare(a.seq, b.seq) })
			newest = last(newest, lines)
		}
	}
	var res Result
	for _, l := range newest {
		res.Log = append(append(res.Log, l.text...), '\n')
	}
	return res
}

// readSource reads the newest lines of one source that were written before the line that is number end of all; 0: before
// now, which becomes end.
func readSource(p Port, buf []byte, source, lines int, end *uint64) (some []logLine, e abi.Errno) {
	for at := uint64(0); ; {
		var h abi.LogHeader
		n, e := p.Info(abi.InfoLog, abi.LogIndex(source, at), buf)
		if e != abi.OK {
			return nil, e
		}
		rest := buf[copy(abi.Bytes(&h), buf[:n]):n]
		if *end == 0 {
			*end = h.End
		}
		for i := range h.Lines {
			seq, text, size := parseLine(rest)
			if size == 0 {
				return nil, abi.EIO // not this ABI
			}
			if seq >= *end {
				return some, abi.OK
			}
			if i == 0 && h.Lost > 0 {
				some = append(some, logLine{seq, lost(source, &h)})
			}
			some = append(last(some, lines), logLine{seq, string(text)})
			rest = rest[size:]
		}
		if h.Lines == 0 || h.Next <= at {
			return some, abi.OK
		}
		at = h.Next
	}
}

// parseLine takes apart the abi.LogLine that b begins with. size is 0 when it is not whole.
func parseLine(b []byte) (seq uint64, text []byte, size int) {
	const header = 16
	if len(b) < header {
		return 0, nil, 0
	}
	n := uint64(binary.LittleEndian.Uint32(b[8:]))
	end := (header + n + 7) &^ 7
	if end > uint64(len(b)) {
		return 0, nil, 0
	}
	return binary.LittleEndian.Uint64(b), b[header : header+n], int(end)
}

// lost is the remark in the place of lines that are gone.
func lost(source int, h *abi.LogHeader) string {
	s := "... " + strconv.FormatUint(h.Lost, 10) + " line"
	if h.Lost != 1 {
		s += "s"
	}
	if source >= abi.LogAccounts {
		return s + " about " + h.Name.String() + " lost"
	}
	return s + " of " + h.Name.String() + " lost"
}

// last keeps the n newest lines.
func last(l []logLine, n int) []logLine {
	if len(l) <= n {
		return l
	}
	return slices.Delete(l, 0, len(l)-n)
}
