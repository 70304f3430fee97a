//go:build tamago

package main

import (
	"encoding/binary"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

var guardTests = []test{
	{"TestPortClasses", portClasses},
	{"TestGuardDirect", guardDirect},
	{"TestGuardCalls", guardCalls},
	{"TestGuardClock", guardClock},
	{"TestGuardDeath", guardDeath},
	{"TestGuardCommands", guardCommands},
}

// The keyboard controller.
// Source: IBM, "Personal System/2 Hardware Interface Technical Reference", "Keyboard and Auxiliary Device Controller".
const (
	keyboardData, keyboardCommand = 0x60, 0x64
	outputFull                    = 1 << 0
)

// isGuarded is the ports that a puppet reaches by CallPortIO.
func isGuarded(port uint16) bool {
	return port == keyboardData || port == keyboardCommand || port == cmosIndex || port == cmosData
}

func guardedRights() rights {
	return withPorts(abi.PortRange{First: keyboardData, Last: keyboardData}, abi.PortRange{First: keyboardCommand, Last: keyboardCommand},
		abi.PortRange{First: cmosIndex, Last: cmosData})
}

// portClasses: ports that reach the whole machine are given to nobody; those that no list has only to who is said to be
// unguarded.
func portClasses(t *T) {
	id := t.image(code.New().Stop().ELF())
	ep := t.create(id, "classes")
	t.must("ImageFree", sys.ImageFree(id))
	for _, port := range []uint16{0x00, 0x0f, 0x20, 0x21, 0x40, 0x43, 0x61, 0x72, 0x80, 0x87, 0x92, 0xa0, 0xa1, 0xb2, 0xb3, 0xc0, 0xdf, 0xe9, 0xf4,
		0x402, 0x4d0, 0x4d1, 0x501, 0x505, 0x510, 0x51b, 0xcd8, 0xcf8, 0xcf9, 0xcff, 0x5658} {
		p := withPorts(abi.PortRange{First: port, Last: port})
		t.want("port "+itoa(uint64(port)), set(ep, p), abi.EPERM)
	}
	for _, r := range []abi.PortRange{{First: 0x60, Last: 0x64}, {First: 0x70, Last: 0x72}, {First: 0x3f8, Last: 0x402}, {First: 0, Last: 0xffff}} {
		p := withPorts(r)
		t.want("from port "+itoa(uint64(r.First)), set(ep, p), abi.EPERM)
	}
	p := withPorts(abi.PortRange{First: scratch, Last: scratch}, abi.PortRange{First: 0x6000, Last: 0x600f})
	p.Unguarded = 1
	t.want("unlisted", set(ep, p), abi.EPERM)
	p.Unguarded = 2
	t.want("unlisted, unguarded", set(ep, p), abi.OK)
	var q abi.Privilege
	t.want("query", sys.PrivQuery(ep, &q), abi.OK)
	equal(t, "unguarded", q.Unguarded, 2)
}

// guardDirect: the owner's own IN and OUT of a guarded port fault, by whatever width and form touches it.
func guardDirect(t *T) {
	forms := []struct {
		name  string
		width uint16
		code  []byte
	}{
		{"IN AL, DX", 1, []byte{0xec}}, {"OUT DX, AL", 1, []byte{0xee}}, {"IN AX, DX", 2, []byte{0x66, 0xed}}, {"OUT DX, AX", 2, []byte{0x66, 0xef}},
		{"IN EAX, DX", 4, []byte{0xed}}, {"OUT DX, EAX", 4, []byte{0xef}}, {"INSB", 1, []byte{0x6c}}, {"OUTSB", 1, []byte{0x6e}},
		{"OUTSW", 2, []byte{0x66, 0x6f}}, {"REP INSB", 1, []byte{0xf3, 0x6c}}, {"REP OUTSB", 1, []byte{0xf3, 0x6e}}, {"REP OUTSD", 4, []byte{0xf3, 0x6f}},
	}
	n := 0
	for _, port := range []uint16{keyboardData, keyboardCommand, cmosIndex, cmosData} {
		for _, f := range forms {
			for first := port - f.width + 1; first <= port; first++ {
				prog := code.New().Set(code.DX, uint64(first)).Set(code.AX, 0xfe).Set(code.CX, 3).Set(code.SI, code.Data).Set(code.DI, code.Data)
				at := prog.At()
				d := t.death(t.start(prog.Bytes(f.code...).Exit(0), guardedRights()), abi.CauseException)
				if d.Vector != 13 || d.ErrorCode != 0 || d.Regs.RIP != at {
					t.errorf("%s at port %#x: %s", f.name, first, describe(d))
				}
				n++
			}
		}
	}
	equal(t, "accesses", n, 4*24)
}

// portIO makes the call.
func (p *puppet) portIO(args ...uint64) abi.Errno {
	e, _ := p.call(abi.CallPortIO, args...)
	return e
}

func guardCalls(t *T) {
	p := t.puppetWith(guardedRights())
	for _, c := range []struct {
		name string
		args []uint64
		want abi.Errno
	}{
		{"status", []uint64{1, keyboardCommand}, abi.OK},
		{"keyboard on", []uint64{2, keyboardCommand, 0xae}, abi.OK},
		{"reset", []uint64{2, keyboardCommand, 0xfe}, abi.EPERM},
		{"output port", []uint64{2, keyboardCommand, 0xd1}, abi.EPERM},
		{"A20", []uint64{2, keyboardCommand, 0xdd}, abi.EPERM},
		{"a word", []uint64{2, keyboardCommand, 0x1ae}, abi.EINVAL},
		{"op 0", []uint64{0, keyboardCommand}, abi.EINVAL},
		{"op 3", []uint64{3, keyboardCommand}, abi.EINVAL},
		{"port + 2^16", []uint64{1, 1<<16 | keyboardCommand}, abi.EINVAL},
		{"port + 2^32", []uint64{1, 1<<32 | keyboardCommand}, abi.EINVAL},
		{"between", []uint64{1, 0x61}, abi.EPERM},
		{"another's", []uint64{1, 0x3f8}, abi.EPERM},
	} {
		t.want(c.name, p.portIO(c.args...), c.want)
	}
	var s abi.StartInfo
	for b, at := abi.Bytes(&s), uint64(abi.StartPage); len(b) >= 8; b, at = b[8:], at+8 {
		binary.LittleEndian.PutUint64(b, t.peek(p.ep, at))
	}
	equal(t, "guarded ranges", s.NGuarded, 3)
	want := guardedRights()
	for i, r := range s.Guarded[:min(s.NGuarded, abi.MaxGuarded)] {
		equal(t, "guarded range", r, want.Ports[i])
	}
	q := t.puppet()
	t.want("nobody's", q.portIO(1, keyboardCommand), abi.EPERM)
	open := t.puppetWith(withPorts(abi.PortRange{First: scratch, Last: scratch}))
	t.want("its open port", open.portIO(1, scratch), abi.EINVAL)
	t.kill(p.ep)
	for _, c := range []struct {
		what string
		call []byte
	}{
		{"status", portCall(1, keyboardCommand)},
		{"command", portCall(2, keyboardCommand, 0xba, 0xae, 0, 0, 0)}, // MOV EDX, 0AEh
		{"clock", portCall(1, cmosData)},
	} {
		const n = 1000
		took := func(n uint32) uint64 {
			p := code.New(0x41, 0xbd).Bytes(binary.LittleEndian.AppendUint32(nil, n)...) // MOV R13D, n
			loop := p.At()
			p.Bytes(c.call...).Bytes(0x41, 0xff, 0xcd) // DEC R13D
			back(p, notZero, loop)
			began := sys.Now()
			ep := t.start(p.Stop(), guardedRights())
			ended := sys.Now()
			t.kill(ep)
			return ended - began
		}
		once := took(1)
		t.logf("CallPortIO, %s: %d ns (guest instructions with -icount shift=0)", c.what, (took(n)-once)/(n-1))
	}
}

func guardClock(t *T) {
	p := cmos{puppet: t.puppetWith(guardedRights())}
	for index := range uint64(256) {
		want := abi.OK
		if index >= 0x80 {
			want = abi.EPERM // NMIs off
		}
		t.want("index "+itoa(index), p.portIO(2, cmosIndex, index), want)
		if want == abi.OK && index > 0x0d && index != 0x32 {
			t.want("read "+itoa(index), p.portIO(1, cmosData), abi.EPERM)
			t.want("write "+itoa(index), p.portIO(2, cmosData, 0), abi.EPERM)
		}
	}
	if v := p.get(0x0d); v&0x80 == 0 {
		t.errorf("register D is %#x, want its valid bit", v)
	}
	p.set(0x01, 0x59) // the alarm's seconds, which nobody uses
	equal(t, "alarm", p.get(0x01), 0x59)
	p.set(0x01, 0)
}

// quiet takes what the controller has until nothing more comes.
func (p *puppet) quiet() {
	const bytes, looks = 64, 200 // a byte on a wire takes less than 1 ms, a look of a puppet more than 5 µs
	for taken, since := 0, 0; since < looks; since++ {
		if p.in(keyboardCommand)&outputFull == 0 {
			continue
		}
		p.in(keyboardData)
		since = 0
		if taken++; taken > bytes {
			p.t.fatalf("the controller is never empty")
		}
	}
}

// answer waits for the next byte of the controller.
func (p *puppet) answer() byte {
	for range 1000 {
		if p.in(keyboardCommand)&outputFull != 0 {
			return p.in(keyboardData)
		}
	}
	p.t.fatalf("the controller gives no answer")
	return 0
}

const keyboardAck = 0xfa

// guardDeath: a task dies between the command that writes the command byte and its data. The next one's first byte goes to the
// keyboard all the same.
func guardDeath(t *T) {
	first := t.puppetWith(guardedRights())
	first.quiet()
	t.want("write the command byte", first.portIO(2, keyboardCommand, 0x60), abi.OK)
	t.kill(first.ep)
	p := t.puppetWith(guardedRights())
	p.out(keyboardData, 0xf4) // the keyboard's "enable"
	equal(t, "the keyboard's answer", p.answer(), keyboardAck)
	p.out(keyboardCommand, 0x20)
	if b := p.answer(); b != 0x74 && b != 0x64 {
		t.errorf("the command byte is %#x, want 0x74, or 0x64 where a byte to the keyboard switches it on", b)
	}
}

// passing are the commands that a driver may give, from the manual.
var passing = map[uint64]bool{0x20: true, 0x60: true, 0xa7: true, 0xa8: true, 0xa9: true, 0xaa: true, 0xab: true, 0xad: true, 0xae: true,
	0xd2: true, 0xd3: true, 0xd4: true}

// guardCommands writes each of the 256 commands, followed by each of the 256 data bytes, to the controller itself; where the
// keyboard is on a wire that takes its time, by four of them, so that it can keep up. The machine is neither reset nor without A20
// afterwards: it would not say so.
func guardCommands(t *T) {
	const commands, data = abi.RAMBase, abi.RAMBase + 0x800
	ep := t.start(asked(commands), guardedRights())
	waited := t.peek(ep, commands)
	t.kill(ep)
	step, polls := uint32(1), uint32(1)
	if waited > 1 {
		step, polls = 85, 4*uint32(waited) // 00, 55, aa, ff
	}
	t.logf("the keyboard answers at the %d. look", waited)
	ep = t.start(pairs(commands, data, step, polls), guardedRights())
	t.info(ep) // it lives
	n := uint64(0)
	config := uint64(0)
	for v := uint32(0); v < 256; v += step {
		n++
		if v&0x84 == 0x04 {
			config++
		}
	}
	for c := range uint64(256) {
		wantCommand, wantData := uint64(0), n
		if passing[c] {
			wantCommand = n
		}
		if c == 0x60 {
			wantData = config
		}
		if n := t.peek(ep, commands+8*c); n != wantCommand {
			t.errorf("command %#x passed %d times, want %d", c, n, wantCommand)
		}
		if n := t.peek(ep, data+8*c); n != wantData {
			t.errorf("after command %#x %d bytes passed, want %d", c, n, wantData)
		}
	}
	t.kill(ep)
	t.logf("%d pairs", 256*n)
	p := t.puppetWith(guardedRights())
	p.out(keyboardCommand, 0xad) // off, so that the answer is the controller's
	p.quiet()
	p.out(keyboardCommand, 0xaa)
	equal(t, "self test", p.answer(), 0x55)
}

// portCall is a CallPortIO, with what puts the byte into DX.
func portCall(op, port uint64, value ...byte) []byte {
	return code.New().Set(code.DI, op).Set(code.SI, port).Bytes(value...).Set(code.AX, uint64(abi.CallPortIO)).Bytes(0x0f, 0x05).Text()
}

// back is Jcc to an address before it.
func back(p *code.Prog, condition byte, to uint64) {
	p.Bytes(0x0f, 0x80|condition)
	p.Bytes(binary.LittleEndian.AppendUint32(nil, uint32(to-(p.At()+4)))...)
}

// Conditions of Jcc.
const below, zero, notZero = 2, 4, 5

// asked has the keyboard acknowledge something, and counts at an address how often it looked for that.
func asked(count uint64) *code.Prog {
	p := code.New(portCall(2, keyboardData, 0xba, 0xf4, 0, 0, 0)...) // MOV EDX, 0F4h
	look := p.At()
	p.Count(count).Bytes(portCall(1, keyboardCommand)...).Bytes(0xf6, 0xc2, outputFull) // TEST DL, 1
	back(p, zero, look)
	return p.Bytes(portCall(1, keyboardData)...).Stop()
}

// pairs is the code: BX is the command, BP the data, at R12 are the counts of those that passed. It takes what the controller
// has after each pair, for which it looks polls times.
func pairs(commands, data uint64, step, polls uint32) *code.Prog {
	le := binary.LittleEndian
	count := func(at uint64) []byte { // TEST EAX, EAX; JNZ over INC QWORD [R12+8*BX+at]
		return le.AppendUint32([]byte{0x85, 0xc0, 0x75, 8, 0x49, 0xff, 0x84, 0xdc}, uint32(at-commands))
	}
	p := code.New().Set(code.R12, commands).Set(code.BX, 0).Set(code.BP, 0)
	loop := p.At()
	p.Bytes(portCall(2, keyboardCommand, 0x89, 0xda)...).Bytes(count(commands)...) // MOV EDX, EBX
	p.Bytes(portCall(2, keyboardData, 0x89, 0xea)...).Bytes(count(data)...)        // MOV EDX, EBP
	right := portCall(2, keyboardData, 0xba, 0x74, 0, 0, 0)                        // MOV EDX, 74h: the data that is still due
	p.Bytes(0x85, 0xc0, 0x74, byte(len(right))).Bytes(right...)                    // TEST EAX, EAX; JZ over it
	p.Bytes(0x41, 0xbd).Bytes(le.AppendUint32(nil, polls)...)                      // MOV R13D, polls
	drain := p.At()
	p.Bytes(portCall(1, keyboardCommand)...)
	take := append(portCall(1, keyboardData), 0x41, 0xbd, 3, 0, 0, 0) // MOV R13D, 3: there may be more
	p.Bytes(0xf6, 0xc2, outputFull, 0x74, byte(len(take))).Bytes(take...)
	p.Bytes(0x41, 0xff, 0xcd) // DEC R13D
	back(p, notZero, drain)
	p.Bytes(0x81, 0xc5).Bytes(le.AppendUint32(nil, step)...).Bytes(0x81, 0xfd, 0, 1, 0, 0) // ADD EBP, step; CMP EBP, 256
	back(p, below, loop)
	p.Bytes(0x31, 0xed, 0xff, 0xc3, 0x81, 0xfb, 0, 1, 0, 0) // XOR EBP, EBP; INC EBX; CMP EBX, 256
	back(p, below, loop)
	return p.Stop()
}
