package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/invariant"
	"bennu/kernel/task"
)

// checkTraces: who is traced waits the long way, and nobody else does; who is stopped has a tracer, whose end is not finished; what tracers
// are named by is known.
func (k *Kernel) checkTraces() invariant.Fault {
	for i := range k.tasks.Tasks {
		t := &k.tasks.Tasks[i]
		if !t.Live {
			continue
		}
		waits := t.Wait&(task.Sending|task.Receiving) != 0
		if (t.Wait&task.LongWay != 0) != (waits && t.Aside) {
			return invariant.Of("a task that is traced waits as if it were not, or one that is not as if it were (slot, wait)", uint64(i), uint64(t.Wait))
		}
		if by := k.tracers[t.Account].by; t.Wait&task.Stopped != 0 && (!t.Aside || k.tasks.Lookup(by) == nil && !k.dying(by)) {
			return invariant.Of("a task is stopped for nobody (slot, tracer)", uint64(i), uint64(by))
		}
		if k.tasks.Lookup(k.tracers[t.Account].by) != nil && !t.Aside {
			return invariant.Of("a life of an account that is traced is not (slot, account)", uint64(i), uint64(t.Account))
		}
	}
	for id := range k.tracers {
		if by := k.tracers[id].by; by != 0 && k.by>>by.Slot()&1 == 0 {
			return invariant.Of("a tracer that no end would look for (account, tracer)", uint64(id), uint64(by))
		}
	}
	return invariant.Fault{}
}

// dying tells whether ep is a task whose end is not finished.
func (k *Kernel) dying(ep abi.Endpoint) bool {
	t := &k.tasks.Tasks[ep.Slot()]
	return t.Endpoint == ep && t.Dying
}
