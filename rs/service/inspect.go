package service

import "bennu/kernel/abi"

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

// info reads the counters of the machine. The worst delays are those since boot or since they were reset.
func info(p Port) Result {
	res := Result{NowNS: p.Now()}
	parts := [...]struct {
		kind abi.InfoKind
		to   []byte
	}{
		{abi.InfoMachine, abi.Bytes(&res.Machine)},
		{abi.InfoCounts, abi.Bytes(&res.Counts)},
		{abi.InfoLatency, abi.Bytes(&res.Latency)},
		{abi.InfoHeap, abi.Bytes(&res.Heap)},
	}
	for _, q := range parts {
		if failed := counters(p, q.kind, q.to); failed.Errno != abi.OK {
			return failed
		}
	}
	res.Images, res.Errno = list[abi.ImageInfo](p, abi.InfoImage, abi.MaxImages)
	return res
}

// counters fills to with one row of the kernel's. Errors: those of the kernel, EIO (the row is shorter).
func counters(p Port, kind abi.InfoKind, to []byte) Result {
	n, e := p.Info(kind, 0, to)
	if e == abi.OK && n < len(to) {
		return Result{Errno: abi.EIO, Text: otherKernel}
	}
	return Result{Errno: e}
}

const otherKernel = "the kernel tells less than this program expects: it is of another version"

// measure is info, and has the worst delays counted anew from now on. Only RS may ask the kernel for that; its
// answer is the record until then.
func measure(a *Asker, r Request, done func(Result)) {
	a.Ask(a.RS(), abi.Msg{Type: abi.RSMeasure}, LimitRS, func(m *abi.Msg, e abi.Errno) {
		if e != abi.OK {
			f := failure(r, m, e)
			done(Result{Errno: f.errno, Text: f.text()})
			return
		}
		res := info(a)
		res.Latency = abi.Latency{MaxKernelNS: m.Arg[1], MaxKernelCall: m.Arg[2] & (1<<32 - 1), MaxReadyNS: m.Arg[3],
			MaxReadyTask: abi.Endpoint(m.Arg[2] >> 32), Entries: m.Arg[4]}
		done(res)
	})
}
