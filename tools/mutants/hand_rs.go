package main

// handPolicy is mistakes in what RS decides.
var handPolicy = []mutation{
	{id: "policy-dead-twice", file: "rs/policy/death.go", before: "func (s *State) death(now time.Duration, e *Event) {\n\tr := &s.rows[e.ID]\n\tif !r.alive {\n\t\treturn\n\t}\n", after: "func (s *State) death(now time.Duration, e *Event) {\n\tr := &s.rows[e.ID]\n", why: "one death counts twice"},
	{id: "policy-hang-since", file: "rs/policy/death.go", before: "\t\tr.faultAt = r.injectedAt", after: "\t\tr.faultAt = e.Record.Died", why: "a hang begins when RS kills it"},
	{id: "policy-exit-asked", file: "rs/policy/death.go", before: "if r.ended == abi.ReasonStopped || r.ended == abi.ReasonInitFailed {", after: "if r.ended == abi.ReasonInitFailed {", why: "a service that was told to stop has exited by itself"},
	{id: "policy-unproved", file: "rs/policy/death.go", before: "case !r.proved || r.cfg.OnExit == NeverRestart ||", after: "case r.cfg.OnExit == NeverRestart ||", why: "a service that never came up is started for ever"},
	{id: "policy-exit-zero", file: "rs/policy/death.go", before: "status == 0 && r.proved && r.cfg.OnExit != ExitRestarts", after: "r.proved && r.cfg.OnExit != ExitRestarts", why: "a failure is a service's good right"},
	{id: "policy-backoff-first", file: "rs/policy/death.go", before: "\tif r.restarts == 0 {\n\t\treturn 0\n\t}\n", after: "", why: "the first restart waits"},
	{id: "policy-backoff-max", file: "rs/policy/death.go", before: "return max(min(d, r.cfg.BackoffMax), 1)", after: "return max(d, 1)", why: "the wait grows beyond its maximum"},
	{id: "policy-decay", file: "rs/policy/death.go", before: "return r.restarts - uint32(min(quiet, time.Duration(r.restarts)))", after: "return r.restarts - uint32(min(0*quiet, time.Duration(r.restarts)))", why: "an old death is never forgiven"},
	{id: "policy-burst", file: "rs/policy/death.go", before: "return oldest != never && now-oldest < window", after: "return oldest != never && now-oldest > window", why: "slow deaths are too many, quick ones are not"},
	{id: "policy-recovery", file: "rs/policy/life.go", before: "r.recovery, r.faultAt = now-r.faultAt, never", after: "r.recovery = now - r.faultAt", why: "a refresh has a recovery time"},
	{id: "policy-two-misses", file: "rs/policy/life.go", before: "limit := r.pingAt + 2*r.cfg.Period\n\t\tswitch {", after: "limit := r.pingAt + r.cfg.Period\n\t\tswitch {", why: "one missed ping is death"},
	{id: "policy-late-rs", file: "rs/policy/life.go", before: "case now-limit > r.cfg.Period && !r.passed:", after: "case false:", why: "RS's own lateness kills"},
	{id: "policy-late-once", file: "rs/policy/life.go", before: "\t\t\tr.passed = true\n", after: "", why: "a hang is forgiven for ever on a busy machine"},
	{id: "policy-hang-heartbeat", file: "rs/policy/life.go", before: "if r.injected != abi.FaultHang {", after: "if true {", why: "a heartbeat from before the hang"},
	{id: "policy-init-limit", file: "rs/policy/life.go", before: "\tr.due = now + r.cfg.Init\n\tr.lives++\n", after: "\tr.lives++\n", why: "an Init that hangs is never noticed"},
	{id: "policy-stop-kill", file: "rs/policy/life.go", before: "\tcase abi.ServiceStopping:\n\t\tr.due = now + r.cfg.Stop\n\t\ts.do(Kill, id)\n", after: "\tcase abi.ServiceStopping:\n\t\tr.due = now + r.cfg.Stop\n", why: "who does not stop is waited for for ever"},
	{id: "policy-shutdown-order", file: "rs/policy/request.go", before: "for i := len(s.order) - 1; i >= 0; i-- {\n\t\tif id := s.order[i]; s.rows[id].alive {", after: "for i := range s.order {\n\t\tif id := s.order[i]; s.rows[id].alive {", why: "the console goes first"},
	{id: "policy-down-backoff", file: "rs/policy/request.go", before: "case abi.ServiceBackoff, abi.ServiceFailed, abi.ServiceWaiting:", after: "case abi.ServiceFailed, abi.ServiceWaiting:", why: "a service in backoff cannot be taken down"},
	{id: "policy-restart-alive", file: "rs/policy/request.go", before: "case s.stopping, r.alive:\n\t\ts.reply(e.ID, e.Asker, abi.EBUSY, s.busy(r))\n\tcase s.wait(e.ID, e.Asker, false):\n\t\ts.revive", after: "case s.stopping:\n\t\ts.reply(e.ID, e.Asker, abi.EBUSY, s.busy(r))\n\tcase s.wait(e.ID, e.Asker, false):\n\t\ts.revive", why: "two lives of one service"},
	{id: "policy-boot-event", file: "rs/policy/request.go", before: "\t\tr.boot = false\n", after: "", why: "the boot is over twice"},
}

// handServer is mistakes in the loop around the policy.
var handServer = []mutation{
	{id: "server-drain", file: "rs/server/server.go", before: "if s.tickDue && (e != abi.OK || s.drained > drainMax) {", after: "if s.tickDue && e != abi.OK {", why: "a flood of messages holds the tick off"},
	{id: "server-tick-first", file: "rs/server/server.go", before: "if s.tickDue && (e != abi.OK || s.drained > drainMax) {", after: "if s.tickDue {", why: "a heartbeat that waits is not heard before the judgement"},
	{id: "server-operator", file: "rs/server/request.go", before: "return id != policy.Nobody && s.table[id].conf.Operator()", after: "return id != policy.Nobody", why: "everybody is the operator"},
	{id: "server-control", file: "rs/server/request.go", before: "s.table[from].controls>>target&1 != 0", after: "s.table[from].controls != 0", why: "who controls one controls all"},
	{id: "server-label-shape", file: "rs/server/request.go", before: "if !l.Valid() {", after: "if false {", why: "labels with bytes after the end are taken"},
	{id: "server-undo-start", file: "rs/server/act.go", before: "\tt.endpoint = abi.None\n\ts.k.TaskKill(ep)\n", after: "\tt.endpoint = abi.None\n", why: "a start that failed leaves a task"},
	{id: "server-peers-one-way", file: "rs/server/load.go", before: "\t\t\t\ts.table[i].peers |= 1 << j\n", after: "", why: "who is named cannot answer"},
	{id: "server-image-users", file: "rs/server/image.go", before: "if m.users--; m.users == 0 {", after: "if m.users--; m.users >= 0 {", why: "an image that another service runs from is freed"},
	{id: "server-image-undone", file: "rs/server/image.go", before: "\ts.k.ImageFree(id)\n\tif e != abi.OK", after: "\tif e != abi.OK", why: "an image that failed stays"},
	{id: "server-image-sum", file: "rs/server/image.go", before: "if e == abi.OK && sum == f.CRC32C {", after: "if e == abi.OK || sum == f.CRC32C {", why: "a damaged program is started"},
	{id: "server-answer-order", file: "rs/server/mail.go", before: "(p == nil || q.order < p.order)", after: "(p == nil || q.order > p.order)", why: "answers come in the wrong order"},
	{id: "server-answer-lost", file: "rs/server/mail.go", before: "\tp.state, p.order, p.m = placeOwed, s.orders, *m\n", after: "\tp.state = placeFree\n\treturn\n", why: "an answer that was not taken at once is lost"},
	{id: "server-turned-away", file: "rs/server/mail.go", before: "\t\tb.refused.Arg[1]++\n", after: "", why: "requests that had no place are not counted"},
	{id: "server-waits", file: "rs/server/mail.go", before: "\tif n == abi.RSWaits {\n", after: "\tif false {\n", why: "one asker has all the places that wait"},
	{id: "server-mail-of-dead", file: "rs/server/mail.go", before: "\t*b = mail{}\n", after: "", why: "the next life gets the answers of the dead"},
	{id: "server-fault-number", file: "rs/server/inject.go", before: "if !o.on || o.number != s.in.Arg[1] {", after: "if !o.on {", why: "the answer to an old order ends a new one"},
	{id: "server-events-lost", file: "rs/server/ring.go", before: "	return n, next, next - first - uint64(n)", after: "	return n, next, 0", why: "events that are gone are told to nobody"},
	{id: "server-events-share", file: "rs/server/ring.go", before: "(n > most || n == most && r.e[f-1].Seq < r.e[p-1].Seq)", after: "(p == 0 || most > 0 && r.e[f-1].Seq < r.e[p-1].Seq)", why: "who dies often has the events of the others forgotten"},
	{id: "follower-pace", file: "rs/service/follow.go", before: "	f.credit--\n", after: "", why: "who follows spends all its time on others' deaths"},
}

// handSDK is mistakes in what every driver is built on.
var handSDK = []mutation{
	{id: "sdk-call-source", file: "drivers/sdk/call.go", before: "(m.Source == w.from || w.root && root)", after: "true", why: "anybody answers a Call"},
	{id: "sdk-call-tag", file: "drivers/sdk/call.go", before: "if m.Arg[6] == w.tag && !w.came", after: "if !w.came", why: "the late answer of a Call that gave up is another's"},
	{id: "sdk-call-last-look", file: "drivers/sdk/call.go", before: "for sent && c.later.room() && !c.await.came {", after: "for false {", why: "an answer that came in time is told as late"},
	{id: "sdk-ping-in-call", file: "drivers/sdk/call.go", before: "\tif kind == abi.KindNotify && root {\n\t\tc.heartbeat()\n\t\treturn\n\t}\n", after: "", why: "a driver that waits is taken for hung"},
	{id: "sdk-stop-in-call", file: "drivers/sdk/call.go", before: "case limit == Forever && c.stop:", after: "case false:", why: "a driver that waits for ever cannot be stopped"},
	{id: "sdk-reply-kept", file: "drivers/sdk/owed.go", before: "\tif e == abi.ENOTREADY {\n", after: "\tif false {\n", why: "an answer to who does not wait is lost"},
	{id: "sdk-owed-each", file: "drivers/sdk/owed.go", before: "if n == owedEach || ", after: "if n < 0 || ", why: "who does not receive has all answers that a driver can keep"},
	{id: "sdk-ask-tag", file: "drivers/sdk/call.go", before: "\tif tag > MaxTag {\n", after: "\tif false {\n", why: "an Ask's answer is taken for a Call's"},
	{id: "sdk-request-too-many", file: "drivers/sdk/call.go", before: "\t\tc.Reply(m, abi.EAGAIN)\n", after: "", why: "a request too many has no answer"},
	{id: "sdk-abi-version", file: "drivers/sdk/loop.go", before: "c.start.Magic != abi.StartMagic || c.start.Version != abi.Version", after: "c.start.Magic != abi.StartMagic", why: "a driver of another ABI runs"},
	{id: "sdk-irq-enabled", file: "drivers/sdk/loop.go", before: "\t\t\tc.k.IRQEnable(c.irqs[i])\n", after: "", why: "one interrupt, and never another"},
	{id: "sdk-irq-which", file: "drivers/sdk/loop.go", before: "\t\tif bits>>i&1 != 0 {\n", after: "\t\tif true {\n", why: "a line that was not served is enabled"},
	{id: "sdk-root-slot", file: "drivers/sdk/loop.go", before: "\tif ep.Slot() != c.root.Slot() {\n\t\treturn false\n\t}\n", after: "", why: "everybody is the reincarnation server"},
	{id: "sdk-fault-answered", file: "drivers/sdk/loop.go", before: "\tc.callAlone(c.root, &m, rsLimit)\n\tif e == abi.OK {\n", after: "\t_ = m\n\tif e == abi.OK {\n", why: "an order to misbehave is not answered"},
	{id: "sdk-later-order", file: "drivers/sdk/later.go", before: "if order != 0 && (first == 0 || order < first) {", after: "if order != 0 && (first == 0 || order > first) {", why: "what was put off comes in the wrong order"},
	{id: "sdk-later-stop", file: "drivers/sdk/later.go", before: "case root && m.Type == abi.RSStop:", after: "case m.Type == abi.RSStop:", why: "anybody can stop a driver that waits"},
	{id: "sdk-guarded-edge", file: "drivers/sdk/ports.go", before: "if r.Has(port) {", after: "if r.Has(port) && port < r.Last {", why: "a guarded port is written directly"},
}
