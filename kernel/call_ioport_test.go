package kernel

import (
	"strings"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/ioport"
	"bennu/kernel/paging"
	"bennu/kernel/task"
)

// pins records what reaches the machine's ports. Every port reads as 0.
type pins struct{ log []string }

func (p *pins) In8(port uint16) uint8 { return 0 }
func (p *pins) Out8(port uint16, v uint8) {
	p.log = append(p.log, ioport.Name(port, port)+"="+ioport.Name(uint16(v), uint16(v)))
}

func (p *pins) In16(port uint16) uint16 { return 0x1234 }
func (p *pins) In32(port uint16) uint32 { return 0x12345678 }
func (p *pins) Out16(port uint16, v uint16) {
	p.log = append(p.log, ioport.Name(port, port+1)+"="+ioport.Name(v, v))
}
func (p *pins) Out32(port uint16, v uint32) {
	p.log = append(p.log, ioport.Name(port, port+3)+"="+ioport.Name(uint16(v>>16), uint16(v)))
}

// guarded gives the rig ports that are settled.
func (r *rig) guarded() *pins {
	p := new(pins)
	r.guard.Guard = ioport.NewGuard(p, 0)
	for r.guard.Out(0x60, 0) != abi.OK {
	}
	p.log = nil
	return p
}

func withPorts(ranges ...abi.PortRange) grant {
	p := rights()
	p.NPorts = uint32(copy(p.Ports[:], ranges))
	return p
}

func (r *rig) outPort(t *task.Task, port, v uint64) abi.Errno {
	e, _ := r.call(t, abi.CallPortIO, uint64(abi.PortOut), port, v)
	return e
}

// isOpen tells whether the task's own IN reaches a port.
func (r *rig) isOpen(t *task.Task, port uint64) bool {
	page := t.Space.Lookup(paging.IOBitmap + port>>15<<12)
	return page != nil && r.phys.Words(page.Frame())[port>>6&511]>>(port&63)&1 == 0
}

// TestPortIO: who may, with what, and what of it reaches the machine.
func TestPortIO(t *testing.T) {
	r := newRig(t)
	pins := r.guarded()
	kbd := r.make(withPorts(abi.PortRange{First: 0x60, Last: 0x60}, abi.PortRange{First: 0x64, Last: 0x64}, abi.PortRange{First: 0x3f8, Last: 0x3ff}))
	other := r.make(withPorts(abi.PortRange{First: 0x70, Last: 0x71}))
	for _, c := range []struct {
		name string
		by   *task.Task
		args []uint64
		want abi.Errno
	}{
		{"status", kbd, []uint64{1, 0x64}, abi.OK},
		{"command", kbd, []uint64{2, 0x64, 0xae}, abi.OK},
		{"reset", kbd, []uint64{2, 0x64, 0xfe}, abi.EPERM},
		{"op 0", kbd, []uint64{0, 0x64, 0xae}, abi.EINVAL},
		{"op 3", kbd, []uint64{3, 0x64, 0xae}, abi.EINVAL},
		{"word", kbd, []uint64{2, 0x64, 0x1ae}, abi.EINVAL},
		{"port + 2^16", kbd, []uint64{2, 0x10064, 0xae}, abi.EINVAL},
		{"its open port", kbd, []uint64{1, 0x3f8}, abi.EINVAL},
		{"another's", kbd, []uint64{1, 0x71}, abi.EPERM},
		{"another's", other, []uint64{2, 0x64, 0xae}, abi.EPERM},
		{"nobody's", other, []uint64{1, 0x61}, abi.EPERM},
		{"index", other, []uint64{2, 0x70, 0x00}, abi.OK},
		{"index with NMIs off", other, []uint64{2, 0x70, 0x80}, abi.EPERM},
		{"seconds", other, []uint64{2, 0x71, 0x59}, abi.OK},
		{"index of the shutdown byte", other, []uint64{2, 0x70, 0x0f}, abi.OK},
		{"shutdown byte", other, []uint64{2, 0x71, 0x00}, abi.EPERM},
	} {
		if e, _ := r.call(c.by, abi.CallPortIO, c.args...); e != c.want {
			t.Errorf("%s: %s, want %s", c.name, e.Name(), c.want.Name())
		}
	}
	if got, want := strings.Join(pins.log, " "), "64=ae 70=0 71=59 70=d"; got != want {
		t.Errorf("written: %s, want %s", got, want)
	}
	for _, port := range []uint64{0x5f, 0x60, 0x61, 0x64, 0x65, 0x70, 0x71} {
		if r.isOpen(kbd, port) || r.isOpen(other, port) {
			t.Errorf("port %x is open", port)
		}
	}
	if !r.isOpen(kbd, 0x3f8) || !r.isOpen(kbd, 0x3ff) || r.isOpen(kbd, 0x3f7) {
		t.Error("COM1 is not open, or more is")
	}
	s := r.startInfo(kbd)
	if s.NGuarded != 2 || s.Guarded[0] != (abi.PortRange{First: 0x60, Last: 0x60}) || s.Guarded[1] != (abi.PortRange{First: 0x64, Last: 0x64}) {
		t.Errorf("start page: %d guarded ranges %v", s.NGuarded, s.Guarded)
	}
}

// TestRefusalIsTold: once a life, with words, and in the next life of a slot again.
func TestRefusalIsTold(t *testing.T) {
	r := newRig(t)
	r.guarded()
	const line = `kernel: port refused label=peer ep=`
	g := withPorts(abi.PortRange{First: 0x64, Last: 0x64})
	r.level(1)
	account := r.account(&g.AccountSpec)
	for life := 1; life <= abi.MaxTasks+1; life++ {
		kbd := r.begin(account, g)
		e, _ := r.call(r.root, abi.CallPrivCtl, uint64(abi.PrivAllow), uint64(kbd.Endpoint))
		r.want("allow", e, abi.OK)
		for range 3 {
			r.outPort(kbd, 0x64, 0xfe)
		}
		text := string(r.m.console)
		if n := strings.Count(text, line); n != life || !strings.Contains(text, `port=64 value=fe why="pulses lines of the output port: reset is one"`) {
			t.Errorf("life %d in slot %d: %d lines", life, kbd.Slot, n)
		}
		r.kill(kbd, abi.DeathRecord{Cause: abi.CauseKilled})
		r.death(abi.CauseKilled)
	}
}

// TestDeathInASequence: the byte that a dead task's command waits for is not the next owner's.
func TestDeathInASequence(t *testing.T) {
	r := newRig(t)
	pins := r.guarded()
	p := withPorts(abi.PortRange{First: 0x60, Last: 0x60}, abi.PortRange{First: 0x64, Last: 0x64})
	first := r.make(p)
	r.want("command byte", r.outPort(first, 0x64, 0x60), abi.OK)
	r.kill(first, abi.DeathRecord{Cause: abi.CauseKilled})
	second := r.make(p)
	r.want("to the keyboard", r.outPort(second, 0x60, 0xf4), abi.OK)
	if got, want := strings.Join(pins.log, " "), "64=60 64=60 60=74 60=f4"; got != want {
		t.Errorf("written: %s, want %s", got, want)
	}
}

// TestPortClasses: what a privilege may hold. A refused one changes nothing and is told with words.
func TestPortClasses(t *testing.T) {
	r := newRig(t)
	r.guarded()
	r.guard.never = []ioport.Block{{First: 0x600, Last: 0x67f, Name: "ACPI"}}
	for _, c := range []struct {
		name      string
		r         abi.PortRange
		unguarded uint32
		want      abi.Errno
		words     string
	}{
		{"open", abi.PortRange{First: 0x2f8, Last: 0x2ff}, 0, abi.OK, ""},
		{"PIC", abi.PortRange{First: 0x21, Last: 0x21}, 0, abi.EPERM, `ports=21 why="interrupt controller 1`},
		{"PIC, unguarded", abi.PortRange{First: 0x20, Last: 0x21}, 1, abi.EPERM, `ports=20-21 why="interrupt controller 1`},
		{"8042 and what lies between", abi.PortRange{First: 0x60, Last: 0x64}, 1, abi.EPERM, `ports=61 why="NMI`},
		{"everything", abi.PortRange{First: 0, Last: 0xffff}, 1, abi.EPERM, "kernel: ports refused"},
		{"unlisted", abi.PortRange{First: 0x6000, Last: 0x600f}, 0, abi.EPERM, `ports=6000-600f why="no device`},
		{"the bit of another range", abi.PortRange{First: 0x6000, Last: 0x600f}, 2, abi.EPERM, "ports=6000-600f"},
		{"open, and more", abi.PortRange{First: 0x3f8, Last: 0x401}, 0, abi.EPERM, "ports=400-401"},
		{"ACPI's end", abi.PortRange{First: 0x67f, Last: 0x680}, 1, abi.EPERM, `ports=600-67f why="ACPI"`},
		{"unlisted, unguarded", abi.PortRange{First: 0x6000, Last: 0x600f}, 1, abi.OK, `kernel: ports unguarded label=peer ep=`},
	} {
		r.m.console = nil
		a := r.make(rights())
		a.PrivSet, a.Wait = false, a.Wait|task.NoPriv
		r.sched.Block(a.Slot)
		before := r.counts()
		p := withPorts(c.r)
		p.Unguarded = c.unguarded
		a.Priv = p.Privilege
		e := r.privSet(a)
		if e != c.want {
			t.Errorf("%s: %s, want %s", c.name, e.Name(), c.want.Name())
		}
		if e == abi.OK {
			r.tellUnguarded(a)
		}
		if !strings.Contains(string(r.m.console), c.words) {
			t.Errorf("%s: log %q, want %s", c.name, r.m.console, c.words)
		}
		if c.want != abi.OK && (r.counts() != before || r.isOpen(a, uint64(c.r.First))) {
			t.Errorf("%s: refused, but something has changed", c.name)
		}
		r.kill(a, abi.DeathRecord{Cause: abi.CauseKilled})
		r.logDeaths()
	}
}
