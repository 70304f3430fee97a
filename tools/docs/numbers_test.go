package docs

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"bennu/kernel/abi"
)

// TestABIsNumbers compares each number of docs/ABI.md with the code. A number that is new there needs a phrase here, made of the
// constant that it is, or, where it is none, a line in notCode.
func TestABIsNumbers(t *testing.T) {
	p, s := readPage(t, "docs/ABI.md"), newSource(t)
	memory(p, s)
	structs(p, s)
	enumerations(p, s)
	drivers(p, s)
	errors(p, s)
	calls(p, s)
	arguments(p)
	windows(p)
	pci(p)
	logs(p, s)
	accounts(p, s)
	ports(p, s)
	services(p, s)
	limits(p, s)
	for _, phrase := range notCode {
		p.says("%s", phrase)
	}
	p.rest()
}

// notCode is where ABI.md has digits that are no constant of the code: names, references, and what a processor or a format means by them.
var notCode = []string{
	"the kernel sets it to 1 when", "As long as it is 0 there", "SHA-256 and ChaCha20 make them",
	"A static ELF64 for x86-64, type", "[decision 009](decisions/009-accounts.md)",
	"| {first u16, last u16}: ports", "An **endpoint** (u32) is", "Type u32, Arg[7] u64, Seq u64", "was received it is 0.", "and 0 in what answers none", "begins with Seq 0", "(Seq is not 0)",
	"Arg[0] its error number", "Arg[0] bits, Arg[1] the time",
	"RAX and arguments in RDI, RSI, RDX, R10, R8", "(0 is OK)", "RCX and R11 are destroyed", "The vector, x87 and MXCSR state",
	"(COM1–4, LPT1–3, IDE,", "NMI and A20 gates",
	"In C: put `in8` and `out8` over IN", "Timeout 0 is a poll, 2⁶⁴−1 for ever",
	"ETIMEDOUT: value 1 if the request was received",
	"(0, or over", "0 cancels.", "(ISA number, or GSI from 16 up)", "(0–63)",
	"(index 1, root task only, resets it)", "(root task only; index 1: its slot stays", "(#kept-memory); 0: its account has none", "counts of the TSC of its own time in ring 3; 0: it does not", "Lines of a source are numbered from 0;", "Lines is 0 when there are no more", "zeros up to a multiple of 8.",
	"0: none. Errors: EPERM (an account",
	"1 peek 8 bytes, 2 poke 8 bytes,", "0 or 1 Hands", "has a copy grant), E2BIG,", "and find 1 where the caller finds 0.", "(status 0: success, else failure)",
	"-ring 3`)", "ns in ring 3", "in ring 0", "of ring 0", "E2BIG, EPERM (another's)",
	"is index | Seq << 8.", // no constant: boot/ktest TestGrants has ids that the kernel must refuse
	"1. `sendrec`", "Arg[0] = 0 or the error number", "Arg[1] and Arg[2] = a read grant", "of words about it, or 0. 2. Receive for ever.",
	"with the Arg[6] of the heartbeat", "3. RSStop", "CallExit with status 0.", "4. Answer requests with their Seq and Arg[6]", "waits meanwhile (step 2)", "sent with Seq 0", "an answer whose Arg[6]",
	"Arg[6] comes back as it was", "finds the answer by step 2.", "its Arg[1] is how many requests",
	"Arg[0] the way, Arg[6] a number", "Arg[0] OK or an error, Arg[1] that number", "uid 0",
	"Arg[1] the longest stay", "Arg[2] what it was for", "<< 32, Arg[3] how long, Arg[4] the entries",
	"Arg[1] a read grant, Arg[2] its length", "Where Arg[0] of an answer of RS is not OK, Arg[5] says why, and Arg[4] is a number",
	"Arg[4]: its limit in ns", "Arg[4]: Reason, and the vector << 32", "Arg[4]: the limit in ns",
	"Arg[2] and Arg[3] are its label; 0: an entry that was refused", "Arg[4] as for died",
}

// memory is a task's addresses, what it finds there, and how it begins.
func memory(p *page, s *source) {
	p.says("Version %d (`StartInfo.Version`)", abi.Version)
	p.says("lie within [%s, %s)", address(abi.ImageBase), address(abi.ImageEnd))
	p.says("file offset and address alike modulo %d,", abi.PageSize)
	p.says("| %s | start page: `StartInfo` | read |", address(abi.StartPage))
	p.says("| %s | call page: `CallArea` | read, write |", address(abi.CallPage))
	p.says("| %s | clock page: `ClockInfo`, one for all tasks | read |", address(abi.ClockPage))
	p.says("| %d | %d | UnixNS: Unix time in ns at time 0 of the system clock; 0 when", 0, 8)
	p.says("random bytes for keys into Buf, at most %d. SHA-256", abi.MaxEntropy)
	p.says("E2BIG (more than %d), EAGAIN (the processor has no generator, and fewer than %d interrupts", abi.MaxEntropy, s.number("kernel/entropy.Enough"))
	p.says("EDOM (0, or above 2⁶³ − 2⁶¹).")
	p.says("| %s … | the executable's segments;", address(abi.ImageBase))
	p.says("| %s … +%s | RAM: zero,", address(abi.RAMBase), size(abi.RAMSize))
	p.says("| %s … | the boot archive, in the root task only | read |", address(abi.ModuleBase))
	p.says("What lies below %s and in the upper half is the kernel's", size(abi.TaskBase))
	p.says("RFLAGS is %#x", s.number("board/x86.FlagR1")|s.number("board/x86.FlagIF"))
	p.says("is generation << %d | slot.", s.number("kernel/abi.endpointShift"))
	p.says("The generation has %d bits and slots", 32-s.number("kernel/abi.endpointShift"))
	p.says("with n of the %d slots free", abi.MaxTasks)
	p.says("after n · %s lives at the earliest", grouped(abi.MaxGeneration))
	p.says("Hardware %#x, Clock %#x, System %#x, Self %#x, Any %#x, None %#x.", abi.Hardware, abi.Clock, abi.System, abi.Self, abi.Any, abi.None)
	p.says("Types below %#x and %#x are no service's own; %#x (`MsgReply`)", abi.MsgService, abi.MsgNotify, abi.MsgReply)
	p.says("%#x (`MsgNotify`) is made by", abi.MsgNotify)
}

// ownTable is the structs that have a table of their own in ABI.md; with how it writes numbers, and what else its rows say. All others
// are rows of the section Structs.
var ownTable = map[string]func(f field) string{
	"StartInfo": func(f field) string {
		row := fmt.Sprintf("| %d | %s | %s |", f.offset, f.size, f.name)
		switch f.name {
		case "Magic":
			return fmt.Sprintf("%s %#x (\"%s\")", row, abi.StartMagic, magic())
		case "Version":
			return fmt.Sprintf("%s %d |", row, abi.Version)
		case "Incarnation":
			return row + " 0 in the first life"
		case "Init":
			return fmt.Sprintf("%s %d fresh, %d after a death or refresh, %d after a live update |", row, abi.InitFresh, abi.InitRestart, abi.InitUpdate)
		case "Priority":
			return row + " the account's; 0 runs first |"
		case "ModuleSize":
			return row + " bytes of the boot archive; 0 but"
		case "TSCBase":
			return row + " RDTSC at time 0 |"
		case "TSCMult":
			return row + " ns = (RDTSC − TSCBase) · TSCMult >> 32, the product in 128 bits |"
		}
		return row
	},
	"CallArea": func(f field) string {
		if f.offset == 0 {
			return fmt.Sprintf("| 0 | %s | %s:", f.size, f.name)
		}
		parts := strings.Split(f.size, " × ")
		if len(parts) == 1 {
			n, _ := strconv.Atoi(f.size)
			parts[0] = fmt.Sprintf("%#x", n)
		}
		return fmt.Sprintf("| %#x | %s | %s:", f.offset, strings.Join(parts, " × "), f.name)
	},
	"AccountSpec": func(f field) string {
		row := fmt.Sprintf("| %d | %s | %s", f.offset, f.size, f.name)
		switch f.name {
		case "Priority":
			return fmt.Sprintf("%s, 0–%d |", row, abi.Priorities-1)
		case "Flags":
			return fmt.Sprintf("%s: %d server |", row, abi.AccountServer)
		case "QuantumNS":
			return fmt.Sprintf("%s: its turns among those whose budgets are used up; 0: %s |", row, nanoseconds(abi.DefaultQuantumNS))
		}
		return row
	},
}

func structs(p *page, s *source) {
	for name, st := range s.structs("kernel/abi") {
		fields := fieldsOf(st)
		row, own := ownTable[name]
		if !own {
			p.says("| %s | %d | %s |", name, sizes.Sizeof(st), fieldList(fields))
			continue
		}
		for _, f := range fields {
			switch {
			case !f.pad:
				p.says("%s", row(f))
			case name == "AccountSpec":
				f.name = "–"
				p.says("%s |", row(f))
			}
		}
	}
	all := s.structs("kernel/abi")
	for _, name := range []string{"CopyGrant", "LogHeader", "LogLine"} { // told where they are used, too
		var members []string
		for _, f := range fieldsOf(all[name]) {
			if f.pad {
				members = append(members, "–")
			} else {
				members = append(members, f.name+" "+f.typ)
			}
		}
		p.says("`%s` {%s}", name, strings.Join(members, ", "))
	}
}

func fieldList(fields []field) string {
	var list []string
	for _, f := range fields {
		if !f.pad {
			list = append(list, fmt.Sprintf("%d %s %s", f.offset, f.name, f.typ))
		}
	}
	return strings.Join(list, ", ")
}

// enumerations are the section Numbers: each constant with a type of its own that has no other table.
func enumerations(p *page, s *source) {
	elsewhere := map[string]bool{"Errno": true, "CallNr": true, "Why": true, "Endpoint": true, "Repeat": true}
	types := s.enumerated("kernel/abi")
	if len(types) < 15 {
		p.t.Fatalf("only %d types of constants found in kernel/abi", len(types))
	}
	for _, typ := range types {
		if elsewhere[typ] {
			continue
		}
		format := "%d %s"
		if typ == "MsgType" {
			format = "%#x %s"
		}
		var list []string
		for _, c := range s.constants("kernel/abi", typ) {
			list = append(list, fmt.Sprintf(format, c.value, c.name))
		}
		p.says("| %s | %s |", typ, strings.Join(list, ", "))
	}
	p.says("| CopyGrant.Flags | %d GrantValid, %d GrantRead, %d GrantWrite |", abi.GrantValid, abi.GrantRead, abi.GrantWrite)
	p.says("| Life.Flags | %d LifeSet, %d LifeAllowed, %d LifeWarm, %d LifeAsks, %d LifeDying |", abi.LifeSet, abi.LifeAllowed, abi.LifeWarm, abi.LifeAsks, abi.LifeDying)
	p.says("| Arg[0] of a notification from System | %d SystemDeath, %d SystemAsync, %d SystemTrace |", abi.SystemDeath, abi.SystemAsync, abi.SystemTrace)
}

// errors are the two tables of error numbers and of reasons for them.
func errors(p *page, s *source) {
	for _, c := range s.constants("kernel/abi", "Errno") {
		if e := abi.Errno(c.value); e != abi.OK {
			p.says("| %d | %s |", e, c.name)
			if c.name != e.Name() {
				p.t.Errorf("%s calls itself %s", c.name, e.Name())
			}
		}
	}
	for w := abi.Why(1); w < abi.Whys; w++ {
		p.says("| %d | %s |", w, w)
	}
}

// calls are the sections of IPC primitives and kernel calls.
func calls(p *page, s *source) {
	for _, c := range s.constants("kernel/abi", "CallNr") {
		switch c.name {
		case "CallInvalid", "CallBase", "CallMax":
		case "CallArchPrctl":
			p.says("### %s %d (%#x, address)", c.name, c.value, abi.ArchSetFS)
		default:
			p.says("### %s %d", c.name, c.value)
		}
	}
	p.says("Each needs its bit (number − %d) in the privilege's CallMask", abi.CallBase)
	p.says("No stay in ring 0 has more than %s instructions", grouped(s.number("boot/ktest.stayLimit")))
}
