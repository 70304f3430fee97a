package main

// handTwice is mistakes in how the root task's program runs twice.
var handTwice = []mutation{
	{id: "twice-state", file: "kernel/twicerun.go", before: "case *f != o.ctx.Frame || t.Ctx.FSBase", after: "case t.Ctx.FSBase", why: "the two may make other calls"},
	{id: "twice-page", file: "kernel/twicerun.go", before: "case string(abi.Bytes(o.mine)) != string(abi.Bytes(o.page)):", after: "case false:", why: "the two may send other messages"},
	{id: "twice-memory", file: "kernel/twicerun.go", before: "\tif e != abi.OK || string(", after: "\tif e != abi.OK || false && string(", why: "what one has alone is kept"},
	{id: "twice-late", file: "kernel/twicerun.go", before: "\tif k.twin.phase == awaited {\n\t\tk.differs(t, abi.DiffersTime)\n\t} else {", after: "\tif k.twin.phase != awaited {", why: "one that hangs is waited for"},
	{id: "twice-turns", file: "kernel/twicerun.go", before: "\t} else {\n\t\tk.exchange(t)\n\t}\n}", after: "\t}\n}", why: "the first one that hangs keeps the other one from its call"},
	{id: "twice-told", file: "kernel/twicerun.go", before: "o.ctx.Frame.AX, o.ctx.Frame.DX, o.ctx.FSBase = t.Ctx.Frame.AX, t.Ctx.Frame.DX, t.Ctx.FSBase", after: "o.ctx.FSBase = t.Ctx.FSBase", why: "one is not told what came of the call"},
	{id: "twice-written", file: "kernel/twicerun.go", before: "\t\to.n = va + uint64(len(b)) - o.at\n", after: "", why: "what a call writes one of the two has"},
	{id: "twice-news", file: "kernel/twicerun.go", before: "t.Call.Pending |= news", after: "t.Call.Pending |= news & 0", why: "what comes while one is behind the other is not told"},
	{id: "twice-image", file: "kernel/twice.go", before: "\tt.Image, o.image = o.image, t.Image\n", after: "", why: "the two share their text"},
	{id: "twice-snapshot", file: "kernel/twice.go", before: "!k.snapshotOf(t).Exists() {\n\t\treturn again", after: "false {\n\t\treturn again", why: "one has a snapshot, and the other one begins cold"},
	{id: "twice-rung", file: "kernel/death.go", before: "\t\tk.kept[t.Account].Died(&t.Death, 0)\n", after: "\t\tk.kept[t.Account].Died(&t.Death, t.Call.Reading|1<<abi.WayShift)\n", why: "a fault in memory speaks against what is kept"},
	{id: "twice-attach", file: "kernel/call_trace.go", before: " || id == abi.AccountRoot && k.twin.on:", after: ":", why: "a tracer stops one of the two"},
	{id: "twice-window", file: "kernel/twice.go", before: "\tt.Priv.CallMask &^= abi.CallBit(abi.CallWindow)", after: "\t// t.Priv.CallMask &^= abi.CallBit(abi.CallWindow)", why: "others write what one of the two sees"},
}
