package kind

import (
	"time"

	"bennu/drivers/protocol/load"
	"bennu/kernel/abi"
	"bennu/rs/load/witness"
	"bennu/rs/load/work"
)

// everybody is the reincarnation server: an operation is a witness's round. Steps are load.Noticed.
type everybody struct {
	w witness.Witness
	s *work.Site
	v work.Verdict
}

// oneRequest is how long one request of a round may take: longer than the kernel takes to find that the server hangs (20 to 30 ms in a campaign on it), and its
// next life to answer. A server that is busy and answers nobody costs as much for each.
const oneRequest = 60 * time.Millisecond

// Join is work.Kind.
func (k *everybody) Join(s *work.Site) work.Verdict {
	k.s = s
	k.w.Limit, k.w.Noticed = oneRequest, k.noticed
	v := s.Wait(func() work.Verdict {
		if k.w.Begin(s.C) {
			return work.Right
		}
		return work.Pending
	})
	if v == work.Lost {
		s.Step = uint16(load.Missing)
		return work.Wrong // it answers, or each look would have taken all of the time
	}
	return v
}

// noticed keeps what was noticed first, and the worst of what that means.
func (k *everybody) noticed(n *witness.Notice) {
	v := work.Wrong
	switch n.Errno {
	case abi.OK:
	case abi.ETIMEDOUT:
		v = work.Lost
	default:
		v = work.Refused
	}
	if k.v == work.Right {
		k.s.Step, k.s.Errno = uint16(n.What), n.Errno
		k.s.C.Log("noticed", n.What.String()+" "+n.Detail, "errno", n.Errno.Name())
	}
	if k.v == work.Right || v == work.Wrong {
		k.v = v
	}
}

// Operate is work.Kind.
func (k *everybody) Operate(s *work.Site) work.Verdict {
	k.s, k.v = s, work.Right
	k.w.Round(s.C)
	return k.v
}

// Look is work.Kind.
func (*everybody) Look(s *work.Site) work.Verdict {
	_, _, e := s.C.Lookup(s.C.Label().String())
	return s.Refuse(e)
}
