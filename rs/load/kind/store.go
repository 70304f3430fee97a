package kind

import (
	"bennu/drivers/protocol/ds"
	"bennu/drivers/protocol/load"
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
	"bennu/rs/load/work"
)

// store is the data store: numbers are kept, published and deleted, and a subscription tells of each change once, in its order. Steps are load.Noticed.
type store struct {
	n     uint64 // the number that was kept last
	sub   uint64 // number of the subscription
	heard uint64 // all up to this revision is known: that the first key has this number, and that the second is there
	first uint32
	there bool
	begun bool
	row   ds.Entry
}

// Keys of it. Those of counted are what the subscription is about.
const (
	storeNumber  = "load.number"
	storePattern = "load.counted."
	storeFirst   = storePattern + "a"
	storeSecond  = storePattern + "b"
)

// Join is work.Kind: the life before may have died in the middle of an operation, whose number may be kept or not.
func (k *store) Join(s *work.Site) work.Verdict {
	s.Step = uint16(load.Entry)
	v, e := s.C.Retrieve(storeNumber)
	switch {
	case e == abi.ESRCH && !k.begun:
	case e != abi.OK:
		return s.Asked(e)
	case k.begun && v[0] != k.n && v[0] != k.n+1:
		return work.Wrong
	default:
		k.n = v[0]
	}
	s.Step = uint16(load.Told)
	return k.subscribe(s)
}

// subscribe begins the subscription, or finds it.
func (k *store) subscribe(s *work.Site) work.Verdict {
	p := []byte(storePattern + "*")
	m := abi.Msg{Type: ds.Subscribe, Arg: [7]uint64{2: uint64(ds.Overwrite)}}
	lengths := ds.Lengths(len(p), 0)
	if v := s.CallOver(&m, 0, p, abi.GrantRead, lengths); v != work.Right {
		return v
	}
	if k.begun && (m.Arg[3] != 0 || m.Arg[1] != k.sub) { // it had acknowledged it
		k.begun = false
		return work.Wrong
	}
	if !k.begun {
		k.sub, k.heard, k.begun = m.Arg[1], m.Arg[2], true
	}
	return work.Right
}

// Operate is work.Kind.
func (k *store) Operate(s *work.Site) work.Verdict {
	c, n := s.C, k.n+1
	s.Step = uint16(load.Entry)
	v, e := c.Retrieve(storeNumber)
	switch {
	case e == abi.ESRCH && k.n == 0:
	case e != abi.OK:
		return s.Asked(e)
	case v[0] != k.n && v[0] != n: // n: done before a life died
		return work.Wrong
	}
	s.Step = uint16(load.Published)
	if e := c.Publish(storeNumber, sdk.Value{n}); e != abi.OK {
		return s.Asked(e)
	}
	if v, e = c.Retrieve(storeNumber); e != abi.OK || v[0] != n {
		s.Step = uint16(load.Retrieved)
		return s.Same(e, v[0], n)
	}
	if v := k.typed(s, uint32(n)); v != work.Right {
		return v
	}
	k.n = n
	return work.Right
}

// typed publishes a number and a text, finds both, and hears of both; then one is deleted.
func (k *store) typed(s *work.Site, n uint32) work.Verdict {
	st := s.C.Store()
	s.Step = uint16(load.Published)
	if e := st.PublishU32(storeFirst, n, ds.Overwrite); e != abi.OK {
		return s.Asked(e)
	}
	text := "n" + sdk.Dec(uint64(n))
	if e := st.PublishString(storeSecond, text, ds.Overwrite|ds.PrivOverwrite); e != abi.OK {
		return s.Asked(e)
	}
	s.Step = uint16(load.Retrieved)
	row, _, e := st.Retrieve(storeFirst, ds.TypeU32)
	if v := s.Same(e, uint64(row.U32()), uint64(n)); v != work.Right {
		return v
	}
	if _, b, e := st.Retrieve(storeSecond, 0); e != abi.OK || string(b) != text {
		return s.Same(e, 1, 0)
	}
	s.Step = uint16(load.Told)
	if v := k.hear(s, n); v != work.Right {
		return v
	}
	s.Step = uint16(load.Listed)
	var rows [4]ds.Entry
	found, _, e := st.List(storePattern+"*", 0, rows[:])
	if v := s.Same(e, uint64(found), 2); v != work.Right {
		return v
	}
	s.Step = uint16(load.Deleted)
	if e := st.Delete(storeSecond); e != abi.OK && e != abi.ESRCH && e != abi.EINDOUBT { // done before a life died
		return s.Asked(e)
	}
	if _, _, e := st.Retrieve(storeSecond, 0); e != abi.ESRCH {
		return s.Same(e, 1, 0)
	}
	return work.Right
}

// hear takes all that the subscription tells, up to what is there: the last of each key is what it is now, and revisions grow.
func (k *store) hear(s *work.Site, n uint32) work.Verdict {
	for range 16 { // an operation makes three changes, one that was interrupted as many
		m := abi.Msg{Type: ds.Check, Arg: [7]uint64{0: k.sub, 1: k.heard, 3: ds.EntrySize}}
		v := s.CallOver(&m, 2, abi.Bytes(&k.row), abi.GrantWrite, ds.EntrySize)
		if v == work.Refused && s.Errno == abi.EAGAIN {
			s.Errno = abi.OK
			return work.Equal(k.first == n && k.there, true)
		}
		if v != work.Right {
			return v
		}
		if m.Arg[1] <= k.heard {
			return work.Wrong
		}
		k.heard = m.Arg[1]
		switch k.row.Key() {
		case storeFirst:
			k.first = k.row.U32()
		case storeSecond:
			k.there = k.row.What != ds.Deleted
		default:
			return work.Wrong
		}
	}
	return work.Wrong
}

// Look is work.Kind.
func (*store) Look(s *work.Site) work.Verdict {
	_, e := s.C.Retrieve(storeNumber)
	if e == abi.ESRCH {
		e = abi.OK
	}
	return s.Asked(e)
}
