package kernel

import (
	"math/bits"

	"bennu/kernel/abi"
	"bennu/kernel/invariant"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
	"bennu/kernel/task"
)

// walker is room for check: nothing is allocated after boot.
type walker struct {
	kernel          uint64  // frames that the kernel took at boot
	all             mem.Set // every frame; then those that others lend one task
	own             mem.Set // of one task
	ports           portMap
	tasks, images   [abi.MaxAccounts]uint32
	frames          [abi.MaxAccounts]uint64
	sending, queued uint64 // tasks by slot
	shares          shares
	devices         devices
}

// check walks everything that the kernel knows, and compares each part with the others: every frame has one owner;
// page tables map what their task may have; masks, queues, waits, timers, counts and tables agree. It takes far
// longer than any call may: only the root task can ask for it, and only tests do.
func (k *Kernel) check() invariant.Fault {
	for _, part := range [...]func(*Kernel) invariant.Fault{
		(*Kernel).checkParts, (*Kernel).checkFrames, (*Kernel).checkSpaces, (*Kernel).checkMasks, (*Kernel).checkWaits, (*Kernel).checkQueues,
		(*Kernel).checkAsync, (*Kernel).checkAccounts, (*Kernel).checkPorts, (*Kernel).checkTraces, (*Kernel).checkTwin, (*Kernel).checkDMA,
	} {
		if f := part(k); f.Broken() {
			return f
		}
	}
	return invariant.Fault{}
}

// checkParts lets each part look at itself.
func (k *Kernel) checkParts() invariant.Fault {
	for _, f := range [...]invariant.Fault{k.tasks.Check(), k.sched.Check(), k.timers.Check(), k.images.Check(), k.windows.Check(k, &k.walk.own), k.checkKept(), k.checkModule(), k.irqs.Check(k), paging.CheckKernel(k.phys, k.template)} {
		if f.Broken() {
			return f
		}
	}
	return invariant.Fault{}
}

// checkFrames: each frame is free, or one task's, or one image's, or the kernel's; accounts count what is theirs.
func (k *Kernel) checkFrames() invariant.Fault {
	w, size := k.walk, k.pool.Size()
	w.all.Clear()
	w.frames = [abi.MaxAccounts]uint64{}
	if f := k.pool.AddFree(&w.all); f.Broken() {
		return f
	}
	for i := range k.tasks.Tasks {
		t := &k.tasks.Tasks[i]
		if !bodied(t) {
			continue
		}
		before := w.all.Len()
		if f := t.Space.AddFrames(&w.all, size); f.Broken() {
			return f
		}
		n := w.all.Len() - before
		w.frames[t.Account] += n
		if n != t.Space.Used() {
			return invariant.Of("frames of a task (slot, counted)", uint64(i), t.Space.Used())
		}
	}
	if f := k.addOther(); f.Broken() {
		return f
	}
	for id := range abi.MaxImages {
		m := k.images.Get(id)
		if m == nil {
			continue
		}
		before := w.all.Len()
		if f := k.images.AddFrames(m, &w.all, size); f.Broken() {
			return f
		}
		w.frames[m.Account] += w.all.Len() - before
	}
	if f := k.addShared(); f.Broken() {
		return f
	}
	if f := k.addDomains(); f.Broken() {
		return f
	}
	if n := w.all.Len() + w.kernel; n != size {
		return invariant.Of("frames that nobody has, or two (all, found)", size, n)
	}
	owed := uint64(0)
	for id := range abi.AccountID(abi.MaxAccounts) {
		if a := k.accounts.Get(id); a != nil {
			owed += a.Frames.Owed()
			if a.Frames.Used() != w.frames[id] {
				return invariant.Of("frames of an account (account, found)", uint64(id), w.frames[id])
			}
		}
	}
	if owed != k.pool.Owed() {
		return invariant.Of("frames that are owed (counted, found)", k.pool.Owed(), owed)
	}
	return invariant.Fault{}
}

// checkSpaces: the page tables of each task, and its I/O bitmap.
func (k *Kernel) checkSpaces() invariant.Fault {
	w, size := k.walk, k.pool.Size()
	for i := range k.tasks.Tasks {
		t := &k.tasks.Tasks[i]
		if !bodied(t) {
			continue
		}
		w.own.Clear()
		w.all.Clear()
		t.Space.AddFrames(&w.own, size)
		k.images.AddFrames(t.Image, &w.all, size)
		k.snapshotOf(t).AddFrames(k.phys, &w.all, size)
		c := paging.Checker{Phys: k.phys, Template: k.template, Own: &w.own, Lent: &w.all, Windows: w.lent(k, i), Clock: k.wallFrame, Devices: &w.devices}
		w.devices = devices{k, t}
		c.Place[0], c.Place[1] = t.Image.Place()
		if t.Root {
			c.Module = (k.startInfo(t).ModuleSize + abi.PageSize - 1) &^ (abi.PageSize - 1)
		}
		if f := c.Check(&t.Space.Tables); f.Broken() {
			return f
		}
		if f := k.checkBitmap(t); f.Broken() {
			return f
		}
	}
	return invariant.Fault{}
}

// checkBitmap: no port is open to t that it does not have.
func (k *Kernel) checkBitmap(t *task.Task) invariant.Fault {
	low, high := t.Space.Open(k.template)
	if low == nil || t.Dying {
		return invariant.Fault{}
	}
	mine := &k.walk.ports
	*mine = portMap{}
	for _, r := range t.Priv.Ports[:t.Priv.NPorts] {
		mine.take(r)
	}
	for i, page := range [...]*mem.Words{low, high} {
		for j := range page {
			if open := ^page[j] &^ mine.words[512*i+j]; open != 0 {
				return invariant.Of("a port is open to a task that does not have it (slot, port)", uint64(t.Slot),
					uint64(i<<15+j<<6+bits.TrailingZeros64(open)))
			}
		}
	}
	return invariant.Fault{}
}

// checkPorts: each port is one task's, or nobody's.
func (k *Kernel) checkPorts() invariant.Fault {
	all := &k.walk.ports
	*all = portMap{}
	for i := range k.tasks.Tasks {
		t := &k.tasks.Tasks[i]
		if !t.Live {
			continue
		}
		for _, r := range t.Priv.Ports[:t.Priv.NPorts] {
			if !all.free(r) {
				return invariant.Of("two tasks have a port (slot, port)", uint64(i), uint64(r.First))
			}
			all.take(r)
		}
	}
	if *all != k.ports {
		return invariant.Of("ports that tasks have (counted, found)", k.ports.taken, all.taken)
	}
	return invariant.Fault{}
}

// checkWaits: exactly the tasks that wait for nothing are ready; the others wait for somebody who can come; the
// limits of waits are timers, and each timer has an owner.
func (k *Kernel) checkWaits() invariant.Fault {
	for i := range k.tasks.Tasks {
		t := &k.tasks.Tasks[i]
		slot := uint64(i)
		if ready := t.Live && (t.Wait == 0 || t.Wait&task.Reborn != 0) || t.Dying; ready != k.sched.Queued(i) {
			return invariant.Of("a slot is ready and not queued, or queued and not ready (slot, wait)", slot, uint64(t.Wait))
		}
		_, limit := k.timers.Deadline(limitID(t))
		if limit != (t.Live && t.Limited) || limit && t.Wait&(task.Sending|task.Receiving) == 0 {
			return invariant.Of("a time limit without a wait, or a wait without its limit (slot, wait)", slot, uint64(t.Wait))
		}
		if _, alarm := k.timers.Deadline(alarmID(t)); alarm && !t.Live {
			return invariant.Of("an alarm of a task that does not live (slot)", slot, 0)
		}
		if t.Live && t.Wait&task.Receiving != 0 && !k.comes(t, t.RecvFrom) {
			return invariant.Of("a task waits for one that is dead (slot, endpoint)", slot, uint64(t.RecvFrom))
		}
	}
	return invariant.Fault{}
}

// comes tells whether t, which waits for ep, can get something from it, or will be told that it died.
func (k *Kernel) comes(t *task.Task, ep abi.Endpoint) bool {
	switch ep {
	case abi.Any, abi.Hardware, abi.Clock, abi.System:
		return true
	}
	o := &k.tasks.Tasks[ep.Slot()]
	return o.Endpoint == ep && (o.Live || untold(o, t.Slot))
}

// checkQueues: a sending task is once in the queue of the task that it sends to.
func (k *Kernel) checkQueues() invariant.Fault {
	w := k.walk
	w.sending, w.queued = 0, 0
	for i := range k.tasks.Tasks {
		to := &k.tasks.Tasks[i]
		if !to.Live {
			continue
		}
		prev := task.None
		for s := to.Senders; s != task.None; prev, s = s, k.tasks.Tasks[s].NextSend {
			t := &k.tasks.Tasks[s]
			if w.queued>>s&1 != 0 || !t.Live || t.Wait&task.Sending == 0 || t.SendingTo != to.Endpoint {
				return invariant.Of("a task is queued that does not send there (slot, queue)", uint64(s), uint64(i))
			}
			w.queued |= 1 << s
		}
		if prev != to.LastSend && to.Senders != task.None {
			return invariant.Of("the end of a queue of senders (slot, end)", uint64(i), uint64(prev))
		}
	}
	for i := range k.tasks.Tasks {
		if t := &k.tasks.Tasks[i]; t.Live && t.Wait&task.Sending != 0 && w.queued>>i&1 == 0 && (k.tasks.Lookup(t.SendingTo) != nil || !k.comes(t, t.SendingTo)) {
			return invariant.Of("a task sends and is in no queue (slot, endpoint)", uint64(i), uint64(t.SendingTo))
		}
	}
	return invariant.Fault{}
}

// checkAsync: each kept message is on the list of the task that it is for. The list has an end: a message that is met twice would have two
// others before it.
func (k *Kernel) checkAsync() invariant.Fault {
	listed, kept, waiting := uint64(0), uint64(0), uint64(0)
	for i := range k.tasks.Tasks {
		t := &k.tasks.Tasks[i]
		slot, n, prev := uint64(i), 0, (*task.Async)(nil)
		for a := t.AsyncFirst; a != nil; prev, a = a, a.Next {
			n++
			if a.State != task.AsyncWaiting || a.To != t.Endpoint || a.Prev != prev || !there(t) || !k.sentBy(a) {
				return invariant.Of("a message is kept for a task that it is not for (slot, sender)", slot, uint64(a.From))
			}
		}
		if prev != t.AsyncLast {
			return invariant.Of("messages kept for a task (slot, found)", slot, uint64(n))
		}
		listed += uint64(n)
		fails := 0
		for j := range t.Async {
			switch a := &t.Async[j]; a.State {
			case task.AsyncWaiting:
				kept++
				waiting++
			case task.AsyncFailed:
				kept++
				fails++
			}
		}
		if there(t) && fails != t.AsyncFails {
			return invariant.Of("results of messages (slot, found)", slot, uint64(fails))
		}
	}
	if used := abi.MaxTasks*abi.MaxAsync - k.ipc.FreeAsync(); used != kept || waiting != listed {
		return invariant.Of("kept messages (counted, found)", used, kept)
	}
	return invariant.Fault{}
}

// sentBy tells whether a is one of its living sender's.
func (k *Kernel) sentBy(a *task.Async) bool {
	from := &k.tasks.Tasks[a.From]
	for i := range from.Async {
		if &from.Async[i] == a {
			return from.Live
		}
	}
	return false
}

// checkAccounts: tasks, images and rows of tables are counted where they are.
func (k *Kernel) checkAccounts() invariant.Fault {
	w := k.walk
	w.tasks, w.images = [abi.MaxAccounts]uint32{}, [abi.MaxAccounts]uint32{}
	hooks := uint64(0)
	for i := range k.tasks.Tasks {
		t := &k.tasks.Tasks[i]
		if there(t) {
			w.tasks[t.Account]++
		}
		if t.Live {
			hooks += uint64(t.Priv.NIRQs)
		}
	}
	for id := range abi.MaxImages {
		m := k.images.Get(id)
		if m == nil {
			continue
		}
		w.images[m.Account]++
		n := 0
		for i := range k.tasks.Tasks {
			if t := &k.tasks.Tasks[i]; there(t) && t.Image == m {
				n++
			}
		}
		if k.twin.on && k.twin.image == m {
			n++
		}
		if n != m.Tasks {
			return invariant.Of("tasks of an image (image, found)", uint64(id), uint64(n))
		}
	}
	if hooks != k.hookRows {
		return invariant.Of("lines in privileges (counted, found)", k.hookRows, hooks)
	}
	rows, free := k.accounts.ImageRows(), uint64(0)
	for id := range abi.AccountID(abi.MaxAccounts) {
		a := k.accounts.Get(id)
		if a == nil {
			free++
			continue
		}
		rows += uint64(a.Spec.Images)
		if a.Tasks != w.tasks[id] || a.Images != w.images[id] {
			return invariant.Of("tasks or images of an account (account, tasks found)", uint64(id), uint64(w.tasks[id]))
		}
	}
	if rows != abi.MaxImages-1 || free != k.accounts.Free() {
		return invariant.Of("rows of images, or accounts, that nobody has (rows, accounts)", rows, free)
	}
	return invariant.Fault{}
}

// Owns implements irq.Checker.
func (k *Kernel) Owns(owner abi.Endpoint, line uint32) bool {
	t := k.tasks.Lookup(owner)
	if t == nil {
		return false
	}
	for _, n := range t.Priv.IRQs[:t.Priv.NIRQs] {
		if l, ok := k.m.Resolve(n); ok && l == line {
			return true
		}
	}
	return false
}

// masker is a machine that can read its masks back.
type masker interface {
	Masked(line uint32) (masked, known bool)
}

// Masked implements irq.Checker.
func (k *Kernel) Masked(line uint32) (masked, known bool) {
	if k.masks == nil {
		return false, false
	}
	return k.masks.Masked(line)
}

// checkInfo is check for the root task.
func (k *Kernel) checkInfo(out *abi.Check) {
	f := k.check()
	*out = abi.Check{A: f.A, B: f.B}
	copy(out.What[:], f.What)
}
