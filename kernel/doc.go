// Package kernel is the ring-0 half of the system: it runs tasks, carries their messages, grants
// them ports, interrupt lines and memory, and reports their deaths. It has no policy: it
// never starts a task by itself but the first, and never restarts one.
//
// It is an event loop (loop.go): pick a task, enter ring 3, come back with a reason, handle it.
// Interrupts are off throughout but in idle; nothing allocates after New and StartRoot. One
// file is one kernel call (call_NAME.go); death.go is the end of a task.
package kernel
