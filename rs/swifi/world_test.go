package main

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"bennu/drivers/protocol/load"
	"bennu/kernel/abi"
	kernel "bennu/kernel/fake"
)

// The victim's memory is read whole, in pieces that the kernel copies, or not at all.
func TestMemory(t *testing.T) {
	b := newBench(t, "sum", onePlan)
	large := make([]byte, 3*abi.MaxCopy+5)
	for i := range large {
		large[i] = byte(i * i / 7)
	}
	b.victim.Areas[2].Bytes = large
	b.start()
	w, got := world{b.j}, make([]byte, len(large))
	if e := w.Read(life1, abi.RAMBase, got); e != abi.OK || !bytes.Equal(got, large) {
		t.Errorf("read: %s, equal %v", e.Name(), bytes.Equal(got, large))
	}
	if e := w.Read(life1, abi.RAMBase+1, got); e != abi.EFAULT {
		t.Errorf("read past the end: %s", e.Name())
	}
	if e := w.Read(life2, abi.RAMBase, got); e != abi.EDEADSRCDST {
		t.Errorf("read of the dead: %s", e.Name())
	}
	areas := w.Areas(life1)
	if len(areas) != 4 || !slices.IsSortedFunc(areas, func(a, b abi.TraceArea) int { return int(int64(a.Start) - int64(b.Start)) }) {
		t.Errorf("%+v", areas)
	}
	for _, a := range areas {
		if x := b.victim.Areas[slices.IndexFunc(b.victim.Areas, func(x kernel.Area) bool { return x.Start == a.Start })]; a.End != x.Start+uint64(len(x.Bytes)) || a.Kind != x.Kind || a.Rights != x.Rights {
			t.Errorf("%+v of %#x", a, x.Start)
		}
	}
}

// The victim's lines are those that it has hooks on; looking loses no interrupt.
func TestLines(t *testing.T) {
	b := newBench(t, "sum", onePlan)
	b.hooks[0], b.hooks[8], b.hooks[maxLine] = true, true, true
	b.start()
	if got := (world{b.j}).Lines(); !slices.Equal(got, []uint32{0, 8, maxLine}) {
		t.Errorf("lines %v", got)
	}
	for _, c := range b.traced {
		if abi.TraceOp(c.Arg[0]) != abi.TraceLose || c.Arg[3] != 0 || abi.Endpoint(c.Arg[1]) != life1 {
			t.Errorf("%v", c)
		}
	}
	if len(b.traced) != maxLine+1 {
		t.Errorf("%d lines were looked at", len(b.traced))
	}
}

// What ends a task is UD2 at its next instruction. Another than the victim is drawn among the others, each as often.
func TestKills(t *testing.T) {
	b := newBench(t, "sum", onePlan+" others=rtc,kbd,faulty").start()
	w := world{b.j}
	tasks := map[string]*kernel.Task{}
	for i, l := range []string{"rtc", "kbd"} {
		x := b.Life(abi.MakeEndpoint(20+i, 1))
		x.Regs.RIP = abi.ImageBase + 4
		x.Areas = []kernel.Area{{Start: abi.ImageBase, Bytes: make([]byte, 16)}}
		tasks[l], b.Labels[l] = x, x.Endpoint
	}
	n, r := map[string]int{}, rand.New(rand.NewPCG(1, 2))
	for range 300 {
		label, e := w.KillAnother(r)
		n[label]++
		if want := tasks[label]; (want == nil) != (e == abi.ESRCH) || want != nil && e != abi.OK {
			t.Fatalf("%s: %s", label, e.Name())
		}
	}
	for _, l := range []string{"rtc", "kbd", "faulty"} {
		if n[l] < 70 || n[l] > 130 {
			t.Errorf("%v", n)
		}
		if x := tasks[l]; x != nil && !bytes.Equal(x.Areas[0].Bytes, []byte{0, 0, 0, 0, 0x0f, 0x0b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}) {
			t.Errorf("%s: % x", l, x.Areas[0].Bytes)
		}
	}
	b.victim.Regs.RIP = abi.ImageBase
	if e := w.Kill(life1); e != abi.OK || !bytes.Equal(b.victim.Areas[0].Bytes[:3], []byte{0x0f, 0x0b, 0x31}) && b.victim.Areas[0].Bytes[2] != 0xcc {
		t.Errorf("%s, % x", e.Name(), b.victim.Areas[0].Bytes[:3])
	}
	if e := w.Kill(life2); e != abi.EDEADSRCDST {
		t.Errorf("the dead: %s", e.Name())
	}
	b.j.others = nil
	if l, e := w.KillAnother(r); l != "" || e != abi.ESRCH {
		t.Errorf("of none: %q, %s", l, e.Name())
	}
}

// What the kernel keeps of the dead is told in words, and what the victim's account has is that account's.
func TestLeft(t *testing.T) {
	b := newBench(t, "sum", onePlan).start()
	w := world{b.j}
	if l := w.Left(); l != "" {
		t.Errorf("%q", l)
	}
	b.m.Open = 1
	if l := w.Left(); !strings.Contains(l, "interrupt line") {
		t.Errorf("%q", l)
	}
	b.m.Open, b.m.Orphans = 0, 2
	if l := w.Left(); !strings.Contains(l, "alarm or a permit") {
		t.Errorf("%q", l)
	}
	if n := w.Pages(life1); n != 33 {
		t.Errorf("%d pages", n)
	}
	b.m.Rows = none
	if n := w.Pages(life1); n != 0 {
		t.Errorf("%d pages of an account that is not there", n)
	}
	b.m.Verify = map[abi.AccountID]abi.Errno{account: abi.EIO}
	if e := w.Verify(); e != abi.EIO {
		t.Errorf("a damaged image: %s", e.Name())
	}
}

// Ceilings are set on the account, watches on the life.
func TestOps(t *testing.T) {
	b := newBench(t, "sum", onePlan).start()
	w := world{b.j}
	b.traced = nil
	b.hooks[4] = true
	for _, e := range []abi.Errno{w.Raise(life1, 4), w.Lose(life1, 4, 3), w.Watch(life1, 0x1000, abi.TraceWatchWrite, 8), w.Ceiling(5)} {
		if e != abi.OK {
			t.Error(e.Name())
		}
	}
	want := [][5]uint64{{uint64(abi.TraceRaise), uint64(life1), 4}, {uint64(abi.TraceLose), uint64(life1), 4, 3},
		{uint64(abi.TraceWatch), uint64(life1), 0x1000, abi.TraceWatchWrite, 8}}
	for i, c := range want {
		if i >= len(b.traced) || b.traced[i].Arg != c {
			t.Errorf("call %d: %v, want %v", i, b.traced, c)
		}
	}
	if e := (world{&injector{c: b.j.c, account: account + 1}}).Ceiling(5); e == abi.OK {
		t.Error("an account that is not there has a ceiling")
	}
	if e := w.Raise(life1, 5); e != abi.EPERM {
		t.Errorf("a line that is not the victim's: %s", e.Name())
	}
}

// The run without faults reaches what it reaches; what it did not reach has no fault, and the life that had breakpoints everywhere is replaced.
func TestGolden(t *testing.T) {
	b := newBench(t, "sum", onePlan+" reached=yes").start()
	if n := len(b.planted()); n != 201 || b.kinds() != "" {
		t.Fatalf("%d breakpoints, frames %s", n, b.kinds())
	}
	run := b.next(work, load.Run)
	sites := []uint64{abi.ImageBase + 10, abi.ImageBase + 20, abi.ImageBase + 30}
	for _, a := range sites {
		b.reach(a)
		if b.victim.Regs.RIP != a || b.victim.Areas[0].Bytes[a-abi.ImageBase] != 0x31 {
			t.Errorf("it goes on at %#x, % x", b.victim.Regs.RIP, b.victim.Areas[0].Bytes[a-abi.ImageBase])
		}
	}
	b.answer(work, run, abi.OK, right(4)...)
	b.next(b.j.c.Root(), abi.RSRefresh)
	b.dies("sum", life2)
	b.news()
	b.next(work, load.Run)
	at := b.planted()
	if !slices.Equal(at, sites) {
		t.Errorf("breakpoints at %#x, want %#x", at, sites)
	}
	if k := b.kinds(); k != "HB" {
		t.Errorf("frames %s", k)
	}
}

// A workload that fails in each run without faults ends the plan, in words, before any block.
func TestGoldenFails(t *testing.T) {
	b := newBench(t, "sum", onePlan+" reached=yes").start()
	n := 0
	for ; b.m.Off == nil && n < 100; n++ {
		b.answer(work, b.next(work, load.Run), abi.OK, uint64(load.MakeTally(3, 0, 1, 0)))
	}
	b.ended("golden run: the workload fails again and again without a fault")
	if k := b.kinds(); k != "X" || n < 2 || n == 100 {
		t.Errorf("after %d runs: frames %s", n, k)
	}
}
