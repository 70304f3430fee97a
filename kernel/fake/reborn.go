package fake

import (
	"bennu/kernel/abi"
	"bennu/kernel/task"
)

// The root task's deaths: its slot, its endpoint and what others have with them stay, all that was its life's goes.

// RootDies ends the root task's life, and begins the next one, which has no code until the test gives it some. Its hooks are those of the life before.
func (m *Machine) RootDies(r abi.DeathRecord) *Task {
	old, k := m.root, m.root.k
	old.identify(&r)
	m.ended, m.told = &r, false
	alone := byItself(r.Cause) && !k.Traced
	if alone {
		m.kept[abi.AccountRoot].area.Died(&r, k.Call.Reading)
	}
	m.x.Died(k, alone)
	old.endWindows()
	for id, by := range m.tracers {
		if by.by == old.Endpoint {
			delete(m.tracers, id)
			m.letGo(id)
		}
	}
	m.Deaths = append(m.Taken, m.Deaths...) // those that were taken come again
	m.Taken = nil
	m.tasks[k.Slot] = nil
	k.Incarnation++
	k.Wait, k.Alarm, k.IRQBits, k.StartedNS, k.Traced = 0, false, 0, m.now, false
	_, k.Warm = m.Snapshots[abi.AccountRoot]
	t := m.rootLife(k)
	t.Info.Incarnation, t.Info.Init = k.Incarnation, abi.InitRestart
	t.Hooks, t.Device = old.Hooks, old.Device
	m.Payer = abi.AccountRoot
	m.System(t, abi.SystemDeath)
	old.stop()
	return t
}

// Root is the root task's life; nil when there is none.
func (m *Machine) Root() *Task { return m.root }

// takeDeath is InfoDeath: the root task's own end first, then the others in their order.
func (m *Machine) takeDeath(t *Task, keep bool) (abi.Errno, uint64) {
	switch {
	case t != m.root:
		return abi.EPERM, 0
	case m.ended != nil && !m.told:
		m.ended.Waiting = uint32(len(m.Deaths))
		e, n := put(t.k, abi.OK, m.ended)
		if m.told = keep; !keep {
			m.ended = nil
		}
		return e, n
	case len(m.Deaths) == 0:
		return abi.EAGAIN, 0
	}
	r := &m.Deaths[0]
	r.Waiting = uint32(len(m.Deaths) - 1)
	if m.Account(r.Account) != nil {
		m.Payer = r.Account
	}
	e, n := put(t.k, abi.OK, r)
	if keep {
		m.Taken = append(m.Taken, *r)
	} else {
		m.release(r.Endpoint)
	}
	m.Deaths = m.Deaths[:copy(m.Deaths, m.Deaths[1:])]
	return e, n
}

// release frees the slot that was a record.
func (m *Machine) release(ep abi.Endpoint) {
	if k := &m.table.Tasks[ep.Slot()]; k.Dying && k.Endpoint == ep {
		m.table.Release(k)
	}
}

// consume is the root task's: it is done with what it was given.
func (m *Machine) consume() {
	for i := range m.Taken {
		m.release(m.Taken[i].Endpoint)
	}
	m.Taken = m.Taken[:0]
	if m.told {
		m.ended = nil
	}
	m.x.Consumed(m.root.k)
}

// livesOf is InfoLives.
func (m *Machine) livesOf(t *Task) (abi.Errno, uint64) {
	if t != m.root {
		return abi.EPERM, 0
	}
	b := t.k.Call.Buf[:0]
	for _, o := range m.tasks {
		if o == nil {
			continue
		}
		l := abi.Life{Endpoint: o.Endpoint, Account: o.k.Account, Incarnation: o.k.Incarnation, StartedNS: o.k.StartedNS}
		for _, f := range []struct {
			flag uint32
			set  bool
		}{{abi.LifeSet, o.k.PrivSet}, {abi.LifeAllowed, o.k.Wait&task.NoPriv == 0}, {abi.LifeWarm, o.k.Warm}} {
			if f.set {
				l.Flags |= f.flag
			}
		}
		b = append(b, abi.Bytes(&l)...)
	}
	return abi.OK, uint64(len(b))
}
