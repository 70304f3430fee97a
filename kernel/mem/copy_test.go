package mem

import (
	"bytes"
	"testing"

	"bennu/kernel/abi"
)

// CopyBytes is copy, whatever the lengths and places are.
func TestCopyBytes(t *testing.T) {
	from := make([]byte, 3*abi.PageSize)
	for i := range from {
		from[i] = byte(i*7 + i>>8)
	}
	for _, n := range []int{0, 1, 4095, 4096, 4097, 8192} {
		for _, m := range []int{0, 5, 4095, 4096, 5000} {
			for _, off := range []int{0, 1, 8} {
				got, want := bytes.Repeat([]byte{0xaa}, 3*abi.PageSize), bytes.Repeat([]byte{0xaa}, 3*abi.PageSize)
				k, l := CopyBytes(got[8:8+m], from[off:off+n]), copy(want[8:8+m], from[off:off+n])
				if k != l || !bytes.Equal(got, want) {
					t.Errorf("%d bytes at %d to %d: %d copied, want %d", n, off, m, k, l)
				}
			}
		}
	}
}
