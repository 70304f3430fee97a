package dierebirth

import (
	"testing"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
	"bennu/rs/fi/fault/fake"
)

func TestKill(t *testing.T) {
	v := &fake.Victim{}
	words, e := New().Strike(v, fake.Rand(1))
	if e != abi.OK || words == "" || len(v.Did) != 1 || v.Did[0] != "kill" || New().When() != fault.AtBirth {
		t.Errorf("%v: %q %s", v.Did, words, e.Name())
	}
	if _, e := New().Strike(&fake.Victim{Refuses: abi.EDEADSRCDST}, fake.Rand(1)); e != abi.EDEADSRCDST {
		t.Errorf("refused: %s", e.Name())
	}
}

func TestTwoLives(t *testing.T) {
	if b, ok := New().(fault.Births); !ok || b.Lives() != 2 {
		t.Error("not two lives")
	}
}
