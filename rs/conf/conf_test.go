package conf

import (
	"reflect"
	"testing"
	"time"

	"bennu/kernel/abi"
	"bennu/kernel/ioport"
)

const example = `# A machine.
class driver {
	priority 2;
	system BASIC IRQCTL;
	period 500ms;
	ipc RS;
};

service uart {
	class driver;
	program uart16550;
	args "-baud 115200" -fifo;
	irq 4;
	io 3f8:8 0x2f8;
	ipc RS TTY;		# its own, not the class's
	descr "16550 (COM1)";
	type tty;
};

service tty { server; budget 2ms 20ms; reserve 3M; ipc ALL; control uart; uid root; burst none; backoff 10ms 1s; restart failure; };

service shell {
	uid 0; quantum 5ms; period none; memory 32M; init 3s; stop 100ms; start manual;
	burst 3 10s; backoff 250us-is-not-taken;
};
`

func TestParse(t *testing.T) {
	f, faults := Parse("system.conf", []byte(example))
	if len(faults) != 1 || faults[0].Label != "shell" {
		t.Fatalf("faults %v, want the one of shell", faults)
	}
	want := []Service{
		{
			Label: "uart", Program: "uart16550", Args: "-baud 115200 -fifo", UID: DefaultUID, Priority: 2, Quantum: DefaultQuantum,
			Budget: DefaultBudget, BudgetPeriod: DefaultPeriod, Memory: DefaultMemory, Reserve: DefaultReserve, Period: 500 * time.Millisecond, Init: DefaultInit, Stop: DefaultStop,
			BackoffUnit: time.Second, BackoffMax: time.Second, Burst: DefaultBurst, BurstWindow: DefaultBurstWindow, Snapshot: DefaultSnapshot,
			IRQs: []uint32{4}, Ports: []abi.PortRange{{First: 0x3f8, Last: 0x3ff}, {First: 0x2f8, Last: 0x2f8}},
			Calls: Basic | abi.CallBit(abi.CallIRQCtl), IPC: []string{"tty"}, Descr: "16550 (COM1)", Type: "tty", Line: 9, Col: 1,
		},
		{
			Label: "tty", Program: "tty", UID: 0, Priority: DefaultPriority, Quantum: DefaultQuantum,
			Budget: 2 * time.Millisecond, BudgetPeriod: 20 * time.Millisecond, Server: true, Memory: DefaultMemory, Reserve: 3 << 20, Init: DefaultInit, Stop: DefaultStop,
			Restart: RestartFailure, BackoffUnit: 10 * time.Millisecond, BackoffMax: time.Second, Snapshot: DefaultSnapshot, IPCAll: true, Control: []string{"uart"}, Line: 20, Col: 1,
		},
	}
	if !reflect.DeepEqual(f.Services, want) {
		t.Errorf("got  %+v\nwant %+v", f.Services, want)
	}
	if f.Service("uart").Operator() || !f.Service("tty").Operator() {
		t.Error("operator is not who has uid 0")
	}
}

// No line, no right: an entry without keywords may do nothing.
func TestDefect16ClosedByDefault(t *testing.T) {
	f, faults := Parse("f", []byte("service a { };"))
	if len(faults) != 0 {
		t.Fatal(faults)
	}
	s := f.Services[0]
	if s.Calls != 0 || s.IPCAll || len(s.IPC)+len(s.Control)+len(s.Trace)+len(s.IRQs)+len(s.Ports) != 0 || s.Operator() {
		t.Errorf("an empty entry has rights: %+v", s)
	}
}

// Every call that the kernel has can be named, and nothing else gets a bit.
func TestCallNames(t *testing.T) {
	var want uint64
	for n := abi.CallBase; n <= abi.CallMax; n++ {
		want |= abi.CallBit(n)
	}
	if got := allCalls(); got != want {
		t.Errorf("ALL is %#x, the kernel's calls are %#x", got, want)
	}
	if Basic&(abi.CallBit(abi.CallPrivCtl)|abi.CallBit(abi.CallTaskKill)|abi.CallBit(abi.CallTrace)|abi.CallBit(abi.CallShutdown)) != 0 {
		t.Errorf("BASIC %#x reaches past the caller", Basic)
	}
}

// Who may trace somebody may make the call, wherever the keyword stands; the call alone lets nobody be traced.
func TestTrace(t *testing.T) {
	f, faults := Parse("f", []byte("class c { trace b; };\nservice b { };\nservice x { trace b a; system EXIT; };\nservice a { class c; system TRACE; };\nservice y { system TRACE; };"))
	if len(faults) != 0 {
		t.Fatal(faults)
	}
	const call = 1 << (abi.CallTrace - abi.CallBase)
	x, a, y := f.Service("x"), f.Service("a"), f.Service("y")
	if !reflect.DeepEqual(x.Trace, []string{"b", "a"}) || x.Calls != abi.CallBit(abi.CallExit)|call {
		t.Errorf("x traces %v, with the calls %#x", x.Trace, x.Calls)
	}
	if !reflect.DeepEqual(a.Trace, []string{"b"}) || a.Calls != call || y.Trace != nil || f.Service("b").Calls != 0 {
		t.Errorf("a traces %v, y %v; b's calls %#x", a.Trace, y.Trace, f.Service("b").Calls)
	}
}

// Each keyword of the table goes over from a class.
func TestInherit(t *testing.T) {
	const body = `program p; args x; uid 0; priority 1; quantum 2ms; budget 1ms 5ms; server; memory 1M; reserve 64K; start manual; period 1s; init 1s; stop 1s; restart never;
		backoff 2s 4s; burst 2 1s; storm none; irq 3; io 60; unguarded 6000; system EXIT; ipc b; control b; trace b; type t; descr d;`
	f, faults := Parse("f", []byte("class c { "+body+" };\nservice b { };\nservice a { class c; };"))
	g, more := Parse("f", []byte("service b { };\nservice a { "+body+" };"))
	if len(faults)+len(more) != 0 {
		t.Fatal(faults, more)
	}
	a, d := *f.Service("a"), *g.Service("a")
	d.Line, d.Col = a.Line, a.Col
	if !reflect.DeepEqual(a, d) {
		t.Errorf("by class %+v\nin place %+v", a, d)
	}
}

// TestReserve: what is not written is 640 KiB, or all of a smaller memory.
func TestReserve(t *testing.T) {
	f, faults := Parse("f", []byte("service a { memory 64K; };\nservice b { memory 64K; reserve 0K; };\nservice c { memory 512K; };"))
	if len(faults) != 0 {
		t.Fatal(faults)
	}
	for label, want := range map[string]uint64{"a": 64 << 10, "b": 0, "c": 512 << 10} {
		if got := f.Service(label).Reserve; got != want {
			t.Errorf("%s has %d bytes, want %d", label, got, want)
		}
	}
}

// Two labels that differ only behind the limit are two faults, not one service.
func TestDefect15LabelsAreNotCut(t *testing.T) {
	const whole = "sixteen-bytes-ok"
	f, faults := Parse("f", []byte("service "+whole+" { };\nservice "+whole+"1 { };\nservice "+whole+"2 { };"))
	if len(faults) != 2 || len(f.Services) != 1 || f.Services[0].Label != whole {
		t.Errorf("services %v, faults %v", f.Services, faults)
	}
}

// What the parser lets through, the kernel's table has room for.
func TestDefect17OneLimitForPorts(t *testing.T) {
	ports := ""
	for i := 0; i < abi.MaxPorts; i++ {
		ports += " " + ioport.Name(0x3d0+uint16(i), 0x3d0+uint16(i))
	}
	f, faults := Parse("f", []byte("service a { io"+ports+"; };"))
	if len(faults) != 0 || len(f.Services[0].Ports) != abi.MaxPorts {
		t.Errorf("%d ranges: %v", abi.MaxPorts, faults)
	}
	f, faults = Parse("f", []byte("service a { io"+ports+" 378; };"))
	if len(faults) != 1 || len(f.Services) != 0 {
		t.Errorf("one more: %v", faults)
	}
}
