package kind

import (
	"bennu/drivers/protocol/faulty"
	"bennu/kernel/abi"
	"bennu/rs/load/work"
)

// echo is drivers/faulty: six numbers go, those with a place in the answer come back.
type echo struct{}

// Join is work.Kind.
func (echo) Join(*work.Site) work.Verdict { return work.Right }

// Operate is work.Kind.
func (echo) Operate(s *work.Site) work.Verdict {
	m := abi.Msg{Type: faulty.Echo}
	for i := range 6 {
		m.Arg[i] = s.Rand.Uint64()
	}
	want := m.Arg
	if v := s.Call(&m); v != work.Right {
		return v
	}
	return work.Equal([5]uint64(m.Arg[1:6]), [5]uint64(want[1:6]))
}

// Look is work.Kind.
func (e echo) Look(s *work.Site) work.Verdict { return e.Operate(s) }
