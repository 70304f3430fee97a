package engine

import (
	"time"

	"bennu/kernel/abi"
)

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

func (v *victim) Drop()  { v.how = v.e.dropCall(v.stop) }
func (v *victim) Again() { v.e.repeatCall(v.stop, v.Msg()) }

func (v *victim) Delay(d time.Duration) {
	v.e.b.held = v.ep
	v.e.alarm(d)
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
	for i := range v.e.b.faults {
		if v.e.b.faults[i].told {
			return abi.EBUSY
		}
	}
	err := v.e.w.Watch(v.ep, va, access, bytes)
	v.fault.told = err == abi.OK
	return err
}

// Jump writes over what comes next, which is not executed any more; faults that wait there wait for nothing.
func (v *victim) Jump(code []byte) abi.Errno {
	at := v.Regs().RIP
	err := v.Read(at, make([]byte, len(code)))
	if err == abi.OK {
		err = v.Write(at, code)
	}
	if err != abi.OK {
		return err
	}
	for i := range uint64(len(code)) {
		delete(v.e.b.sites, at+i)
	}
	return abi.OK
}

func (v *victim) Kill() abi.Errno { return v.e.w.Kill(v.ep) }

func (v *victim) KillAnother() (string, abi.Errno) {
	label, err := v.e.w.KillAnother(v.fault.rand)
	if err == abi.OK {
		v.e.b.expect, v.e.b.down = append(v.e.b.expect, label), append(v.e.b.down, label)
	}
	return label, err
}
