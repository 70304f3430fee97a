package fake

import (
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

var _ sdk.Kernel = (*Kernel)(nil)

// Start, Now, … are sdk.Kernel.

func (k *Kernel) StartInfo() *abi.StartInfo { return &k.Info }
func (k *Kernel) Now() uint64               { return k.m.Now() }
func (k *Kernel) Pending() *uint32          { return new(uint32) }
func (k *Kernel) Clock() *abi.ClockInfo     { return &k.Date }
func (k *Kernel) SetClock(unix uint64) abi.Errno {
	if unix == 0 || unix > abi.MaxUnixNS {
		return abi.EDOM
	}
	k.Date.UnixNS = unix
	k.Dates++
	return abi.OK
}

func (k *Kernel) Send(to abi.Endpoint, m *abi.Msg) abi.Errno {
	k.reach(to)
	k.leave()
	if !k.driver.BeginSend(to, m) {
		return abi.EDEADSRCDST
	}
	k.wait()
	return k.driver.Errno()
}

func (k *Kernel) SendNB(to abi.Endpoint, m *abi.Msg) abi.Errno {
	k.reach(to)
	e := k.driver.SendNB(to, m)
	k.settle()
	return e
}

func (k *Kernel) SendA(to abi.Endpoint, tag uint64, m *abi.Msg) abi.Errno {
	k.reach(to)
	if p := k.m.Find(to); k.Full && p != nil && !p.Receives(k.driver.Endpoint) {
		return abi.EAGAIN
	}
	e := k.driver.SendA(to, tag, m)
	k.settle()
	return e
}

func (k *Kernel) Notify(to abi.Endpoint) abi.Errno {
	k.reach(to)
	e := k.driver.Notify(to)
	k.settle()
	return e
}

// Receive within a handler lets time pass; the loop's own, from any, is where the test goes on.
func (k *Kernel) Receive(from abi.Endpoint, timeout uint64, m *abi.Msg) (abi.ReceiveKind, abi.Errno) {
	k.reach(from)
	k.leave()
	if from == abi.Any {
		k.Waits = append(k.Waits, timeout)
	}
	for !k.driver.Begun() { // a call that the test makes for the driver ends its wait
		if !k.driver.BeginReceive(from, timeout) {
			return 0, abi.EDEADSRCDST
		}
		k.wait()
	}
	kind, e, _ := k.driver.Took(m)
	return kind, e
}

func (k *Kernel) SendRec(to abi.Endpoint, timeout uint64, m *abi.Msg) (bool, abi.Errno) {
	k.reach(to)
	k.leave()
	if !k.driver.BeginSendRec(to, timeout, m) {
		return false, abi.EDEADSRCDST
	}
	k.wait()
	return k.driver.TookAnswer(m)
}

// leave ends the driver's rest when it is the test that makes a call for it.
func (k *Kernel) leave() {
	if !k.driver.Running() && k.driver.WaitsForAny() {
		k.driver.GiveUp()
	}
}

// wait is where the driver waits: the test's goroutine goes on with what is to come.
func (k *Kernel) wait() {
	for d := k.driver; d.Waits() && !d.Dead(); {
		if d.Running() {
			d.Yield()
			continue
		}
		k.settle()
		if d.Waits() && !k.nextEvent(1<<63-1) {
			k.TB.Fatal("fake: the call waits, and nothing is to come")
		}
	}
	if !k.driver.Running() {
		k.settle()
	}
}

func (k *Kernel) PortIn(port uint16) (uint8, abi.Errno)  { return k.guard.In(port) }
func (k *Kernel) PortOut(port uint16, v uint8) abi.Errno { return k.guard.Out(port, v) }

func (k *Kernel) IRQSetPolicy(line uint32, bit uint) (uint32, abi.Errno) {
	if k.NoIRQs != abi.OK {
		return 0, k.NoIRQs
	}
	k.hooks[line] = &hook{bit: bit}
	return line, abi.OK
}

func (k *Kernel) IRQEnable(line uint32) abi.Errno {
	h := k.hooks[line]
	if h == nil {
		return abi.EINVAL
	}
	h.enables++
	h.active = false
	if h.again {
		h.again = false
		k.Fire(line)
	}
	return abi.OK
}

func (k *Kernel) IRQDisable(line uint32) abi.Errno {
	if k.hooks[line] == nil {
		return abi.EINVAL
	}
	k.hooks[line].active = true
	return abi.OK
}

func (k *Kernel) SetAlarm(ns uint64) (left uint64, e abi.Errno) { return k.driver.SetAlarm(ns) }

func (k *Kernel) GetInfo(kind abi.InfoKind, index uint64, out []byte) (int, abi.Errno) {
	switch kind {
	case abi.InfoTask:
		t := k.m.At(int(index))
		if t == nil {
			return 0, abi.ESRCH
		}
		i := abi.TaskInfo{Endpoint: t.Endpoint}
		if i.Label, _ = abi.MakeLabel("client"); k.Names[t.Endpoint] != "" {
			i.Label, _ = abi.MakeLabel(k.Names[t.Endpoint])
		}
		return copy(out, abi.Bytes(&i)), abi.OK
	case abi.InfoMachine:
		return copy(out, abi.Bytes(&k.Machine)), abi.OK
	case abi.InfoAsync:
	default:
		return 0, abi.EINVAL
	}
	var r abi.AsyncResult
	e := k.driver.AsyncResult(&r)
	return copy(out, abi.Bytes(&r)), e
}

func (k *Kernel) Diag(line []byte) abi.Errno {
	if k.stopped {
		return abi.OK
	}
	k.Lines = append(k.Lines, string(line))
	return abi.OK
}

// bytes finds n bytes of another task's grant.
func (k *Kernel) bytes(granter abi.Endpoint, id abi.GrantID, offset, n uint64, flag uint32) ([]byte, abi.Errno) {
	if k.Dead[granter] {
		return nil, abi.EDEADSRCDST
	}
	if n > abi.MaxCopy {
		return nil, abi.E2BIG
	}
	if int(id) >= len(k.peers) || k.peers[id].to != granter || k.peers[id].flags&flag == 0 {
		return nil, abi.EPERM
	}
	b := k.peers[id].b
	if offset > uint64(len(b)) || n > uint64(len(b))-offset {
		return nil, abi.EPERM
	}
	return b[offset : offset+n], abi.OK
}

func (k *Kernel) CopyFrom(granter abi.Endpoint, id abi.GrantID, offset uint64, b []byte) abi.Errno {
	from, e := k.bytes(granter, id, offset, uint64(len(b)), abi.GrantRead)
	copy(b, from)
	return e
}

func (k *Kernel) CopyTo(granter abi.Endpoint, id abi.GrantID, offset uint64, b []byte) abi.Errno {
	to, e := k.bytes(granter, id, offset, uint64(len(b)), abi.GrantWrite)
	copy(to, b)
	return e
}

func (k *Kernel) Grant(to abi.Endpoint, b []byte, flags uint32) (abi.GrantID, bool) {
	k.grants = append(k.grants, grant{to, b, flags})
	return abi.GrantID(len(k.grants) - 1), true
}

func (k *Kernel) Revoke(id abi.GrantID) { k.grants[id] = grant{} }

// Exit is for Run, which tests do not use.
func (k *Kernel) Exit(uint64, abi.ExitKind) { k.TB.Error("fake: Exit called") }
