package kernel

import (
	"testing"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/mem"
	"bennu/kernel/task"
)

// squeeze leaves an account, or the whole machine, so many frames.
type squeeze func(r *rig, a abi.AccountID, frames uint64) (release func())

func ceiling(r *rig, id abi.AccountID, frames uint64) func() {
	a := r.accounts.Get(id)
	before := a.Frames.Ceiling()
	r.pool.Promise(&a.Frames, 0, a.Frames.Used()+frames)
	return func() { r.pool.Promise(&a.Frames, 0, before) }
}

func machineFull(r *rig, _ abi.AccountID, frames uint64) func() {
	var hog mem.Holder
	r.pool.Promise(&hog, 0, r.pool.Size())
	var had []mem.Addr
	for r.pool.Free() > r.pool.Owed()+frames {
		had = append(had, r.pool.Get(&hog))
	}
	return func() {
		for _, a := range had {
			r.pool.Put(&hog, a)
		}
	}
}

// owedToOthers leaves frames free that others were promised.
func owedToOthers(r *rig, _ abi.AccountID, frames uint64) func() {
	var other mem.Holder
	n := r.pool.Free() - r.pool.Owed() - frames
	if !r.pool.Promise(&other, n, n) {
		r.t.Fatalf("%d frames cannot be promised", n)
	}
	return func() { r.pool.Promise(&other, 0, 0) }
}

// reserved takes all frames but those that the account was promised, and what it was promised for others.
func reserved(r *rig, id abi.AccountID, frames uint64) func() {
	a := r.accounts.Get(id)
	before := a.Frames.Ceiling()
	if !r.pool.Promise(&a.Frames, a.Frames.Used()+frames, before) {
		r.t.Fatalf("%d frames cannot be promised", frames)
	}
	others := owedToOthers(r, id, 1)
	full := machineFull(r, id, 0)
	return func() {
		full()
		others()
		r.pool.Promise(&a.Frames, 0, before)
	}
}

// victim is a rig with a task on an account of its own and a peer; what each operation needs is made before frames
// are counted.
type victim struct {
	*rig
	x, peer *task.Task
	account abi.AccountID
	image   uint32
}

func newVictim(t testing.TB) *victim {
	r := newRig(t)
	v := &victim{rig: r, x: r.make(rights()), peer: r.make(rights())}
	v.account = v.x.Account
	a := r.accounts.Get(abi.AccountRoot)
	r.pool.Promise(&a.Frames, 0, a.Frames.Ceiling()) // so that the root task can be squeezed too
	v.image = r.load(code.New().Stop().ELF())
	return v
}

// operation takes frames: do returns its error, fault means that its caller ends when there are none.
const pokes = "poke into shared text"

// keeps tells whether the target keeps what it was given before a frame was missing.
func (op *operation) keeps() bool { return op.want == abi.EFAULT || op.name == pokes }

type operation struct {
	name  string
	root  bool // the root task's account pays
	do    func(v *victim) abi.Errno
	want  abi.Errno
	fault bool
}

var operations = []operation{
	{"task create", false, func(v *victim) abi.Errno {
		copy(v.root.Call.Buf[:], abi.Bytes(&abi.TaskSpec{Image: v.image, Account: v.account}))
		e, ep := v.call(v.root, abi.CallTaskCreate)
		if e == abi.OK {
			v.kill(v.tasks.Lookup(abi.Endpoint(ep)), abi.DeathRecord{Cause: abi.CauseKilled})
			v.death(abi.CauseKilled)
		}
		return e
	}, abi.ENOMEM, false},
	{"privileges with ports", false, func(v *victim) abi.Errno {
		copy(v.root.Call.Buf[:], abi.Bytes(&abi.TaskSpec{Image: v.image, Account: v.peer.Account}))
		_, ep := v.call(v.root, abi.CallTaskCreate)
		n := v.tasks.Lookup(abi.Endpoint(ep))
		if n == nil {
			return abi.ENOMEM
		}
		p := abi.Privilege{NPorts: 2, Unguarded: 3}
		p.Ports[0], p.Ports[1] = abi.PortRange{First: 0x6001, Last: 0x9fff}, abi.PortRange{First: 0x3f8, Last: 0x3ff}
		copy(v.root.Call.Buf[:], abi.Bytes(&p))
		e, _ := v.call(v.root, abi.CallPrivCtl, uint64(abi.PrivSet), ep)
		v.kill(n, abi.DeathRecord{Cause: abi.CauseKilled})
		v.death(abi.CauseKilled)
		return e
	}, abi.ENOMEM, false},
	{"image", true, func(v *victim) abi.Errno {
		elf := code.ELF(code.New().Stop().Text(), code.Pattern(3))
		for i, b := range elf[:min(len(elf), abi.PageSize)] { // the root task's memory has the beginning, that is enough
			v.poke(v.root, code.Data+uint64(i), []byte{b})
		}
		e, id := v.call(v.root, abi.CallImageCreate, abi.PageSize)
		if e != abi.OK {
			return e
		}
		if e, _ = v.call(v.root, abi.CallImageWrite, id, 0, code.Data, abi.PageSize); e == abi.OK {
			e, _ = v.call(v.root, abi.CallImageSeal, id)
		}
		v.call(v.root, abi.CallImageFree, id)
		if e == abi.ENOEXEC { // its data lies past the file's end: it was looked at
			e = abi.OK
		}
		return e
	}, abi.ENOMEM, false},
	{"page on demand", false, func(v *victim) abi.Errno {
		v.exception(v.x, 14, 6, abi.RAMBase+0x400000)
		return abi.OK
	}, abi.OK, true},
	{"data of the image", false, func(v *victim) abi.Errno {
		v.exception(v.x, 14, 6, code.Data+0x2000)
		return abi.OK
	}, abi.OK, true},
	{"copy into its own new pages", false, func(v *victim) abi.Errno {
		v.peer.Call.Grants[3] = abi.CopyGrant{Flags: abi.GrantValid | abi.GrantRead | abi.GrantWrite, Seq: 1, To: v.x.Endpoint, Start: code.Data, Len: 3 * abi.PageSize}
		e, _ := v.call(v.x, abi.CallCopyFrom, uint64(v.peer.Endpoint), 3|1<<8, 0, abi.RAMBase+0x1ff800, 3*abi.PageSize)
		return e
	}, abi.OK, true},
	{"copy into new pages of another", false, func(v *victim) abi.Errno {
		v.x.Call.Grants[3] = abi.CopyGrant{Flags: abi.GrantValid | abi.GrantRead | abi.GrantWrite, Seq: 1, To: v.peer.Endpoint, Start: abi.RAMBase + 0x1ff800, Len: 3 * abi.PageSize}
		e, _ := v.call(v.peer, abi.CallCopyTo, uint64(v.x.Endpoint), 3|1<<8, 0, code.Data, 3*abi.PageSize)
		return e
	}, abi.EFAULT, false},
	{"window", false, func(v *victim) abi.Errno {
		e, _ := v.call(v.x, abi.CallWindow, uint64(abi.WindowCreate), 20*abi.PageSize, 0)
		if e == abi.OK {
			var w abi.WindowView
			copy(abi.Bytes(&w), v.x.Call.Buf[:])
			v.call(v.x, abi.CallWindow, uint64(abi.WindowFree), uint64(w.ID))
		}
		return e
	}, abi.ENOMEM, false},
	{pokes, false, func(v *victim) abi.Errno {
		e, _ := v.call(v.root, abi.CallTrace, uint64(abi.TracePoke1), uint64(v.x.Endpoint), code.Text, 0xcc)
		return e
	}, abi.ENOMEM, false},
}

// The n-th frame is missing, for every n, of the account's own, of the machine's, of what is owed to nobody else, of its
// own reserve: the operation ends with its error, or its task with cause memory; nothing is lost or half there, others
// notice nothing; and it succeeds when frames are there again. What it needs is the same in every way.
func TestEachFrameMissing(t *testing.T) {
	for _, op := range operations {
		needs := map[uint64]string{}
		for how, s := range map[string]squeeze{"ceiling": ceiling, "machine": machineFull, "owed": owedToOthers, "reserve": reserved} {
			n := uint64(0)
			for ; op.missing(t, how, s, n); n++ {
				if n > 100 {
					t.Fatalf("%s, %s: no end", op.name, how)
				}
			}
			if n == 0 {
				t.Errorf("%s, %s: nothing missing with no frame left", op.name, how)
			}
			needs[n] = how
		}
		if len(needs) != 1 {
			t.Errorf("%s: frames that it needs, by what is short: %v", op.name, needs)
		}
	}
}

// missing does op with n frames, and tells whether they were too few.
func (op *operation) missing(t *testing.T, how string, s squeeze, n uint64) bool {
	v := newVictim(t)
	op.do(v)                    // once with all, so that what it makes for good is there
	if op.fault || op.keeps() { // it has taken pages
		v.remake()
	}
	account := v.account
	if op.root {
		account = abi.AccountRoot
	}
	if op.name == "privileges with ports" {
		account = v.peer.Account
	}
	before, ep := v.counts(), v.x.Endpoint
	release := s(v.rig, account, n)
	squeezed := v.pool.Free()
	e := op.do(v)
	died := v.tasks.Lookup(ep) == nil
	if op.fault && died {
		v.death(abi.CauseMemory)
		e = abi.ENOMEM
	} else if died {
		t.Fatalf("%s, %s of %d frames: the task died", op.name, how, n)
	}
	if e == abi.OK {
		release()
		return false
	}
	if want := op.want; !op.fault && e != want {
		t.Fatalf("%s, %s of %d frames: %s, want %s", op.name, how, n, e.Name(), want.Name())
	}
	if !op.fault && !op.keeps() && v.pool.Free() != squeezed {
		t.Errorf("%s, %s of %d frames: %d frames are gone", op.name, how, n, squeezed-v.pool.Free())
	}
	release()
	if op.fault {
		v.remake()
	} else if !op.keeps() && v.counts() != before {
		t.Errorf("%s, %s of %d frames: counts\n%+v, were\n%+v", op.name, how, n, v.counts(), before)
	}
	if e := op.do(v); e != abi.OK {
		t.Errorf("%s, %s: the retry: %s", op.name, how, e.Name())
	}
	return true
}

// remake puts a new life in the place of x, on the same account.
func (v *victim) remake() {
	if v.tasks.Lookup(v.x.Endpoint) != nil {
		v.kill(v.x, abi.DeathRecord{Cause: abi.CauseKilled})
		v.death(abi.CauseKilled)
	}
	v.x = v.begin(v.account, rights())
	e, _ := v.call(v.root, abi.CallPrivCtl, uint64(abi.PrivAllow), uint64(v.x.Endpoint))
	v.want("allow", e, abi.OK)
}

// A service with ports that starts when memory is short is refused, and nothing is written over.
func TestPortsWithoutMemory(t *testing.T) {
	v := newVictim(t)
	page0 := append([]byte(nil), v.phys.Bytes(0, abi.PageSize)...)
	release := machineFull(v.rig, 0, 12)
	copy(v.root.Call.Buf[:], abi.Bytes(&abi.TaskSpec{Image: v.image, Account: v.account}))
	_, ep := v.call(v.root, abi.CallTaskCreate)
	n := v.tasks.Lookup(abi.Endpoint(ep))
	if n == nil {
		t.Fatal("no task with 12 frames")
	}
	for v.pool.Free() > v.pool.Owed()+2 {
		v.exception(v.x, 14, 6, abi.RAMBase+v.x.Faults<<12)
	}
	p := abi.Privilege{NPorts: 1}
	p.Ports[0] = abi.PortRange{First: 0x3f8, Last: 0x3ff}
	copy(v.root.Call.Buf[:], abi.Bytes(&p))
	e, _ := v.call(v.root, abi.CallPrivCtl, uint64(abi.PrivSet), ep)
	v.want("set", e, abi.ENOMEM)
	if string(page0) != string(v.phys.Bytes(0, abi.PageSize)) {
		t.Error("page 0 was written")
	}
	release()
	copy(v.root.Call.Buf[:], abi.Bytes(&p))
	e, _ = v.call(v.root, abi.CallPrivCtl, uint64(abi.PrivSet), ep)
	v.want("set again", e, abi.OK)
	v.does(v.x, func(*arch.Context) uint64 { return arch.VectorSpurious })
}
