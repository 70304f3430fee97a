//go:build tamago

package main

import (
	"bytes"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

var keepTests = []test{
	{"TestKeptOverLives", keptOverLives},
	{"TestKeptIsNobodysToWrite", keptReadOnly},
	{"TestKeptIsTheAccounts", keptIsTheAccounts},
	{"TestRootKeeps", rootKeeps},
	{"TestDeathsAreConsumed", deathsConsumed},
	{"TestLives", fullTable},
}

// keeping is the rights of a service that keeps pages of memory.
func keeping(pages uint32) rights {
	p := all()
	p.KeptFrames, p.ReserveFrames, p.CeilingFrames = pages, pages+20, pages+256
	return p
}

// keptLife makes a life on an account.
func (t *T) keptLife(a abi.AccountID, p rights) *puppet {
	id := t.image(puppetCode.ELF)
	x := &puppet{t: t, ep: t.createOn(a, id, "keeper")}
	t.must("ImageFree", sys.ImageFree(id))
	t.must("PrivSet", set(x.ep, p))
	t.must("PrivAllow", sys.PrivAllow(x.ep))
	return x
}

// read is n bytes of a task's memory.
func (t *T) read(ep abi.Endpoint, at, n uint64) []byte {
	b := make([]byte, n)
	got, e := sys.TraceRead(ep, at, b)
	t.must("TraceRead", e)
	equal(t, "bytes read", uint64(got), n)
	return b
}

// kept is what a life sees of its kept memory.
func (t *T) kept(ep abi.Endpoint) (h abi.KeptHeader, b []byte) {
	copy(abi.Bytes(&h), t.read(ep, abi.KeptBase, abi.PageSize))
	for at := uint64(0); at < h.Size; at += abi.PageSize {
		b = append(b, t.read(ep, abi.KeptBase+at, abi.PageSize)...)
	}
	return h, b
}

func (p *puppet) keep(op abi.KeepOp, args ...uint64) abi.Errno {
	e, _ := p.call(abi.CallKeep, append([]uint64{uint64(op)}, args...)...)
	return e
}

// keptOverLives: the processor shows each life of an account what those before it have kept.
func keptOverLives(t *T) {
	const pages = 3
	p := keeping(pages)
	a := t.account(p)
	x := t.keptLife(a, p)
	x.write(abi.RAMBase+8, []byte("the snapshot"))
	t.want("stage", x.keep(abi.KeepStage, 4, abi.RAMBase+8, 12), abi.OK)
	t.want("flip", x.keep(abi.KeepFlip, 16), abi.OK)
	for n, end := range []func(){
		func() { t.kill(x.ep) },
		func() { x.start(abi.CallExit, 3); t.death(x.ep, abi.CauseExit) },
		func() { x.command(puppetCode.Syscall, 99); t.death(x.ep, abi.CauseBadCall) },
	} {
		line := []byte("line " + itoa(uint64(n)))
		x.setBuf(line)
		t.want("append", x.keep(abi.KeepAppend, uint64(len(line)), 0), abi.OK)
		end()
		x = t.keptLife(a, p)
		h, b := t.kept(x.ep)
		k := h.Bank[h.Current]
		equal(t, "magic", h.Magic, abi.KeptMagic)
		equal(t, "lives", h.Lives, uint64(n+2))
		equal(t, "number", k.Number, 1)
		equal(t, "snapshot", k.Snapshot, 16)
		equal(t, "log", k.Log, uint64(8*(n+1)))
		equal(t, "unsettled", h.Unsettled, 0) // a tracer has changed what they are: that says nothing of what they have kept
		if s := b[k.Start:]; !bytes.Equal(s[4:16], []byte("the snapshot")) || !bytes.Equal(s[16+8*n:][:len(line)], line) {
			t.errorf("life %d: %q, %q", n+2, s[:16], s[16+8*n:][:8])
		}
		// The task itself reads it, where the processor has it.
		x.write(abi.RAMBase, make([]byte, 8))
		e, _ := x.call(abi.CallCopyTo, uint64(x.ep), 0, 0, abi.KeptBase, 8)
		t.want("a grant of its own", e, abi.EPERM)
	}
	t.want("settle", x.keep(abi.KeepSettled), abi.OK)
	h, _ := t.kept(x.ep)
	equal(t, "unsettled, then settled", h.Unsettled, 0)
}

// keptReadOnly: the processor refuses the task's own stores and jumps there, and the kernel everybody else's.
func keptReadOnly(t *T) {
	p := keeping(3)
	a := t.account(p)
	for what, prog := range map[string]*code.Prog{
		"store to the header": code.New().Set(code.BX, 1).Store(abi.KeptBase, code.BX),
		"store to a bank":     code.New().Set(code.BX, 1).Store(abi.KeptBase+abi.PageSize+8, code.BX),
		"jump":                code.New().Set(code.BX, abi.KeptBase+abi.PageSize).Bytes(0xff, 0xe3), // JMP RBX
		"load past its end":   code.New().Load(code.BX, abi.KeptBase+3*abi.PageSize),
	} {
		id := t.image(prog.Exit(0).ELF())
		ep := t.createOn(a, id, "writer")
		t.must("ImageFree", sys.ImageFree(id))
		t.must("set", set(ep, p))
		t.must("allow", sys.PrivAllow(ep))
		if r := t.death(ep, abi.CauseException); r.Vector != 14 || r.CR2>>20 != abi.KeptBase>>20 {
			t.errorf("%s: %s", what, describe(r))
		}
	}
	x := t.keptLife(a, p)
	x.setBuf([]byte("as it was"))
	t.want("flip", x.keep(abi.KeepFlip, 0), abi.OK)
	t.want("append", x.keep(abi.KeepAppend, 9, 0), abi.OK)
	_, before := t.kept(x.ep)
	for _, at := range []uint64{abi.KeptBase, abi.KeptBase + abi.PageSize, abi.KeptBase + 2*abi.PageSize + 100} {
		_, e := sys.Trace(abi.TracePoke, x.ep, at, 7)
		t.want("TracePoke", e, abi.EFAULT)
		_, e = sys.Trace(abi.TracePoke1, x.ep, at, 7)
		t.want("TracePoke1", e, abi.EFAULT)
		e = sys.TraceWrite(x.ep, at, []byte("words"))
		t.want("TraceWrite", e, abi.EFAULT)
	}
	if _, after := t.kept(x.ep); !bytes.Equal(before, after) {
		t.errorf("it has changed")
	}
	x.start(abi.CallWindow, 0) // as a call that is refused: it lives
	e, _ := x.result()
	t.want("window", e, abi.EINVAL)
}

// keptIsTheAccounts: two services of one image do not see each other's, and what one of them had is zeros in the next one's.
func keptIsTheAccounts(t *T) {
	p := keeping(5)
	for range 3 {
		a := t.account(p)
		x := t.keptLife(a, p)
		h, b := t.kept(x.ep)
		equal(t, "lives", h.Lives, 1)
		if len(bytes.Trim(b[len(abi.Bytes(&h)):], "\x00")) != 0 {
			t.errorf("new kept memory is not zeros")
		}
		x.write(abi.RAMBase, bytes.Repeat([]byte("secret"), 100))
		t.want("stage", x.keep(abi.KeepStage, 0, abi.RAMBase, 600), abi.OK)
		t.want("flip", x.keep(abi.KeepFlip, 600), abi.OK)
		t.want("stage", x.keep(abi.KeepStage, 5000, abi.RAMBase, 600), abi.OK)
		t.kill(x.ep)
		t.want("free", sys.AccountFree(a), abi.OK)
		t.accounts = t.accounts[:len(t.accounts)-1]
	}
}

// rootKeeps: the root task has kept memory, and its own gate's calls work on it.
func rootKeeps(t *T) {
	b := sys.Kept()
	if uint64(len(b)) != sys.Start().KeptSize || len(b) != 256<<10 {
		t.fatalf("%d bytes", len(b))
	}
	h := func() (h abi.KeptHeader) { copy(abi.Bytes(&h), b); return h }
	snap := bytes.Repeat([]byte("state of the root task; "), 3000)
	was := h()
	for at := 0; at < len(snap); at += abi.MaxCopy {
		t.must("stage", sys.KeepStage(uint64(at), snap[at:min(at+abi.MaxCopy, len(snap))]))
	}
	t.must("flip", sys.KeepFlip(uint64(len(snap))))
	t.must("append", sys.KeepAppend([]byte("a record"), false))
	t.must("append", sys.KeepAppend([]byte("and one that consumes"), true))
	t.must("consume", sys.KeepConsume())
	now := h()
	k := now.Bank[now.Current]
	if !bytes.Equal(b[k.Start:][:k.Snapshot], snap) || k.Log != 8+24 || now.Appended != was.Appended+2 || k.Number != was.Bank[was.Current].Number+1 {
		t.errorf("%+v, before %+v", now, was)
	}
	if log := b[k.Start+(k.Snapshot+7)&^7:][:k.Log]; string(log) != "a recordand one that consumes\x00\x00\x00" {
		t.errorf("log %q", log)
	}
}

// deathsConsumed: a slot is the record of its death until that is consumed.
func deathsConsumed(t *T) {
	id, n := t.image(code.New().Exit(5).ELF()), counts()
	p := all()
	a := t.account(p)
	s := abi.TaskSpec{Image: id, Account: a}
	for i := range n.Tasks {
		ep, e := sys.TaskCreate(&s)
		t.must("create", e)
		t.must("set", set(ep, p))
		t.must("allow", sys.PrivAllow(ep))
		equal(t, "slots", counts().Tasks, n.Tasks-i-1)
	}
	_, e := sys.TaskCreate(&s)
	t.want("create when all slots are records", e, abi.EAGAIN)
	var r abi.DeathRecord
	for i := range n.Tasks {
		t.must("take", getInfo(abi.InfoDeath, 1, &r))
		equal(t, "status", r.Status, 5)
		equal(t, "waiting", uint64(r.Waiting), n.Tasks-i-1)
	}
	t.want("take one more", getInfo(abi.InfoDeath, 1, &r), abi.EAGAIN)
	_, e = sys.TaskCreate(&s)
	t.want("create when all are taken", e, abi.EAGAIN)
	t.must("consume", sys.KeepConsume())
	equal(t, "slots", counts().Tasks, n.Tasks)
	equal(t, "places", counts().Deaths, n.Deaths)
	ep, e := sys.TaskCreate(&s)
	t.must("create", e)
	t.kill(ep)
	t.must("ImageFree", sys.ImageFree(id))
}

// fullTable: all lives that there can be, in one call of at most 3,000 instructions.
func fullTable(t *T) {
	x := t.puppets(int(counts().Tasks))
	t.kill(x[3].ep)
	buf := make([]byte, len(abi.CallArea{}.Buf))
	sys.GetInfo(abi.InfoLog, 0, buf) // the line about the death is written now
	sys.Sleep(1_000_000)
	latency(1)
	n, e := sys.GetInfo(abi.InfoLives, 0, buf)
	l := latency(0)
	equal(t, "longest call", l.MaxKernelCall, uint64(abi.CallGetInfo))
	cost := l.MaxKernelNS
	t.must("lives", e)
	var row abi.Life
	size := len(abi.Bytes(&row))
	equal(t, "rows", int(n)/size, len(x)) // and the root task, and one is dead
	for i := range int(n) / size {
		copy(abi.Bytes(&row), buf[i*size:])
		info := t.info(row.Endpoint)
		equal(t, "account", row.Account, info.Account)
		equal(t, "start", row.StartedNS, info.StartedNS)
		equal(t, "flags", row.Flags, abi.LifeSet|abi.LifeAllowed)
		if row.Endpoint == x[3].ep {
			t.errorf("it names a dead task")
		}
	}
	if t.logf("%d lives: %d instructions", len(x), cost); cost > 3000 {
		t.errorf("%d instructions, want at most 3,000", cost)
	}
}
