package service

import (
	"bennu/drivers/protocol/tty"
	"bennu/kernel/abi"
)

// ttyLabel is the service that has the console.
var ttyLabel, _ = abi.MakeLabel("tty")

// WriteConsole looks tty up and writes text to it. done is told when tty has taken all of it.
func WriteConsole(a *Asker, text []byte, done func(Result)) {
	Run(a, Request{Op: OpLookup, Label: ttyLabel}, func(r Result) {
		if r.Errno != abi.OK {
			done(Result{Errno: r.Errno, Text: "no console: " + r.Text})
			return
		}
		WriteTTY(a, r.Endpoint, text, done)
	})
}

// WriteTTY writes text to a console driver, in as many pieces as it wants. text is not to be
// changed before done is called. A piece that was asked for when tty dies may be lost or not.
func WriteTTY(a *Asker, to abi.Endpoint, text []byte, done func(Result)) {
	grant, ok := a.Grant(to, text, false)
	if !ok {
		done(Result{Errno: abi.EAGAIN, Text: noGrant})
		return
	}
	m := abi.Msg{Type: tty.Write, Arg: [7]uint64{uint64(grant), uint64(len(text))}}
	a.Ask(to, m, LimitDriver, func(m *abi.Msg, e abi.Errno) {
		a.Revoke(grant)
		if e != abi.OK {
			done(Result{Errno: e, Text: driver("the console's driver tty", m, e)})
			return
		}
		n := min(m.Arg[1], uint64(len(text)))
		if n == uint64(len(text)) {
			done(Result{})
			return
		}
		if n == 0 {
			done(Result{Errno: abi.EIO, Text: "the console's driver tty took nothing"})
			return
		}
		WriteTTY(a, to, text[n:], done)
	})
}
