package space

import (
	"bennu/kernel/abi"
	"bennu/kernel/invariant"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

// Room is how many windows, lets and views can still be had, all tasks' together.
func (t *Windows) Room() (windows, holders, views uint64) {
	return abi.WindowRows - t.nRows, abi.WindowRows*abi.MaxWindowHolders - t.nLets, abi.MaxTasks*abi.MaxTaskWindows - t.nViews
}

// Seen is how many windows the task in a slot sees.
func (t *Windows) Seen(slot int) uint32 { return uint32(t.tasks[slot].seen) }

// Of is how many windows are an account's.
func (t *Windows) Of(a abi.AccountID) (n uint32) {
	for _, w := range t.rowsOf(a) {
		if w.id != 0 {
			n++
		}
	}
	return n
}

// Info fills a row for CallGetInfo. Errors: EDOM (past the last), ESRCH (free).
func (t *Windows) Info(row uint64, out *abi.WindowInfo) abi.Errno {
	if row >= abi.WindowRows {
		return abi.EDOM
	}
	w := &t.rows[row]
	if w.id == 0 {
		return abi.ESRCH
	}
	*out = abi.WindowInfo{ID: w.id, Owner: w.owner, Account: w.account, Size: w.pages * abi.PageSize, Frames: w.frames.Len()}
	if w.keep {
		out.Flags = abi.WindowKeep
	}
	if w.left {
		out.Left = 1
	}
	for i, l := range w.lets {
		out.Holders[i] = abi.WindowHolder{Endpoint: l.to, Rights: l.rights}
		if l.to != 0 && l.place != none {
			out.Holders[i].Address = placeAt(l.place)
		}
	}
	return abi.OK
}

// AddFrames puts the frames of a row's window into set, at most limit, and tells whose account they are on.
func (t *Windows) AddFrames(row int, set *mem.Set, limit uint64) (abi.AccountID, invariant.Fault) {
	w := &t.rows[row]
	return w.account, w.frames.AddTo(t.pool.Physical(), set, limit)
}

// Tasks is who is there, be it dying.
type Tasks interface {
	There(abi.Endpoint) bool
}

// Check looks whether windows have what they say, tasks that see them are there and see no more, and rows are counted.
// set is room for it.
func (t *Windows) Check(tasks Tasks, set *mem.Set) invariant.Fault {
	var n tally
	for i := range t.rows {
		w := &t.rows[i]
		if w.id == 0 {
			continue
		}
		f := t.checkFrames(i, w, set)
		if !f.Broken() {
			f = t.checkRow(i, w, tasks, &n)
		}
		if f.Broken() {
			return f
		}
	}
	views := uint64(0)
	for slot := range t.tasks {
		x, seen := &t.tasks[slot], 0
		for _, v := range x.places {
			if v.of != nil {
				seen++
			}
		}
		views += uint64(seen)
		if seen != x.seen || seen != n.seen[slot] || x.named != n.named[slot] || x.owned != n.owned[slot] {
			return invariant.Of("window: what a task sees, owns and may see (slot, sees)", uint64(slot), uint64(seen))
		}
	}
	if n.rows != t.nRows || n.lets != t.nLets || views != t.nViews {
		return invariant.Of("window: rows, and places for tasks (rows found, places found)", n.rows, n.lets)
	}
	return invariant.Fault{}
}

// tally is what Check has counted.
type tally struct {
	rows, lets         uint64
	named, owned, seen [abi.MaxTasks]int // by slot
}

// checkRow: the owner of w is there, or has left it; those that it is let to are there, and see it as they may.
func (t *Windows) checkRow(row int, w *window, tasks Tasks, n *tally) invariant.Fault {
	n.rows++
	if uint64(w.id)%abi.WindowRows != uint64(row) || int(w.account) != row/abi.MaxWindows || !w.left && !tasks.There(w.owner) {
		return invariant.Of("window: a row of another account, or an owner that is not there (row, owner)", uint64(row), uint64(w.owner))
	}
	if !w.left {
		n.owned[w.owner.Slot()]++
		if f := t.checkView(row, w, w.owner, w.place, abi.WindowRead|abi.WindowWrite, n); f.Broken() {
			return f
		}
	}
	names := uint64(0)
	for _, l := range w.lets {
		if l.to == 0 {
			continue
		}
		n.lets++
		n.named[l.to.Slot()]++
		names |= 1 << l.to.Slot()
		if !tasks.There(l.to) {
			return invariant.Of("window: it is let to a task that is not there (row, task)", uint64(row), uint64(l.to))
		}
		if f := t.checkView(row, w, l.to, l.place, l.rights, n); f.Broken() {
			return f
		}
	}
	if names != w.names || w.left && names == 0 || w.making != (!w.left && w.place == none) {
		return invariant.Of("window: the tasks that it is let to (row, found)", uint64(row), names)
	}
	return invariant.Fault{}
}

// checkFrames: the tables of w map its pages, each once, and nothing else.
func (t *Windows) checkFrames(row int, w *window, set *mem.Set) invariant.Fault {
	set.Clear()
	if f := w.frames.AddTo(t.pool.Physical(), set, 2*abi.MaxWindowSize/abi.PageSize); f.Broken() {
		return f
	}
	for i, table := range w.tables {
		if table == 0 {
			continue
		}
		if !set.Take(table) {
			return invariant.Of("window: a table is not its own, or used twice (row, frame)", uint64(row), uint64(table))
		}
		for j, word := range t.pool.Physical().Words(table) {
			e := paging.PTE(word) &^ (paging.Accessed | paging.Dirty)
			if there := uint64(i)<<9+uint64(j) < w.filled; !there && e != 0 || there && (e != paging.Entry(e.Frame(), windowPage) || !set.Take(e.Frame())) {
				return invariant.Of("window: an entry is not of a page of its own (row, entry)", uint64(row), uint64(e))
			}
		}
	}
	if n := w.frames.Named(); n != w.filled+parts(w.filled) || w.filled > w.pages || !w.making && w.filled < w.pages {
		return invariant.Of("window: frames (row, found)", uint64(row), n)
	}
	return invariant.Fault{}
}

// checkView: the task sees w in that place, if in any, with those rights.
func (t *Windows) checkView(row int, w *window, ep abi.Endpoint, place int, rights abi.WindowRights, n *tally) invariant.Fault {
	if place == none {
		return invariant.Fault{}
	}
	n.seen[ep.Slot()]++
	x := &t.tasks[ep.Slot()]
	if x.places[place] != (view{w, rights}) || x.space == nil || x.space.views != x {
		return invariant.Of("window: a task that sees it does not know (row, task)", uint64(row), uint64(ep))
	}
	for i := range parts(w.pages) {
		if e, want := *x.space.Part(placeAt(place) + i<<partShift), w.entry(i, rights); e&^paging.Accessed != want {
			return invariant.Of("window: the entry of a task that sees it (row, entry)", uint64(row), uint64(e))
		}
	}
	return invariant.Fault{}
}

// Part implements paging.Shares.
func (x *views) Part(va uint64) paging.PTE {
	if x.find(va).Kind != Window {
		return 0
	}
	v := &x.places[(va-windowsAt)/placeSize]
	return v.of.entry((va-windowsAt)%placeSize>>partShift, v.rights)
}

// Shares is the tables of windows that the task in a slot sees.
func (t *Windows) Shares(slot int) paging.Shares { return &t.tasks[slot] }
