package service

import (
	"bytes"

	"bennu/kernel/abi"
)

// tasks lists the kernel's task table.
func tasks(p Port) Result {
	res := Result{NowNS: p.Now()}
	res.Tasks, res.Errno = list[abi.TaskInfo](p, abi.InfoTask, abi.MaxTasks)
	return res
}

// list reads a table of the kernel, without its free places.
func list[T any](p Port, kind abi.InfoKind, most uint64) (rows []T, e abi.Errno) {
	one := make([]T, 1)
	for i := uint64(0); i < most; i++ {
		switch _, e := p.Info(kind, i, memory(one)); e {
		case abi.OK:
			rows = append(rows, one[0])
		case abi.ESRCH:
		case abi.EDOM:
			return rows, abi.OK
		default:
			return rows, e
		}
	}
	return rows, abi.OK
}

// info reads the counters of the machine. The worst delays are those since boot or since they
// were reset, which reset does after reading.
func info(p Port, reset bool) Result {
	res := Result{NowNS: p.Now()}
	parts := [...]struct {
		kind  abi.InfoKind
		index uint64
		to    []byte
	}{
		{abi.InfoMachine, 0, abi.Bytes(&res.Machine)},
		{abi.InfoCounts, 0, abi.Bytes(&res.Counts)},
		{abi.InfoLatency, 0, abi.Bytes(&res.Latency)},
		{abi.InfoHeap, 0, abi.Bytes(&res.Heap)},
	}
	if reset {
		parts[2].index = 1
	}
	for _, q := range parts {
		if n, e := p.Info(q.kind, q.index, q.to); e != abi.OK || n < len(q.to) {
			res.Errno = max(e, abi.EIO)
			return res
		}
	}
	res.Images, res.Errno = list[abi.ImageInfo](p, abi.InfoImage, abi.MaxImages)
	return res
}

// log reads the newest lines of the kernel's log.
func log(p Port, lines int) Result {
	var res Result
	var buf [len(abi.CallArea{}.Buf)]byte
	for pos := uint64(0); ; {
		n, e := p.Info(abi.InfoLog, pos, buf[:])
		if e != abi.OK && e != abi.EAGAIN && e != abi.EDOM {
			res.Errno = e
			return res
		}
		if e != abi.OK || n <= 8 {
			break
		}
		at := little(buf[:8])
		if at > pos {
			res.Log = res.Log[:0] // what was read before is no longer next to this
		}
		res.Log = append(res.Log, buf[8:n]...)
		pos = at + uint64(n-8)
	}
	res.Log = tail(res.Log, lines)
	return res
}

func little(b []byte) (v uint64) {
	for i := 7; i >= 0; i-- {
		v = v<<8 | uint64(b[i])
	}
	return v
}

// tail keeps the last n lines; a line without its end counts.
func tail(b []byte, n int) []byte {
	end := len(bytes.TrimSuffix(b, []byte{'\n'}))
	at := end
	for ; n > 0; n-- {
		i := bytes.LastIndexByte(b[:at], '\n')
		if i < 0 {
			return b
		}
		at = i
	}
	return b[at+1:]
}
