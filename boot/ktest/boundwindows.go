//go:build tamago

package main

import "bennu/kernel/abi"

// Worst cases of windows (bounds.go has the list).

// owners are tasks that have all the windows that they may, of the largest size, each let to as many tasks as can be, which see them.
func owners(t *T, n int, size, flags uint64) (owners, holders []*puppet, ids []abi.WindowID) {
	holders = t.puppets(abi.MaxWindowHolders)
	for range n {
		x := t.rich()
		owners = append(owners, x)
		for range abi.MaxWindows {
			id, _ := x.window(size, flags)
			for _, h := range holders {
				x.share(id, h, windowBoth)
			}
			ids = append(ids, id)
		}
	}
	return owners, holders, ids
}

func largestWindow(t *T, measure func(func())) {
	x := t.rich()
	measure(func() { x.start(abi.CallWindow, uint64(abi.WindowCreate), abi.MaxWindowSize, 0) })
	e, _ := x.result()
	t.must("create", e)
	id := t.peek(x.ep, abi.CallPage+0x100)
	measure(func() { x.start(abi.CallWindow, uint64(abi.WindowFree), id) })

	o, h, ids := owners(t, 1, abi.MaxWindowSize, 0)
	last := h[len(h)-1]
	measure(func() { last.start(abi.CallWindow, uint64(abi.WindowUnmap), uint64(ids[3])) })
	measure(func() { last.start(abi.CallWindow, uint64(abi.WindowMap), uint64(ids[3]), uint64(o[0].ep)) })
	measure(func() { o[0].start(abi.CallWindow, uint64(abi.WindowRevoke), uint64(ids[3]), uint64(last.ep)) })
	measure(func() {
		o[0].start(abi.CallWindow, uint64(abi.WindowAllow), uint64(ids[3]), uint64(last.ep), uint64(windowBoth))
	})
	measure(func() { last.start(abi.CallWindow, uint64(abi.WindowMap), uint64(ids[3]), uint64(o[0].ep)) })
	measure(func() { o[0].start(abi.CallWindow, uint64(abi.WindowFree), uint64(ids[3])) })
}

// ownersDeath: all its windows are seen by all that may, and go with it, or stay.
func ownersDeath(t *T, measure func(func())) {
	for _, flags := range []uint64{0, abi.WindowKeep} {
		o, h, _ := owners(t, 1, abi.MaxWindowSize, flags)
		measure(func() { sys.TaskKill(o[0].ep); t.buried(o[0].ep) })
		for _, x := range h { // the last one frees what was left
			measure(func() { sys.TaskKill(x.ep); t.buried(x.ep) })
		}
	}
}

// holdersDeath: it sees as many windows as it can, and is let all that all others have.
func holdersDeath(t *T, measure func(func())) {
	o, h, _ := owners(t, abi.MaxTaskWindows/abi.MaxWindows, 4<<20, 0)
	p := t.puppets(crowd - len(o) - len(h))
	for _, x := range p {
		for range abi.MaxWindows {
			id, _ := x.window(abi.PageSize, 0)
			t.must("allow", x.windowOp(abi.WindowAllow, uint64(id), uint64(h[0].ep), uint64(windowBoth)))
		}
	}
	measure(func() { sys.TaskKill(h[0].ep); t.buried(h[0].ep) })
}
