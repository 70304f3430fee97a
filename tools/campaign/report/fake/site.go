package fake

import (
	"fmt"

	"bennu/tools/campaign/result"
)

// changes are instructions and faults of them, as an assembler wrote both.
var changes = []struct{ before, beforeAs, after, afterAs string }{
	{"488b4310", "mov 0x10(%rbx),%rax", "488b4318", "mov 0x18(%rbx),%rax"},
	{"4889c2", "mov %rax,%rdx", "4889c1", "mov %rax,%rcx"},
	{"7e1d", "jle .+0x1d", "7d1d", "jge .+0x1d"},
	{"e8a0f3ffff", "call .-0xc60", "9090909090", "nop; nop; nop; nop; nop"},
	{"48ffc1", "inc %rcx", "90ffc1", "nop; inc %ecx"},
	{"4883ec28", "sub $0x28,%rsp", "4883ec2a", "sub $0x2a,%rsp"},
	{"c6040800", "movb $0x0,(%rax,%rcx,1)", "c6040900", "movb $0x0,(%rcx,%rcx,1)"},
}

var functions = map[string][]string{
	"driver":  {"main.(*Clock).read", "main.main", "main.(*Line).Put"},
	"sdk":     {"bennu/drivers/sdk.(*Context).Run", "bennu/kernel/usys.Receive", "bennu/board/ring3.idle"},
	"runtime": {"runtime.mallocgc", "runtime.memmove", "runtime.newstack", "sync.(*Mutex).Lock"},
}

func (m *maker) site(f *result.Fault, kind string) {
	f.Type, f.Weight = kind, 1
	if kind == "message-late" {
		f.Stratum, f.Did = result.None, fmt.Sprintf("call 12: the answer came %d ms late", 1+m.r.IntN(30))
		return
	}
	f.Stratum = result.Strata[m.r.IntN(3)]
	all := functions[f.Stratum]
	at := m.r.IntN(len(all))
	offset := m.r.IntN(60) * 4
	f.Addr = fmt.Sprintf("0x%x", 0x401000+at*0x900+offset)
	f.Symbol = fmt.Sprintf("%s+0x%x", all[at], offset)
	f.Place = fmt.Sprintf("%s.go:%d", f.Stratum, 20+offset)
	if m.spec.Reached {
		f.Weight = map[string]float64{"driver": 1630.0 / 2410, "sdk": 2240.0 / 5120, "runtime": 21_870.0 / 118_300}[f.Stratum]
	}
	if kind == "flip-register" {
		f.Did = fmt.Sprintf("rbx: bit %d", m.r.IntN(64))
		return
	}
	c := changes[m.r.IntN(len(changes))]
	f.Before, f.BeforeAs, f.After, f.AfterAs = c.before, c.beforeAs, c.after, c.afterAs
}
