package server

import (
	"time"

	"bennu/drivers/sdk"
	"bennu/drivers/sdk/uart16550"
	"bennu/kernel/abi"
	"bennu/rs/service/live"
)

// The port's place on a PC: COM2.
const (
	Base = 0x2f8
	Line = 3
)

const (
	// pollAfter is how long a lost interrupt may hold up a port that is in use.
	pollAfter = 20 * time.Millisecond
	// stopLimit is how long a stop waits for output that is still to be sent.
	stopLimit = 200 * time.Millisecond
)

// Driver is the control port as a driver.
type Driver struct {
	uart   uart16550.UART
	rx     [4096]uart16550.Char
	tx     [4096]byte
	buf    [1]byte
	hung   uint64 // hang-ups of the UART that the server was told of
	asker  *live.Asker
	server *Server
	polls  bool   // a look at the UART is planned
	polled func() // it
}

// Init sets the port up and takes up the subscription of the incarnation before.
func (d *Driver) Init(c *sdk.Context) error {
	port := uart16550.Config{Base: Base, RX: d.rx[:], TX: d.tx[:], Ends: "\n", Restarted: c.Restarted()}
	if e := d.uart.Init(c.Ports(), port); e != abi.OK {
		return sdk.Fail(e, "no serial port at 0x2f8")
	}
	if _, e := c.IRQ(Line); e != abi.OK {
		return sdk.Fail(e, "interrupt line 3")
	}
	var sub Subscription
	if v, e := c.Retrieve(Key); e == abi.OK {
		sub = MakeSubscription(v)
	}
	var machine abi.Machine
	c.Info(abi.InfoMachine, 0, abi.Bytes(&machine))
	d.asker = live.New(c)
	d.server = New(d.asker.Asker, Config{Label: c.Label().String(), Incarnation: c.Incarnation(), Version: text(machine.Version[:]),
		Half: d.uart.Unfinished}, sub)
	d.polled = d.look
	d.asker.Rooted = d.server.Root
	d.turn()
	return nil
}

// Message knows no requests: the port asks, it is not asked.
func (d *Driver) Message(c *sdk.Context, m *abi.Msg, kind abi.ReceiveKind) {
	if m.Type != abi.MsgReply && kind != abi.KindNotify {
		c.Reply(m, abi.ENOSYS)
	}
}

// Interrupt serves the UART.
func (d *Driver) Interrupt(*sdk.Context, uint64) {
	d.uart.Interrupt()
	d.turn()
}

// Alarm is for requests whose time is over.
func (d *Driver) Alarm(*sdk.Context) {
	d.asker.Alarm()
	d.turn()
}

// Reply takes an answer to a request.
func (d *Driver) Reply(_ *sdk.Context, m *abi.Msg) {
	d.asker.Reply(m)
	d.turn()
}

// News tells that there are events.
func (d *Driver) News(*sdk.Context, uint64) {
	d.server.News()
	d.turn()
}

// Stop sends waiting output, as far as that goes quickly.
func (d *Driver) Stop(c *sdk.Context) {
	d.move()
	d.uart.Stop(c.Now, stopLimit)
}

// turn does the work that is due, moves bytes both ways until nothing moves, then sets the alarm.
func (d *Driver) turn() {
	d.asker.Due()
	moved := d.moveAll()
	if d.uart.Queued() == 0 {
		d.server.Drained()
	}
	if moved || d.uart.Queued() > 0 {
		d.poll()
	}
	d.asker.Arm()
}

// poll plans a look at the UART: an edge of its line may come while the line is masked, and
// then no interrupt follows. The last look is one that finds nothing.
func (d *Driver) poll() {
	if d.polls {
		return
	}
	d.polls = true
	d.asker.After(pollAfter, d.polled)
}

func (d *Driver) look() {
	d.polls = false
	if d.uart.Poll() {
		d.poll()
	}
}

func (d *Driver) moveAll() (moved bool) {
	for d.move() {
		moved = true
	}
	return moved
}

// move hands over received bytes and output; it tells whether there was any.
func (d *Driver) move() (moved bool) {
	if d.hung != d.uart.Hangups {
		d.hung = d.uart.Hangups
		for range d.uart.Received() {
			d.uart.Next() // of the client that is gone
		}
		d.server.Hangup()
	}
	for d.server.Ready() {
		c, ok := d.uart.Next()
		if !ok {
			break
		}
		if c.Gap() {
			d.server.Gap()
		}
		d.buf[0] = c.Byte()
		d.server.Input(d.buf[:])
		moved = true
	}
	d.server.Run()
	if n := d.uart.Write(d.server.Output()); n > 0 {
		d.server.Sent(n)
		moved = true
	}
	return moved
}

// text ends at the first zero byte.
func text(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}
