//go:build tamago

package ring0

import (
	"strconv"

	"bennu/board/pc"
	"bennu/board/pc/cpu"
	"bennu/board/pc/port"
	"bennu/board/x86"
	"bennu/kernel/abi"
	"bennu/kernel/arch"
)

// Reporter says what ended ring 0. Nothing in it allocates.
type Reporter struct {
	Put  func(c byte)       // to the console
	Task func() *abi.Label  // whose context is loaded; nil: nobody's
	End  func()             // of the machine
	last [80]byte           // the Go runtime's last line that says why it gives up
	n    int                // bytes of it
	line [len("fatal")]byte // how the line that the runtime writes now begins
	at   int                // bytes of that line
}

// Fault reports an exception in ring 0, or one of the machine's own, and ends the machine: arch.OnFault.
func (r *Reporter) Fault(p *arch.CPU, f *arch.Frame, cr2, nth uint64) {
	if nth <= 2 {
		r.str("\nkernel: panic: ")
		if nth == 2 {
			r.str("a fault while another was reported: ")
		}
		r.what(f, cr2)
		r.where(p, f, cr2)
		r.str("\n")
	}
	r.End()
	x86.Halt()
}

// what names what has happened.
func (r *Reporter) what(f *arch.Frame, cr2 uint64) {
	boot := pc.Stacks[pc.BootStack]
	switch v := f.Vector; v {
	case arch.VectorNMI:
		r.nmi()
		return
	case arch.VectorMachineCheck:
		r.machineCheck()
		return
	case arch.VectorPageFault, arch.VectorDoubleFault:
		if s, ok := pc.GuardOf(cr2); ok {
			r.str("stack overflow: the ").str(s.Name).str(" stack, ").hex("which ends at ", s.Top-s.Size)
			return
		}
	case arch.VectorBreakpoint: // what the runtime does when g0's stack is too small for a function
		if f.SP-boot.Guard() < goGuard {
			r.str("stack overflow: the ").str(boot.Name).str(" stack, ").hex("which ends at ", boot.Top-boot.Size)
			return
		}
	}
	r.str("exception in ring 0: ")
	if n := abi.VectorName(uint32(f.Vector)); n != "" {
		r.str(n)
	} else {
		r.str("no exception")
	}
}

// goGuard is above how many bytes, guard page included, Go's functions no longer begin on the boot stack.
const goGuard = 4096 + 2048

// nmi tells why the board raised an NMI, as far as port 61 knows.
//
// Source: Intel I/O Controller Hub datasheets, "NMI_SC—NMI Status and Control Register".
func (r *Reporter) nmi() {
	r.str("non-maskable interrupt")
	switch s := (port.Hardware{}).In8(0x61); {
	case s&0x80 != 0:
		r.str(": a memory or PCI system error")
	case s&0x40 != 0:
		r.str(": an I/O channel check")
	}
}

// machineCheck tells what the CPU's error banks hold.
//
// Source: Intel SDM Vol. 3B, "Machine-Check Architecture".
func (r *Reporter) machineCheck() {
	r.str("machine check: the CPU found an error of the hardware")
	if !cpu.Has(cpu.ID, cpu.MCA) {
		return
	}
	r.hex(", mcg_status=", x86.ReadMSR(x86.MSRMachineStatus))
	for bank := range uint32(x86.ReadMSR(x86.MSRMachineCap) & 0xff) {
		status := x86.ReadMSR(x86.MSRBank0Status + 4*bank)
		if status>>63 == 0 {
			continue
		}
		r.str(", bank ").dec(uint64(bank)).hex(" status=", status)
		if status>>58&1 != 0 {
			r.hex(" addr=", x86.ReadMSR(x86.MSRBank0Status+4*bank+1))
		}
	}
}

// where tells who ran, and the registers.
func (r *Reporter) where(p *arch.CPU, f *arch.Frame, cr2 uint64) {
	switch {
	case f.CS&3 != 0:
		r.str("; in ring 3")
		if l := r.task(); l != nil {
			r.str(", task ")
			for _, c := range l {
				if c != 0 {
					r.Put(c)
				}
			}
		}
	case p.Idling():
		r.str("; idle")
	default:
		r.str("; in ring 0")
	}
	if n := p.NMIs(); n != 0 {
		r.str("; NMIs before, of which the board knows nothing: ").dec(n)
	}
	r.str(": vector=").dec(f.Vector).hex(" err=", f.Err).hex(" rip=", f.IP).hex(" rsp=", f.SP).hex(" cr2=", cr2).hex(" cs=", f.CS)
	r.hex(" flags=", f.Flags).hex(" ax=", f.AX).hex(" bx=", f.BX).hex(" cx=", f.CX).hex(" dx=", f.DX).hex(" si=", f.SI).hex(" di=", f.DI)
}

func (r *Reporter) task() *abi.Label {
	if r.Task == nil {
		return nil
	}
	return r.Task()
}

// Runtime is a byte that the Go runtime writes on its own: it goes to the console, and the line that says why the
// runtime gives up is remembered.
func (r *Reporter) Runtime(c byte) {
	r.Put(c)
	if c == '\n' {
		r.at = 0
		return
	}
	if r.at < len(r.line) {
		r.line[r.at] = c
	} else if s := string(r.line[:]); s == "fatal" || s == "panic" {
		if r.at == len(r.line) {
			r.n = copy(r.last[:], s)
		}
		if r.n < len(r.last) {
			r.last[r.n] = c
			r.n++
		}
	}
	r.at++
}

// Exit is the end of the Go runtime: a panic of the kernel's code, or no memory.
func (r *Reporter) Exit(int32) {
	r.str("kernel: panic: ")
	if s := string(r.last[:r.n]); s == "fatal error: stack overflow" {
		r.str("stack overflow: the kernel's own (its trace stands above)\n")
	} else {
		r.str("the Go runtime gave up (its trace stands above): ").str(s).str("\n")
	}
	r.End()
}

func (r *Reporter) str(s string) *Reporter {
	for i := range len(s) {
		r.Put(s[i])
	}
	return r
}

func (r *Reporter) dec(v uint64) *Reporter { return r.digits(v, 10) }

func (r *Reporter) hex(name string, v uint64) *Reporter { return r.str(name).str("0x").digits(v, 16) }

func (r *Reporter) digits(v uint64, base int) *Reporter {
	var b [20]byte
	for _, c := range strconv.AppendUint(b[:0], v, base) {
		r.Put(c)
	}
	return r
}
