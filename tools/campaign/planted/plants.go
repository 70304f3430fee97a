package main

import "bennu/tools/internal/sources"

// plant is a bug.
type plant struct {
	name  string
	edits []sources.Edit
	why   string // what it breaks
	seen  string // in the words of a bad block: what shows it; "": the outcome alone
}

// plants break, each in its way, what DESIGN's principles promise when a task ends: nothing of it is left.
var plants = []plant{
	{name: "frame-not-cleared", why: "what the dead had written is in the memory of others", seen: "fresh memory", edits: []sources.Edit{
		{File: "kernel/mem/prepare.go", Before: "\tp.free++\n\tzero(p.phys.Words(a))\n", After: "\tp.free++\n"},
	}},
	{name: "line-not-masked", why: "a line of the dead interrupts the machine", seen: "an interrupt line is open", edits: []sources.Edit{
		{File: "kernel/irq/irq.go", Before: "\tmask := t.on[line] == 0 || t.isShut(line)\n", After: "\tmask := t.isShut(line)\n"},
	}},
	{name: "grant-not-voided", why: "the memory of the dead is asked for what it grants", seen: "stale rights", edits: []sources.Edit{
		{File: "kernel/call_copy.go", Before: "\tgranter := k.tasks.Lookup(abi.Endpoint(f.DI))\n\tif granter == nil {\n",
			After: "\tgranter := &k.tasks.Tasks[abi.Endpoint(f.DI).Slot()]\n\tif granter.Call == nil {\n"},
		{File: "kernel/death.go", Before: "\tt.Ctx, t.Call = nil, nil\n", After: "\tt.Ctx = nil\n"},
	}},
	{name: "hook-kept", why: "the line of the dead is nobody else's", edits: []sources.Edit{
		{File: "kernel/death.go", Before: "\tk.irqs.ReleaseAll(t.Endpoint)\n", After: ""},
	}},
	{name: "port-kept", why: "the ports of the dead are nobody else's", edits: []sources.Edit{
		{File: "kernel/death.go", Before: "\tk.closePorts(t)\n", After: ""},
	}},
	{name: "permit-kept", why: "who may send to the dead may send to the next in its slot", seen: "a permit to send is left", edits: []sources.Edit{
		{File: "kernel/ipc/async.go", Before: "\t\to.SendTo &^= bit\n", After: ""},
	}},
}
