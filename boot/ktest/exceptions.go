//go:build tamago

package main

import (
	"bennu/boot/ktest/code"
	"bennu/boot/ktest/cpuid"
	"bennu/kernel/abi"
)

var exceptionTests = []test{
	{"TestArithmeticExceptions", func(t *T) { raise(t, arithmetic) }},
	{"TestDebugExceptions", func(t *T) { raise(t, debugging) }},
	{"TestUndefinedInstructions", func(t *T) { raise(t, undefined) }},
	{"TestPrivilegedInstructions", func(t *T) { raise(t, privileged) }},
	{"TestGatesAndSelectors", func(t *T) { raise(t, selectors) }},
	{"TestPageFaults", func(t *T) { raise(t, pageFaults) }},
	{"TestNonCanonical", func(t *T) { raise(t, nonCanonical) }},
	{"TestFloatingPointExceptions", func(t *T) { raise(t, floating) }},
	{"TestAlignmentCheck", func(t *T) { raise(t, alignment) }},
	{"TestFlagsKept", flagsKept},
	{"TestDirectionFlag", direction},
	{"TestCreateWithStringsDownwards", createDownwards},
	{"TestVectorsOfCallAfterFault", vectorsOfCall},
	{"TestRoundingIsOwn", rounding},
}

// trap is code that ends in an exception. It begins with BX pointing at Data and a stack.
type trap struct {
	name   string
	do     func(p *code.Prog)
	vector uint32
	err    uint64
	cr2    uint64 // of #PF
	at     int    // of RIP, from the code's first byte; jumped: RIP is cr2
	also   uint32 // another vector that some CPUs raise instead
	late   int    // how much further RIP may be: processors do not agree whether SYSRET with TF traps before or after the next instruction
	gap    *gap
	umip   bool // needs UMIP
}

// gap is what QEMU 7.2's emulator does instead of what a CPU does, and why. No other processor is forgiven, and this
// one nothing but that.
type gap struct {
	reason  string
	nothing bool // no exception: the task reaches its end
	vector  uint32
	err     uint64
	cr2     uint64
	at      int
}

const jumped = -1

// op is code of plain bytes that faults at its first one.
func op(b ...byte) func(*code.Prog) { return func(p *code.Prog) { p.Bytes(b...) } }

func raise(t *T, traps []trap) {
	for _, c := range traps {
		if c.umip && !cpuid.UMIP() {
			t.logf("%s: the processor has no UMIP", c.name)
			continue
		}
		p := code.New().Set(code.BX, code.Data).Set(code.SP, code.StackTop-256)
		from := p.At()
		c.do(p)
		ep := t.start(p.Exit(0), all())
		var r abi.DeathRecord
		if !takeDeath(&r) || r.Endpoint != ep {
			t.errorf("%s: no death", c.name)
			continue
		}
		switch {
		case c.matches(&r, from):
		case c.gap != nil && cpuid.TCG() && c.gap.matches(&r, from):
			t.logf("%s: not as on a CPU: %s", c.name, c.gap.reason)
		default:
			t.errorf("%s: want vector %d err %#x cr2 %#x rip %#x%+d, got %s", c.name, c.vector, c.err, c.cr2, from, c.at, describe(&r))
		}
	}
}

func (c *trap) matches(r *abi.DeathRecord, from uint64) bool {
	rip, vector := from+uint64(c.at), r.Vector == c.vector || c.also != 0 && r.Vector == c.also
	if c.at == jumped {
		rip = c.cr2
	}
	there := r.Regs.RIP == rip || c.late != 0 && r.Regs.RIP == rip+uint64(c.late)
	return r.Cause == abi.CauseException && vector && r.ErrorCode == c.err && r.CR2 == c.cr2 && there
}

func (g *gap) matches(r *abi.DeathRecord, from uint64) bool {
	if g.nothing {
		return r.Cause == abi.CauseExit
	}
	return r.Cause == abi.CauseException && r.Vector == g.vector && r.ErrorCode == g.err && r.CR2 == g.cr2 && r.Regs.RIP == from+uint64(g.at)
}

// unchecked is a gap in which TCG does not raise the exception.
func unchecked(reason string) *gap { return &gap{reason: reason, nothing: true} }

var arithmetic = []trap{
	{name: "div by zero", do: op(0x31, 0xc9, 0xf7, 0xf1), vector: 0, at: 2},                            // XOR ECX, ECX; DIV ECX
	{name: "idiv overflow", do: op(0xba, 1, 0, 0, 0, 0xb9, 1, 0, 0, 0, 0xf7, 0xf9), vector: 0, at: 10}, // MOV EDX, 1; MOV ECX, 1; IDIV ECX
	{name: "div 64", do: op(0x31, 0xc9, 0x48, 0xf7, 0xf1), vector: 0, at: 2},                           // DIV RCX
	{name: "into", do: op(0xce), vector: 6},                                                            // not in 64-bit mode
}

var debugging = []trap{
	{name: "single step", do: func(p *code.Prog) { p.Flags(1<<8, 0).Bytes(0x90) }, vector: 1, at: flagsLen + 1},
	{name: "single step over syscall", do: func(p *code.Prog) {
		p.Set(code.AX, uint64(abi.CallTimes)).Set(code.DI, uint64(abi.Self)).Flags(1<<8, 0).Bytes(0x0f, 0x05, 0x90, 0x90)
	}, vector: 1, at: 20 + flagsLen + 2, late: 1},
	{name: "single step over mov ss and syscall", do: func(p *code.Prog) {
		p.Set(code.AX, uint64(abi.CallTimes)).Set(code.DI, uint64(abi.Self)).Bytes(0x8c, 0xd1).Flags(1<<8, 0) // MOV ECX, SS
		p.Bytes(0x8e, 0xd1, 0x0f, 0x05, 0x90, 0x90)                                                           // MOV SS, ECX; SYSCALL
	}, vector: 1, at: 22 + flagsLen + 4, late: 1},
	{name: "single step, strings downwards", do: func(p *code.Prog) { p.Flags(1<<8|1<<10, 0).Bytes(0x90) }, vector: 1, at: flagsLen + 1},
	{name: "single step, no stack", do: func(p *code.Prog) { p.Flags(1<<8, 0).Bytes(0x31, 0xe4) }, vector: 1, at: flagsLen + 2}, // XOR ESP, ESP
	{name: "icebp", do: op(0xf1), vector: 1, at: 1, gap: &gap{reason: "TCG has no ICEBP outside its own debugger", vector: 6}},
	{name: "int3", do: op(0xcc), vector: 3, at: 1},
	{name: "int 3", do: op(0xcd, 3), vector: 3, at: 2},
}

// flagsLen is the length of Prog.Flags.
const flagsLen = 18

var undefined = []trap{
	{name: "ud2", do: op(0x0f, 0x0b), vector: 6},
	{name: "ud1", do: op(0x0f, 0xb9, 0xc0), vector: 6},
	{name: "push es", do: op(0x06), vector: 6},
	{name: "aam", do: op(0xd4, 0x0a), vector: 6},
	{name: "lock nop", do: op(0xf0, 0x90), vector: 6},
	{name: "vmcall", do: op(0x0f, 0x01, 0xc1), vector: 6},
	{name: "vmxon", do: op(0xf3, 0x0f, 0xc7, 0x33), vector: 6},
	{name: "rsm", do: op(0x0f, 0xaa), vector: 6},
	{name: "monitor", do: op(0x0f, 0x01, 0xc8), vector: 6, also: 13},
	{name: "stac", do: op(0x0f, 0x01, 0xcb), vector: 6},
	{name: "clac", do: op(0x0f, 0x01, 0xca), vector: 6},
}

var privileged = []trap{
	{name: "hlt", do: op(0xf4), vector: 13},
	{name: "cli", do: op(0xfa), vector: 13},
	{name: "sti", do: op(0xfb), vector: 13},
	{name: "in", do: op(0xe4, 0x80), vector: 13},
	{name: "out", do: op(0xe6, 0x80), vector: 13},
	{name: "in dx", do: op(0x66, 0xba, 0xf9, 0x0c, 0xed), vector: 13, at: 4}, // 0xcf9: reset
	{name: "ins", do: op(0x6c), vector: 13},
	{name: "outs", do: op(0x6e), vector: 13},
	{name: "mov cr0, rax", do: op(0x0f, 0x22, 0xc0), vector: 13},
	{name: "mov rax, cr0", do: op(0x0f, 0x20, 0xc0), vector: 13},
	{name: "mov rax, cr2", do: op(0x0f, 0x20, 0xd0), vector: 13},
	{name: "mov rax, cr3", do: op(0x0f, 0x20, 0xd8), vector: 13},
	{name: "mov cr3, rax", do: op(0x0f, 0x22, 0xd8), vector: 13},
	{name: "mov cr4, rax", do: op(0x0f, 0x22, 0xe0), vector: 13},
	{name: "mov cr8, rax", do: op(0x44, 0x0f, 0x22, 0xc0), vector: 13},
	{name: "mov rax, dr0", do: op(0x0f, 0x21, 0xc0), vector: 13},
	{name: "mov dr7, rax", do: op(0x0f, 0x23, 0xf8), vector: 13},
	{name: "wrmsr", do: op(0x0f, 0x30), vector: 13},
	{name: "rdmsr", do: op(0x0f, 0x32), vector: 13},
	{name: "rdpmc", do: op(0x0f, 0x33), vector: 13},
	{name: "lgdt", do: op(0x0f, 0x01, 0x13), vector: 13},
	{name: "lidt", do: op(0x0f, 0x01, 0x1b), vector: 13},
	{name: "lldt", do: op(0x0f, 0x00, 0xd0), vector: 13},
	{name: "ltr", do: op(0x0f, 0x00, 0xd8), vector: 13},
	{name: "lmsw", do: op(0x0f, 0x01, 0xf0), vector: 13},
	{name: "clts", do: op(0x0f, 0x06), vector: 13},
	{name: "invd", do: op(0x0f, 0x08), vector: 13},
	{name: "wbinvd", do: op(0x0f, 0x09), vector: 13},
	{name: "invlpg", do: op(0x0f, 0x01, 0x3b), vector: 13},
	{name: "swapgs", do: op(0x0f, 0x01, 0xf8), vector: 13},
	{name: "xsetbv", do: op(0x0f, 0x01, 0xd1), vector: 13},
	{name: "sysret", do: op(0x48, 0x0f, 0x07), vector: 13},
	{name: "sysexit", do: op(0x0f, 0x35), vector: 13, also: 6},
	{name: "sysenter", do: op(0x0f, 0x34), vector: 13, also: 6},
	// what UMIP denies
	{name: "sgdt", do: op(0x0f, 0x01, 0x03), vector: 13, umip: true},
	{name: "sidt", do: op(0x0f, 0x01, 0x0b), vector: 13, umip: true},
	{name: "smsw", do: op(0x0f, 0x01, 0xe0), vector: 13, umip: true},
	{name: "sldt", do: op(0x0f, 0x00, 0xc0), vector: 13, umip: true},
	{name: "str", do: op(0x0f, 0x00, 0xc8), vector: 13, umip: true},
}

// far pushes a selector and an address of the code and returns to them.
func far(selector byte, ret ...byte) func(*code.Prog) {
	return func(p *code.Prog) {
		p.Bytes(0x6a, selector, 0x68, 0, 0, 0x20, 0).Bytes(ret...) // PUSH selector; PUSH 0x200000
	}
}

// gate is INT n through a gate that is not ring 3's.
func gate(n byte) trap {
	return trap{name: "int " + itoa(uint64(n)), do: op(0xcd, n), vector: 13, err: uint64(n)<<3 | 2,
		gap: &gap{reason: "TCG's error code counts 16 bytes a gate", vector: 13, err: uint64(n)<<4 | 2}}
}

// smapped is the gap of far returns, which pop from sp.
func smapped(at int, sp uint64) *gap {
	return &gap{reason: "TCG reads the stack of a far return as ring 0, which SMAP forbids", vector: 14, err: 1, cr2: sp, at: at}
}

var selectors = []trap{
	gate(0x80),
	gate(2),
	gate(8),
	gate(14),
	gate(18),
	gate(0x21),
	gate(0xf0), // the kernel's timer
	gate(0xff),
	{name: "retf to ring 0", do: far(0x08, 0x48, 0xcb), vector: 13, err: 0x08, at: 7, gap: smapped(7, code.StackTop-256-16)},
	{name: "retf to ring 0 code with rpl 3", do: far(0x0b, 0x48, 0xcb), vector: 13, err: 0x08, at: 7, gap: smapped(7, code.StackTop-256-16)},
	{name: "iret to ring 0", do: func(p *code.Prog) {
		p.Bytes(0x6a, 0x10, 0x6a, 0, 0x68, 2, 2, 0, 0, 0x6a, 0x08, 0x6a, 0, 0x48, 0xcf) // SS, SP, FLAGS, CS, IP; IRETQ
	}, vector: 13, err: 0x08, at: 13, gap: smapped(13, code.StackTop-256-40)},
	{name: "jmp far to ring 0", do: func(p *code.Prog) {
		p.Bytes(0xc7, 0x43, 0x08, 0x08, 0, 0, 0, 0x48, 0xff, 0x2b) // MOV DWORD [BX+8], 8; JMP FAR [BX]
	}, vector: 13, err: 0x08, at: 7},
	{name: "call far to ring 0", do: func(p *code.Prog) {
		p.Bytes(0xc7, 0x43, 0x08, 0x08, 0, 0, 0, 0x48, 0xff, 0x1b)
	}, vector: 13, err: 0x08, at: 7},
	{name: "mov ss, kernel data", do: op(0xb8, 0x10, 0, 0, 0, 0x8e, 0xd0), vector: 13, err: 0x10, at: 5},
	{name: "mov ds, kernel data", do: op(0xb8, 0x10, 0, 0, 0, 0x8e, 0xd8), vector: 13, err: 0x10, at: 5},
	{name: "mov gs, tss", do: op(0xb8, 0x30, 0, 0, 0, 0x8e, 0xe8), vector: 13, err: 0x30, at: 5},
	{name: "mov es, past the gdt", do: op(0xb8, 0x40, 0, 0, 0, 0x8e, 0xc0), vector: 13, err: 0x40, at: 5},
	{name: "mov ds, ldt", do: op(0xb8, 0x0f, 0, 0, 0, 0x8e, 0xd8), vector: 13, err: 0x0c, at: 5},
	{name: "mov ss, null", do: op(0x31, 0xc0, 0x8e, 0xd0), vector: 13, at: 2},
}

// Bits of a page fault's error code.
const pfPresent, pfWrite, pfUser, pfFetch = 1, 2, 4, 16

func load(a uint64) func(*code.Prog) {
	return func(p *code.Prog) { p.Set(code.AX, a).Bytes(0x48, 0x8b, 0x00) } // MOV AX, [AX]
}

func store(a uint64) func(*code.Prog) {
	return func(p *code.Prog) { p.Set(code.AX, a).Bytes(0xc6, 0x00, 0x01) } // MOV BYTE [AX], 1
}

func jump(a uint64) func(*code.Prog) {
	return func(p *code.Prog) { p.Set(code.AX, a).Bytes(0xff, 0xe0) } // JMP AX
}

const (
	kernelText, kernelRAM = 0x100_1000, 0x260_0000
	direct                = 0xffff_8800_0000_0000
	tss                   = 0xffff_8000_0000_0000
)

func fault(name string, do func(uint64) func(*code.Prog), a, err uint64) trap {
	c := trap{name: name, do: do(a), vector: 14, err: err | pfUser, cr2: a, at: 10}
	if err&pfFetch != 0 {
		c.at = jumped
	}
	return c
}

var pageFaults = []trap{
	fault("read null", load, 0, 0),
	fault("write null", store, 0, pfWrite),
	fault("run null", jump, 0, pfFetch),
	fault("read kernel text", load, kernelText, pfPresent),
	fault("write kernel text", store, kernelText, pfPresent|pfWrite),
	fault("run kernel text", jump, kernelText, pfPresent|pfFetch),
	fault("read kernel memory", load, kernelRAM, pfPresent),
	fault("write kernel memory", store, kernelRAM, pfPresent|pfWrite),
	fault("write the kernel's heap", store, 0x220_0000, pfPresent|pfWrite), // in a large page
	fault("read the frame pool", load, direct+0x400_0000, pfPresent),
	fault("write the frame pool", store, direct+0x400_0000, pfPresent|pfWrite),
	fault("read the local APIC", load, direct+0xfee0_0000, pfPresent),
	fault("write the I/O APIC", store, direct+0xfec0_0000, pfPresent|pfWrite),
	fault("read the TSS", load, tss, pfPresent),
	fault("write the I/O bitmap", store, tss+0x1000, pfPresent|pfWrite),
	fault("write past the I/O bitmap", store, tss+0x4000, pfWrite),
	fault("read the top", load, ^uint64(7), 0),
	fault("write own text", store, code.Text, pfPresent|pfWrite),
	fault("write start page", store, abi.StartPage, pfPresent|pfWrite),
	fault("write clock page", store, abi.ClockPage, pfPresent|pfWrite),
	fault("run clock page", jump, abi.ClockPage, pfPresent|pfFetch),
	fault("run start page", jump, abi.StartPage, pfPresent|pfFetch),
	fault("run call page", jump, abi.CallPage, pfPresent|pfFetch),
	fault("run data", jump, code.Data, pfPresent|pfFetch),
	fault("run RAM", jump, abi.RAMBase, pfPresent|pfFetch),
	fault("read the page before the start page", load, abi.TaskBase, 0),
	fault("read the page after the clock page", load, abi.ClockPage+0x1000, 0),
	fault("write the page after the clock page", store, abi.ClockPage+0x1000, pfWrite),
	fault("read past the image", load, code.Data+code.DataSize, 0),
	fault("read between text and data", load, code.Data-0x1000, 0),
	fault("read before RAM", load, abi.RAMBase-8, 0),
	fault("read past RAM", load, abi.RAMBase+abi.RAMSize, 0),
	fault("read the module", load, abi.ModuleBase, 0),
	fault("read past the task's part", load, abi.TaskEnd, 0),
	fault("write at its end", store, abi.TaskEnd-1, pfWrite),
	fault("read before the task's part", load, abi.TaskBase-8, 0),
	fault("write where the local APIC would be", store, 0xfee0_0000, pfWrite),
	fault("read past the windows", load, abi.WindowEnd, 0),
	fault("write at the windows' end", store, abi.WindowEnd-8, pfWrite),
	fault("run at the canonical end", jump, 1<<47-1, pfFetch),
}

// stackGP is the gap of addresses by RSP and RBP.
func stackGP() *gap { return &gap{reason: "TCG raises #GP where a CPU raises #SS", vector: 13, at: 10} }

var nonCanonical = []trap{
	{name: "read", do: load(0x8000_0000_0000), vector: 13, at: 10},
	{name: "read before the upper half", do: load(0xffff_7fff_ffff_ff00), vector: 13, at: 10},
	{name: "push", do: func(p *code.Prog) { p.Set(code.SP, 1<<63).Bytes(0x50) }, vector: 12, at: 10, gap: stackGP()},
	{name: "mov by rbp", do: func(p *code.Prog) { p.Set(code.BP, 1<<62).Bytes(0x48, 0x8b, 0x45, 0x00) }, vector: 12, at: 10, gap: stackGP()},
	{name: "wrfsbase", do: func(p *code.Prog) { p.Set(code.AX, 1<<63).Bytes(0xf3, 0x48, 0x0f, 0xae, 0xd0) }, vector: 13, at: 10,
		gap: unchecked("TCG does not look whether a base is canonical")},
	{name: "wrgsbase", do: func(p *code.Prog) { p.Set(code.AX, 1<<47).Bytes(0xf3, 0x48, 0x0f, 0xae, 0xd8) }, vector: 13, at: 10,
		gap: unchecked("TCG does not look whether a base is canonical")},
	{name: "ret", do: func(p *code.Prog) { p.Set(code.AX, 1<<63).Bytes(0x50, 0xc3) }, vector: 13, at: 11,
		gap: &gap{reason: "TCG faults at the target, and not at the RET", vector: 13, at: 1<<63 - (code.Text + 20)}},
}

var floating = []trap{
	// LDMXCSR of 0x1d80 (divide by zero unmasked); PXOR XMM0, XMM0; PCMPEQD XMM1, XMM1; PSRLD XMM1, 25; PSLLD XMM1, 23; DIVSS XMM1, XMM0
	{name: "simd", do: op(0xc7, 0x03, 0x80, 0x1d, 0, 0, 0x0f, 0xae, 0x13, 0x66, 0x0f, 0xef, 0xc0, 0x66, 0x0f, 0x76, 0xc9, 0x66, 0x0f, 0x72, 0xd1, 25,
		0x66, 0x0f, 0x72, 0xf1, 23, 0xf3, 0x0f, 0x5e, 0xc8), vector: 19, at: 27, gap: unchecked("TCG raises no SIMD floating-point exceptions")},
	{name: "ldmxcsr reserved bit", do: op(0xc7, 0x03, 0x80, 0x1f, 1, 0, 0x0f, 0xae, 0x13), vector: 13, at: 6,
		gap: unchecked("TCG does not look at MXCSR's reserved bits")},
	// FLDCW of 0x37b (zero divide unmasked); FLD1; FLDZ; FDIVP; FWAIT
	{name: "x87", do: op(0xc7, 0x03, 0x7b, 0x03, 0, 0, 0xd9, 0x2b, 0xd9, 0xe8, 0xd9, 0xee, 0xde, 0xf9, 0x9b), vector: 16, at: 14},
}

var alignment = []trap{
	{name: "misaligned read", do: func(p *code.Prog) { p.Flags(1<<18, 0).Bytes(0x8b, 0x43, 0x01) }, vector: 17, at: flagsLen,
		gap: unchecked("TCG checks no alignment")},
	{name: "movaps", do: op(0x0f, 0x28, 0x43, 0x01), vector: 13}, // MOVAPS XMM0, [BX+1]
}
