package hang

import (
	"testing"

	"golang.org/x/arch/x86/x86asm"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault/fake"
)

func TestJump(t *testing.T) {
	v := &fake.Victim{}
	words, e := New().Strike(v, fake.Rand(1))
	x, err := x86asm.Decode(v.Code, 64)
	if e != abi.OK || words == "" || err != nil || x.String() != "JMP .-2" || x.Len != len(v.Code) {
		t.Errorf("% x is %v: %v, %q %s", v.Code, x, err, words, e.Name())
	}
}

func TestNoRoom(t *testing.T) {
	if _, e := New().Strike(&fake.Victim{Refuses: abi.EFAULT}, fake.Rand(1)); e != abi.EFAULT {
		t.Errorf("%s", e.Name())
	}
}
