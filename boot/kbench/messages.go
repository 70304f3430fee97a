//go:build tamago

package main

import (
	"bennu/board/x86"
	"bennu/boot/kbench/role"
	"bennu/kernel/abi"
)

// messages measures IPC between two Go tasks.
func messages(b *bench) {
	echo := b.peer(role.Echo, rights(worse))
	m := abi.Msg{Type: role.Ask}
	b.measure("round trip: sendrec, replyreceive", many, func() {
		m.Type = role.Ask
		must("SendRec", sys.SendRec(echo, &m))
	})
	end(echo)
	b.oneWay()
	b.waiting()
}

// oneWay measures until the receiver, of a better priority, runs: call, switch, return.
func (b *bench) oneWay() {
	stamp := b.peer(role.Stamp, rights(better))
	for _, way := range []struct {
		name string
		send func() abi.Errno
	}{
		{"notify until the receiver runs: a task switch", func() abi.Errno { return sys.Notify(stamp) }},
		{"sendnb until the receiver runs", func() abi.Errno { return sys.SendNB(stamp, &abi.Msg{Type: role.Ask}) }},
	} {
		b.samples.Reset()
		for range many {
			start := x86.TSC()
			must(way.name, way.send())
			b.samples.Add(expect(stamp, role.Stamped) - start)
		}
		b.print(way.name)
	}
	end(stamp)
}

// waiting measures calls that do not switch: the receiver has a worse priority, waits for the first of
// each pair and does not for the second.
func (b *bench) waiting() {
	sink := b.peer(role.Sink, rights(worse))
	for _, way := range []struct {
		name string
		send func() abi.Errno
	}{
		{"notify", func() abi.Errno { return sys.Notify(sink) }},
		{"senda", func() abi.Errno { return sys.SendA(sink, 0, &abi.Msg{Type: role.Ask}) }},
	} {
		for i, to := range []string{" to a waiting task, no switch", " to a task that does not wait"} {
			b.samples.Reset()
			sys.Sleep(20_000)
			for range many {
				if i == 1 {
					must(way.name, way.send())
				}
				start := x86.TSC()
				must(way.name, way.send())
				b.samples.Add(x86.TSC() - start)
				sys.Sleep(20_000) // it receives
			}
			b.print(way.name + to)
		}
	}
	end(sink)
}

// copies measures copy grants.
func copies(b *bench) {
	p := b.peer(role.Grant, rights(worse))
	id := abi.GrantID(expect(p, role.Granted))
	mine := make([]byte, role.GrantBytes)
	for _, c := range []struct {
		name string
		n    int
	}{{"64 B", 64}, {"4 KiB", 4096}, {"64 KiB", 65536}} {
		b.measure("copy from a grant, "+c.name, few, func() { must("CopyFrom", sys.CopyFrom(p, id, 0, mine[:c.n])) })
	}
	b.measure("copy to a grant, 4 KiB", few, func() { must("CopyTo", sys.CopyTo(p, id, 0, mine[:4096])) })
	end(p)
}
