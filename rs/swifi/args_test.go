package main

import (
	"slices"
	"strings"
	"testing"

	"bennu/drivers/protocol/load"
	"bennu/drivers/sdk"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
	kernel "bennu/kernel/fake"
	"bennu/rs/fi/code"
	"bennu/rs/fi/record"
	"bennu/rs/fi/types"
)

func parse(args string) (*injector, error) {
	j := new(injector)
	return j, j.arguments(strings.Fields(args))
}

// What cannot be is refused with EINVAL, and words that name it and what was expected.
func TestBadArguments(t *testing.T) {
	for args, want := range map[string]string{
		"":                                     "expected victim=LABEL",
		"victim=sum speed=3":                   `"speed=3": expected one of victim=`,
		"victim=sum types=none":                "types=: none: expected types of faults, or random, minix",
		"victim=sum types=text,randm":          "types=: randm: expected",
		"victim=sum types=text,text":           "each name once",
		"victim=sum strata=kernel":             "strata=: kernel: expected driver, sdk, runtime",
		"victim=sum others= others=":           "others=: expected once",
		"victim=sum others=kbd,,rtc":           "expected labels of services, a comma between two",
		"victim=sum others=kbd,sum":            "others=: sum: expected services that are not the victim",
		"victim=sum others=kbd,rtc,kbd":        "others=: kbd: expected each label once",
		"victim=sum others=kbd others=rtc":     "others=: expected once",
		"victim=sum others=0123456789abcdef0":  "expected labels",
		"victim=sum others=a" + manyLabels(32): "33 labels, expected at most 32",
	} {
		_, err := parse(args)
		var e *sdk.Error
		if e, _ = err.(*sdk.Error); e == nil || e.Errno != abi.EINVAL || !strings.Contains(e.Text, want) || !strings.HasPrefix(e.Text, "args: ") {
			t.Errorf("%q: %v, want %q", args, err, want)
		}
	}
	if _, err := parse("victim=sum others=a" + manyLabels(31)); err != nil {
		t.Error(err)
	}
}

func manyLabels(n int) (s string) {
	for i := range n {
		s += ",l" + sdk.Dec(uint64(i))
	}
	return s
}

// Lists of types are expanded, in their order, and a type that several names have is one: each has the same chance.
func TestTypes(t *testing.T) {
	union := func(lists ...string) (l []string) {
		for _, n := range lists {
			for _, n := range types.List(n) {
				if !slices.Contains(l, n) {
					l = append(l, n)
				}
			}
		}
		return l
	}
	for args, want := range map[string][]string{
		"":                          types.Random(),
		"types=all":                 types.List("all"),
		"types=text,nop":            {"text", "nop"},
		"types=edfi,own":            union("edfi", "own"),
		"types=random,minix":        union("minix"),
		"types=all,random,text":     types.List("all"),
		"types=minix,text,edfi,nop": union("minix", "edfi"),
	} {
		j, err := parse("victim=sum " + args)
		var got []string
		for _, k := range j.types {
			got = append(got, k.Name())
		}
		if args == "types=random,minix" || args == "types=minix,text,edfi,nop" {
			slices.Sort(got)
			slices.Sort(want)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v; want %v", args, got, err, want)
		}
	}
	j, _ := parse("victim=sum types=text,random")
	if j.types[0].Name() != "text" || len(j.types) != len(types.Random()) {
		t.Errorf("text comes %s of %d", j.types[0].Name(), len(j.types))
	}
}

func TestStrataAndOthers(t *testing.T) {
	for args, want := range map[string]code.Mask{
		"": code.All, "strata=sdk": code.Of(code.SDK), "strata=driver,runtime": code.Of(code.Driver, code.Runtime), "strata=runtime,sdk,driver": code.All,
	} {
		j, err := parse("victim=sum others=kbd,rtc " + args)
		if err != nil || j.want != want || !slices.Equal(j.others, []string{"kbd", "rtc"}) || j.plan.Victim != "sum" || j.victim.String() != "sum" {
			t.Errorf("%q: %v, %b, %q, %q", args, err, j.want, j.others, j.victim.String())
		}
	}
	for _, args := range []string{"victim=sum", "victim=sum others="} {
		if j, err := parse(args); err != nil || j.others != nil {
			t.Errorf("%q: %v, others %q", args, err, j.others)
		}
	}
}

// Arguments that cannot be end the life, and the machine: who waits for records reads why, and does not wait for nothing.
func TestBadArgumentsEnd(t *testing.T) {
	b := newBench(t, "sum", "victim=sum strata=kernel").start()
	if m, ok := b.Take(fake.Root); ok {
		t.Errorf("asked %+v", m)
	}
	if over, status, _ := b.j.c.Over(); !over || status != sdk.ExitInit || len(b.Words) != 1 || !strings.Contains(b.Words[0], "strata=: kernel") {
		t.Errorf("over %v, status %d, %q", over, status, b.Words)
	}
	b.ended("args: strata=: kernel: expected driver, sdk, runtime")
}

// Without a chip at COM3 the answer is ENODEV with words, nothing is sent, and the machine ends.
func TestNoChip(t *testing.T) {
	b := newBench(t, "sum", onePlan)
	b.wire.Absent = true
	b.Start(b.j)
	m, ok := b.Take(fake.Root)
	for ok && m.Type != abi.RSReady {
		m, ok = b.Take(fake.Root)
	}
	if !ok || abi.Errno(m.Arg[0]) != abi.ENODEV || len(b.Words) != 1 || !strings.Contains(b.Words[0], "no serial port at 0x3e8") {
		t.Errorf("answered %+v with %q", m, b.Words)
	}
	if b.m.Off == nil || *b.m.Off != (kernel.Off{How: abi.PowerOff, Status: failed}) || b.wire.polls != 0 || len(b.wire.TX)+len(b.wire.Sent) != 0 {
		t.Errorf("ended as %+v after %d looks at the status, %d bytes", b.m.Off, b.wire.polls, len(b.wire.TX)+len(b.wire.Sent))
	}
	if !strings.Contains(strings.Join(b.Lines, "\n"), "no serial port at 0x3e8") {
		t.Errorf("the log says %q", b.Lines)
	}
	b.Advance(2 * patient)
	b.nothing(work)
}

// A wire that takes nothing is given up once: the machine ends with a status, and no further byte is waited for.
func TestDeadWire(t *testing.T) {
	b := newBench(t, "sum", onePlan).start()
	run := b.next(work, load.Run)
	before := len(b.frames())
	b.wire.stuck, b.wire.polls = true, 0
	b.answer(work, run, abi.OK, right(4)...)
	b.answer(work, b.next(work, load.Others), abi.OK, 0, 0)
	if b.m.Off == nil || b.m.Off.Status != failed {
		t.Fatalf("ended as %+v", b.m.Off)
	}
	if b.wire.polls < patience || b.wire.polls > patience+10 {
		t.Errorf("%d looks at the status, want %d once", b.wire.polls, patience)
	}
	b.answer(work, b.next(work, load.Run), abi.OK, right(4)...) // the machine that is not off goes on to the plan's end, which is no good one
	if b.m.Off.Status != failed || b.j.e == nil {
		t.Errorf("ended as %+v", b.m.Off)
	}
	if n := strings.Count(strings.Join(b.Lines, "\n"), "the wire of the records takes nothing"); n != 1 {
		t.Errorf("told %d times: %q", n, b.Lines)
	}
	if e := b.j.wire.write([]byte{1}); e != abi.EIO || b.wire.polls > patience+10 {
		t.Errorf("%s after %d looks", e.Name(), b.wire.polls)
	}
	b.wire.stuck = false
	b.wire.Carry(depth)
	sent := len(b.wire.Sent)
	world{b.j}.Put(new(record.Bye))
	if len(b.wire.TX) > 0 || len(b.wire.Sent) != sent || before != 2 {
		t.Errorf("%d frames before, %d bytes after the end", before, len(b.wire.TX)+len(b.wire.Sent)-sent)
	}
}

// Frames leave whole and in order, however large they are, and no byte is written that the chip has no room for.
func TestFrames(t *testing.T) {
	b := newBench(t, "sum", onePlan).start()
	b.wire.Carry(depth)
	b.wire.Sent = nil
	var sizes []int
	for i := range 60 {
		f := record.Bye{Blocks: uint32(i), Words: strings.Repeat("x", i*7%90)}
		sizes = append(sizes, len(record.Append(nil, &f)))
		world{b.j}.Put(&f)
	}
	l := b.frames()
	if len(l) != 60 {
		t.Fatalf("%d frames", len(l))
	}
	for i, f := range l {
		if f := f.(*record.Bye); f.Blocks != uint32(i) || len(record.Append(nil, f)) != sizes[i] {
			t.Errorf("frame %d is %+v", i, f)
		}
	}
	if b.wire.most != depth {
		t.Errorf("%d bytes were in the chip, want up to %d", b.wire.most, depth)
	}
	if b.wire.DLL != 1 || b.wire.DLM != 0 || b.wire.LCR != 3 || b.wire.IER != 0 || b.wire.FCR&1 == 0 || b.wire.MCR != 3 {
		t.Errorf("the chip is set up as %+v", b.wire.UART)
	}
}

// An injector that may not end the machine says so.
func TestMayNotEnd(t *testing.T) {
	b := newBench(t, "sum", onePlan)
	b.Start(b.j)
	b.Life(fake.Driver).Priv().CallMask &^= abi.CallBit(abi.CallShutdown)
	delete(b.Labels, "sum")
	b.Advance(2 * patient)
	if b.m.Off != nil || strings.Count(strings.Join(b.Lines, "\n"), "cannot be ended\" errno=ECALLDENIED") != 1 {
		t.Errorf("%+v, %q", b.m.Off, b.Lines)
	}
}
