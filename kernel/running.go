package kernel

import "bennu/kernel/abi"

// Running is the label of the task whose context the CPU has; nil when it has none. It is for the report of a
// fault in ring 0: it changes nothing, and may be called at any instruction.
func (k *Kernel) Running() *abi.Label {
	if k.current == nil {
		return nil
	}
	return &k.current.Label
}
