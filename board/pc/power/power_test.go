package power

import (
	"fmt"
	"strings"
	"testing"

	"bennu/board/pc/acpi"
	"bennu/board/pc/port/fake"
)

// gone ends a test's machine from within, as the hardware does.
type gone string

// rig is a machine that says how it ended.
type rig struct {
	Machine
	ports *fake.Ports
	mem   []string
	said  string // the last line on the console
}

const pm1a, pm1b = 0x604, 0x704

const stillOn = "halt: " + TextStillOn

func newRig() *rig {
	r := &rig{ports: fake.New()}
	r.Machine = Machine{
		Ports: r.ports,
		FADT: &acpi.FADT{SMICommand: 0xb2, ACPIEnable: 2, PM1aControl: acpi.Register{Space: acpi.SystemIO, Bits: 16, Addr: pm1a},
			ResetReg: acpi.Register{Space: acpi.SystemIO, Bits: 8, Addr: 0xcf9}, ResetValue: 0xf},
		S5: acpi.SleepType{A: 5, B: 6}, HasS5: true,
		Store8:      func(a uint64, v uint8) { r.mem = append(r.mem, fmt.Sprintf("%#x=%#x", a, v)) },
		TripleFault: func() { panic(gone("triple fault")) },
	}
	r.Say = func(line string) { r.said = line }
	r.Halt = func() { panic(gone("halt: " + r.said)) }
	r.ports.Register(pm1a, 0x1c01)
	r.ports.Register(pm1b, 1)
	return r
}

// ends runs f and says what the machine did: its port writes, then its end.
func (r *rig) ends(t *testing.T, f func()) (outs []string, end string) {
	t.Helper()
	defer func() {
		for _, a := range r.ports.Outs() {
			outs = append(outs, fmt.Sprintf("%#x=%#x", a.Port, a.Value))
		}
		if len(r.ports.Log) > 4_000_000 {
			t.Errorf("%d port accesses: not bounded", len(r.ports.Log))
		}
		if g, ok := recover().(gone); ok {
			end = string(g)
		} else {
			t.Error("it came back")
		}
	}()
	f()
	return
}

// dies makes a port the machine's end when f says so.
func (r *rig) dies(port uint16, how string, f func(v uint32) bool) {
	old := r.ports.Write[port]
	r.ports.Write[port] = func(v uint32) {
		if f(v) {
			panic(gone(how))
		}
		if old != nil {
			old(v)
		}
	}
}

func (r *rig) s5(port uint16) { r.dies(port, "off", func(v uint32) bool { return v&pm1Sleep != 0 }) }

func TestOff(t *testing.T) {
	for _, c := range []struct {
		name   string
		status uint8
		set    func(r *rig)
		outs   string
		end    string
	}{
		{"off", 0, func(r *rig) { r.s5(pm1a) }, "0x604=0x1401 0x604=0x3401", "off"},
		{"off by both registers", 0, func(r *rig) {
			r.FADT.PM1bControl = acpi.Register{Space: acpi.SystemIO, Bits: 16, Addr: pm1b}
			r.s5(pm1b)
		}, "0x604=0x1401 0x704=0x1801 0x604=0x3401 0x704=0x3801", "off"},
		{"legacy mode", 0, func(r *rig) {
			cell := r.ports.Register(pm1a, 0)
			r.ports.Write[0xb2] = func(uint32) { *cell = 1 }
			r.s5(pm1a)
		}, "0xb2=0x2 0x604=0x1401 0x604=0x3401", "off"},
		{"legacy mode for ever", 0, func(r *rig) { r.ports.Register(pm1a, 0) },
			"0xb2=0x2 0x604=0x1400 0x604=0x3400", stillOn},
		{"soft-off does nothing", 0, func(*rig) {}, "0x604=0x1401 0x604=0x3401", stillOn},
		{"no S5", 0, func(r *rig) { r.HasS5 = false }, "0xf4=0x0", stillOn},
		{"no ACPI", 0, func(r *rig) { r.FADT = nil }, "0xf4=0x0", stillOn},
		{"reduced hardware", 0, func(r *rig) {
			r.FADT = &acpi.FADT{Reduced: true, SleepCtl: acpi.Register{Space: acpi.SystemIO, Addr: 0x600}}
		}, "0x600=0x34", stillOn},
		{"no soft-off in qemu", 0, func(r *rig) {
			r.HasS5 = false
			r.dies(portDebugExit, "exit", func(uint32) bool { return true })
		}, "0xf4=0x0", "exit"},
		{"qemu sees the status", 1, func(r *rig) { r.dies(portDebugExit, "exit", func(uint32) bool { return true }) }, "0xf4=0x1", "exit"},
		{"failed, on hardware: off, and no reset", 1, func(r *rig) { r.s5(pm1a) }, "0xf4=0x1 0x604=0x1401 0x604=0x3401", "off"},
		{"failed, and no soft-off", 1, func(r *rig) { r.HasS5 = false }, "0xf4=0x1", stillOn},
	} {
		r := newRig()
		c.set(r)
		outs, end := r.ends(t, func() { r.Off(c.status) })
		if got := strings.Join(outs, " "); got != c.outs || end != c.end {
			t.Errorf("%s: %s, then %s; want %s, then %s", c.name, got, end, c.outs, c.end)
		}
	}
}

// What must not go on halts with words, and resets only where the command line asks for it.
func TestFail(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(r *rig)
		outs string
		end  string
	}{
		{"qemu sees the status", func(r *rig) { r.dies(portDebugExit, "exit", func(uint32) bool { return true }) }, "0xf4=0x3", "exit"},
		{"on hardware", func(*rig) {}, "0xf4=0x3", "halt: " + TextFailed},
		{"with panic=reset", func(r *rig) {
			r.ResetOnFailure = true
			r.dies(0xcf9, "reset", func(v uint32) bool { return v == 0xf })
		}, "0xf4=0x3 0xcf9=0xf", "reset"},
		{"with panic=reset, all the way down", func(r *rig) { r.ResetOnFailure = true },
			"0xf4=0x3 0xcf9=0xf 0xcf9=0x2 0xcf9=0x6 0x64=0xfe", "triple fault"},
		{"nobody hears", func(r *rig) { r.Say = nil }, "0xf4=0x3", "halt: "},
	} {
		r := newRig()
		c.set(r)
		outs, end := r.ends(t, func() { r.Fail(3) })
		if got := strings.Join(outs, " "); got != c.outs || end != c.end {
			t.Errorf("%s: %s, then %s; want %s, then %s", c.name, got, end, c.outs, c.end)
		}
	}
}

func TestReset(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(r *rig)
		outs string
		end  string
	}{
		{"no reset register", func(r *rig) {
			r.FADT.ResetReg.Addr = 0
			r.dies(0xcf9, "reset", func(v uint32) bool { return v&4 != 0 })
		}, "0xcf9=0x2 0xcf9=0x6", "reset"},
		{"keyboard", func(r *rig) {
			r.FADT = nil
			busy := 100
			r.ports.Read[portKeyboard] = func() uint32 { busy--; return map[bool]uint32{true: 2, false: 0}[busy > 0] }
			r.dies(portKeyboard, "reset", func(v uint32) bool { return v == 0xfe && busy <= 0 })
		}, "0xcf9=0x2 0xcf9=0x6 0x64=0xfe", "reset"},
		{"no keyboard, no triple fault", func(r *rig) { r.FADT = &acpi.FADT{No8042: true}; r.TripleFault = nil },
			"0xcf9=0x2 0xcf9=0x6", "halt: " + TextNoReset},
	} {
		r := newRig()
		c.set(r)
		outs, end := r.ends(t, func() { r.Reset() })
		if got := strings.Join(outs, " "); got != c.outs || end != c.end {
			t.Errorf("%s: %s, then %s; want %s, then %s", c.name, got, end, c.outs, c.end)
		}
	}
}

// Registers in memory, as microvm's and Cloud Hypervisor's.
func TestMemoryRegisters(t *testing.T) {
	r := newRig()
	r.FADT = &acpi.FADT{Reduced: true, No8042: true, SleepCtl: acpi.Register{Addr: 0xfea00200},
		ResetReg: acpi.Register{Addr: 0xfea00201}, ResetValue: 0x42}
	r.ends(t, func() { r.Off(0) })
	r.ends(t, func() { r.Reset() })
	if got := strings.Join(r.mem, " "); got != "0xfea00200=0x34 0xfea00201=0x42" {
		t.Errorf("memory: %s", got)
	}
	r.Store8 = nil
	r.ends(t, func() { r.Off(0) })
}

// A kernel panic may come when memory is gone.
func TestAllocates(t *testing.T) {
	r := newRig()
	r.Halt = func() {}
	r.TripleFault = func() {}
	r.ports.Log = make([]fake.Access, 0, 8_000_000)
	least := 1.0
	for range 5 { // an allocation of the runtime's own may fall into one of them
		n := testing.AllocsPerRun(1, func() { r.ports.Log = r.ports.Log[:0]; r.Off(0); r.Fail(2); r.Reset() })
		least = min(least, n)
	}
	if least != 0 {
		t.Errorf("%v allocations", least)
	}
}
