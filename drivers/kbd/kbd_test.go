package main

import (
	"reflect"
	"strings"
	"testing"

	"bennu/drivers/protocol/kbd"
	"bennu/drivers/protocol/tty"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

func boot(t *testing.T, m *i8042) (*fake.Kernel, *driver) {
	t.Helper()
	k := fake.New(t, "kbd")
	k.Arguments("reads=client")
	k.Labels["tty"] = fake.Other
	m.t, m.k, k.Device = t, k, m
	d := new(driver)
	k.Start(d)
	if a, _ := k.Take(fake.Root); a.Type != abi.RSReady || a.Arg[0] != 0 {
		t.Fatalf("init answer %+v, log %q", a, k.Lines)
	}
	return k, d
}

// press has codes arrive, one interrupt each.
func press(k *fake.Kernel, m *i8042, codes ...byte) {
	for _, b := range codes {
		m.give(b)
		k.Run()
	}
}

// typed is what tty was told.
func typed(k *fake.Kernel) (s string) {
	for m, ok := k.Take(fake.Other); ok; m, ok = k.Take(fake.Other) {
		if m.Type == tty.Input {
			s += string(rune(m.Arg[0]))
		}
	}
	return s
}

func TestInit(t *testing.T) {
	m := &i8042{config: configOff | configAuxIRQ, out: []outByte{{b: 1}, {b: 2}, {b: 3}}}
	boot(t, m)
	if want := byte(configIRQ | configSystem | configAuxOff | configTranslate); m.config != want || len(m.out) != 0 {
		t.Errorf("config %#x, want %#x; left %v", m.config, want, m.out)
	}
	want := []byte{keyboardEcho, keyboardDisable, keyboardSet, 2, keyboardSet, 0, keyboardLEDs, 0, keyboardRate, defaultRate, keyboardEnable}
	if !reflect.DeepEqual(m.got, want) {
		t.Errorf("the keyboard was sent %#x, want %#x", m.got, want)
	}
}

// A key that is pressed before the interrupt is on raises no edge that anybody sees.
func TestKeyDuringInit(t *testing.T) {
	m := &i8042{}
	k, _ := boot(t, m)
	m.out = []outByte{{b: 0x1e}}
	k.Advance(settled)
	if s := typed(k); s != "a" {
		t.Errorf("typed %q", s)
	}
}

func TestType(t *testing.T) {
	m := &i8042{}
	k, _ := boot(t, m)
	press(k, m, 0x2a, 0x23, 0xaa, 0x17, 0x1c)
	if s := typed(k); s != "Hi\n" {
		t.Errorf("tty got %q", s)
	}
	for _, want := range "Hi\n" {
		if a, ok := k.Request(fake.Client, kbd.Read); !ok || a.Arg[0] != 0 || a.Arg[1] != uint64(want) {
			t.Errorf("read %+v, %v, want %q", a, ok, want)
		}
	}
	if a, _ := k.Request(fake.Client, kbd.Read); abi.Errno(a.Arg[0]) != abi.EAGAIN {
		t.Errorf("read of nothing: %+v", a)
	}
	if a, _ := k.Request(fake.Client, kbd.State); a.Arg[1] != 5 || a.Arg[2] != 5 || a.Arg[3] != 3 || a.Arg[4] != 0 {
		t.Errorf("state %v", a.Arg)
	}
	if a, _ := k.Request(fake.Client, 0xdead); abi.Errno(a.Arg[0]) != abi.ENOSYS {
		t.Errorf("unknown request: %+v", a)
	}
}

func TestMouseIsNotTheKeyboard(t *testing.T) {
	m := &i8042{}
	k, _ := boot(t, m)
	for _, bits := range []byte{statusAux, 0x40, 0x80} {
		m.out = append(m.out, outByte{0x1e, bits})
	}
	m.raise()
	k.Run()
	if s := typed(k); s != "" {
		t.Errorf("tty got %q", s)
	}
}

// tty dies and comes back with another endpoint; meanwhile there is none.
func TestTTYDies(t *testing.T) {
	m := &i8042{}
	k, _ := boot(t, m)
	press(k, m, 0x1e)
	k.Dead[fake.Other] = true
	delete(k.Labels, "tty")
	press(k, m, 0x30)
	next := abi.MakeEndpoint(8, 2)
	k.Labels["tty"] = next
	press(k, m, 0x2e)
	if a, ok := k.Take(next); !ok || a.Arg[0] != 'c' {
		t.Errorf("the new tty got %+v, %v", a, ok)
	}
	for _, want := range "abc" {
		if a, _ := k.Request(fake.Client, kbd.Read); a.Arg[1] != uint64(want) {
			t.Errorf("kept %q, want %q", rune(a.Arg[1]), want)
		}
	}
}

// Only what nobody got counts as dropped.
func TestDropped(t *testing.T) {
	m := &i8042{}
	k, d := boot(t, m)
	for range 300 {
		press(k, m, 0x1e)
	}
	if d.dropped != 0 {
		t.Errorf("%d dropped that tty has got", d.dropped)
	}
	delete(k.Labels, "tty")
	k.Dead[fake.Other] = true
	for range 300 {
		press(k, m, 0x30)
	}
	if d.dropped != 300-kept {
		t.Errorf("%d dropped, want %d", d.dropped, 300-kept)
	}
}

func TestLights(t *testing.T) {
	m := &i8042{}
	k, _ := boot(t, m)
	m.got = nil
	press(k, m, 0x3a, 0xba, 0x1e)
	if want := []byte{keyboardLEDs, ledCaps}; !reflect.DeepEqual(m.got, want) {
		t.Errorf("sent %#x, want %#x", m.got, want)
	}
	if s := typed(k); s != "A" {
		t.Errorf("tty got %q", s)
	}
	m.got, m.again = nil, 1
	press(k, m, 0x3a, 0xba)
	if want := []byte{keyboardLEDs, keyboardLEDs, 0}; !reflect.DeepEqual(m.got, want) {
		t.Errorf("sent again: %#x, want %#x", m.got, want)
	}
}

// A keyboard that does not answer stops neither the driver nor the keys.
func TestDeafKeyboard(t *testing.T) {
	m := &i8042{}
	k, _ := boot(t, m)
	m.got, m.deaf = nil, true
	press(k, m, 0x3a, 0xba)
	k.Advance(10 * ackLimit)
	if len(m.got) != ackTries || !strings.Contains(strings.Join(k.Lines, ""), "no-answer") {
		t.Errorf("sent %#x, log %q", m.got, k.Lines)
	}
	press(k, m, 0x1e)
	if s := typed(k); s != "A" {
		t.Errorf("tty got %q", s)
	}
	m.deaf, m.got = false, nil
	press(k, m, 0x3a, 0xba)
	if want := []byte{keyboardLEDs, 0}; !reflect.DeepEqual(m.got, want) {
		t.Errorf("later sent %#x, want %#x", m.got, want)
	}
}

// A change that comes while a command is under way is shown after it.
func TestLightsChangeMeanwhile(t *testing.T) {
	m := &i8042{}
	k, _ := boot(t, m)
	m.got, m.deaf = nil, true
	press(k, m, 0x3a, 0xba, 0x3a, 0xba)
	m.deaf, m.param = false, keyboardLEDs
	press(k, m, keyboardAck)
	if want := []byte{keyboardLEDs, ledCaps, keyboardLEDs, 0}; !reflect.DeepEqual(m.got, want) {
		t.Errorf("sent %#x, want %#x", m.got, want)
	}
}

func TestStop(t *testing.T) {
	m := &i8042{}
	k, _ := boot(t, m)
	k.Stop()
	if m.config&configOff == 0 {
		t.Error("left on")
	}
}

// What is typed is told to nobody but tty and whom the arguments name.
func TestReadByAStranger(t *testing.T) {
	k, _ := boot(t, new(i8042))
	k.Names = map[abi.Endpoint]string{fake.Client: "stranger"}
	if a, ok := k.Request(fake.Client, kbd.Read); !ok || abi.Errno(a.Arg[0]) != abi.EPERM {
		t.Errorf("answer %+v, %v", a, ok)
	}
}
