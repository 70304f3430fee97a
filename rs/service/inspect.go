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
		if e == abi.OK && n < len(q.to) {
			e = abi.EIO // not this ABI
		}
		if e != abi.OK {
			res.Errno = e
			return res
		}
	}
	res.Images, res.Errno = list[abi.ImageInfo](p, abi.InfoImage, abi.MaxImages)
	return res
}
