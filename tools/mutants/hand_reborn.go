package main

// handReborn is mistakes in how the reincarnation server outlives its lives.
var handReborn = []mutation{
	{id: "reborn-record-lost", file: "rs/server/keep.go", before: "\ts.write(true)\n\ts.turn.written = false\n", after: "\ts.turn.b = s.turn.b[:1]\n\ts.turn.written = false\n", why: "what a turn has done is known to no later life"},
	{id: "reborn-record-chain", file: "rs/server/keep.go", before: "\ts.write(true)\n\ts.turn.written = false\n", after: "\ts.write(true)\n", why: "each record has the next turn have one"},
	{id: "reborn-sweep-first", file: "rs/server/reborn.go", before: "s.sweepAt = s.now + sweepRest", after: "s.sweepAt = s.now", why: "who waits for the server waits for its sweep"},
	{id: "reborn-not-consumed", file: "rs/server/keep.go", before: "consume && n == len(b)); e", after: "false); e", why: "what has a record is done again, and slots of the dead are never free"},
	{id: "reborn-waiter-forgotten", file: "rs/server/act.go", before: "s.keeps && changes(", after: "s.keeps && s.event.Kind != policy.Up && changes(", why: "who waits for a service to come up waits for ever"},
	{id: "reborn-not-adopted", file: "rs/server/act.go", before: "case l != nil:\n\t\t\treturn s.finishStart(t, l)", after: "case false:\n\t\t\treturn s.finishStart(t, l)", why: "a life that was begun and not noted has another one beside it"},
	{id: "reborn-ended-unheard", file: "rs/server/server.go", before: "\ts.buryOverdue()\n", after: "", why: "nobody hears of the death of a life that was begun and not noted"},
	{id: "reborn-order", file: "rs/server/act.go", before: "if s.own.unsaid { //", after: "if false { //", why: "that the server is back is never told"},
	{id: "reborn-told-twice", file: "rs/server/keep.go", before: "\t\ts.turn.b, s.turn.changed, s.turn.globals = s.turn.b[:1]", after: "\t\t_, s.turn.changed, s.turn.globals = s.turn.b[:1]", why: "what a snapshot has is in a record behind it, too"},
	{id: "reborn-gap", file: "rs/server/reborn.go", before: "\t\ts.writer.Gap()\n", after: "", why: "records are taken to follow on what they do not follow on"},
	{id: "reborn-end-unkept", file: "rs/server/act.go", before: "\ts.ends = ends(actions)\n", after: "\ts.ends = false\n", why: "a service that was to be ended once is ended twice"},
	{id: "reborn-stop-again", file: "rs/server/reborn.go", before: "\ts.repeat()\n}", after: "}", why: "a service that was to be asked to end never hears of it"},
	{id: "reborn-doomed", file: "rs/server/reborn.go", before: "if s.policy.Doomed(policy.ID(i)) {", after: "if false {", why: "each life of the server puts off the end of a service that is being ended"},
	{id: "reborn-begun", file: "rs/server/reborn.go", before: "s.policy.Beginning(policy.ID(i)); ok {", after: "s.policy.Beginning(policy.ID(i)); ok && false {", why: "a start that was kept, and not done, is never done"},
	{id: "reborn-rest", file: "rs/server/keep.go", before: "s.full, s.fullAt = true, s.now+snapshotRest", after: "s.full, s.fullAt = true, s.now", why: "a snapshot comes before those run who were answered"},
	{id: "reborn-condemned", file: "rs/server/reborn.go", before: "\ts.condemn()\n", after: "", why: "who asked for what ended lives of the server waits for ever"},
	{id: "reborn-tick", file: "rs/server/reborn.go", before: "\ts.tickDue = true //", after: "\ts.tickDue = false //", why: "what was due while the server was dead is due for ever"},
	{id: "reborn-failed-noted", file: "rs/server/act.go", before: "s.event.Kind == policy.Death && actions[i].Init", after: "actions[i].Init", why: "a start that failed is told as a death of the next life"},
	{id: "reborn-settled", file: "rs/server/reborn.go", before: "\ts.k.KeepSettled()\n", after: "", why: "requests that a life of the server has received are never answered"},
}
