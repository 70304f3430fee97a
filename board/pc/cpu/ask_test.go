package cpu

import "testing"

// What the processor that runs the test says of itself.
func TestHost(t *testing.T) {
	if v := Vendor(ID); len(v) != 12 {
		t.Errorf("Vendor = %q", v)
	}
	if m := Check(ID, []Feature{LongMode, SSE2, FPU, TSCPart}); len(m) != 0 {
		t.Errorf("a processor that runs Go lacks %v", m)
	}
	t.Logf("%q %q hypervisor %q told %+v", Vendor(ID), Brand(ID), Hypervisor(ID), ToldRates(ID))
}
