package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/task"
)

// current is the task whose page tables and context the processor has; nil when it has none.
func (k *Kernel) current() *task.Task {
	c := k.cpu.Current
	if c == nil {
		return nil
	}
	return &k.tasks.Tasks[c.Slot]
}

// Running is the label of the task whose context the CPU has; nil when it has none. It is for the report of a
// fault in ring 0: it changes nothing, and may be called at any instruction.
func (k *Kernel) Running() *abi.Label {
	if t := k.current(); t != nil {
		return &t.Label
	}
	return nil
}
