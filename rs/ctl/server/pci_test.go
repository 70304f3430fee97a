package server

import (
	"testing"

	"bennu/kernel/abi"
)

// TestPCI: what the machine has, in JSON; tools/ctl has the other half.
func TestPCI(t *testing.T) {
	b := quiet(t)
	l, _ := abi.MakeLabel("nvme")
	b.f.Table[abi.InfoTask] = func(i uint64) ([]byte, abi.Errno) {
		if i > 0 {
			return nil, abi.EDOM
		}
		return abi.Bytes(&abi.TaskInfo{Endpoint: 0x8005, Label: l}), abi.OK
	}
	f := abi.FunctionInfo{ID: abi.FunctionID{Function: 0x100, Vendor: 0x1b36, Device: 0x10, SubVendor: 0x1af4, SubDevice: 0x1100, Class: 0x010802}, Holder: 0x8005,
		Flags: abi.FunctionMaster, Resets: 1<<abi.ResetFunction | 1<<abi.ResetBus, Domain: 3, Revision: 2, Pin: 1, Line: 11, MSI: 4, MSIX: 65, Unfit: abi.UnfitOverlap, UnfitBAR: 2,
		BARs: [abi.MaxBARs]abi.BAR{{Base: 1 << 40, Size: 0x4000, Kind: abi.BARMemory, Flags: abi.BARWide | abi.BARPrefetch}, 2: {Base: 0xc040, Size: 32, Kind: abi.BARPorts}}}
	r := abi.BridgeInfo{Function: 0x10, Bus: 1, Last: 2, Subtractive: 1, Ports: abi.BridgeWindow{Start: 1}, Memory: abi.BridgeWindow{Start: 0xfe800000, End: 0xfe9fffff}, Prefetch: abi.BridgeWindow{Start: 1}}
	first := b.ask(`{"id":1,"cmd":"pci"}`, abi.RSPCI)
	copy(b.f.Grants[abi.GrantID(first.Msg.Arg[0])].Memory, abi.Bytes(&f))
	b.a.Answer(first.Reply(abi.OK, 1))
	second := b.sent(abi.RSPCI)
	copy(b.f.Grants[abi.GrantID(second.Msg.Arg[0])].Memory, abi.Bytes(&r))
	b.a.Answer(second.Reply(abi.OK, 1))
	third := b.sent(abi.RSPCI)
	d := abi.DMAFaults{Function: 0x100, Count: 16, Address: 0x9f000, Flags: abi.DMAWrite | abi.DMAMuted, Label: l}
	copy(d.Why[:], "no domain")
	copy(b.f.Grants[abi.GrantID(third.Msg.Arg[0])].Memory, abi.Bytes(&d))
	b.a.Answer(third.Reply(abi.OK, 1))
	b.want(`{"id":1,"ok":true,"t":1.000000,"functions":[{"function":"01:00.0","vendor":6966,"device":16,"subvendor":6900,"subdevice":4352,"class":67586,"revision":2,` +
		`"vendor_name":"Red Hat (QEMU)","device_name":"NVMe","class_name":"NVMe controller","bridge":false,"secondary":0,"subordinate":0,` +
		`"bars":[{"kind":"memory","base":1099511627776,"size":16384,"wide":true,"prefetchable":true},{"kind":"none"},{"kind":"ports","base":49216,"size":32,"wide":false,"prefetchable":false}],` +
		`"pin":1,"line":11,"msi":4,"msix":65,"resets":["function","bus"],"holder":"nvme","endpoint":32773,"master":true,"domain":3,` +
		`"unfit":2,"unfit_bar":2,"why":"BAR 2 lies over memory of the machine, or another BAR"}],` +
		`"bridges":[{"function":"00:02.0","bus":1,"last":2,"subtractive":true,"ports":[],"memory":[4269801472,4271898623],"prefetchable":[]}],` +
		`"faults":[{"function":"01:00.0","label":"nvme","count":16,"address":651264,"write":true,"muted":true,"why":"no domain"}]}`)
	if len(b.f.Grants) != 0 {
		t.Errorf("%d grants are left", len(b.f.Grants))
	}
}
