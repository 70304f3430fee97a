package fake

import (
	"time"

	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

var _ sdk.Kernel = (*Kernel)(nil)

// Start, Now, … are sdk.Kernel.

func (k *Kernel) StartInfo() *abi.StartInfo { return &k.Info }
func (k *Kernel) Now() uint64               { return k.now }
func (k *Kernel) Crowded() bool             { return k.Crowd }

func (k *Kernel) Send(to abi.Endpoint, m *abi.Msg) abi.Errno {
	return k.send(to, m, abi.KindSend, 0)
}

func (k *Kernel) SendNB(to abi.Endpoint, m *abi.Msg) abi.Errno {
	if k.Deaf[to] && !k.Dead[to] {
		return abi.ENOTREADY
	}
	return k.send(to, m, abi.KindSendNB, 0)
}

func (k *Kernel) SendA(to abi.Endpoint, tag uint64, m *abi.Msg) abi.Errno {
	if k.Full && !k.Dead[to] {
		return abi.EAGAIN
	}
	return k.send(to, m, abi.KindSendA, tag)
}

func (k *Kernel) send(to abi.Endpoint, m *abi.Msg, how abi.ReceiveKind, tag uint64) abi.Errno {
	if k.Dead[to] {
		return abi.EDEADSRCDST
	}
	s := Sent{To: to, How: how, Tag: tag, Msg: *m}
	s.Msg.Source = Driver
	k.Out = append(k.Out, s)
	return abi.OK
}

func (k *Kernel) Notify(to abi.Endpoint) abi.Errno {
	return k.send(to, &abi.Msg{Type: abi.MsgNotify}, abi.KindNotify, 0)
}

// take delivers the first message from a task that is, or (notes) may be, a notification.
func (k *Kernel) take(from abi.Endpoint, notes bool, m *abi.Msg) (abi.ReceiveKind, bool) {
	for i, w := range k.queue {
		if from != abi.Any && w.msg.Source != from || !notes && w.kind == abi.KindNotify {
			continue
		}
		k.queue = append(k.queue[:i:i], k.queue[i+1:]...)
		*m = w.msg
		return w.kind, true
	}
	return 0, false
}

// Receive lets time pass only for a receive from one task: the loop's own, from any, is
// where the test goes on.
func (k *Kernel) Receive(from abi.Endpoint, timeout uint64, m *abi.Msg) (abi.ReceiveKind, abi.Errno) {
	if from == abi.Any {
		k.Waits = append(k.Waits, timeout)
		if kind, ok := k.take(from, true, m); ok {
			return kind, abi.OK
		}
		return 0, abi.EAGAIN
	}
	kind, e := k.wait(from, timeout, true, m)
	return kind, e
}

func (k *Kernel) wait(from abi.Endpoint, timeout uint64, notes bool, m *abi.Msg) (abi.ReceiveKind, abi.Errno) {
	end := k.now + timeout
	for {
		if k.Dead[from] {
			return 0, abi.EDEADSRCDST
		}
		if kind, ok := k.take(from, notes, m); ok {
			return kind, abi.OK
		}
		if !k.nextEvent(end) {
			k.now = end
			return 0, abi.EAGAIN
		}
	}
}

func (k *Kernel) SendRec(to abi.Endpoint, timeout uint64, m *abi.Msg) (bool, abi.Errno) {
	end := k.now + timeout
	for k.now < uint64(k.BusyTo[to]) && !k.Dead[to] {
		if until := min(end, uint64(k.BusyTo[to])); !k.nextEvent(until) {
			k.now = until
		}
		if k.now >= end {
			return false, abi.ETIMEDOUT
		}
	}
	if k.Dead[to] {
		return false, abi.EDEADSRCDST
	}
	k.received(to, *m)
	_, e := k.wait(to, end-k.now, false, m)
	if e == abi.EAGAIN {
		e = abi.ETIMEDOUT
	}
	return true, e
}

// received has a task do what it does with a request.
func (k *Kernel) received(to abi.Endpoint, m abi.Msg) {
	m.Source = Driver
	peer := k.Peers[to]
	if peer == nil && to == Root {
		peer = k.RS
	}
	if peer == nil {
		k.TB.Errorf("fake: nobody is task %#x, called with %#x", to, m.Type)
		k.Dead[to] = true
		return
	}
	a := peer(m)
	switch {
	case a.Silent:
		return
	case a.Dies:
		k.At(a.After, func() { k.Dead[to] = true })
		return
	}
	r := a.Msg
	r.Source = to
	if r.Type == 0 {
		r.Type = abi.MsgReply
	}
	if r.Arg[6] == 0 {
		r.Arg[6] = m.Arg[6]
	}
	k.At(a.After, func() { k.Post(r, abi.KindSendA) })
}

// RS is the reincarnation server as a peer: RSReady, RSLookup and the data store. Tests
// that put their own in its place fall back on it.
func (k *Kernel) RS(m abi.Msg) (a Answer) {
	l := abi.UnpackLabel(m.Arg[0], m.Arg[1])
	switch m.Type {
	case abi.RSReady:
		a.Msg.Arg[0] = uint64(k.Refuse)
		k.Out = append(k.Out, Sent{To: Root, How: abi.KindSendRec, Msg: m})
	case abi.RSLookup:
		ep, ok := k.Labels[l.String()]
		if !ok {
			a.Msg.Arg[0] = uint64(abi.ESRCH)
		}
		a.Msg.Arg[1] = uint64(ep)
	case abi.DSPublish:
		k.Store[l] = sdk.Value(m.Arg[2:6])
	case abi.DSRetrieve, abi.DSDelete:
		v, ok := k.Store[l]
		if !ok {
			a.Msg.Arg[0] = uint64(abi.ESRCH)
		}
		copy(a.Msg.Arg[1:5], v[:])
		if m.Type == abi.DSDelete {
			delete(k.Store, l)
		}
	default:
		a.Msg.Arg[0] = uint64(abi.ENOSYS)
	}
	return a
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

func (k *Kernel) SetAlarm(ns uint64) (left uint64, e abi.Errno) {
	if k.alarm != 0 && k.alarmAt > k.now {
		left = k.alarmAt - k.now
	}
	k.alarm = 0
	if ns != 0 {
		k.alarms++
		n := k.alarms
		k.alarm, k.alarmAt = n, k.now+ns
		k.At(time.Duration(ns), func() {
			if k.alarm == n {
				k.alarm = 0
				k.Post(abi.Msg{Source: abi.Clock, Type: abi.MsgNotify}, abi.KindNotify)
			}
		})
	}
	return left, abi.OK
}

func (k *Kernel) GetInfo(kind abi.InfoKind, _ uint64, out []byte) (int, abi.Errno) {
	switch kind {
	case abi.InfoMachine:
		return copy(out, abi.Bytes(&k.Machine)), abi.OK
	case abi.InfoAsync:
	default:
		return 0, abi.EINVAL
	}
	if len(k.results) == 0 {
		return 0, abi.EAGAIN
	}
	r := k.results[0]
	k.results = k.results[1:]
	return copy(out, abi.Bytes(&r)), abi.OK
}

func (k *Kernel) Diag(line []byte) abi.Errno {
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
