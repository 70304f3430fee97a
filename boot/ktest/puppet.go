//go:build tamago

package main

import (
	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

var puppetCode = code.Puppet()

// puppet is a task that does what it is told (code.Puppet).
type puppet struct {
	t    *T
	ep   abi.Endpoint
	done uint64 // commands that had ended when the last one began
}

// puppet makes one with every right.
func (t *T) puppet() *puppet { return t.puppetWith(all()) }

// puppetWith makes one; p must hold CallPrivCtl.
func (t *T) puppetWith(p rights) *puppet {
	ep := t.begin(puppetCode.ELF, p)
	t.must("PrivAllow", sys.PrivAllow(ep))
	return &puppet{t: t, ep: ep}
}

// puppets makes n, of one image.
func (t *T) puppets(n int) []*puppet {
	id, priv := t.image(puppetCode.ELF), all()
	out := make([]*puppet, n)
	for i := range out {
		out[i] = &puppet{t: t, ep: t.createOn(t.account(priv), id, "peer")}
		t.must("PrivSet", set(out[i].ep, priv))
		t.must("PrivAllow", sys.PrivAllow(out[i].ep))
	}
	t.must("ImageFree", sys.ImageFree(id))
	return out
}

// command begins to do something. It has ended, or waits for something, when command returns.
func (p *puppet) command(what, ax uint64, args ...uint64) {
	p.t.poke(p.ep, code.PuppetWhat, what)
	p.t.poke(p.ep, code.PuppetAX, ax)
	for i := range 5 {
		v := uint64(0)
		if i < len(args) {
			v = args[i]
		}
		p.t.poke(p.ep, code.PuppetArgs+8*uint64(i), v)
	}
	p.done = p.t.peek(p.ep, code.PuppetDone)
	p.t.must("PrivAllow", sys.PrivAllow(p.ep))
}

// start begins a call.
func (p *puppet) start(nr abi.CallNr, args ...uint64) {
	p.command(puppetCode.Syscall, uint64(nr), args...)
}

// ended tells whether the last command has.
func (p *puppet) ended() bool { return p.t.peek(p.ep, code.PuppetDone) != p.done }

// result is what the last command brought. It must have ended.
func (p *puppet) result() (abi.Errno, uint64) {
	if !p.ended() {
		p.t.fatalf("task %d still waits: %+v", p.ep, p.t.info(p.ep))
	}
	return abi.Errno(p.t.peek(p.ep, code.PuppetErrno)), p.t.peek(p.ep, code.PuppetValue)
}

// call makes a call that ends at once.
func (p *puppet) call(nr abi.CallNr, args ...uint64) (abi.Errno, uint64) {
	p.start(nr, args...)
	return p.result()
}

// blocks begins a call that must wait.
func (p *puppet) blocks(nr abi.CallNr, args ...uint64) {
	p.start(nr, args...)
	if p.ended() {
		e, v := p.result()
		p.t.fatalf("call %d ended with %s, %d, want it to wait", nr, e.Name(), v)
	}
}

// setMsg writes what the next send sends.
func (p *puppet) setMsg(typ abi.MsgType, args ...uint64) {
	p.t.poke(p.ep, abi.CallPage, uint64(typ)<<32|0xdead) // Source is not the sender's to choose
	for i, a := range args {
		p.t.poke(p.ep, abi.CallPage+8+8*uint64(i), a)
	}
}

// msg is what the last receive received.
func (p *puppet) msg() (m abi.Msg) {
	w := p.t.peek(p.ep, abi.CallPage)
	m.Source, m.Type = abi.Endpoint(w), abi.MsgType(w>>32)
	for i := range m.Arg {
		m.Arg[i] = p.t.peek(p.ep, abi.CallPage+8+8*uint64(i))
	}
	return m
}

// setBuf writes the bulk argument of the next call.
func (p *puppet) setBuf(b []byte) { p.write(abi.CallPage+0x100, b) }

// write changes the puppet's memory.
func (p *puppet) write(at uint64, b []byte) {
	for i, c := range b {
		_, e := sys.Trace(abi.TracePoke1, p.ep, at+uint64(i), uint64(c))
		p.t.must("TracePoke1", e)
	}
}

func (p *puppet) send(to *puppet) { p.start(abi.CallSend, uint64(to.ep)) }

func (p *puppet) receive(from abi.Endpoint) { p.start(abi.CallReceive, uint64(from), abi.NoTimeout) }

// poll receives what is there.
func (p *puppet) poll(from abi.Endpoint) (abi.Errno, abi.ReceiveKind) {
	e, kind := p.call(abi.CallReceive, uint64(from), 0)
	return e, abi.ReceiveKind(kind)
}

// got checks a receive that has ended.
func (p *puppet) got(kind abi.ReceiveKind, from abi.Endpoint, typ abi.MsgType) abi.Msg {
	e, v := p.result()
	m := p.msg()
	if e != abi.OK || abi.ReceiveKind(v) != kind || m.Source != from || m.Type != typ {
		p.t.errorf("task %d received %s kind %d from %d type %#x, want OK, %d, %d, %#x", p.ep, e.Name(), v, m.Source, m.Type, kind, from, typ)
	}
	return m
}

// in and out use a port.
func (p *puppet) in(port uint16) byte {
	if isGuarded(port) {
		e, v := p.call(abi.CallPortIO, uint64(abi.PortIn), uint64(port))
		p.t.must("guarded IN", e)
		return byte(v)
	}
	p.command(puppetCode.In8, 0, 0, 0, uint64(port))
	v, _ := p.result()
	return byte(v)
}

func (p *puppet) out(port uint16, v byte) {
	if isGuarded(port) {
		p.t.must("guarded OUT", p.portIO(uint64(abi.PortOut), uint64(port), uint64(v)))
		return
	}
	p.command(puppetCode.Out8, uint64(v), 0, 0, uint64(port))
}
