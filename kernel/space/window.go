package space

import (
	"bennu/kernel/abi"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

// Where tasks see windows: place n begins at windowsAt + n*placeSize. A place is twice as large as the largest window, so that
// who runs over one's end does not come to the next; all are in one GiB, so that a task needs two tables for them.
const (
	windowsAt = abi.WindowBase + 1<<38 // far behind every boot archive
	placeSize = 2 * abi.MaxWindowSize
	placesEnd = windowsAt + abi.MaxTaskWindows*placeSize

	windowParts = abi.MaxWindowSize >> partShift
)

// window is memory that tasks share: frames, and the last-level tables that map them. Who sees it has entries that point to
// these tables; so losing it is an entry for each. The entries, not the tables, say whether it may be written.
type window struct {
	id      abi.WindowID // 0: none
	owner   abi.Endpoint
	account abi.AccountID
	holder  *mem.Holder
	keep    bool
	making  bool // not all frames are there: nobody knows of it
	left    bool // the owner has ended, those who see it keep it
	pages   uint64
	filled  uint64 // of them, that are there
	frames  mem.List
	tables  [windowParts]mem.Addr
	devices Devices

	place int    // of the owner, which always sees it, once it is made
	names uint64 // bits by slot: the tasks of lets
	lets  [abi.MaxWindowHolders]let
}

// let is a task that a window is let to.
type let struct {
	to     abi.Endpoint // 0: nobody
	rights abi.WindowRights
	place  int // where it sees it; none: it does not
}

const none = -1

// view is a window that a task sees.
type view struct {
	of     *window // nil: none
	rights abi.WindowRights
}

// views is the windows that one task sees.
type views struct {
	space  *Space // from the first one on
	places [abi.MaxTaskWindows]view
	seen   int // places taken
	owned  int // windows that the task owns, the one in making included
	named  int // lets to it
	scan   int // rows that its end has looked at
}

// Windows is all windows, and who sees them. Each account has rows of its own, each window places of its own for holders, each task places
// of its own in its memory: nobody takes another's.
type Windows struct {
	pool     *mem.Pool
	rows     [abi.WindowRows]window
	tasks    [abi.MaxTasks]views // by slot
	serial   abi.WindowID        // of the newest
	nRows    uint64              // taken
	nLets    uint64
	nViews   uint64
	Unmapped func(*Space) // a space has lost entries: what the processor remembers of it is old
}

// NewWindows makes an empty table; frames come out of pool.
func NewWindows(pool *mem.Pool) *Windows { return &Windows{pool: pool} }

// row finds the window with that id that is wholly made; nil: there is none.
func (t *Windows) row(id abi.WindowID) *window {
	w := &t.rows[id%abi.WindowRows]
	if id == 0 || w.id != id || w.making {
		return nil
	}
	return w
}

// owned finds a window of ep's; nil: it has none with that id.
func (t *Windows) owned(ep abi.Endpoint, id abi.WindowID) *window {
	if w := t.row(id); w != nil && w.owner == ep && !w.left && !w.devices.Own {
		return w
	}
	return nil
}

// rowsOf is the rows of an account.
func (t *Windows) rowsOf(a abi.AccountID) []window {
	return t.rows[int(a)*abi.MaxWindows:][:abi.MaxWindows]
}

// Create is one step of making a window of size bytes of zeros, whole pages, whose owner is ep, a task with memory s on account a
// whose frames are h's. first is the first of them, and ends what ep has begun and not finished; more asks for another one. After the
// last one the owner sees it. An error leaves nothing.
//
// Errors: EINVAL (size, flags), ENOSPC (the account has MaxWindows, or the task sees MaxTaskWindows), ENOMEM.
func (t *Windows) Create(ep abi.Endpoint, s *Space, a abi.AccountID, h *mem.Holder, size, flags uint64, first bool) (v abi.WindowView, more bool, e abi.Errno) {
	w := t.unfinished(ep, a)
	if first {
		if w != nil {
			t.release(w)
		}
		w, e = t.begin(ep, s, a, h, size, flags)
	}
	if w == nil && e == abi.OK {
		e = abi.EINVAL
	}
	if e != abi.OK {
		return v, false, e
	}
	if !t.fill(w) {
		t.release(w)
		return v, false, abi.ENOMEM
	}
	if w.filled < w.pages {
		return v, true, abi.OK
	}
	v, e = t.made(w, ep, s)
	return v, false, e
}

// made is the last step of making w: its owner sees it. An error ends it.
func (t *Windows) made(w *window, ep abi.Endpoint, s *Space) (v abi.WindowView, e abi.Errno) {
	x := &t.tasks[ep.Slot()]
	place := x.free()
	if e := t.show(w, x, s, place, abi.WindowRead|abi.WindowWrite); e != abi.OK {
		t.release(w)
		return v, e
	}
	w.making, w.place = false, place
	return w.view(place, abi.WindowRead|abi.WindowWrite), abi.OK
}

// unfinished is the window that ep has begun to make; nil: none.
func (t *Windows) unfinished(ep abi.Endpoint, a abi.AccountID) *window {
	rows := t.rowsOf(a)
	for i := range rows {
		if w := &rows[i]; w.making && w.owner == ep {
			return w
		}
	}
	return nil
}

// begin takes a row for a window without frames. Errors: as Create.
func (t *Windows) begin(ep abi.Endpoint, s *Space, a abi.AccountID, h *mem.Holder, size, flags uint64) (*window, abi.Errno) {
	if size == 0 || size > abi.MaxWindowSize || flags&^abi.WindowKeep != 0 {
		return nil, abi.EINVAL
	}
	x, rows, row := &t.tasks[ep.Slot()], t.rowsOf(a), 0
	for row < len(rows) && rows[row].id != 0 {
		row++
	}
	if row == len(rows) || x.free() == none {
		return nil, abi.ENOSPC
	}
	pages := (size + abi.PageSize - 1) / abi.PageSize
	n := pages + parts(pages)
	if n += (n + mem.PerList - 1) / mem.PerList; !t.pool.Can(h, n) {
		return nil, abi.ENOMEM
	}
	t.serial++
	id := t.serial*abi.WindowRows + abi.WindowID(int(a)*abi.MaxWindows+row)
	rows[row] = window{id: id, owner: ep, account: a, holder: h, keep: flags&abi.WindowKeep != 0, making: true, pages: pages, place: none}
	x.owned++
	t.nRows++
	return &rows[row], abi.OK
}

// parts is how many last-level tables map so many pages.
func parts(pages uint64) uint64 { return (pages + 511) / 512 }

// fillStep is how many pages one step of Create gives.
const fillStep = 16

const windowPage = paging.Present | paging.Writable | paging.User | paging.NX | paging.Shared

// fill gives w its next pages, and the tables for them. false when memory is out.
func (t *Windows) fill(w *window) bool {
	phys := t.pool.Physical()
	for range min(fillStep, w.pages-w.filled) {
		table := &w.tables[w.filled/512]
		if *table == 0 {
			if *table = t.own(w); *table == 0 {
				return false
			}
		}
		a := t.own(w)
		if a == 0 {
			return false
		}
		phys.Words(*table)[w.filled%512] = uint64(paging.Entry(a, windowPage))
		w.filled++
	}
	return true
}

// own takes a frame of zeros on the window's list; 0 when memory is out.
func (t *Windows) own(w *window) mem.Addr {
	if w.frames.Full() {
		l := t.pool.GetDirty(w.holder)
		if l == 0 {
			return 0
		}
		w.frames.Grow(t.pool.Physical(), l)
	}
	a := t.pool.Get(w.holder)
	if a != 0 {
		w.frames.Add(t.pool.Physical(), a)
	}
	return a
}

// release ends w: nobody sees it any more, and its frames are free.
func (t *Windows) release(w *window) {
	for i := range w.lets {
		if w.lets[i].to != 0 {
			t.drop(w, &w.lets[i])
		}
	}
	if !w.left {
		x := &t.tasks[w.owner.Slot()]
		t.hide(w, x, w.place)
		x.owned--
	}
	t.pool.PutList(w.holder, &w.frames)
	*w = window{}
	t.nRows--
}

// view is w as the task sees it that has it in a place.
func (w *window) view(place int, rights abi.WindowRights) abi.WindowView {
	return abi.WindowView{ID: w.id, Address: placeAt(place), Size: w.pages * abi.PageSize, Rights: rights}
}

func placeAt(place int) uint64 { return windowsAt + uint64(place)*placeSize }

// free is a place that x has for one more window; none: it has no more.
func (x *views) free() int {
	for i := range x.places {
		if x.places[i].of == nil {
			return i
		}
	}
	return none
}

// show lets x, whose memory is s, see w in a place. Errors: ENOSPC (there is no place), ENOMEM (of x's; nothing is changed).
func (t *Windows) show(w *window, x *views, s *Space, place int, rights abi.WindowRights) abi.Errno {
	if place == none {
		return abi.ENOSPC
	}
	if !s.ReserveWhole(windowsAt) {
		return abi.ENOMEM
	}
	entries := s.Parts(placeAt(place), parts(w.pages))
	for i := range entries {
		entries[i] = uint64(w.entry(uint64(i), rights))
	}
	x.space, x.places[place] = s, view{w, rights}
	s.views = x
	x.seen++
	t.nViews++
	return abi.OK
}

// entry is what points to the i-th table of w where a task has rights.
func (w *window) entry(i uint64, rights abi.WindowRights) paging.PTE {
	bits := paging.Present | paging.User | paging.Shared | paging.NX
	if rights&abi.WindowWrite != 0 {
		bits |= paging.Writable
	}
	return paging.Entry(w.tables[i], bits)
}

// hide undoes show.
func (t *Windows) hide(w *window, x *views, place int) {
	if place == none {
		return
	}
	clear(x.space.Parts(placeAt(place), parts(w.pages)))
	x.places[place] = view{}
	x.seen--
	t.nViews--
	if t.Unmapped != nil {
		t.Unmapped(x.space)
	}
}
