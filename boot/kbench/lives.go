//go:build tamago

package main

import (
	"bennu/board/x86"
	"bennu/boot/gopher/ask"
	"bennu/boot/kbench/figure"
	"bennu/boot/kbench/role"
	"bennu/boot/ktest/code"
	"bennu/drivers/protocol/faulty"
	"bennu/kernel/abi"
)

// lives measures starts and ends of tasks.
func lives(b *bench) {
	b.starts()
	small := seal(code.New().Exit(0).ELF())
	b.measure("smallest task: create, run, exit, reap", few, func() {
		must("PrivAllow", sys.PrivAllow(create(small, "", rights(worse))))
		reap()
	})
	peer := b.image("bin/peer")
	p := rights(worse)
	b.measure("Go task: create, run, exit, reap", few, func() {
		ep := create(peer, role.Leave, p)
		must("PrivAllow", sys.PrivAllow(ep))
		expect(ep, role.Hello)
		reap()
	})
	b.deaths(peer)
}

// starts takes the beginning of a Go task apart.
func (b *bench) starts() {
	parts := []struct {
		name string
		s    *figure.Samples
	}{{"start: task create", figure.New(few)}, {"start: privctl set", figure.New(few)}, {"start: privctl allow", figure.New(few)},
		{"start: first instruction to main.main", figure.New(few)}, {"start: create to main.main, Go, cold", figure.New(few)}}
	p := rights(worse)
	s := abi.TaskSpec{Image: b.image("bin/peer"), Account: p.account}
	s.Label, _ = abi.MakeLabel("peer")
	var info abi.TaskInfo
	for range few {
		t := [4]uint64{x86.TSC()}
		ep, e := sys.TaskCreate(&s)
		t[1] = x86.TSC()
		must("TaskCreate", e)
		must("PrivSet", sys.PrivSet(ep, &p.Privilege))
		t[2] = x86.TSC()
		must("PrivAllow", sys.PrivAllow(ep))
		t[3] = x86.TSC()
		main := expect(ep, role.Hello)
		for i, d := range []uint64{t[1] - t[0], t[2] - t[1], t[3] - t[2], main - t[3], main - t[0]} {
			parts[i].s.Add(d)
		}
		sys.GetInfo(abi.InfoTask, uint64(ep.Slot()), abi.Bytes(&info))
		reap()
	}
	for _, p := range parts {
		b.say(p.s.Line(p.name, b.base))
	}
	b.say(figure.Value("memory of a Go task at main.main, bytes", info.Frames*abi.PageSize))
	b.say(figure.Value("page faults of a Go task until main.main", info.Faults))
}

// deaths measures from the stop to the end of cleaning, and to the root task's having the record.
func (b *bench) deaths(peer uint32) {
	clean, told := figure.New(few), figure.New(few)
	p := rights(worse)
	for range few {
		ep := create(peer, role.Leave, p)
		must("PrivAllow", sys.PrivAllow(ep))
		expect(ep, role.Hello)
		r := reap()
		told.Add(now() - r.DiedNS)
		clean.Add(r.CleanNS - r.DiedNS)
	}
	b.say(clean.Line("death: stopped to nothing left", 0))
	b.say(told.Line("death: stopped to the root task has the record", 0))
}

// driver measures a driver made with the SDK, in the place of its reincarnation server.
func driver(b *bench) {
	image := b.image("bin/faulty")
	p := rights(worse)
	ready := figure.New(few)
	var m abi.Msg
	var info abi.TaskInfo
	for i := range few {
		start := x86.TSC()
		ep := create(image, "", p)
		must("PrivAllow", sys.PrivAllow(ep))
		_, e := sys.Receive(ep, abi.NoTimeout, &m)
		ready.Add(x86.TSC() - start)
		must("Receive", e)
		if m.Type != abi.RSReady {
			panic(failure("a driver began with a message of type " + itoa(uint64(m.Type))))
		}
		must("SendNB", sys.SendNB(ep, &abi.Msg{Type: abi.MsgReply, Arg: [7]uint64{6: m.Arg[6]}, Seq: m.Seq}))
		if i == 0 {
			b.measure("round trip to a driver of the SDK", many, func() {
				m.Type = faulty.Echo
				must("SendRec", sys.SendRec(ep, &m))
			})
		}
		sys.GetInfo(abi.InfoTask, uint64(ep.Slot()), abi.Bytes(&info))
		end(ep)
	}
	b.say(ready.Line("start: create to ready, driver of the SDK, cold", b.base))
	b.say(figure.Value("memory of a driver of the SDK, bytes", info.FramesPeak*abi.PageSize))
}

// goroutines measures a driver that has goroutines of its own, which wait, and a timer that is not due.
func goroutines(b *bench) {
	p := rights(worse)
	ep := create(b.image("bin/gopher"), "", p)
	must("PrivAllow", sys.PrivAllow(ep))
	var m abi.Msg
	_, e := sys.Receive(ep, abi.NoTimeout, &m)
	must("Receive", e)
	must("SendNB", sys.SendNB(ep, &abi.Msg{Type: abi.MsgReply, Arg: [7]uint64{6: m.Arg[6]}, Seq: m.Seq}))
	m = abi.Msg{Type: ask.Park, Arg: [7]uint64{10}}
	must("SendRec", sys.SendRec(ep, &m))
	b.measure("round trip to a driver of the SDK, with goroutines", many, func() {
		m.Type = ask.Hello
		must("SendRec", sys.SendRec(ep, &m))
	})
	end(ep)
}

// images measures an executable copy: made, written, sealed, given up.
func images(b *bench) {
	elf, _ := b.archive.File("bin/peer")
	var id uint32
	b.measure("image of "+itoa(uint64(len(elf))>>10)+" KiB: create, write, seal, free", 20, func() {
		id = seal(elf)
		must("ImageFree", sys.ImageFree(id))
	})
}
