package space

import "bennu/kernel/abi"

// Allow lets to see the window id of ep's, from its Map on. Errors: EINVAL (ep has no such window; rights; to is ep), EEXIST (it is let to it),
// ENOSPC (it is let to MaxWindowHolders). Preconditions: to lives.
func (t *Windows) Allow(ep abi.Endpoint, id abi.WindowID, to abi.Endpoint, rights abi.WindowRights) abi.Errno {
	w := t.owned(ep, id)
	if w == nil || to == ep || rights != abi.WindowRead && rights != abi.WindowRead|abi.WindowWrite {
		return abi.EINVAL
	}
	if w.let(to) != nil {
		return abi.EEXIST
	}
	l := w.let(0)
	if l == nil {
		return abi.ENOSPC
	}
	*l = let{to: to, rights: rights, place: none}
	w.names |= 1 << to.Slot()
	t.tasks[to.Slot()].named++
	t.nLets++
	return abi.OK
}

// let finds what lets w to a task, or with 0 the place for one more; nil: there is none.
func (w *window) let(to abi.Endpoint) *let {
	for i := range w.lets {
		if w.lets[i].to == to {
			return &w.lets[i]
		}
	}
	return nil
}

// Map has ep, whose memory is s, see a window of owner's that is let to it. Errors: EPERM (owner has no such window, or it is not let to ep),
// EEXIST (ep sees it), ENOSPC (ep sees MaxTaskWindows), ENOMEM (ep's, for page tables).
func (t *Windows) Map(ep abi.Endpoint, s *Space, owner abi.Endpoint, id abi.WindowID) (v abi.WindowView, e abi.Errno) {
	w := t.owned(owner, id)
	if w == nil {
		return v, abi.EPERM
	}
	l := w.let(ep)
	switch {
	case l == nil:
		return v, abi.EPERM
	case l.place != none:
		return v, abi.EEXIST
	}
	x := &t.tasks[ep.Slot()]
	place := x.free()
	if e := t.show(w, x, s, place, l.rights); e != abi.OK {
		return v, e
	}
	l.place = place
	return w.view(place, l.rights), abi.OK
}

// Unmap has ep see the window no more. It may map it again, as long as the owner lives and lets it. Errors: EINVAL (it does not see it, or is
// the owner).
func (t *Windows) Unmap(ep abi.Endpoint, id abi.WindowID) abi.Errno {
	w := t.row(id)
	if w == nil {
		return abi.EINVAL
	}
	l := w.let(ep)
	if l == nil || l.place == none {
		return abi.EINVAL
	}
	if w.left {
		t.drop(w, l)
		t.unused(w)
		return abi.OK
	}
	t.hide(w, &t.tasks[ep.Slot()], l.place)
	l.place = none
	return abi.OK
}

// Revoke undoes Allow, and the Map of to. Errors: EINVAL (ep has no such window), ESRCH (it is not let to to).
func (t *Windows) Revoke(ep abi.Endpoint, id abi.WindowID, to abi.Endpoint) abi.Errno {
	w := t.owned(ep, id)
	if w == nil || to == 0 {
		return abi.EINVAL
	}
	l := w.let(to)
	if l == nil {
		return abi.ESRCH
	}
	t.drop(w, l)
	return abi.OK
}

// Free ends a window of ep's, or one that a dead task of its account has left. Errors: EINVAL (there is none).
func (t *Windows) Free(ep abi.Endpoint, a abi.AccountID, id abi.WindowID) abi.Errno {
	w := t.owned(ep, id)
	if o := t.row(id); w == nil && o != nil && o.left && o.account == a {
		w = o
	}
	if w == nil {
		return abi.EINVAL
	}
	t.release(w)
	return abi.OK
}

// drop takes w from the task that l names.
func (t *Windows) drop(w *window, l *let) {
	x := &t.tasks[l.to.Slot()]
	t.hide(w, x, l.place)
	w.names &^= 1 << l.to.Slot()
	x.named--
	t.nLets--
	*l = let{}
}

// unused ends a window that was left and that nobody sees any more.
func (t *Windows) unused(w *window) {
	if w.left && w.names == 0 {
		t.release(w)
	}
}

// Work of one step of Forget.
const (
	forgetRows = 40 // that are looked at
	forgetLets = 6  // that are ended
)

// Forget is one step of the end of ep, a task of account a: what it owns and what it sees. It tells whether there was nothing left to do.
func (t *Windows) Forget(ep abi.Endpoint, a abi.AccountID) (done bool) {
	x := &t.tasks[ep.Slot()]
	switch {
	case x.owned > 0:
		t.leaveOne(ep, a)
		return false
	case x.named > 0:
		t.forgetLets(x, ep)
		return false
	}
	x.space, x.scan = nil, 0
	return true
}

// leaveOne ends one of the windows that ep, of account a, owns.
func (t *Windows) leaveOne(ep abi.Endpoint, a abi.AccountID) {
	rows := t.rowsOf(a)
	for i := range rows {
		if w := &rows[i]; w.id != 0 && w.owner == ep && !w.left {
			t.leave(w)
			return
		}
	}
}

// Unsee is one step of the end of a life of ep, a task of account a that goes on with another life: what it owns ends, and what it sees it sees no
// more. What is let to it stays let to it. It tells whether there was nothing left to do.
func (t *Windows) Unsee(ep abi.Endpoint, a abi.AccountID) (done bool) {
	x := &t.tasks[ep.Slot()]
	if x.owned > 0 {
		t.leaveOne(ep, a)
		return false
	}
	n := 0
	for i := 0; x.seen > 0 && i < len(x.places); i++ {
		if w := x.places[i].of; w != nil {
			if n++; n > forgetLets {
				return false
			}
			t.Unmap(ep, w.id)
		}
	}
	x.space, x.scan = nil, 0
	return true
}

// forgetLets ends some of what lets windows to ep.
func (t *Windows) forgetLets(x *views, ep abi.Endpoint) {
	end := min(x.scan+forgetRows, len(t.rows))
	for n := 0; x.scan < end && n < forgetLets && x.named > 0; x.scan++ {
		w := &t.rows[x.scan]
		if w.names>>ep.Slot()&1 == 0 {
			continue
		}
		t.drop(w, w.let(ep))
		t.unused(w)
		n++
	}
}

// leave ends a window whose owner ends, or leaves it to those who see it.
func (t *Windows) leave(w *window) {
	if w.making || !w.keep {
		t.release(w)
		return
	}
	x := &t.tasks[w.owner.Slot()]
	t.hide(w, x, w.place)
	x.owned--
	w.left, w.place = true, none
	for i := range w.lets {
		if l := &w.lets[i]; l.to != 0 && l.place == none {
			t.drop(w, l)
		}
	}
	t.unused(w)
}

// find is the place that va lies in, as far as the task sees something there.
func (x *views) find(va uint64) Region {
	if x == nil || va-windowsAt >= placesEnd-windowsAt {
		return Region{}
	}
	place := int((va - windowsAt) / placeSize)
	w := x.places[place].of
	if w == nil || va-placeAt(place) >= w.pages*abi.PageSize {
		return Region{}
	}
	return Region{Start: placeAt(place), End: placeAt(place) + w.pages*abi.PageSize, Kind: Window}
}

// WindowAt is the window that the task sees at va; 0: none.
func (s *Space) WindowAt(va uint64) abi.WindowID {
	if s.views.find(va).Kind != Window {
		return 0
	}
	return s.views.places[(va-windowsAt)/placeSize].of.id
}

// WindowAddress tells whether va is one at which tasks see windows: who finds nothing there may have lost it to its owner.
func WindowAddress(va uint64) bool { return va-windowsAt < placesEnd-windowsAt }

// Windowed tells whether the space has, or ever had, windows, or has devices' memory: its own frames are tables for them. There is no snapshot of
// such a task.
func (s *Space) Windowed() bool { return s.views != nil || s.devices != 0 }
