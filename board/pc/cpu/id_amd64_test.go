package cpu

import "testing"

// The instructions that ring 3 may execute, on whatever runs the test.
func TestHost(t *testing.T) {
	if v := Vendor(ID); len(v) != 12 {
		t.Errorf("Vendor = %q", v)
	}
	if m := Check(ID, []Feature{LongMode, SSE2, FPU, TSCPart}); len(m) != 0 {
		t.Errorf("a processor that runs Go lacks %v", m)
	}
	a := TSC()
	Pause()
	if b := OrderedTSC(); b <= a {
		t.Errorf("the counter went from %d to %d", a, b)
	}
	t.Logf("%q %q hypervisor %q told %+v", Vendor(ID), Brand(ID), Hypervisor(ID), ToldRates(ID))
}
