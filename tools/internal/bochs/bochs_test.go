//go:build linux

package bochs

import "testing"

// Lines of the debug console begin at the kernel's stamp; what a terminal obeys is not part of them.
func TestStamped(t *testing.T) {
	for l, want := range map[string]string{
		"[0.012345] rs: ok 1 x":                   "[0.012345] rs: ok 1 x",
		"GRUB  Booting[12.012345] rs: ok 1 [x] y": "[12.012345] rs: ok 1 [x] y",
		"nothing of the kernel's":                 "nothing of the kernel's",
	} {
		if got := stamped(l); got != want {
			t.Errorf("%q: %q, want %q", l, got, want)
		}
	}
	if got := escapes.ReplaceAllString("\x1b[H\x1b[J\x1b(B\x1b[?25lKTAP\x0f", ""); got != "KTAP" {
		t.Errorf("escapes leave %q", got)
	}
}
