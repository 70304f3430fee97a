package server

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"bennu/kernel/abi"
)

// Twenty services that die as soon as they run, as often as they may: the starts that the kernel is asked for stay within the machine's limit,
// one that dies for the first time is back in the same turn, and the log says once that services are held back.
func TestCrashLoops(t *testing.T) {
	conf := "service quiet { };\n"
	for i := range 20 {
		conf += fmt.Sprintf("service loop%d { backoff 1ms; burst none; };\n", i)
	}
	f := boot(t, conf)
	f.ready("quiet")
	const long = 2 * time.Second
	begun := f.now()
	for f.now()-begun < long {
		for i := range 20 {
			label := fmt.Sprintf("loop%d", i)
			if ep := f.ep(label); ep != abi.None {
				f.ready(label)
				f.dies(ep, abi.CauseException, 0)
				f.run()
			}
		}
		f.pass(time.Millisecond)
	}
	restarts := uint32(0)
	for _, r := range f.rows("quiet") {
		restarts += r.RestartsTotal
	}
	most := uint32(32 + long/(5*time.Millisecond) + 20*3)
	if restarts > most || restarts < most/2 {
		t.Errorf("%d restarts in %v, at most %d", restarts, long, most)
	}
	was := f.ep("quiet")
	f.dies(was, abi.CauseException, 0)
	f.run()
	if now := f.ep("quiet"); now == was || now == abi.None {
		t.Errorf("a first death in the storm: endpoint %d, was %d", now, was)
	}
	told := 0
	for _, l := range f.log {
		if strings.Contains(l, "event=storm errno=EAGAIN why=storm") {
			told++
		}
	}
	if told != 1 {
		t.Errorf("the storm was told %d times", told)
	}
}

// A service is not started without what it requires, and the answer says what is missing.
func TestRequiresIsNamed(t *testing.T) {
	f := boot(t, "service disk { start manual; };\nservice fs { start manual; requires disk; };\nservice op { uid root; ipc rs; };")
	f.ready("op")
	a, ok := f.ask("op", named(abi.RSUp, "fs"))
	disk, _ := abi.MakeLabel("disk")
	if !ok || abi.Errno(a.Arg[0]) != abi.ESRCH || abi.Why(a.Arg[5]) != abi.WhyRequires || abi.UnpackLabel(a.Arg[2], a.Arg[3]) != disk {
		t.Errorf("up of fs without disk: %+v, %v", a, ok)
	}
}

// Services are started, and grouped, as system.conf says.
func TestBelong(t *testing.T) {
	f := boot(t, "group g { strategy all-for-one; };\nservice a { after c; group g; };\nservice b { group g; };\nservice c { };")
	if f.ep("a") != abi.None || f.ep("b") == abi.None {
		t.Fatal("a is started before c is ready, or b is not")
	}
	f.ready("c")
	f.ready("a")
	f.ready("b")
	was := f.ep("b")
	f.dies(f.ep("a"), abi.CauseException, 0)
	f.run()
	if f.ep("a") != abi.None {
		t.Error("a begins again before b has ended")
	}
	f.dies(was, abi.CauseExit, 0)
	f.run()
	if now := f.ep("b"); now == was || now == abi.None || f.ep("a") == abi.None {
		t.Errorf("b: %d, was %d; a: %d", now, was, f.ep("a"))
	}
}
