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
		n, e := p.Info(q.kind, q.index, q.to)
		switch {
		case e == abi.EPERM && q.index == 1:
			return Result{Errno: e, Text: "the worst delays are the reincarnation server's to count anew"}
		case e != abi.OK:
			return Result{Errno: e}
		case n < len(q.to):
			return Result{Errno: abi.EIO, Text: "the kernel tells less than this program expects: it is of another version"}
		}
	}
	res.Images, res.Errno = list[abi.ImageInfo](p, abi.InfoImage, abi.MaxImages)
	return res
}
