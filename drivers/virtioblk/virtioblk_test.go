package main

import (
	"bytes"
	"encoding/binary"
	"testing"

	"bennu/drivers/protocol/block"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// model is a virtio block device on PCI: one queue, all requests done when it is told of them. Its registers are those of BAR 4, at 0, 1000h, 2000h and 3000h.
type model struct {
	f        *fake.Function
	sel      [2]uint64
	features [2]uint64
	regs     [0x40]byte
	media    []byte
	seen     uint16
	quiet    bool // it does nothing
}

const offered = 1<<32 | 1<<33 | 1<<9

func newModel(k *fake.Kernel, vectors uint16) *model {
	m := &model{media: make([]byte, 256*512)}
	f := &fake.Function{Device: m, Windows: map[abi.WindowID][]byte{}, Info: abi.FunctionInfo{
		ID:   abi.FunctionID{Function: abi.MakeFunction(0, 3, 0), Vendor: 0x1af4, Device: 0x1042, Class: 0x018000},
		MSIX: vectors, BARs: [abi.MaxBARs]abi.BAR{4: {Base: 0xfea00000, Size: 0x4000, Kind: abi.BARMemory}},
	}}
	c := &f.Config
	c[6], c[0x34] = 0x10, 0x40
	for i, next := range []byte{0x50, 0x60, 0x70, 0} { // common, ISR, device, notify
		at := 0x40 + 0x10*i
		copy(c[at:], []byte{9, next, 16, []byte{1, 3, 4, 2}[i], 4})
		binary.LittleEndian.PutUint32(c[at+8:], uint32(i)*0x1000)
		binary.LittleEndian.PutUint32(c[at+12:], 0x1000)
	}
	c[0x72], c[0x80] = 20, 4
	m.f = k.AddFunction(f)
	return m
}

func (m *model) Load(_ int, at uint64, size int) uint64 {
	switch {
	case at == 4:
		return offered >> (32 * m.sel[0]) & 0xffffffff
	case at == 0x12:
		return 1
	case at == 0x1e || at == 0x1000:
		return 0
	case at == 0x2000:
		return uint64(len(m.media) / 512)
	case at >= 0x2000:
		return 0
	case at == 0x18:
		return 64
	}
	var b [8]byte
	copy(b[:size], m.regs[at:])
	return binary.LittleEndian.Uint64(b[:])
}

func (m *model) Store(_ int, at uint64, size int, v uint64) {
	switch {
	case at == 0:
		m.sel[0] = v
	case at == 0x14 && v == 0:
		m.regs, m.seen = [0x40]byte{}, 0
	case at >= 0x3000:
		m.kicked()
		return
	}
	if at < 0x40 {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], v)
		copy(m.regs[at:], b[:size])
	}
}

func (m *model) kicked() {
	desc, avail, used := binary.LittleEndian.Uint64(m.regs[0x20:]), binary.LittleEndian.Uint64(m.regs[0x28:]), binary.LittleEndian.Uint64(m.regs[0x30:])
	for a := m.f.Memory(avail, 132); !m.quiet && m.seen != binary.LittleEndian.Uint16(a[2:]); m.seen++ {
		head := binary.LittleEndian.Uint16(a[4+2*(m.seen%64):])
		written := uint32(0)
		var op uint32
		var at uint64
		for i := head; ; {
			d := m.f.Memory(desc+16*uint64(i), 16)
			b := m.f.Memory(binary.LittleEndian.Uint64(d), uint64(binary.LittleEndian.Uint32(d[8:])))
			last := d[12]&1 == 0
			switch {
			case i == head:
				op, at = binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint64(b[8:])*512
			case last:
				b[0] = 0
				written++
			case op == 0:
				written += uint32(copy(b, m.media[at:]))
				at += uint64(len(b))
			case op == 8:
				written += uint32(copy(b, append([]byte("serial"), make([]byte, 14)...)))
			default:
				copy(m.media[at:], b)
				at += uint64(len(b))
			}
			if last {
				break
			}
			i = binary.LittleEndian.Uint16(d[14:])
		}
		u := m.f.Memory(used, 4+8*64)
		e := u[4+8*(m.seen%64):]
		binary.LittleEndian.PutUint32(e, uint32(head))
		binary.LittleEndian.PutUint32(e[4:], written)
		binary.LittleEndian.PutUint16(u[2:], m.seen+1)
	}
}

func boot(t *testing.T, vectors uint16, args string) (*fake.Kernel, *model, *driver) {
	t.Helper()
	k := fake.New(t, "virtioblk")
	k.Arguments(args)
	m, d := newModel(k, vectors), new(driver)
	k.Start(d)
	if a, _ := k.Take(fake.Root); a.Type != abi.RSReady || a.Arg[0] != 0 {
		t.Fatalf("init answer %+v, log %q", a, k.Lines)
	}
	return k, m, d
}

// Sectors go both ways through a client's window, with messages and with a line, and the device has it no more after close.
func TestSession(t *testing.T) {
	for _, vectors := range []uint16{2, 0} {
		k, m, _ := boot(t, vectors, "writes=client")
		w := make([]byte, 64*512)
		m.f.Windows[7] = w
		ask := func(want abi.Errno, message abi.Msg) abi.Msg {
			t.Helper()
			a, ok := k.Request(fake.Client, message.Type, message.Arg[:6]...)
			if !ok {
				m.f.Signal(min(uint32(vectors), 1))
				k.Run()
				a, ok = k.Take(fake.Client)
			}
			if !ok || abi.Errno(a.Arg[0]) != want {
				t.Fatalf("%x: %+v, %v; log %q", message.Type, a, ok, k.Lines)
			}
			return a
		}
		ask(abi.EFAULT, block.OpenMessage(9, 64*512, block.OpenFill))
		pieces := m.f.Pieces()
		a := ask(abi.OK, block.OpenMessage(7, 64*512, block.OpenFill|block.OpenWrite))
		s, e, session, _, ok := block.ReadShape(&a)
		if !ok || s.Sectors != 256 || s.Identity == 0 || s.Flags != 0 || e.Resets() != 0 || m.f.Pieces() != pieces+1 {
			t.Fatalf("%+v", s)
		}
		for i := range w[:4096] {
			w[i] = byte(i / 3)
		}
		write := block.Request{Op: block.Write, Session: session, Sector: 16, Sectors: 8, N: 2, Segments: [8]block.Segment{6<<16 | 2, 2 << 16}}
		if a := ask(abi.OK, write.Message()); a.Arg[2] != 8 || block.Epoch(a.Arg[1]) != e {
			t.Errorf("%+v", a)
		}
		if !bytes.Equal(m.media[16*512:22*512], w[2*512:8*512]) || !bytes.Equal(m.media[22*512:24*512], w[:1024]) {
			t.Error("not written")
		}
		read := block.Request{Op: block.Read, Session: session, Sector: 16, Sectors: 6, N: 1, Segments: [8]block.Segment{6<<16 | 32}}
		ask(abi.OK, read.Message())
		if !bytes.Equal(w[32*512:38*512], w[2*512:8*512]) {
			t.Error("not read")
		}
		ask(abi.OK, (&block.Request{Op: block.Flush, Session: session, Epoch: e}).Message())
		ask(abi.OK, abi.Msg{Type: block.Close, Arg: [7]uint64{1: uint64(session)}})
		if m.f.Pieces() != pieces {
			t.Error("the device has the window after close")
		}
		if a := ask(abi.OK, abi.Msg{Type: block.State}); a.Arg[2] != 3 || a.Arg[4] != 0 {
			t.Errorf("%+v", a)
		}
	}
}

// A window is reached as far as its owner has it and no further, whoever names it, and for as many sessions as there are.
func TestWindows(t *testing.T) {
	k, m, _ := boot(t, 2, "reads=client,shell")
	m.f.Windows[7] = make([]byte, 4096)
	ask := func(who abi.Endpoint, want abi.Errno, message abi.Msg) abi.Msg {
		t.Helper()
		a, ok := k.Request(who, message.Type, message.Arg[:6]...)
		if !ok || abi.Errno(a.Arg[0]) != want {
			t.Fatalf("%+v: %+v, %v", message, a, ok)
		}
		return a
	}
	pieces := m.f.Pieces()
	other := fake.Other
	k.Names = map[abi.Endpoint]string{other: "shell"}
	ask(other, abi.EFAULT, block.OpenMessage(7, 4096, block.OpenFill)) // it is client's
	ask(fake.Client, abi.EFAULT, block.OpenMessage(7, 8192, block.OpenFill))
	if m.f.Pieces() != pieces {
		t.Fatal("the device has the window of a session that was refused")
	}
	a := ask(fake.Client, abi.OK, block.OpenMessage(7, 4096, block.OpenFill))
	ask(other, abi.EFAULT, block.OpenMessage(7, 4096, block.OpenFill))
	b := ask(fake.Client, abi.OK, block.OpenMessage(7, 512, block.OpenFill))
	if m.f.Pieces() != pieces+1 {
		t.Fatalf("%d pieces, %d without sessions", m.f.Pieces(), pieces)
	}
	ask(fake.Client, abi.OK, abi.Msg{Type: block.Close, Arg: [7]uint64{1: a.Arg[2] & 0xffffffff}})
	if m.f.Pieces() != pieces+1 {
		t.Fatal("a session has lost its window with another")
	}
	ask(fake.Client, abi.OK, abi.Msg{Type: block.Close, Arg: [7]uint64{1: b.Arg[2] & 0xffffffff}})
	if m.f.Pieces() != pieces {
		t.Fatal("the device has the window after the last session")
	}
}

// Where nothing confines the device it reaches no client's memory, and the client is told so.
func TestUnconfined(t *testing.T) {
	k, m, _ := boot(t, 2, "reads=client")
	m.f.Windows = nil
	if a, _ := k.Request(fake.Client, block.Open, 7, 4096, uint64(block.OpenFill)); abi.Errno(a.Arg[0]) != abi.ENOSYS || block.Why(a.Arg[5]) != block.WhyUnconfined {
		t.Errorf("%+v", a)
	}
}

// Who is not named opens nothing; who may read does not write.
func TestWho(t *testing.T) {
	k, m, _ := boot(t, 2, "reads=client writes=shell")
	m.f.Windows[7] = make([]byte, 4096)
	for f, want := range map[block.OpenFlags]abi.Errno{block.OpenWrite: abi.EPERM, block.OpenFill: abi.OK} {
		if a, _ := k.Request(fake.Client, block.Open, 7, 4096, uint64(f)); abi.Errno(a.Arg[0]) != want {
			t.Errorf("%d: %s", f, abi.Errno(a.Arg[0]).Name())
		}
	}
	if a, _ := k.Request(fake.Client, 0xffff); abi.Errno(a.Arg[0]) != abi.ENOSYS {
		t.Errorf("%+v", a)
	}
}

// A device that does nothing is noticed by the alarm, reset, and its request is answered in the end.
func TestHangs(t *testing.T) {
	k, m, d := boot(t, 2, "writes=client")
	m.f.Windows[7] = make([]byte, 4096)
	a, _ := k.Request(fake.Client, block.Open, 7, 4096, uint64(block.OpenFill|block.OpenWrite))
	m.quiet = true
	read := block.Request{Op: block.Read, Session: uint32(a.Arg[2]), Sectors: 8, N: 1, Segments: [8]block.Segment{8 << 16}}
	message := read.Message()
	if _, ok := k.Request(fake.Client, message.Type, message.Arg[:6]...); ok {
		t.Fatal("answered at once")
	}
	for range 60 {
		k.Advance(1e9)
	}
	if a, ok := k.Take(fake.Client); !ok || abi.Errno(a.Arg[0]) != abi.EIO || block.Epoch(a.Arg[1]).Resets() == 0 {
		t.Errorf("%+v, %v; %+v, log %q", a, ok, d.disk.Statistics, k.Lines)
	}
}

// What cannot be had, or what the arguments do not mean, is said.
func TestInit(t *testing.T) {
	for args, want := range map[string]abi.Errno{"cache=none": abi.EINVAL, "opens=shell": abi.EINVAL} {
		k := fake.New(t, "virtioblk")
		k.Arguments(args)
		newModel(k, 2)
		k.Start(new(driver))
		if a, _ := k.Take(fake.Root); abi.Errno(a.Arg[0]) != want {
			t.Errorf("%s: %+v", args, a)
		}
	}
	k := fake.New(t, "virtioblk")
	m := newModel(k, 2)
	m.f.Config[0x42] = 8
	k.Start(new(driver))
	if a, _ := k.Take(fake.Root); abi.Errno(a.Arg[0]) != abi.ENODEV {
		t.Errorf("no common structure: %+v", a)
	}
	_, _, d := boot(t, 2, "cache=kept")
	if d.disk.Shape().Flags != block.KeepsCache {
		t.Errorf("%x", d.disk.Shape().Flags)
	}
}
