package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/ioport"
	"bennu/kernel/mem"
	"bennu/kernel/pci"
	"bennu/kernel/space"
	"bennu/kernel/task"
)

// barStep is how many pages one step gives.
const barStep = 256

// giveBAR gives t, the holder of fn, its BAR n: memory in steps, ports at once. Asked for again, it is where it was.
//
// Errors: EDOM (there is no such BAR), EINVAL (cache), ENOSPC (it is too large, or t has as many as it may), ENOMEM, EPERM and EBUSY (ports).
func (k *Kernel) giveBAR(t *task.Task, fn *pci.Function, n uint64, cache abi.BARCache) (abi.Errno, uint64) {
	if n >= abi.MaxBARs || fn.BARs[n].Kind == abi.BARNone {
		return abi.EDOM, 0
	}
	b, v := &fn.BARs[n], &fn.Views[n]
	combine := cache == abi.BARCombine && b.Flags&abi.BARPrefetch != 0
	switch {
	case cache != abi.BARUncached && !combine, v.Taken && v.Cache != cache:
		return abi.EINVAL, 0
	case b.Kind == abi.BARPorts:
		e := k.openPorts(t, portsOf(b))
		return tellBAR(t, e, b.Base, b)
	case b.Size > abi.MaxWindowSize:
		return abi.ENOSPC, 0
	case !v.Taken:
		place := t.Space.DevicePlace()
		if place < 0 {
			return abi.ENOSPC, 0
		}
		*v = pci.View{Taken: true, Cache: cache, Place: place}
	}
	for pages := fn.Pages(int(n)); v.Done < pages; {
		at, write := fn.Page(int(n), v.Done)
		if !t.Space.MapDevice(v.Place, v.Done, space.DeviceEntry(mem.Addr(at), write, combine)) {
			t.Space.UnmapDevice(v.Place, v.Done)
			k.unmapped(&t.Space)
			*v = pci.View{}
			return abi.ENOMEM, 0
		}
		if v.Done++; v.Done%barStep == 0 && v.Done < pages {
			t.Done++
			return again, 0
		}
	}
	t.FramesPeak = max(t.FramesPeak, t.Space.Used())
	return tellBAR(t, abi.OK, space.DeviceAt(v.Place)+b.Base%abi.PageSize, b)
}

func tellBAR(t *task.Task, e abi.Errno, at uint64, b *abi.BAR) (abi.Errno, uint64) {
	if e != abi.OK {
		return e, 0
	}
	put(t, e, &abi.BARView{Address: at, Size: b.Size, Kind: b.Kind})
	return e, at
}

func portsOf(b *abi.BAR) abi.PortRange {
	return abi.PortRange{First: uint16(b.Base), Last: uint16(b.Base + b.Size - 1)}
}

// openPorts adds ports of a function that t holds to those that t has. Errors: EPERM (no task gets them), EBUSY (they are another's), ENOSPC (t has
// MaxPorts ranges), ENOMEM.
func (k *Kernel) openPorts(t *task.Task, r abi.PortRange) abi.Errno {
	p := &t.Priv
	for _, o := range p.Ports[:p.NPorts] {
		if o == r {
			return abi.OK
		}
	}
	guarded, _, ok := ioport.Sort(r, true)
	if !ok || guarded {
		return abi.EPERM
	}
	for _, b := range k.guard.never {
		if r.First <= b.Last && b.First <= r.Last {
			return abi.EPERM
		}
	}
	switch low, _ := t.Space.Open(k.template); {
	case !k.ports.free(r):
		return abi.EBUSY
	case p.NPorts == abi.MaxPorts:
		return abi.ENOSPC
	case low != nil:
		t.Space.ReopenIO([]abi.PortRange{r})
	case !t.Space.OpenIO([]abi.PortRange{r}):
		return abi.ENOMEM
	default:
		k.unmapped(&t.Space) // the bitmap is another one
	}
	k.ports.take(r)
	p.Ports[p.NPorts] = r
	p.Unguarded |= 1 << p.NPorts // no list has them
	p.NPorts++
	return abi.OK
}

// takePorts takes r from the ports that t has, if it is among them.
func (k *Kernel) takePorts(t *task.Task, r abi.PortRange) {
	p := &t.Priv
	for i, o := range p.Ports[:p.NPorts] {
		if o != r {
			continue
		}
		p.NPorts--
		last := p.NPorts
		bit := p.Unguarded >> last & 1
		p.Ports[i], p.Ports[last] = p.Ports[last], abi.PortRange{}
		p.Unguarded = p.Unguarded&^(1<<i|1<<last) | bit<<i
		if uint32(i) == last {
			p.Unguarded &^= 1 << i
		}
		k.ports.drop(r)
		t.Space.ShutIO()
		var io ioRights
		if k.sortPorts(t, p, &io) == abi.OK {
			t.Space.ReopenIO(io.open[:io.nOpen])
		}
		return
	}
}
