package main

// handKeep is mistakes in kept memory, and in the root task's rebirth.
var handKeep = []mutation{
	{id: "keep-stage-holds", file: "kernel/keep/keep.go", before: "*n = abi.KeptBank{Start: n.Start}\n", after: "", why: "a bank that is half written counts"},
	{id: "keep-append-whole", file: "kernel/keep/keep.go", before: "case n.Number == 0 || !a.fits(at, grown):", after: "case n.Number == 0 || !a.fits(at, 0):", why: "a log runs over its bank's end"},
	{id: "keep-settled", file: "kernel/keep/keep.go", before: "\tif !a.settled {\n\t\ta.Header.Unsettled++", after: "\tif true {\n\t\ta.Header.Unsettled++", why: "lives that had settled count as if they had not"},
	{id: "keep-writable", file: "kernel/space/space.go", before: "return s.Share(abi.KeptBase, table, paging.NX)", after: "return s.Share(abi.KeptBase, table, paging.NX|paging.Writable)", why: "the directory lets lives write kept memory"},
	{id: "keep-consume-all", file: "kernel/call_keep.go", before: "(op == abi.KeepConsume || op == abi.KeepAppend && f.DX != 0) && !t.Root", after: "op == abi.KeepConsume && !t.Root", why: "a service consumes what the root task was given"},
	{id: "keep-account", file: "kernel/account/account.go", before: "case a.Spec.PeriodNS != 0 && spec.KeptFrames != a.Spec.KeptFrames:", after: "case false:", why: "kept memory changes its size under lives"},
	{id: "reborn-call-page", file: "kernel/rebirth.go", before: "\tt.Call = callAt(k.phys, k.limbo)\n\tk.nTaken", after: "\tk.nTaken", why: "grants of the dead life hold until its memory goes"},
	{id: "reborn-records", file: "kernel/rebirth.go", before: "k.nTaken, k.own = 0, recordWaits", after: "k.own = recordWaits", why: "records that the dead life took are lost"},
	{id: "reborn-alarm", file: "kernel/rebirth.go", before: "\tk.timers.Cancel(alarmID(t))\n", after: "", why: "the dead life's alarm comes to the next one"},
	{id: "reborn-windows", file: "kernel/rebirth.go", before: "\tcase !k.windows.Unsee(t.Endpoint, t.Account):\n", after: "", why: "windows are seen in memory that is gone"},
	{id: "reborn-snapshot", file: "kernel/rebirth.go", before: "m.Header.Unsettled >= unsettledMost", after: "m.Header.Unsettled >= 99", why: "a snapshot that ends lives is never dropped"},
	{id: "reborn-twice", file: "kernel/death.go", before: "\tif t.Wait&task.Reborn != 0 {\n\t\treturn // it has ended, and its next life has not begun\n\t}\n", after: "", why: "who has no life is ended"},
	{id: "reborn-kill", file: "kernel/call_trace.go", before: "return mayTrace(t, abi.AccountRoot) && !t.Root", after: "return !t.Root", why: "any task with KILL ends RS"},
	{id: "watch-stopped", file: "kernel/watch.go", before: "any && t.Wait&task.Stopped == 0 && k.Now()", after: "any && k.Now()", why: "RS ends while its tracer looks at it"},
	{id: "watch-idle", file: "kernel/watch.go", before: "t.Wait&task.Reborn != 0 || idle(t) {", after: "t.Wait&task.Reborn != 0 {", why: "a timer runs for an idle RS"},
	{id: "watch-limit", file: "kernel/watch.go", before: "k.nDeathTimes > n && k.Now()", after: "k.Now()", why: "the machine starts again at the first death"},
}
