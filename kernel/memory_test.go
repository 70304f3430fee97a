package kernel

import (
	"slices"
	"testing"

	"bennu/kernel/abi"
)

// A page that a call gives the task whose page tables are loaded is one that the processor has to look up anew; that of another task
// is not.
func TestInvalidate(t *testing.T) {
	r := newRig(t)
	g := rights()
	x := r.begin(r.account(&g.AccountSpec), g)
	other := r.begin(r.account(&g.AccountSpec), g)
	r.switchTo(x)
	for _, c := range []struct {
		name string
		do   func() abi.Errno
		want []uint64
	}{
		{"its own, new", func() abi.Errno { _, e := r.page(x, abi.RAMBase+5, true); return e }, []uint64{abi.RAMBase + 5}},
		{"its own, there", func() abi.Errno { _, e := r.page(x, abi.RAMBase+6, true); return e }, nil},
		{"another's", func() abi.Errno { _, e := r.page(other, abi.RAMBase+5, true); return e }, nil},
	} {
		r.m.invalid = nil
		r.want(c.name, c.do(), abi.OK)
		if !slices.Equal(r.m.invalid, c.want) {
			t.Errorf("%s: %#x, want %#x", c.name, r.m.invalid, c.want)
		}
	}
}
