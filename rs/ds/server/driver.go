package server

import (
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

// Driver is the data store as a driver.
type Driver struct {
	server    *Server
	operators sdk.Permit
}

// task is the machine of a task.
type task struct {
	*sdk.Context
	operators *sdk.Permit
}

func (t task) Operator(ep abi.Endpoint) bool { return t.operators.Holds(t.Context, ep) }

func (t task) Status(rows []abi.ServiceStatus) (int, abi.Errno) { return t.RS().Status(rows) }

func (t task) Events(rows []abi.Event, first uint64) (n int, next, lost uint64, e abi.Errno) {
	return t.RS().Events(rows, first)
}

// Watch: of a service that is reborn there is time, since who waits for it asks RS.
func (t task) Watch(first uint64) abi.Errno { return t.RS().WatchLater(first) }

// Init takes up what the life before has kept.
func (d *Driver) Init(c *sdk.Context) error {
	if err := c.Permits(map[string]*sdk.Permit{"operators": &d.operators}); err != nil {
		return err
	}
	s, e := New(task{c, &d.operators})
	if e != abi.OK {
		return sdk.Fail(e, "rs does not tell which services there are")
	}
	d.server = s
	return nil
}

// Message answers a request.
func (d *Driver) Message(_ *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) { d.server.Request(m) }

// News tells that there are events.
func (d *Driver) News(*sdk.Context, uint64) { d.server.News() }
