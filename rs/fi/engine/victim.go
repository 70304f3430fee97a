package engine

import (
	"time"

	"bennu/kernel/abi"
)

// Places of registers in abi.Registers.GPR, and the length of SYSCALL, 0F 05.
const (
	regAX       = 0
	regDX       = 2
	syscallSize = 2
)

// repeat is a call that is made once more.
type repeat struct {
	ep   abi.Endpoint
	regs abi.Registers
	msg  abi.Msg
}

// repeatCall has the victim make the call again. false: this is not what it returns from.
func (e *Engine) repeatCall(s *abi.TraceStop) bool {
	r := e.b.again
	if r == nil || s.Why != abi.StopReturn || s.Endpoint != r.ep {
		return false
	}
	e.b.again = nil
	r.regs.RIP -= syscallSize
	err := e.w.Write(r.ep, abi.CallPage, abi.Bytes(&r.msg))
	if err == abi.OK {
		err = e.w.SetRegs(r.ep, &r.regs)
	}
	if err != abi.OK {
		e.wrong("repeat: " + err.Name())
	}
	return true
}

// victim is the life that a fault is done to. It does fault.Victim.
type victim struct {
	e     *Engine
	ep    abi.Endpoint
	stop  *abi.TraceStop // nil: it runs
	fault *armed
	how   abi.TraceHow
	msg   abi.Msg
}

func (v *victim) Regs() *abi.Registers {
	if v.stop == nil {
		return &abi.Registers{}
	}
	return &v.stop.Regs
}

func (v *victim) SetRegs(r *abi.Registers) abi.Errno { return v.e.w.SetRegs(v.ep, r) }

func (v *victim) Read(va uint64, b []byte) abi.Errno  { return v.e.w.Read(v.ep, va, b) }
func (v *victim) Write(va uint64, b []byte) abi.Errno { return v.e.w.Write(v.ep, va, b) }
func (v *victim) Areas() []abi.TraceArea              { return v.e.w.Areas(v.ep) }

// Msg is the message in its call page.
func (v *victim) Msg() *abi.Msg {
	v.e.w.Read(v.ep, abi.CallPage, abi.Bytes(&v.msg)) // the page is always there
	return &v.msg
}

func (v *victim) SetMsg(m *abi.Msg) abi.Errno { return v.e.w.Write(v.ep, abi.CallPage, abi.Bytes(m)) }

func (v *victim) Skip(err abi.Errno) {
	v.stop.Regs.GPR[regAX], v.stop.Regs.GPR[regDX] = uint64(err), 0
	v.SetRegs(&v.stop.Regs)
	v.how = abi.TraceSkip
}

// Again has the victim go back to its SYSCALL when that has returned, with what it had then.
func (v *victim) Again() { v.e.b.again = &repeat{v.ep, v.stop.Regs, *v.Msg()} }

func (v *victim) Delay(d time.Duration) {
	v.e.b.held = v.ep
	v.e.w.Alarm(d)
}

func (v *victim) Lines() []uint32                      { return v.e.w.Lines() }
func (v *victim) Raise(line uint32) abi.Errno          { return v.e.w.Raise(v.ep, line) }
func (v *victim) Lose(line uint32, n uint64) abi.Errno { return v.e.w.Lose(v.ep, line, n) }

func (v *victim) Ceiling(pages uint64) abi.Errno {
	v.e.b.capped = true
	return v.e.w.Ceiling(pages)
}

func (v *victim) Pages() uint64 { return v.e.w.Pages(v.ep) }

func (v *victim) Watch(va, access, bytes uint64) abi.Errno {
	err := v.e.w.Watch(v.ep, va, access, bytes)
	v.fault.told = err == abi.OK
	return err
}

func (v *victim) Jump(code []byte) abi.Errno { return v.e.w.Write(v.ep, v.Regs().RIP, code) }
func (v *victim) Kill() abi.Errno            { return v.e.w.Kill(v.ep) }

func (v *victim) KillAnother() (string, abi.Errno) {
	label, err := v.e.w.KillAnother(v.fault.rand)
	if err == abi.OK {
		v.e.b.expect = label
	}
	return label, err
}
