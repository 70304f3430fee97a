package arch

import (
	"testing"
	"unsafe"
)

func TestContextFillsItsFrame(t *testing.T) {
	var c Context
	if s := unsafe.Sizeof(c); s != contextSize {
		t.Errorf("Context has %d bytes, want %d", s, contextSize)
	}
	if end := unsafe.Offsetof(c.Frame) + unsafe.Sizeof(c.Frame); end != contextSize {
		t.Errorf("Frame ends at %d, want %d: the CPU pushes from there", end, contextSize)
	}
}
