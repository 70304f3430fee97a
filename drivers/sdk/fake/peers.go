package fake

import (
	"bennu/drivers/protocol/ds"
	"bennu/kernel/abi"
	kernel "bennu/kernel/fake"
)

// life is the task of an endpoint that the test or the driver names: it is there from then on. One
// of a later generation takes its place.
func (k *Kernel) life(ep abi.Endpoint) *kernel.Task {
	old := k.m.At(ep.Slot())
	if old != nil && old.Endpoint == ep {
		return old
	}
	if old != nil {
		k.m.Kill(old)
	}
	return k.m.Add(ep)
}

// reach brings the tasks up to date with the test's fields before the driver makes a call, and has
// the one that it names be there.
func (k *Kernel) reach(to abi.Endpoint) {
	if s := to.Slot(); s < abi.MaxTasks && to.Generation() > 0 && k.m.At(s) == nil && !k.Dead[to] {
		k.m.Add(to)
	}
	k.settle()
}

// settle has every other task do what it does by itself: die, receive, take what has come, answer.
func (k *Kernel) settle() {
	for s := range abi.MaxTasks {
		p := k.m.At(s)
		if p == nil || p == k.driver {
			continue
		}
		if k.Dead[p.Endpoint] {
			k.m.Kill(p)
			continue
		}
		k.peer(p)
	}
}

func (k *Kernel) peer(p *kernel.Task) {
	listens := !k.Deaf[p.Endpoint] && k.m.Now() >= uint64(k.BusyTo[p.Endpoint])
	if p.WaitsForAny() && !listens || p.Listens() && k.Deaf[p.Endpoint] {
		p.GiveUp()
	}
	for !p.Waits() {
		var m abi.Msg
		if kind, e, ok := p.Took(&m); ok && e == abi.OK {
			k.received(p, m, kind)
			continue
		}
		if !listens {
			return
		}
		p.BeginReceive(abi.Any, abi.NoTimeout)
	}
}

// wakes is when the next task that is busy begins to receive; ok is false when there is none.
func (k *Kernel) wakes() (at uint64, ok bool) {
	for _, t := range k.BusyTo {
		if w := uint64(t); w > k.m.Now() && (!ok || w < at) {
			at, ok = w, true
		}
	}
	return at, ok
}

// received has a task do what it does with a message of the driver's.
func (k *Kernel) received(p *kernel.Task, m abi.Msg, kind abi.ReceiveKind) {
	if kind != abi.KindSendRec || m.Type == abi.RSReady || m.Type == abi.RSHeartbeat || m.Type == abi.RSFaulted {
		k.Out = append(k.Out, Sent{To: p.Endpoint, How: kind, Msg: m})
	}
	// A Call of the SDK's while other goroutines have work is a senda, with its own tag.
	if kind != abi.KindSendRec && (kind != abi.KindSendA || m.Type == abi.MsgReply || m.Arg[6]>>63 == 0) {
		return
	}
	peer := k.Peers[p.Endpoint]
	if p.Endpoint.Slot() == Root.Slot() && (peer == nil || m.Type == abi.RSHeartbeat || m.Type == abi.RSWords || m.Type == abi.RSFaulted) {
		peer = k.RS
	}
	if peer == nil {
		k.TB.Errorf("fake: nobody is task %#x, called with %#x", p.Endpoint, m.Type)
		k.Dead[p.Endpoint] = true
		return
	}
	a := peer(m)
	switch {
	case a.Silent:
		return
	case a.Dies:
		k.At(a.After, func() { k.Dead[p.Endpoint] = true })
		return
	}
	r := a.Msg
	if r.Type == 0 {
		r.Type = abi.MsgReply
	}
	if r.Arg[6] == 0 {
		r.Arg[6] = m.Arg[6]
	}
	r.Seq = m.Seq
	if a.After == 0 {
		k.answer(p, &r)
		return
	}
	later := r // only then does an answer cost memory
	k.At(a.After, func() { k.answer(p, &later) })
}

// answer has a task answer the driver, as servers do: what nobody waits for any more is a message.
func (k *Kernel) answer(p *kernel.Task, r *abi.Msg) abi.Errno {
	e := p.SendA(k.driver.Endpoint, 0, r)
	if e == abi.ESTALE {
		r.Seq = 0
		e = p.SendA(k.driver.Endpoint, 0, r)
	}
	return e
}

// RS is the reincarnation server as a peer: RSReady, heartbeats and RSLookup.
// Tests that put their own in its place fall back on it.
func (k *Kernel) RS(m abi.Msg) (a Answer) {
	l := abi.UnpackLabel(m.Arg[0], m.Arg[1])
	switch m.Type {
	case abi.RSReady:
		k.words(m.Arg[1], m.Arg[2])
		a.Msg.Arg[0] = uint64(k.Refuse)
	case abi.RSWords:
		k.words(m.Arg[1], m.Arg[2])
	case abi.RSHeartbeat:
		if len(k.Mail) > 0 {
			a.Msg, k.Mail = k.Mail[0], k.Mail[1:]
		}
	case abi.RSFaulted:
	case abi.RSLookup:
		ep, ok := k.Labels[l.String()]
		if !ok {
			a.Msg.Arg[0] = uint64(abi.ESRCH)
		}
		a.Msg.Arg[1] = uint64(ep)
	default:
		a.Msg.Arg[0] = uint64(abi.ENOSYS)
	}
	return a
}

// DS is the data store as a peer, as far as it keeps a driver's state. Tests that put their own in its place fall back on it.
func (k *Kernel) DS(m abi.Msg) (a Answer) {
	l := abi.UnpackLabel(m.Arg[0], m.Arg[1])
	switch m.Type {
	case ds.Keep:
		k.Store[l] = [4]uint64(m.Arg[2:6])
	case ds.Recall, ds.Forget:
		v, ok := k.Store[l]
		if !ok {
			a.Msg.Arg[0] = uint64(abi.ESRCH)
		}
		copy(a.Msg.Arg[1:5], v[:])
		if m.Type == ds.Forget {
			delete(k.Store, l)
		}
	default:
		a.Msg.Arg[0] = uint64(abi.ENOSYS)
	}
	return a
}

// words keeps what a driver had to say.
func (k *Kernel) words(grant, n uint64) {
	if n == 0 {
		return
	}
	b := k.DriverGrant(Root, grant, abi.GrantRead)
	k.Words = append(k.Words, string(b[:min(n, uint64(len(b)))]))
}
