package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"bennu/drivers/protocol/edu"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

func boot(t *testing.T) (*fake.Kernel, *model) {
	t.Helper()
	k := fake.New(t, "edu")
	m := newModel(t, k)
	begin(t, k, abi.OK)
	return k, m
}

// begin is a life, which answers so.
func begin(t *testing.T, k *fake.Kernel, want abi.Errno) {
	t.Helper()
	k.Out = nil
	k.Start(new(driver))
	if a, _ := k.Take(fake.Root); a.Type != abi.RSReady || abi.Errno(a.Arg[0]) != want {
		t.Fatalf("init answer %+v, want %s; log %q", a, want.Name(), k.Lines)
	}
}

// ask is a request, and the answer that comes in a second.
func ask(t *testing.T, k *fake.Kernel, typ abi.MsgType, args ...uint64) abi.Msg {
	t.Helper()
	a, ok := k.Request(fake.Client, typ, args...)
	if !ok {
		k.Advance(900 * time.Millisecond)
		if a, ok = k.Take(fake.Client); !ok {
			t.Fatalf("%#x: no answer; log %q", uint32(typ), k.Lines)
		}
	}
	return a
}

func TestFactorial(t *testing.T) {
	k, m := boot(t)
	for n, want := range map[uint64]uint64{0: 1, 1: 1, 5: 120, 13: 1932053504, 40: 0} {
		if a := ask(t, k, edu.Factorial, n); a.Arg[0] != 0 || a.Arg[1] != want {
			t.Errorf("%d! is %d (%s), want %d", n, a.Arg[1], abi.Errno(a.Arg[0]).Name(), want)
		}
	}
	if m.raised != 0 || m.f.Enables(0) != m.messages {
		t.Errorf("%#x is not acknowledged; %d messages, enabled again %d times", m.raised, m.messages, m.f.Enables(0))
	}
	if a := ask(t, k, edu.Carry+1); abi.Errno(a.Arg[0]) != abi.ENOSYS {
		t.Errorf("an unknown request: %+v", a)
	}
}

// Bytes come back by way of the device's memory; it reads and writes no others.
func TestCarry(t *testing.T) {
	k, m := boot(t)
	for _, n := range []int{1, 100, edu.MaxLength} {
		b := bytes.Repeat([]byte("sesquipedalian "), 300)[:n]
		want := bytes.Clone(b)
		id := k.PeerGrant(fake.Client, b, abi.GrantRead|abi.GrantWrite)
		a, answered := k.Request(fake.Client, edu.Carry, uint64(id), uint64(n))
		if answered {
			t.Fatalf("%d bytes: %+v before the device was done", n, a)
		}
		if other, _ := k.Request(fake.Other, edu.Factorial, 3); abi.Errno(other.Arg[0]) != abi.EBUSY {
			t.Errorf("while it works: %+v", other)
		}
		k.Advance(150 * time.Millisecond)
		if !bytes.Equal(m.memory[:n], want) {
			t.Errorf("%d bytes: the device has others", n)
		}
		clear(b)
		k.Advance(150 * time.Millisecond)
		if a, ok := k.Take(fake.Client); !ok || a.Arg[0] != 0 || !bytes.Equal(b, want) || m.faults != 0 {
			t.Errorf("%d bytes: %+v, %v; %d faults", n, a, ok, m.faults)
		}
		k.PeerRevoke(fake.Client, id)
	}
	for _, n := range []uint64{0, edu.MaxLength + 1, 1 << 63} {
		if a := ask(t, k, edu.Carry, 0, n); abi.Errno(a.Arg[0]) != abi.E2BIG {
			t.Errorf("%d bytes: %+v", n, a)
		}
	}
	if a := ask(t, k, edu.Carry, 77, 8); a.Arg[0] == 0 {
		t.Error("it carries what nobody grants")
	}
	if a := ask(t, k, edu.Factorial, 3); a.Arg[1] != 6 {
		t.Errorf("after refusals: %+v", a)
	}
}

// A life begins in the middle of what the last one had the device do: with its transfer under way, and its interrupt raised.
func TestAnyState(t *testing.T) {
	k, m := boot(t)
	m.raised, m.status, m.noMessages = 0x101, interrupts, true
	k.Request(fake.Client, edu.Factorial, 9)
	k.Advance(2 * time.Millisecond) // it has raised, and nobody acknowledges
	m.noMessages = false
	begin(t, k, abi.OK)
	if m.raised != 0 || !m.f.Master || m.f.Pieces() != 1 {
		t.Errorf("raised %#x, bus master %v, %d pieces of memory", m.raised, m.f.Master, m.f.Pieces())
	}
	if a := ask(t, k, edu.Factorial, 4); a.Arg[1] != 24 {
		t.Errorf("4! in the second life: %+v", a)
	}
	m.dma[3] = start
	begin(t, k, abi.EIO) // it never ends
}

// What is wrong at the start is told, each in its words.
func TestInitFails(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(m *model)
		want  abi.Errno
	}{
		"another device":    {func(m *model) { m.id = 0x010000ee }, abi.ENODEV},
		"another has it":    {func(m *model) { m.f.Refuse = abi.EBUSY }, abi.EBUSY},
		"not confined":      {func(m *model) { m.f.Refuse = abi.EPERM }, abi.EPERM},
		"no registers":      {func(m *model) { m.f.Info.BARs[0].Kind = abi.BARNone }, abi.EDOM},
		"ports instead":     {func(m *model) { m.f.Info.BARs[0].Kind = abi.BARPorts }, abi.EINVAL},
		"computes for ever": {func(m *model) { m.status = computing }, abi.EIO},
		"no interrupt":      {func(m *model) { m.k.NoIRQs = abi.ENOSPC }, abi.ENOSPC},
	} {
		t.Run(name, func(t *testing.T) {
			k := fake.New(t, "edu")
			c.spoil(newModel(t, k))
			begin(t, k, c.want)
		})
	}
	begin(t, fake.New(t, "edu"), abi.ESRCH) // none is shown
}

// A device that does not end what it was told ends the life, which says so.
func TestHang(t *testing.T) {
	k, m := boot(t)
	m.hangs = true
	k.Request(fake.Client, edu.Factorial, 9)
	k.Advance(2 * limit)
	if all := strings.Join(append(k.Lines, k.Words...), "\n"); !strings.Contains(all, "has not done what it was told") {
		t.Errorf("log %q", all)
	}
}
