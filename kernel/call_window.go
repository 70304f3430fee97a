package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/space"
	"bennu/kernel/task"
)

// callWindow: (WindowOp, …): memory that tasks share. WindowCreate and WindowMap return the address; Buf: WindowView. WindowCreate works
// in steps. Errors: as task.Table.Window.
func (k *Kernel) callWindow(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	a := k.accounts.Get(t.Account)
	v, more, e := k.tasks.Window(k.windows, t, a.ID, &a.Frames, [4]uint64{f.DI, f.SI, f.DX, f.R10}, t.Done == 0)
	switch {
	case more:
		t.Done++
		return again, 0
	case e != abi.OK || v.ID == 0:
		return e, 0
	}
	t.FramesPeak = max(t.FramesPeak, t.Space.Used())
	put(t, e, &v)
	return abi.OK, v.Address
}

// unmapped has the processor forget what it remembers of a space that has lost entries.
func (k *Kernel) unmapped(s *space.Space) {
	if t := k.current(); t != nil && s == &t.Space {
		k.cpu.Switch(t.Ctx, s.Root)
	}
}

// There implements space.Tasks.
func (k *Kernel) There(ep abi.Endpoint) bool {
	t := &k.tasks.Tasks[ep.Slot()]
	return t.Endpoint == ep && there(t)
}
