package main

import (
	"bytes"
	"flag"
	"math/rand"
	"strings"
	"testing"

	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

var firstSeed = flag.Int64("seed", 1, "of the first random state of the device")

// randomState is a controller and a keyboard as a dead driver, or firmware, may have left them.
func randomState(t *testing.T, rng *rand.Rand) *i8042 {
	some := func(from ...byte) byte { return from[rng.Intn(len(from))] }
	yes := func() bool { return rng.Intn(2) == 0 }
	m := &i8042{t: t, rng: rng, config: byte(rng.Intn(256)), after: byte(rng.Intn(256)), keeps: yes(), noTest: rng.Intn(4) == 0,
		forgets: rng.Intn(4) == 0, released: yes(), expect: some(0, 0, cmdWriteConfig, 0xd1, 0xd2, 0xd3, 0xd4), busy: rng.Intn(10)}
	m.keyboard = keyboard{set: byte(1 + rng.Intn(3)), leds: byte(rng.Intn(8)), rate: byte(rng.Intn(128)), scanning: yes(), greedy: yes(),
		lazy: yes(), again: rng.Intn(ackTries), param: some(0, keyboardLEDs, keyboardRate, keyboardSet, 0xfb, 0xfc, 0xfd)}
	m.oneSet = m.set == 2 && !m.forgets && rng.Intn(4) == 0
	if m.oneSet && m.param == keyboardSet {
		m.param = 0
	}
	for range rng.Intn(10) {
		b := byte(rng.Intn(256))
		if b == keyboardEcho && m.oneSet { // then nothing that it tells could show the mistake
			b = 0
		}
		m.queue = append(m.queue, b)
	}
	for range rng.Intn(3) {
		m.out = append(m.out, outByte{byte(rng.Intn(256)), some(0, statusAux, 0x40, 0x80)})
	}
	return m
}

// Whatever state the device is in, the driver brings it to the one state that it works in, and what is typed
// then comes out right.
func TestAnyState(t *testing.T) {
	t.Logf("seed %d", *firstSeed)
	for seed := *firstSeed; seed < *firstSeed+300 && !t.Failed(); seed++ {
		m := randomState(t, rand.New(rand.NewSource(seed)))
		was := *m
		t.Run("", func(t *testing.T) { typeOn(t, m) })
		if t.Failed() {
			t.Logf("seed %d: it began as %+v", seed, was)
		}
	}
}

// typeOn starts the driver on a device and types.
func typeOn(t *testing.T, m *i8042) {
	k, _ := boot(t, m)
	k.Advance(settled)
	typed(k) // a key that was pressed while it started may have come
	for _, key := range []struct {
		code byte
		down bool
	}{{0x2e, true}, {0x2e, false}, {0x20, true}, {0x20, false}, {scanControl, true}, {0x2e, true}, {scanControl, false},
		{scanShiftLeft, true}, {0x1e, true}, {scanShiftLeft, false}, {scanEnter, true}} {
		m.press(key.code, key.down)
		k.Run()
	}
	if s := typed(k); s != "cd\x03A\n" {
		t.Errorf("c, d, control-c, A, enter typed %q", s)
	}
	config, set := byte(configIRQ|configSystem|configAuxOff|configTranslate), byte(2)
	if m.forgets {
		config, set = config&^configTranslate, 1
	}
	if m.config != config || m.expect != 0 || m.set != set || m.leds != 0 || m.rate != defaultRate || !m.scanning || m.param != 0 {
		t.Errorf("command byte %#x, awaits %#x; keyboard: set %d, lights %d, rate %#x, scans %v, awaits %#x",
			m.config, m.expect, m.set, m.leds, m.rate, m.scanning, m.param)
	}
	if t.Failed() {
		t.Logf("log %q", k.Lines)
	}
}

// A life that chose scan code set 1 and left the lights on harms none of those after it.
func TestLastLife(t *testing.T) {
	m := &i8042{t: t}
	boot(t, m)
	for range 3 {
		m.receive(keyboardSet)
		m.receive(1)
		m.receive(keyboardLEDs)
		m.receive(7)
		k, _ := boot(t, m)
		m.press(0x2e, true)
		k.Run()
		m.press(0x39, true)
		k.Run()
		if s := typed(k); s != "c " || m.leds != 0 {
			t.Errorf("typed %q, lights %d", s, m.leds)
		}
	}
}

// What is not there, or does not work, is said: which errno, and in which words.
func TestInitFails(t *testing.T) {
	for _, c := range []struct {
		device *i8042
		errno  abi.Errno
		words  string
	}{
		{&i8042{absent: true}, abi.ENODEV, "no keyboard controller"},
		{&i8042{mute: true}, abi.ENODEV, "no keyboard controller answers"},
		{&i8042{stuck: true}, abi.EIO, "the keyboard controller takes no commands"},
		{&i8042{fixed: true, after: configIRQ}, abi.EIO, "does not keep its command byte"},
		{&i8042{ignores: 1 + 3, after: configIRQ}, abi.EIO, "does not keep its command byte"}, // one by the kernel, which settles it
		{&i8042{endless: true}, abi.ENODEV, "no keyboard answers"},
		{&i8042{keyboard: keyboard{deaf: true}}, abi.ENODEV, "no keyboard answers"},
		{&i8042{keyboard: keyboard{again: 1000}}, abi.ENODEV, "no keyboard answers"},
		{&i8042{forgets: true, keyboard: keyboard{oneSet: true}}, abi.EIO, "refuses scan code set 1"},
	} {
		m := c.device
		m.t = t
		k := fake.New(t, "kbd")
		k.Arguments("reads=client")
		m.k, k.Device = k, m
		k.Start(new(driver))
		if a, _ := k.Take(fake.Root); a.Type != abi.RSReady || abi.Errno(a.Arg[0]) != c.errno || !strings.Contains(strings.Join(k.Lines, "\n"), c.words) {
			t.Errorf("%q: answered %+v, log %q", c.words, a, k.Lines)
		}
		if m.config&configIRQ != 0 && !strings.Contains(c.words, "does not keep") {
			t.Errorf("%q: the interrupt is on", c.words)
		}
	}
}

// A controller that takes its command byte at the third time works.
func TestCommandByteOnceMore(t *testing.T) {
	for n := range 1 + 3 { // the first time is the kernel's
		typeOn(t, &i8042{t: t, ignores: n, after: configIRQ})
	}
}

// What a keyboard has still to say is of the past, as many answers as it keeps: the echo is sent until it comes back.
func TestOldAnswers(t *testing.T) {
	m := &i8042{t: t, keyboard: keyboard{set: 1, queue: bytes.Repeat([]byte{keyboardResend}, 16)}}
	typeOn(t, m)
	if first := bytes.Index(m.got, []byte{keyboardDisable}); first < 14 { // two may go with what the controller has
		t.Errorf("the keyboard was sent %#x, want an echo for each answer first", m.got)
	}
}

// No interrupt takes longer than for 64 bytes, though there is always another one.
func TestEndless(t *testing.T) {
	m := &i8042{t: t}
	k, _ := boot(t, m)
	m.endless, m.taken = true, 0
	k.Fire(irqLine)
	k.Run()
	if m.taken != 64 {
		t.Errorf("%d bytes were taken at an interrupt, want 64", m.taken)
	}
}

// A line with noise on it: the keyboard wants each byte once more.
func TestResend(t *testing.T) {
	m := &i8042{t: t, keyboard: keyboard{twice: true, set: 3, leds: 7}}
	typeOn(t, m)
}

// What a keyboard refuses and can live without is said, and the rest goes on.
func TestInitGoesOn(t *testing.T) {
	for words, m := range map[string]*i8042{"self-test": {noTest: true, keyboard: keyboard{noEcho: true}}, "scan-codes": {keyboard: keyboard{oneSet: true, set: 2}}} {
		m.t = t
		k, _ := boot(t, m)
		if len(k.Lines) != 1 || !strings.Contains(k.Lines[0], words) {
			t.Errorf("log %q, want one line of %s", k.Lines, words)
		}
		if n := bytes.Count(m.got, []byte{keyboardEcho}); m.noEcho && n != 20 {
			t.Errorf("a keyboard that knows no echo was sent %d", n)
		}
	}
}
