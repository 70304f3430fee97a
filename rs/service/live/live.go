// Package live runs the operator's commands in a task: a service.Port made of the SDK.
package live

import (
	"time"

	"bennu/drivers/sdk"
	"bennu/kernel/abi"
	"bennu/rs/service"
)

// Asker is a service.Asker with the task's alarm and the news that a driver gets. The task's
// handlers call Alarm, Reply and, at their end, Turn; or Due, what it leads to, and Arm.
type Asker struct {
	*service.Asker
	c     *sdk.Context
	root  abi.Endpoint
	armed uint64 // when the alarm comes; 0: it is not set

	// Rooted is called when the reincarnation server has a new endpoint, with its old one.
	Rooted func(old abi.Endpoint)
}

// New makes an Asker of a task.
func New(c *sdk.Context) *Asker {
	return &Asker{Asker: service.NewAsker(port{c}), c: c, root: c.Root()}
}

// Alarm takes the task's alarm.
func (a *Asker) Alarm() { a.armed = 0 }

// Reply takes an answer.
func (a *Asker) Reply(m *abi.Msg) { a.Answer(m) }

// Turn does the work that is due and sets the alarm for the next.
func (a *Asker) Turn() {
	a.Due()
	a.Arm()
}

// Due does the work that is due.
func (a *Asker) Due() {
	if root := a.c.Root(); root != a.root {
		old := a.root
		a.root = root
		a.Rooted(old)
	}
	a.Run()
}

// Arm sets the alarm for the next work.
func (a *Asker) Arm() {
	at, ok := a.Next()
	if !ok || a.armed != 0 && a.armed <= at {
		return
	}
	a.armed = at
	now := a.Now() // once: it goes on meanwhile, and an alarm after no time is none
	a.c.Alarm(time.Duration(max(at, now+1) - now))
}

// port is the SDK as a service.Port.
type port struct{ c *sdk.Context }

func (p port) RS() abi.Endpoint { return p.c.Root() }
func (p port) Now() uint64      { return uint64(p.c.Now()) }

func (p port) Send(to abi.Endpoint, tag uint64, m *abi.Msg) abi.Errno { return p.c.Ask(to, m, tag) }

func (p port) Grant(to abi.Endpoint, b []byte, write bool) (abi.GrantID, bool) {
	flags := uint32(abi.GrantRead)
	if write {
		flags = abi.GrantWrite
	}
	return p.c.Grant(to, b, flags)
}

func (p port) GrantBoth(to abi.Endpoint, b []byte) (abi.GrantID, bool) {
	return p.c.Grant(to, b, abi.GrantRead|abi.GrantWrite)
}

func (p port) Revoke(id abi.GrantID) { p.c.Revoke(id) }

func (p port) Info(kind abi.InfoKind, index uint64, out []byte) (int, abi.Errno) {
	return p.c.Info(kind, index, out)
}
