package main

// handStore is mistakes in the data store and its client.
var handStore = []mutation{
	{id: "ds-unkept", file: "rs/ds/server/server.go", before: "\t\ts.keeper.keep(s.store, op)\n", after: "", why: "what was acknowledged ends with the life"},
	{id: "ds-answer-first", file: "rs/ds/server/keeper.go", before: "\tk.line = op.Append(k.line[:0])\n", after: "\tif op.Kind == store.OpDelete {\n\t\treturn\n\t}\n\tk.line = op.Append(k.line[:0])\n", why: "a deletion is not kept"},
	{id: "ds-lost-silent", file: "rs/ds/server/server.go", before: "(lost || s.store.Unheard(i))", after: "s.store.Unheard(i)", why: "who may have lost something is not told"},
	{id: "ds-lost-missed", file: "rs/ds/store/op.go", before: "\t\tb.missed = s.step()\n\t\ts.wake |= 1 << me\n\t})\n\treturn", after: "\t\ts.wake |= 1 << me\n\t})\n\treturn", why: "subscribers are not told what they may have missed"},
	{id: "ds-sync-first", file: "rs/ds/server/server.go", before: "\tif e := s.sync(); e != abi.OK {\n\t\ts.m.Log(\"event\", \"follow\", \"errno\", e.Name(), \"why\", \"what RS tells of services is not heard\")\n\t}\n\t*c = client", after: "\t*c = client", why: "what a life publishes goes with the one before"},
	{id: "ds-owner", file: "rs/ds/store/publish.go", before: "\tcase o != me && !op.Operator:\n", after: "\tcase false:\n", why: "anybody deletes"},
	{id: "ds-private", file: "rs/ds/store/publish.go", before: "\tif o != me && x.flags&ds.PrivRetrieve != 0 {\n", after: "\tif false {\n", why: "private values are anybody's"},
	{id: "ds-name", file: "rs/ds/store/publish.go", before: "\tcase alone && !named(&s.owners[me].name, whose):\n", after: "\tcase alone && whose == nil:\n", why: "a neighbour takes a service's names"},
	{id: "ds-overwrite", file: "rs/ds/store/publish.go", before: "\tcase x.flags&ds.PrivOverwrite != 0:\n", after: "\tcase false:\n", why: "a neighbour overwrites"},
	{id: "ds-share", file: "rs/ds/store/publish.go", before: "\tif grown > s.limits.Bytes {\n", after: "\tif false {\n", why: "a share is no limit"},
	{id: "ds-miss", file: "rs/ds/store/publish.go", before: "\t\ts.miss(me, at)\n", after: "", why: "a deletion is lost in silence"},
	{id: "ds-since", file: "rs/ds/store/publish.go", before: "\t\ty.since = min(y.since, x.since)\n", after: "\t\ty.since = max(y.since, x.since)\n", why: "what another took over and deleted is believed for ever"},
	{id: "ds-heard", file: "rs/ds/store/subscribe.go", before: "op.B <= b.heard || op.B > s.revision", after: "op.B <= b.heard", why: "who claims to know the future hears nothing"},
	{id: "ds-pattern-whole", file: "rs/ds/store/pattern.go", before: "\treturn at.meets(p.whole.last)\n", after: "\treturn !at.empty()\n", why: "a pattern is for beginnings of keys"},
	{id: "ds-restore-check", file: "rs/ds/store/snapshot.go", before: "\tif c.err == nil {\n\t\tc.err = s.check()\n\t}\n", after: "", why: "a snapshot of what cannot be is believed"},
	{id: "ds-slot-place", file: "rs/ds/store/snapshot.go", before: "\tx := &o.slots[at]\n\tx.entry", after: "\tat = 0\n\tfor o.slots[at].state != free {\n\t\tat++\n\t}\n\tx := &o.slots[at]\n\tx.entry", why: "a replay makes another store"},
	{id: "ds-client-dead", file: "drivers/sdk/ds.go", before: "\t\tc.ds.endpoint = 0\n", after: "\t\t*m = asked\n\t\treturn e\n", why: "a death of the store is its clients' error"},
	{id: "ds-client-missed", file: "drivers/sdk/store.go", before: "\t\t\tif anew {\n", after: "\t\t\tif anew && n.heard == 0 {\n", why: "a client is not told what it may have missed"},
	{id: "ds-gone", file: "rs/ds/store/op.go", before: "(op.Kind == OpDown || ep == 0 || l.endpoint == ep)", after: "(op.Kind == OpDown || ep != 1)", why: "the death of an old life hides the new one"},
	{id: "ds-full-log", file: "rs/ds/server/keeper.go", before: "e == abi.ENOSPC || k.w.Since() >= turns", after: "k.w.Since() >= turns", why: "a full log ends the store for ever"},
}
