package kernel

import (
	"errors"
	"math/bits"
	"testing"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/crc32c"
	"bennu/kernel/keep"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

// The root task has an account of its own without limit, full from the start, whose reserve covers images of all that the archive has;
// it finds itself named as the root task, and the archive, page by page.
func TestRootTask(t *testing.T) {
	const pages = 130
	buf := make([]byte, (frames+1)*abi.PageSize)
	t.Cleanup(func() { clear(buf[:1]) })
	phys, size := mem.Simulated(buf)
	pool := mem.NewPool(phys)
	const module = 0x40_0000 // in no pool
	pool.Add(1, module)
	pool.Add(module+pages*abi.PageSize, size)
	template, tss := pool.Get(nil), pool.Get(nil)
	if !paging.ClosedIO(pool, template, tss) {
		t.Fatal("ClosedIO")
	}
	m := &machine{tsc: 1000, next: nil, open: map[uint32]bool{}}
	k := New(Config{Machine: m, CPU: played(m), Pool: pool, Template: template, TSCHz: 1e9, TSCMult: 1 << 32})
	l, _ := abi.MakeLabel("rs")
	const bytes = pages*abi.PageSize - 100
	elf, archive := code.New().Stop().ELF(), Module{Start: module, Size: bytes}
	file := Root{Offset: 3 * abi.PageSize, Size: uint64(len(elf)), CRC32C: crc32c.Sum(elf)}
	copy(phys.Bytes(module+mem.Addr(file.Offset), file.Size), elf)
	if e := k.StartRoot(l, archive, file); e != abi.OK {
		t.Fatal(e.Name())
	}
	var i abi.AccountInfo
	if e := k.accountInfo(uint64(abi.AccountRoot), &i); e != abi.OK || i.Account != abi.AccountRoot || i.Spec.Label != l || i.Tasks != 1 || i.Images != 1 || i.Lives != 1 {
		t.Errorf("its account: %+v, %s", i, e.Name())
	}
	if s := &i.Spec; s.BudgetNS != s.PeriodNS || i.LeftNS != int64(s.BudgetNS) || s.Flags != abi.AccountServer || s.QuantumNS != abi.DefaultQuantumNS {
		t.Errorf("its share: %+v, %d left", i.Spec, i.LeftNS)
	}
	// Its own 4 MiB, and the frames of page tables and lists for images that lie in the archive: at most a 32nd of that.
	if own := uint32(1024); i.Spec.ReserveFrames < own+pages/64 || i.Spec.ReserveFrames > own+pages/32 || i.Spec.CeilingFrames < 16*own+pages/64 {
		t.Errorf("its memory: %+v", i.Spec)
	}
	if i.Frames <= keep.Frames(rootKept) || i.Frames > keep.Frames(rootKept)+64 || i.Spec.KeptFrames != rootKept {
		t.Errorf("it has %d frames: the archive is not its own", i.Frames)
	}
	start := k.startInfo(k.root)
	if start.Root != k.root.Endpoint || start.Endpoint != k.root.Endpoint || start.ModuleSize != bytes {
		t.Errorf("its start page: root %#x, endpoint %#x, module of %d bytes", start.Root, start.Endpoint, start.ModuleSize)
	}
	for p := range uint64(pages) {
		if e := k.root.Space.Lookup(abi.ModuleBase + p*abi.PageSize); e == nil || e.Frame() != mem.Addr(module+p*abi.PageSize) || *e&(paging.Writable|paging.NX|paging.User) != paging.NX|paging.User {
			t.Fatalf("page %d of the archive: %v", p, e)
		}
	}
	if e := k.root.Space.Lookup(abi.ModuleBase + pages*abi.PageSize); e != nil && *e != 0 {
		t.Errorf("behind the archive: %#x", *e)
	}
	if level := k.sched.First(); level != k.root.Slot || k.root.Priv.TrapMask != abi.AllTraps || k.root.Priv.CallMask != ^uint64(0) {
		t.Errorf("slot %d runs, privileges %+v", level, k.root.Priv)
	}
}

// Seeds are those of xoshiro256+: the generator's published values for the state 1, 2, 3, 4.
func TestSeeds(t *testing.T) {
	r := newRig(t) // which has that state, and has made one task
	r.seed = [4]uint64{1, 2, 3, 4}
	want := []uint64{5, 211106232532999, 211106635186183, 9223759065350669058, 9250833439874351877, 13862484359527728515, 2346507365006083650, 1168864526675804870}
	for i := 0; i < len(want); i += 4 {
		if got := r.nextSeed(); got != [4]uint64(want[i:i+4]) {
			t.Errorf("values %d to %d: %d, want %d", i, i+3, got, want[i:i+4])
		}
	}
}

// An account that is given up and made again begins with nothing used; what the former one had used is the kernel's, and the sum holds.
func TestAccountFreed(t *testing.T) {
	r := newRig(t)
	g := rights()
	g.BudgetNS, g.PeriodNS = 1e5, 1e8
	x := r.make(g)
	r.away()
	r.until("its budget is used up", func() bool { return r.sched.Exhausted(x.Account) > 0 })
	id := x.Account
	r.exception(x, 6, 0, 0)
	r.until("it is gone", func() bool { return !x.Live })
	r.ipc.WaitOver(r.root) // it has waited for nothing
	used, kernel := r.sched.Used(id), r.sched.Used(abi.AccountKernel)
	e, _ := r.call(r.root, abi.CallGetInfo, uint64(abi.InfoDeath), 0)
	r.want("death record", e, abi.OK)
	r.call(r.root, abi.CallReceive, uint64(abi.Any), 0) // its own time again
	e, _ = r.call(r.root, abi.CallAccount, uint64(abi.AccountFree), uint64(id))
	r.want("free", e, abi.OK)
	if got := r.sched.Used(abi.AccountKernel) - kernel; used == 0 || got < used {
		t.Errorf("%d used, the kernel has %d more", used, got)
	}
	if again := r.account(&g.AccountSpec); again != id || r.sched.Used(id) != 0 || r.sched.Exhausted(id) != 0 || r.sched.Out(id, r.since, false) {
		t.Errorf("account %d again: %d used, %d times used up", again, r.sched.Used(id), r.sched.Exhausted(id))
	}
	if sum := r.sum(); sum != r.m.tsc-r.cfg.Facts.EntryTSC {
		t.Errorf("the sum is %d, %d have passed", sum, r.m.tsc)
	}
}

// Anybody may read the record of latencies, and only the root task may reset it.
func TestLatencyIsReset(t *testing.T) {
	r := newRig(t)
	x := r.make(rights())
	read := func(index uint64) (abi.Latency, abi.Errno) {
		e, n := r.call(x, abi.CallGetInfo, uint64(abi.InfoLatency), index)
		var l abi.Latency
		copy(abi.Bytes(&l), x.Call.Buf[:n])
		return l, e
	}
	r.longest, r.worstWait = 1e6, 5e6
	before, e := read(0)
	r.want("read", e, abi.OK)
	if before.MaxKernelNS != 1e6 || before.MaxReadyNS != 5e6 || before.Entries == 0 {
		t.Errorf("read %+v", before)
	}
	_, e = read(1)
	r.want("reset by another", e, abi.EPERM)
	if after, _ := read(0); after.MaxKernelNS != 1e6 || after.MaxReadyNS != 5e6 || after.Entries <= before.Entries {
		t.Errorf("it is reset: %+v", after)
	}
	x = r.root
	if last, e := read(1); e != abi.OK || last.MaxKernelNS != 1e6 || last.MaxReadyNS != 5e6 {
		t.Errorf("the root task's reset: %+v, %s", last, e.Name())
	}
	if after, _ := read(0); after.MaxKernelNS >= 1e6 || after.MaxReadyNS >= 5e6 || after.Entries > 10 {
		t.Errorf("it is not reset: %+v", after)
	}
}

// The longest wait is a task's own, and its account's is the longest of all its lives.
func TestWorstWait(t *testing.T) {
	r := newRig(t)
	x := r.make(rights())
	waits := func(ns uint64) {
		x.ReadyTSC = r.m.tsc
		r.m.tsc += ns
		r.waited(x, r.m.tsc)
		if x.ReadyTSC != 0 {
			t.Error("it waits still")
		}
	}
	worst := func() [2]uint64 {
		var a abi.AccountInfo
		r.accountInfo(uint64(x.Account), &a)
		return [2]uint64{r.taskInfo(x).WorstWaitNS, a.WorstWaitNS}
	}
	const far = 1e9 // longer than any that there were
	for _, c := range []struct{ wait, task, account uint64 }{{far, far, far}, {far - 1, far, far}, {far + 5, far + 5, far + 5}, {7, far + 5, far + 5}} {
		if waits(c.wait); worst() != [2]uint64{c.task, c.account} {
			t.Errorf("after a wait of %d: %d, want %d, %d", c.wait, worst(), c.task, c.account)
		}
	}
	if r.worstWait != far+5 || r.latency.MaxReadyTask != x.Endpoint {
		t.Errorf("of all: %+v", r.latency)
	}
	x.WorstWait = 0 // its next life's
	if waits(30); worst() != [2]uint64{30, far + 5} {
		t.Errorf("of the next life: %d", worst())
	}

	// When the record begins anew a wait counts that is not the task's longest.
	r.worstWait = 0
	if waits(20); r.worstWait != 20 || worst() != [2]uint64{30, far + 5} {
		t.Errorf("after a reset: %d, the task's %d", r.worstWait, worst())
	}
}

// Seeds are the generator's numbers, as it was published, four at a time.
func TestNextSeed(t *testing.T) {
	s := [4]uint64{1, 2, 3, 4}
	k := &Kernel{seed: s}
	for range 1000 {
		got := k.nextSeed()
		for i := range got {
			if want := s[0] + s[3]; got[i] != want {
				t.Fatalf("%#x, want %#x", got[i], want)
			}
			shifted := s[1] << 17
			s[2] ^= s[0]
			s[3] ^= s[1]
			s[1] ^= s[2]
			s[0] ^= s[3]
			s[2] ^= shifted
			s[3] = bits.RotateLeft64(s[3], 45)
		}
	}
}

// A root task whose file is not what the archive says is not started, nor is one that is no program.
func TestRootTaskDamaged(t *testing.T) {
	for _, c := range []struct {
		title  string
		damage func(b []byte, file *Root)
		want   abi.Errno
	}{
		{"sound", func([]byte, *Root) {}, abi.OK},
		{"a bit of its first page", func(b []byte, _ *Root) { b[100] ^= 1 }, abi.EIO},
		{"a bit of its magic", func(b []byte, _ *Root) { b[0] ^= 1 }, abi.EIO},
		{"its last byte", func(b []byte, _ *Root) { b[len(b)-1] ^= 0x80 }, abi.EIO},
		{"another sum", func(_ []byte, f *Root) { f.CRC32C ^= 1 }, abi.EIO},
		{"no program", func(b []byte, f *Root) { b[0] ^= 1; f.CRC32C = crc32c.Sum(b) }, abi.ENOEXEC},
	} {
		buf := make([]byte, (frames+1)*abi.PageSize)
		phys, size := mem.Simulated(buf)
		pool := mem.NewPool(phys)
		module, file := packed(phys, size)
		pool.Add(1, module.Start)
		template, tss := pool.Get(nil), pool.Get(nil)
		if !paging.ClosedIO(pool, template, tss) {
			t.Fatal("ClosedIO")
		}
		m := &machine{tsc: 1000, open: map[uint32]bool{}}
		k := New(Config{Machine: m, CPU: played(m), Pool: pool, Template: template, TSCHz: 1e9, TSCMult: 1 << 32})
		c.damage(phys.Bytes(module.Start, file.Size), &file)
		l, _ := abi.MakeLabel("rs")
		if e := k.StartRoot(l, module, file); e != c.want || (k.root != nil) != (e == abi.OK) {
			t.Errorf("%s: %s, a root task: %v; want %s", c.title, e.Name(), k.root != nil, c.want.Name())
		}
		clear(buf[:1])
	}
}

// The boot's last phase ends where ring 3 is first entered, and not before: making the kernel and the root task is part of it.
func TestPhasesOfTheBoot(t *testing.T) {
	r := newRig(t)
	r.cfg.Facts.RootTSC = 0
	r.m.tsc += 12_345
	want := r.m.tsc
	over := errors.New("ring 3 was entered")
	r.does(r.root, func(*arch.Context) uint64 { panic(over) })
	defer func() {
		if v := recover(); v != over {
			t.Fatalf("the loop ended with %v", v)
		}
		if got := r.cfg.Facts.RootTSC; got != want {
			t.Errorf("ring 3 first entered at %d, want %d", got, want)
		}
	}()
	r.Run()
}
