//go:build tamago

// gopher is a service that is an ordinary Go program: goroutines, timers, net/http, the date, secrets. It does what a test
// asks (package ask).
package main

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"net"
	"syscall"
	"time"

	_ "bennu/board/ring3"
	"bennu/boot/gopher/ask"
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

func main() { sdk.Run(new(gopher)) }

type gopher struct{ hellos uint64 }

// Init is sdk.Driver.
func (g *gopher) Init(*sdk.Context) error { return nil }

// Message is sdk.Driver.
func (g *gopher) Message(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) {
	a, args := c.Asker(m), m.Arg
	switch m.Type {
	case ask.Serve:
		go func() {
			n, e := g.serve(int(args[0]))
			c.ReplyTo(a, e, uint64(n))
		}()
	case ask.Hello:
		g.hellos++
		c.Reply(m, abi.OK, g.hellos)
	case ask.After:
		began := c.Now()
		time.AfterFunc(time.Duration(args[0]), func() { c.ReplyTo(a, abi.OK, uint64(c.Now()-began)) })
	case ask.Wall:
		c.Reply(m, abi.OK, uint64(time.Now().UnixNano()))
	case ask.Secret:
		var b [32]byte
		rand.Read(b[:])
		le := binary.LittleEndian
		c.Reply(m, abi.OK, le.Uint64(b[:]), le.Uint64(b[8:]), le.Uint64(b[16:]), le.Uint64(b[24:]))
	case ask.Ask:
		go g.ask(c, a, int(args[0]), abi.Endpoint(args[1]), time.Duration(args[2]))
	case ask.Block:
		answer := make(chan abi.Errno)
		go func() { answer <- after(c, abi.Endpoint(args[0]), time.Duration(args[1]), sdk.Forever) }()
		c.Reply(m, <-answer)
	case ask.Late:
		go func() {
			c.ReplyTo(a, abi.OK, uint64(after(c, abi.Endpoint(args[0]), time.Duration(args[1]), time.Duration(args[2]))))
		}()
	case ask.Wrong:
		go wrong(c, args[0])
	case ask.Spin:
		g.spin(c, m)
	case ask.Park:
		for range args[0] {
			go func() { select {} }()
		}
		time.AfterFunc(time.Hour, func() {})
		c.Reply(m, abi.OK)
	case ask.Hang:
		go after(c, abi.Endpoint(args[0]), time.Duration(args[1]), sdk.Forever)
		select {}
	case ask.Listen:
		_, err := net.Listen("tcp", ":80")
		c.Reply(m, abi.OK, map[bool]uint64{true: 1}[errors.Is(err, syscall.ENOSYS)])
	default:
		c.Reply(m, abi.ENOSYS)
	}
}

// after asks a service ask.After, and tells whether its answer is right.
func after(c *sdk.Context, ep abi.Endpoint, d, limit time.Duration) abi.Errno {
	m := abi.Msg{Type: ask.After, Arg: [7]uint64{uint64(d)}}
	if e := c.Call(ep, &m, limit); e != abi.OK {
		return e
	}
	if took := time.Duration(m.Arg[1]); m.Source != ep || took < d || took > d+20*time.Millisecond {
		return abi.EDOM
	}
	return abi.OK
}

// ask has n goroutines call at once, for different times: their answers come in another order than the requests.
func (g *gopher) ask(c *sdk.Context, a sdk.Asker, n int, ep abi.Endpoint, most time.Duration) {
	hellos, right := g.hellos, make(chan bool)
	for i := range n {
		go func() { right <- after(c, ep, most/time.Duration(1+i*7%n), sdk.Forever) == abi.OK }()
	}
	good := uint64(0)
	for range n {
		if <-right {
			good++
		}
	}
	c.ReplyTo(a, abi.OK, good, g.hellos-hellos)
}

// spin has a goroutine take turns with the driver's own, which waits for an answer.
func (g *gopher) spin(c *sdk.Context, m *abi.Msg) {
	turns, stop := uint64(0), false
	go func() {
		for ; !stop; turns++ {
			time.Sleep(10 * time.Microsecond)
		}
	}()
	time.Sleep(time.Millisecond)
	before := turns
	e := after(c, abi.Endpoint(m.Arg[0]), time.Duration(m.Arg[1]), time.Second)
	stop = true
	c.Reply(m, abi.OK, uint64(e), turns-before)
}

// wrong is what only the driver's own goroutine may do.
func wrong(c *sdk.Context, way uint64) {
	switch way {
	case 0:
		c.Exit(0)
	case 1:
		c.Alarm(time.Second)
	case 2:
		c.IRQ(3)
	case 3:
		c.IgnorePings(true)
	case 4:
		c.Permits(nil)
	}
}
