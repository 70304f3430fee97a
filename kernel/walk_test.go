package kernel

import (
	"strings"
	"testing"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/layout"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
	"bennu/kernel/task"
)

// walked is a kernel with something of everything: tasks that wait for each other, kept messages, ports, a line, an
// alarm, a message limit, an image.
type walked struct {
	*rig
	a, b, c *task.Task
	image   uint32
	window  abi.WindowView // of a, which b sees, and c may
	view    uint64         // where b sees it
}

func newWalked(t *testing.T) *walked {
	r := newRig(t)
	w := &walked{rig: r}
	g := rights()
	g.NPorts, g.NIRQs = 1, 1
	g.Ports[0], g.IRQs[0] = abi.PortRange{First: 0x2f8, Last: 0x2ff}, 17
	w.a, w.b, w.c = r.make(g), r.make(rights()), r.make(rights())
	w.image = r.load(code.New().Stop().ELF())
	if e, _ := r.call(w.a, abi.CallIRQCtl, uint64(abi.IRQSetPolicy), 17, 1); e != abi.OK {
		t.Fatal(e.Name())
	}
	r.call(w.a, abi.CallSetAlarm, 1e9)
	w.window = r.window(w.a, 3*abi.PageSize, 0)
	w.view = r.share(w.a, w.window.ID, w.b, abi.WindowRead)
	e, _ := r.call(w.a, abi.CallWindow, uint64(abi.WindowAllow), uint64(w.window.ID), uint64(w.c.Endpoint), uint64(readWrite))
	r.want("allow", e, abi.OK)
	r.call(w.b, abi.CallSendA, uint64(w.a.Endpoint), 7)
	r.call(w.b, abi.CallSendA, uint64(w.a.Endpoint), 8)
	r.call(w.c, abi.CallNotify, uint64(w.a.Endpoint))
	r.exception(w.b, 14, 4, abi.RAMBase) // a page of its own
	r.exception(w.c, 14, 4, abi.RAMBase)
	r.syscall(w.b, abi.CallSendRec, uint64(w.a.Endpoint), 1e12)
	r.until("sendrec", func() bool { return w.b.Wait != 0 })
	r.syscall(w.c, abi.CallReceive, uint64(w.a.Endpoint), abi.NoTimeout)
	r.until("receive", func() bool { return w.c.Wait != 0 })
	if f := r.check(); f.Broken() {
		t.Fatalf("before anything is broken: %s: %#x, %#x", f.What, f.A, f.B)
	}
	return w
}

// entry is an entry of a task's page tables.
func (w *walked) entry(t *task.Task, va uint64) *paging.PTE {
	w.t.Helper()
	e := t.Space.Lookup(va)
	if e == nil {
		w.t.Fatalf("no entry for %#x", va)
	}
	return e
}

// listFrame stands for the frame of one of the pool's own lists.
const listFrame = ^uint64(0)

// Each broken invariant is found, and named with its place.
func TestWalk(t *testing.T) {
	for _, c := range []struct {
		name, want string
		do         func(w *walked) (a, b uint64) // what its words name in brackets
	}{
		{"a frame lost", "frames that nobody has, or two", func(w *walked) (a, b uint64) {
			w.pool.Get(nil)
			return w.pool.Size(), w.pool.Size() - 1
		}},
		{"a frame of a task free, too", "twice there", func(w *walked) (a, b uint64) {
			f := w.entry(w.a, abi.StartPage).Frame()
			w.pool.Put(nil, f)
			return uint64(f), listFrame
		}},
		{"a frame on an account that has it not", "frames of an account", func(w *walked) (a, b uint64) {
			w.pool.Put(nil, w.pool.Get(&w.accounts.Get(w.a.Account).Frames))
			return uint64(w.a.Account), w.accounts.Get(w.a.Account).Frames.Used() - 1
		}},
		{"a reserve of nobody", "frames that are owed", func(w *walked) (a, b uint64) {
			w.pool.Promise(new(mem.Holder), 3, 3)
			return w.pool.Owed(), w.pool.Owed() - 3
		}},
		{"another's page mapped", "not the space's own", func(w *walked) (a, b uint64) {
			*w.entry(w.a, abi.StartPage) = *w.entry(w.b, abi.StartPage)
			return abi.StartPage, uint64(w.entry(w.b, abi.StartPage).Frame())
		}},
		{"a page mapped twice", "mapped twice", func(w *walked) (a, b uint64) {
			*w.entry(w.a, abi.StartPage) = *w.entry(w.a, abi.CallPage) &^ paging.Writable
			return abi.CallPage, uint64(w.entry(w.a, abi.CallPage).Frame())
		}},
		{"writable and executable", "writable and executable", func(w *walked) (a, b uint64) {
			*w.entry(w.a, abi.CallPage) &^= paging.NX
			return abi.CallPage, uint64(*w.entry(w.a, abi.CallPage))
		}},
		{"a shared page writable", "shared page is writable", func(w *walked) (a, b uint64) {
			*w.entry(w.a, abi.ImageBase) |= paging.Writable | paging.NX
			return abi.ImageBase, uint64(*w.entry(w.a, abi.ImageBase))
		}},
		{"a shared page of another image", "not of the task's executable", func(w *walked) (a, b uint64) {
			*w.entry(w.a, abi.ImageBase) = *w.entry(w.root, abi.ImageBase)
			return abi.ImageBase, uint64(w.entry(w.root, abi.ImageBase).Frame())
		}},
		{"a table of another's", "a table is not the space's own", func(w *walked) (a, b uint64) {
			root, other := w.phys.Words(w.a.Space.Root), w.phys.Words(w.b.Space.Root)
			root[layout.LowSlot] = other[layout.LowSlot]
			return 0, uint64(paging.PTE(other[layout.LowSlot]).Frame())
		}},
		{"another first GiB", "the first GiB is not the template's", func(w *walked) (a, b uint64) {
			low := paging.PTE(w.phys.Words(w.a.Space.Root)[layout.LowSlot]).Frame()
			w.phys.Words(low)[0] = 0x1003
			return 0, 0x1003
		}},
		{"a large page", "other bits", func(w *walked) (a, b uint64) {
			*w.entry(w.a, abi.CallPage) |= paging.Large
			return abi.CallPage, uint64(*w.entry(w.a, abi.CallPage))
		}},
		{"the kernel's part changed", "not the template's", func(w *walked) (a, b uint64) {
			w.phys.Words(w.a.Space.Root)[300] = 0x1003
			return 300, 0x1003
		}},
		{"the kernel's part open", "the kernel's part is open to ring 3", func(w *walked) (a, b uint64) {
			*paging.WalkEntry(w.phys, w.template, paging.TSSLinear) |= paging.User
			return paging.TSSLinear, uint64(*paging.WalkEntry(w.phys, w.template, paging.TSSLinear))
		}},
		{"the kernel's part executable", "the kernel's part is writable and executable", func(w *walked) (a, b uint64) {
			*paging.WalkEntry(w.phys, w.template, paging.TSSLinear) &^= paging.NX
			return paging.TSSLinear, uint64(*paging.WalkEntry(w.phys, w.template, paging.TSSLinear))
		}},
		{"a page beside the bitmap", "beside the I/O bitmap", func(w *walked) (a, b uint64) {
			*w.entry(w.a, paging.IOEnd+abi.PageSize) = 0x1003
			return paging.IOEnd + abi.PageSize, 0x1003
		}},
		{"the bitmap open to ring 3", "I/O bitmap is not", func(w *walked) (a, b uint64) {
			*w.entry(w.a, paging.IOBitmap) |= paging.User
			return paging.IOBitmap, uint64(*w.entry(w.a, paging.IOBitmap))
		}},
		{"a port too many", "does not have it", func(w *walked) (a, b uint64) {
			w.phys.Words(w.entry(w.a, paging.IOBitmap).Frame())[1] = 0
			return uint64(w.a.Slot), 64
		}},
		{"a port of two", "two tasks have a port", func(w *walked) (a, b uint64) {
			w.b.Priv.NPorts, w.b.Priv.Ports[0] = 1, w.a.Priv.Ports[0]
			return uint64(w.b.Slot), 0x2f8
		}},
		{"a port that nobody has taken", "ports that tasks have", func(w *walked) (a, b uint64) {
			w.ports.take(abi.PortRange{First: 0x5000, Last: 0x5000})
			return 9, 8
		}},
		{"a mask of a dead slot", "names a slot that nobody has", func(w *walked) (a, b uint64) {
			w.a.SendTo |= 1 << 60
			return uint64(w.a.Slot), 60
		}},
		{"a notification of a dead slot", "names a slot that nobody has", func(w *walked) (a, b uint64) {
			w.a.Notified |= 1 << 60
			return uint64(w.a.Slot), 60
		}},
		{"a way to one that is no peer", "that is no peer", func(w *walked) (a, b uint64) {
			w.a.SendTo |= 1 << w.b.Slot
			w.a.Peers &^= 1 << w.b.Slot
			return uint64(w.a.Slot), uint64(w.b.Slot)
		}},
		{"ready, not queued", "ready and not queued", func(w *walked) (a, b uint64) {
			w.sched.Block(w.a.Slot)
			return uint64(w.a.Slot), 0
		}},
		{"queued, not ready", "queued and not ready", func(w *walked) (a, b uint64) {
			w.sched.Ready(w.b.Slot, 0)
			return uint64(w.b.Slot), uint64(w.b.Wait)
		}},
		{"a wait without its limit", "a time limit", func(w *walked) (a, b uint64) {
			w.timers.Cancel(limitID(w.b))
			return uint64(w.b.Slot), uint64(w.b.Wait)
		}},
		{"a limit without a wait", "a time limit", func(w *walked) (a, b uint64) {
			w.timers.Set(limitID(w.a), 5)
			return uint64(w.a.Slot), 0
		}},
		{"an alarm of nobody", "alarm of a task that does not live", func(w *walked) (a, b uint64) {
			w.timers.Set(2*60, 5)
			return 60, 0
		}},
		{"waits for a dead one", "waits for one that is dead", func(w *walked) (a, b uint64) {
			w.c.RecvFrom += 64
			return uint64(w.c.Slot), uint64(w.c.RecvFrom)
		}},
		{"untraced, and waits the long way", "waits as if it were not", func(w *walked) (a, b uint64) {
			w.c.Wait |= task.LongWay
			return uint64(w.c.Slot), uint64(w.c.Wait)
		}},
		{"traced, and waits the short way", "waits as if it were not", func(w *walked) (a, b uint64) {
			w.c.Aside = true
			return uint64(w.c.Slot), uint64(w.c.Wait)
		}},
		{"stopped for nobody", "stopped for nobody", func(w *walked) (a, b uint64) {
			w.c.Wait |= task.Stopped
			return uint64(w.c.Slot), 0
		}},
		{"a life that is not traced", "an account that is traced", func(w *walked) (a, b uint64) {
			w.tracers[w.c.Account].by = w.a.Endpoint
			return uint64(w.c.Slot), uint64(w.c.Account)
		}},
		{"a tracer that is not known", "no end would look for", func(w *walked) (a, b uint64) {
			w.tracers[abi.MaxAccounts-1].by = w.a.Endpoint
			return abi.MaxAccounts - 1, uint64(w.a.Endpoint)
		}},
		{"a sender in no queue", "sends and is in no queue", func(w *walked) (a, b uint64) {
			w.a.Senders, w.a.LastSend = task.None, task.None
			return uint64(w.b.Slot), uint64(w.a.Endpoint)
		}},
		{"a queue's end", "end of a queue", func(w *walked) (a, b uint64) {
			w.a.LastSend = w.c.Slot
			return uint64(w.a.Slot), uint64(w.b.Slot)
		}},
		{"a queue of a stranger", "queued that does not send", func(w *walked) (a, b uint64) {
			w.a.Senders = w.c.Slot
			return uint64(w.c.Slot), uint64(w.a.Slot)
		}},
		{"a message without a list", "messages kept for a task", func(w *walked) (a, b uint64) {
			w.a.AsyncLast = nil
			return uint64(w.a.Slot), 2
		}},
		{"messages in a circle", "not for", func(w *walked) (a, b uint64) {
			w.a.AsyncLast.Next = w.a.AsyncFirst
			return uint64(w.a.Slot), uint64(w.b.Slot)
		}},
		{"a message off the list", "messages kept for a task", func(w *walked) (a, b uint64) {
			w.a.AsyncFirst.Next = nil
			return uint64(w.a.Slot), 1
		}},
		{"a message of somebody else", "not for", func(w *walked) (a, b uint64) {
			w.a.AsyncFirst.From = w.c.Slot
			return uint64(w.a.Slot), uint64(w.c.Slot)
		}},
		{"a result uncounted", "results of messages", func(w *walked) (a, b uint64) {
			w.c.AsyncFails++
			return uint64(w.c.Slot), 0
		}},
		{"a slot kept", "kept messages", func(w *walked) (a, b uint64) {
			w.c.Async[3].State = task.AsyncFailed
			w.c.AsyncFails++
			return 2, 3
		}},
		{"a hook of nobody", "no such line", func(w *walked) (a, b uint64) {
			w.a.Priv.NIRQs = 0
			w.hookRows--
			return 0, uint64(w.a.Endpoint)
		}},
		{"a line open that nobody has", "mask is not", func(w *walked) (a, b uint64) {
			w.m.open[5] = true
			return 5, 0
		}},
		{"a line masked that its owner waits for", "mask is not", func(w *walked) (a, b uint64) {
			w.m.open[17] = false
			return 17, 1
		}},
		{"a window for writing that is let for reading", "entry of a task that sees it", func(w *walked) (a, b uint64) {
			*w.b.Space.Part(w.view) |= paging.Writable
			return uint64(w.a.Account) * abi.MaxWindows, uint64(*w.b.Space.Part(w.view))
		}},
		{"a window that the task has not mapped", "a window that the task does not see", func(w *walked) (a, b uint64) {
			*w.b.Space.Part(w.view + 1<<25) = *w.b.Space.Part(w.view)
			return w.view + 1<<25, uint64(*w.b.Space.Part(w.view))
		}},
		{"a window executable", "entry of a task that sees it", func(w *walked) (a, b uint64) {
			*w.b.Space.Part(w.view) &^= paging.NX
			return uint64(w.a.Account) * abi.MaxWindows, uint64(*w.b.Space.Part(w.view))
		}},
		{"a window's entry gone", "entry of a task that sees it", func(w *walked) (a, b uint64) {
			*w.b.Space.Part(w.view) = 0
			return uint64(w.a.Account) * abi.MaxWindows, 0
		}},
		{"a page of a window executable", "not of a page of its own", func(w *walked) (a, b uint64) {
			*w.entry(w.b, w.view) &^= paging.NX
			return uint64(w.a.Account) * abi.MaxWindows, uint64(*w.entry(w.a, w.window.Address))
		}},
		{"a page of another's in a window", "not of a page of its own", func(w *walked) (a, b uint64) {
			p := w.entry(w.b, w.view)
			*p = paging.Entry(w.entry(w.a, abi.CallPage).Frame(), *p&^0xf_ffff_ffff_f000)
			return uint64(w.a.Account) * abi.MaxWindows, uint64(*p)
		}},
		{"a page twice in a window", "not of a page of its own", func(w *walked) (a, b uint64) {
			*w.entry(w.b, w.view+abi.PageSize) = *w.entry(w.b, w.view)
			return uint64(w.a.Account) * abi.MaxWindows, uint64(*w.entry(w.b, w.view))
		}},
		{"a page too many in a window", "not of a page of its own", func(w *walked) (a, b uint64) {
			*w.entry(w.b, w.view+3*abi.PageSize) = *w.entry(w.b, w.view)
			return uint64(w.a.Account) * abi.MaxWindows, uint64(*w.entry(w.b, w.view))
		}},
		{"a window let to the dead", "let to a task that is not there", func(w *walked) (a, b uint64) {
			w.windows.Allow(w.a.Endpoint, w.window.ID, abi.MakeEndpoint(60, 9), abi.WindowRead)
			return uint64(w.a.Account) * abi.MaxWindows, 9<<6 | 60
		}},
		{"a window of the dead", "an owner that is not there", func(w *walked) (a, b uint64) {
			w.a.Endpoint += 64
			return uint64(w.a.Account) * abi.MaxWindows, uint64(w.a.Endpoint - 64)
		}},
		{"a row of hooks", "lines in privileges", func(w *walked) (a, b uint64) {
			w.hookRows++
			return 2, 1
		}},
		{"a task of an account", "tasks or images of an account", func(w *walked) (a, b uint64) {
			w.accounts.Get(w.a.Account).Tasks++
			return uint64(w.a.Account), 1
		}},
		{"an image of an account", "tasks or images of an account", func(w *walked) (a, b uint64) {
			w.accounts.Get(abi.AccountRoot).Images--
			return uint64(abi.AccountRoot), 1
		}},
		{"a row of images", "rows of images", func(w *walked) (a, b uint64) {
			w.accounts.Get(abi.AccountRoot).Spec.Images++
			return abi.MaxImages, w.accounts.Free()
		}},
		{"a task of an image", "tasks of an image", func(w *walked) (a, b uint64) {
			w.images.Hold(w.images.Get(int(w.image)))
			return uint64(w.image), 0
		}},
		{"the page tables of nobody", "does not live are in force", func(w *walked) (a, b uint64) {
			w.cpu.Current = &arch.Context{Slot: 9}
			return 9, 0
		}},
		{"a slot living and free", "free and not", func(w *walked) (a, b uint64) {
			w.tasks.Tasks[60].Live = true
			return 60, abi.MaxTasks - 4
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWalked(t)
			w.broken = true
			a, b := c.do(w)
			if b == listFrame {
				b = w.check().B
			}
			if f := w.check(); !strings.Contains(f.What, c.want) || f.A != a || f.B != b {
				t.Errorf("found %q: %#x, %#x; want %q: %#x, %#x", f.What, f.A, f.B, c.want, a, b)
			}
			var out abi.Check
			if w.checkInfo(&out); !strings.Contains(string(out.What[:]), c.want) || out.A != a || out.B != b {
				t.Errorf("CallGetInfo tells %q, %#x, %#x", out.What, out.A, out.B)
			}
		})
	}
}

// Only the root task may ask.
func TestCheckIsRoots(t *testing.T) {
	r := newRig(t)
	if e, n := r.call(r.root, abi.CallGetInfo, uint64(abi.InfoCheck), 0); e != abi.OK || n != 128 || r.root.Call.Buf[16] != 0 {
		t.Errorf("the root task: %s, %d bytes, %q", e.Name(), n, r.root.Call.Buf[16:128])
	}
	p := r.make(rights())
	if e, _ := r.call(p, abi.CallGetInfo, uint64(abi.InfoCheck), 0); e != abi.EPERM {
		t.Errorf("another task: %s, want EPERM", e.Name())
	}
}
