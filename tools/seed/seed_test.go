package seed

import "testing"

func TestDrawn(t *testing.T) {
	t.Setenv(Variable, "42")
	if s, err := Drawn(); s != 42 || err != nil {
		t.Errorf("%d, %v", s, err)
	}
	if s := Of(t); s != 42 {
		t.Errorf("a test has %d", s)
	}
	t.Setenv(Variable, "3000000")
	if s, err := Short(); s != 1 || err != nil {
		t.Errorf("short: %d, %v", s, err)
	}
	for _, bad := range []string{"0", "-1", "x", "0x10"} {
		t.Setenv(Variable, bad)
		if s, err := Drawn(); err == nil || err.Error() != "BENNU_SEED="+bad+": expected a number above 0" {
			t.Errorf("%s: %d, %v", bad, s, err)
		}
	}
	t.Setenv(Variable, "")
	if s, err := Drawn(); s < 1e18 || err != nil {
		t.Errorf("the clock's: %d, %v", s, err)
	}
}
