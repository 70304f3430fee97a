package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/space"
	"bennu/kernel/task"
)

// callWindow: (WindowOp, …): memory that tasks share. WindowCreate and WindowMap return the address; Buf: WindowView. WindowCreate works
// in steps, and so does what takes a window from devices. Errors: as task.Table.Window.
func (k *Kernel) callWindow(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	a := k.accounts.Get(t.Account)
	id := abi.WindowID(f.SI)
	switch op := abi.WindowOp(f.DI); {
	case k.iommu == nil:
	case op == abi.WindowFree && k.windows.Frees(t.Endpoint, a.ID, id) && !k.loosen(id):
		t.Done++
		return again, 0
	case op == abi.WindowRevoke && t.Done > 0:
		return k.revoked(t, id), 0
	}
	v, more, e := k.tasks.Window(k.windows, t, a.ID, &a.Frames, [4]uint64{f.DI, f.SI, f.DX, f.R10}, t.Done == 0)
	switch {
	case more:
		t.Done++
		return again, 0
	case e == abi.OK && abi.WindowOp(f.DI) == abi.WindowRevoke && k.iommu != nil:
		return k.revoke(t, id, abi.Endpoint(f.DX)), 0
	case e != abi.OK || v.ID == 0:
		return e, 0
	}
	t.FramesPeak = max(t.FramesPeak, t.Space.Used())
	put(t, e, &v)
	return abi.OK, v.Address
}

// revoke has devices of a task that a window is let to no more not reach it. Where they did, it takes steps.
func (k *Kernel) revoke(t *task.Task, id abi.WindowID, from abi.Endpoint) abi.Errno {
	h := &k.dma[from.Slot()]
	if m := h.find(id); m != nil && h.domain.Owner == from {
		k.cut(h, m)
		return k.revoked(t, id)
	}
	return abi.OK
}

func (k *Kernel) revoked(t *task.Task, id abi.WindowID) abi.Errno {
	if w := k.windows.Devices(id); w != nil && w.Cut && !k.iommu.Reached(w.Mark) {
		t.Done++
		return again
	}
	return abi.OK
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
