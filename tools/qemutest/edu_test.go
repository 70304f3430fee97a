//go:build qemu

package qemutest

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"bennu/drivers/protocol/edu"
	"bennu/tools/internal/control"
	"bennu/tools/internal/qemu"
	"bennu/tools/internal/suite"
)

// eduRun is a machine whose edu has its driver. The device does what the test says, too, as it would for a driver that is hostile: what it is told bypasses the
// driver, and nothing that confines the device.
type eduRun struct {
	*machine
	q   *qtest
	c   *control.Client
	mon *qemu.Monitor
	bar uint64
}

// eduMachine boots it. more is of its entry in system.conf.
func eduMachine(t *testing.T, c qemu.Config, more string) *eduRun {
	t.Helper()
	files := bootFiles(t)
	for name, from := range map[string]string{"bin/edu": suite.Built(t, "bin/edu"), "conf": "../../drivers/edu/edu.conf"} {
		b, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = b
	}
	entry := strings.Replace(string(files["conf"]), "service edu {", "service edu {\n"+more, 1)
	delete(files, "conf")
	files["system.conf"] = append(files["system.conf"], entry...)
	c.Archive, c.Control, c.QMP = archiveOf(t, files), true, true
	r := &eduRun{}
	r.machine, r.q = tester(t, c)
	r.c, r.mon = r.client(), r.monitor()
	r.bar = r.q.config(0x10) &^ 15
	if err := r.c.Subscribe(r.ctx, 0); err != nil {
		t.Fatal(err)
	}
	if err := r.c.Do(r.ctx, "up", control.Args{"label": "edu"}, nil); err != nil {
		t.Fatalf("up: %v\n%s", err, r.KernelLog())
	}
	return r
}

// computes has the driver compute a factorial, which ends with an interrupt.
func (r *eduRun) computes() {
	r.t.Helper()
	rows, _, err := r.c.Status(r.ctx, "edu")
	if err != nil || len(rows) != 1 {
		r.t.Fatal(rows, err)
	}
	if reply, err := r.c.Call(r.ctx, rows[0].Endpoint, uint32(edu.Factorial), 5); err != nil || len(reply) < 2 || reply[0] != 0 || reply[1] != 120 {
		r.t.Fatalf("5! is %d, %v\n%s", reply, err, r.KernelLog())
	}
}

// reborn kills the driver and waits for its next life.
func (r *eduRun) reborn() {
	r.t.Helper()
	events := r.c.Events(false)
	if err := r.c.Fault(r.ctx, "edu", "kill"); err != nil {
		r.t.Fatal(err)
	}
	if _, err := events.Wait(r.ctx, "edu is ready again", func(e *control.Event) bool { return e.Is("ready", "edu") }); err != nil {
		r.t.Fatalf("no next life: %v\n%s", err, r.KernelLog())
	}
}

// begin has the device move 8 bytes between its buffer and an address.
func (r *eduRun) begin(addr uint64, out bool) {
	r.t.Helper()
	from, to, command := addr, uint64(0x40000), uint64(1)
	if out {
		from, to, command = to, from, 1|2
	}
	r.q.ask("writeq %#x %#x", r.bar+0x80, from)
	r.q.ask("writeq %#x %#x", r.bar+0x88, to)
	r.q.ask("writeq %#x %#x", r.bar+0x90, 8)
	r.q.ask("writeq %#x %#x", r.bar+0x98, command)
}

func (r *eduRun) ended() {
	r.t.Helper()
	for range 100_000 {
		if r.q.ask("readq %#x", r.bar+0x98)&1 == 0 {
			return
		}
	}
	r.t.Fatal("edu does not finish")
}

func (r *eduRun) moves(addr uint64, out bool) {
	r.t.Helper()
	r.begin(addr, out)
	r.ended()
}

// page is a frame's words.
func (q *qtest) page(at uint64) (w [512]uint64) {
	q.t.Helper()
	fmt.Fprintf(q.c, "read %#x 4096\n", at)
	line, err := q.r.ReadString('\n')
	b, bad := hex.DecodeString(strings.TrimPrefix(strings.TrimSpace(strings.TrimPrefix(line, "OK")), "0x"))
	if err != nil || bad != nil || len(b) != 4096 {
		q.t.Fatalf("read %#x: %d bytes, %v, %v", at, len(b), err, bad)
	}
	for i := range w {
		w[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return w
}

const tableFrame = 0x000f_ffff_ffff_f000

// reaches is what a function reaches: frames by device address; tables are the frames of the tables that say so.
//
// Source: Intel Virtualization Technology for Directed I/O, "Translation Structure Formats".
func (q *qtest) reaches(function uint64) (frames map[uint64]uint64, tables map[string]uint64) {
	q.t.Helper()
	root := q.ask("readq %#x", uint64(0xfed90020)) &^ 4095
	context := q.page(root)[0] & tableFrame
	all := q.page(context)
	entry := all[2*function:]
	frames, tables = map[uint64]uint64{}, map[string]uint64{"the IOMMU's root": root, "the IOMMU's contexts": context}
	if entry[0]&1 == 0 {
		return frames, tables
	}
	tables["the domain's table"] = entry[0] & tableFrame
	var walk func(table, addr uint64, level uint)
	walk = func(table, addr uint64, level uint) {
		for i, e := range q.page(table) {
			switch a := addr | uint64(i)<<(12+9*level); {
			case e&3 == 0:
			case level == 0:
				frames[a] = e & tableFrame
				tables["the domain's last table"] = table
			default:
				walk(e&tableFrame, a, level-1)
			}
		}
	}
	walk(entry[0]&tableFrame, 0, uint(entry[1]&7)+1)
	return frames, tables
}

// taskMemory is the page table of the address space that the processor is in, and a frame of a task's.
func (r *eduRun) taskMemory() (top, frame uint64) {
	r.t.Helper()
	cr3 := regexp.MustCompile(`CR3=([0-9a-f]+)`)
	for range 1000 {
		m := cr3.FindStringSubmatch(r.hmp(r.mon, "info registers"))
		if m == nil {
			r.t.Fatal("no CR3")
		}
		top, _ = strconv.ParseUint(m[1], 16, 64)
		top &= tableFrame
		at := top
		for _, i := range []int{0, 1, 1} { // to the table of 40200000h and what follows, where tasks' code is
			if e := r.q.page(at)[i]; e&5 == 5 {
				at = e & tableFrame
			} else {
				at = 0
				break
			}
		}
		if at == 0 {
			continue
		}
		for _, e := range r.q.page(at) {
			if e&5 == 5 && r.spare(e&tableFrame) != 0 {
				return top, e & tableFrame
			}
		}
	}
	r.t.Fatal("no task's address space in 1,000 looks")
	return 0, 0
}

// spare is a word of a frame that is 0, and means nothing: in a table, an entry that is not there. 0: there is none.
func (r *eduRun) spare(frame uint64) uint64 {
	r.t.Helper()
	w := r.q.page(frame)
	for i := len(w) - 1; i >= 0; i-- {
		if w[i] == 0 {
			return frame + 8*uint64(i)
		}
	}
	return 0
}

// kernelText is a frame of the kernel's code that has a word to spare, between two functions.
func (r *eduRun) kernelText() uint64 {
	for at := uint64(0x1001000); at < 0x1100000; at += 4096 {
		if r.spare(at) != 0 {
			return at
		}
	}
	return 0x1001000
}

// marker is what the device writes. In a table it is no entry: bits 0 and 1 are 0.
const marker = 0x1234_5678_9abc_def0

// TestEdu has a device reach for what is not its driver's, from its driver's domain: nothing arrives, and the fault names it. The same writes arrive where the machine has no
// IOMMU, and where the domain says so.
func TestEdu(t *testing.T) {
	for _, c := range []struct{ name, iommu, more string }{{"39 bits", "", ""}, {"48 bits", "aw-bits=48", ""}, {"none", "off", "dma unconfined;"}} {
		t.Run(c.name, func(t *testing.T) {
			words := ""
			if c.iommu == "aw-bits=48" {
				words = "iommu=48"
			}
			r := eduMachine(t, qemu.Config{CmdLine: words, Env: []string{"IOMMU=" + c.iommu}}, c.more)
			r.computes()
			confined := c.more == ""
			top, frame := r.taskMemory()
			targets := map[string]uint64{"page tables": top, "a task's memory": frame, "the kernel": r.kernelText()}
			if confined {
				for what, at := range r.confinedTo() {
					targets[what] = at
				}
			} else {
				r.q.ask("writeq %#x %#x", 0x9f000, uint64(marker))
				r.moves(0x9f000, false)
			}
			for what, at := range targets {
				if at = r.spare(at); at == 0 {
					t.Errorf("%s: no word to write to", what)
					continue
				}
				r.moves(at, true)
				now := r.q.ask("readq %#x", at)
				if r.q.ask("writeq %#x 0", at); (now == marker) == confined {
					t.Errorf("%s at %#x: arrived %v", what, at, now == marker)
				}
				if !confined {
					continue
				}
				fault := regexp.MustCompile(fmt.Sprintf(`kernel: dma refused function=00:05\.0 label=edu access=write address=%#x faults=\d+ why="[^"]+"$`, at&^4095))
				if _, err := r.WaitKernelLine(r.ctx, fault); err != nil {
					t.Fatalf("%s: %v\n%s", what, err, r.KernelLog())
				}
				r.reborn() // the first fault of each life has its line
			}
			r.computes()
			if words == "" {
				r.inFlight(confined)
				r.computes()
			}
			r.off()
		})
	}
}

// confinedTo holds the domain against the driver: one page, which the device reaches both ways, and its marker is in the device then. It returns the IOMMU's frames, and that of the
// page, which the device does not reach under that name.
func (r *eduRun) confinedTo() map[string]uint64 {
	r.t.Helper()
	for at := r.q.config(0x34); ; at = r.q.config(uint32(at)) >> 8 & 255 {
		if at &= 255; at == 0 {
			r.t.Fatal("no MSI")
		}
		if r.q.config(uint32(at))&255 == 5 {
			if control, address := r.q.config(uint32(at))>>16, r.q.config(uint32(at)+4); control&1 == 0 || address>>20 != 0xfee || address&(1<<4) == 0 {
				r.t.Errorf("MSI control %#x, address %#x: want it on, in remappable format", control, address)
			}
			break
		}
	}
	frames, targets := r.q.reaches(eduAt)
	if len(frames) != edu.MaxLength/4096 {
		r.t.Fatalf("%d pages are the device's: %#x", len(frames), frames)
	}
	for device, f := range frames {
		r.q.ask("writeq %#x %#x", f, uint64(marker))
		r.moves(device, false)
		r.q.ask("writeq %#x 0", f)
		if r.moves(device, true); r.q.ask("readq %#x", f) != marker {
			r.t.Fatalf("what the device writes to its own %#x is not at %#x", device, f)
		}
		r.q.ask("writeq %#x 0", f)
		targets["its own page's frame"] = f
	}
	targets["the table of interrupts"] = r.q.ask("readq %#x", uint64(0xfed900b8)) &^ 4095
	return targets
}

// inFlight ends lives of the driver while the device is about to write: nothing is written, and the next life works.
func (r *eduRun) inFlight(confined bool) {
	r.t.Helper()
	for n := range 5 {
		at, frame := uint64(0x9f008), uint64(0x9f008)
		if confined {
			frames, _ := r.q.reaches(eduAt)
			for device, f := range frames {
				at, frame = device, f
			}
		}
		r.q.ask("writeq %#x 0", frame)
		r.begin(at, true)
		r.reborn()
		r.ended()
		if v := r.q.ask("readq %#x", frame); v == marker {
			r.t.Errorf("life %d has ended, and its device wrote on", n)
		}
	}
}
