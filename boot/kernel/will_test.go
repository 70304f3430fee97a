package main

import "testing"

func TestWill(t *testing.T) {
	page := make([]byte, willSize)
	if s := takeWill(page); s != "" {
		t.Errorf("of zeros: %q", s)
	}
	const words = "kernel: reboot: for a test"
	for at := range willHead + len(words) {
		putWill(page, []byte(words))
		page[at] ^= 1
		if s := takeWill(page); s != "" {
			t.Errorf("with byte %d changed: %q", at, s)
		}
	}
	putWill(page, []byte(words))
	if s := takeWill(page); s != words {
		t.Errorf("%q", s)
	}
	if s := takeWill(page); s != "" {
		t.Errorf("taken twice: %q", s)
	}
	putWill(page, []byte("\x1b[2J"))
	if s := takeWill(page); len(s) != 4 || s[0] == 0x1b {
		t.Errorf("not printable: %q", s)
	}
	putWill(page, make([]byte, 2*willSize))
	if s := takeWill(page); len(s) != willSize-willHead {
		t.Errorf("cut to %d", len(s))
	}
}
