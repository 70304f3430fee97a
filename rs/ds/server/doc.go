// Package server is the data store as a service: it does what its clients ask of a store.Store, and keeps every change in kept memory before it
// answers. So a life of it may end at any instruction: what was acknowledged is there in the next one, what was not is asked for again.
//
// Which services are ready it knows by RS's word: a look at all of them when it starts, events from then on. The machine is
// behind an interface, so that tests can end a life at each call that it makes.
package server

import (
	"time"

	"bennu/kernel/abi"
	"bennu/rs/kept"
)

// Machine is what the server needs of kernel, SDK and RS.
type Machine interface {
	kept.Memory
	KeepSettled() abi.Errno

	Now() time.Duration
	LabelOf(ep abi.Endpoint) (abi.Label, abi.Errno)
	Operator(ep abi.Endpoint) bool
	CopyFrom(granter abi.Endpoint, id abi.GrantID, offset uint64, b []byte) abi.Errno
	CopyTo(granter abi.Endpoint, id abi.GrantID, offset uint64, b []byte) abi.Errno
	Notify(to abi.Endpoint) abi.Errno
	Answer(m *abi.Msg, e abi.Errno, args ...uint64)
	Log(pairs ...string) abi.Errno

	Status(rows []abi.ServiceStatus) (n int, e abi.Errno)
	Events(rows []abi.Event, first uint64) (n int, next, lost uint64, e abi.Errno)
	Watch(first uint64) abi.Errno
}
