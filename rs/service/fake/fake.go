// Package fake is a machine for host tests of programs that run commands: a clock that stands still, a kernel
// with the information it was given, and peers that answer when the test says so.
package fake

import (
	"time"

	"bennu/kernel/abi"
)

// RSEndpoint is where the fake's reincarnation server is.
const RSEndpoint abi.Endpoint = 0x8001

// Sent is a message that the code under test sent.
type Sent struct {
	To  abi.Endpoint
	Tag uint64
	Msg abi.Msg
}

// Machine implements service.Port.
type Machine struct {
	NowNS  uint64
	Outbox []Sent
	Errno  map[abi.Endpoint]abi.Errno                              // what Send to it answers
	Table  map[abi.InfoKind]func(index uint64) ([]byte, abi.Errno) // what GetInfo answers; none: EINVAL
	Grants map[abi.GrantID]Grant                                   // those that hold
	seq    abi.GrantID
}

// Grant is memory that the code under test shares.
type Grant struct {
	To     abi.Endpoint
	Memory []byte
	Write  bool
}

// New makes a machine at time 1 s.
func New() *Machine {
	return &Machine{NowNS: 1e9, Errno: map[abi.Endpoint]abi.Errno{}, Grants: map[abi.GrantID]Grant{},
		Table: map[abi.InfoKind]func(uint64) ([]byte, abi.Errno){}}
}

func (m *Machine) RS() abi.Endpoint { return RSEndpoint }
func (m *Machine) Now() uint64      { return m.NowNS }

// Pass lets time go by.
func (m *Machine) Pass(d time.Duration) { m.NowNS += uint64(d) }

func (m *Machine) Send(to abi.Endpoint, tag uint64, msg *abi.Msg) abi.Errno {
	if e := m.Errno[to]; e != abi.OK {
		return e
	}
	m.Outbox = append(m.Outbox, Sent{to, tag, *msg})
	return abi.OK
}

func (m *Machine) Grant(to abi.Endpoint, b []byte, write bool) (abi.GrantID, bool) {
	if len(m.Grants) == 64 {
		return 0, false
	}
	m.seq++
	m.Grants[m.seq] = Grant{to, b, write}
	return m.seq, true
}

func (m *Machine) GrantBoth(to abi.Endpoint, b []byte) (abi.GrantID, bool) {
	return m.Grant(to, b, true)
}

func (m *Machine) Revoke(id abi.GrantID) { delete(m.Grants, id) }

func (m *Machine) Info(kind abi.InfoKind, index uint64, out []byte) (int, abi.Errno) {
	f := m.Table[kind]
	if f == nil {
		return 0, abi.EINVAL
	}
	b, e := f(index)
	return copy(out, b), e
}

// Take removes and returns the oldest message sent; ok is false when there is none.
func (m *Machine) Take() (s Sent, ok bool) {
	if len(m.Outbox) == 0 {
		return s, false
	}
	s = m.Outbox[0]
	m.Outbox = m.Outbox[1:]
	return s, true
}

// Reply makes the answer to s: args are Arg[1] and on.
func (s Sent) Reply(e abi.Errno, args ...uint64) *abi.Msg {
	r := &abi.Msg{Source: s.To, Type: abi.MsgReply}
	r.Arg[0], r.Arg[6] = uint64(e), s.Msg.Arg[6]
	copy(r.Arg[1:6], args)
	return r
}

// Refuse makes RS's answer with an error and its why.
func (s Sent) Refuse(e abi.Errno, why abi.Why, detail uint64) *abi.Msg {
	return s.Reply(e, 0, 0, 0, detail, uint64(why))
}

// Label is the label in the first two arguments.
func (s Sent) Label() string { return abi.UnpackLabel(s.Msg.Arg[0], s.Msg.Arg[1]).String() }
