package session

import (
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
	"bennu/rs/service"
	"bennu/rs/service/live"
)

// Driver is the shell as a task of the SDK. It drives no device.
type Driver struct {
	asker   *live.Asker
	session *Session
}

// Init starts the session.
func (d *Driver) Init(c *sdk.Context) error {
	var m abi.Machine
	c.Info(abi.InfoMachine, 0, abi.Bytes(&m))
	d.asker = live.New(c)
	d.session = Start(d.asker.Asker, Config{Incarnation: c.Incarnation(), Version: service.Zeroed(m.Version[:])})
	d.asker.Rooted = d.session.Root
	d.asker.Turn()
	return nil
}

// Message knows no requests.
func (d *Driver) Message(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) { c.Reply(m, abi.ENOSYS) }

// Alarm is for requests whose time is over.
func (d *Driver) Alarm(*sdk.Context) {
	d.asker.Alarm()
	d.asker.Turn()
}

// Reply takes an answer to a request.
func (d *Driver) Reply(_ *sdk.Context, m *abi.Msg) {
	d.asker.Reply(m)
	d.asker.Turn()
}

// News tells that there are events.
func (d *Driver) News(*sdk.Context, uint64) {
	d.session.News()
	d.asker.Turn()
}
