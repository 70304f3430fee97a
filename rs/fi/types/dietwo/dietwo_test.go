package dietwo

import (
	"strings"
	"testing"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault/fake"
)

func TestBoth(t *testing.T) {
	v := &fake.Victim{Other: "kbd"}
	if words, e := New().Strike(v, fake.Rand(1)); e != abi.OK || words != "with kbd" || strings.Join(v.Did, ", ") != "kill kbd, kill" {
		t.Errorf("%v: %q %s", v.Did, words, e.Name())
	}
	v = &fake.Victim{}
	if words, e := New().Strike(v, fake.Rand(1)); e != abi.ESRCH || words != "no other service" || len(v.Did) != 0 {
		t.Errorf("alone: %v: %q %s", v.Did, words, e.Name())
	}
}
