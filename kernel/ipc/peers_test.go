package ipc

import (
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/task"
)

// The end of a task comes to all that have to do with it: who may send to it or be sent to, and who only waits for it, though neither may
// send to the other. With others it takes no time: they are not looked at.
func TestEndComesToPeers(t *testing.T) {
	r := newRig(t, 5)
	const dies, friend, waits, stranger, gone = 0, 1, 2, 3, 4
	for n := range 5 {
		k := r.task(n)
		k.SendTo, k.Peers = 0, 0
		k.Priv.TrapMask = abi.AllTraps
	}
	ep := r.task(dies).Endpoint
	r.table.AllowSends(r.task(friend), []abi.Endpoint{ep})
	r.sendrec(friend, dies, 0x900, abi.NoTimeout)
	r.receive(waits, ep, abi.NoTimeout)
	r.receive(gone, ep, 5)
	r.WaitOver(r.task(gone))
	r.task(stranger).Notified = 1 << dies // nothing has led to that
	if p := r.task(dies).Peers; p != 1<<friend|1<<waits|1<<gone {
		t.Errorf("its peers: %#x", p)
	}
	r.die(r.task(dies))
	for _, n := range []int{friend, waits} {
		if k := r.task(n); k.Wait != 0 || abi.Errno(k.Ctx.Frame.AX) != abi.EDEADSRCDST || k.SendTo|k.Peers != 0 {
			t.Errorf("task %d: wait %d, %s, may send to %#x, peers %#x", n, k.Wait, abi.Errno(k.Ctx.Frame.AX).Name(), k.SendTo, k.Peers)
		}
	}
	if k := r.task(stranger); k.Notified == 0 {
		t.Error("who has nothing to do with it was looked at")
	}
	if k := r.task(gone); k.Peers != 0 || k.Wait != 0 {
		t.Errorf("who waited before: peers %#x, wait %d", k.Peers, k.Wait)
	}
}

// A wait for one's own endpoint is a wait for nobody.
func TestNobodyIsTheirOwnPeer(t *testing.T) {
	r := newRig(t, 1)
	r.task(0).Peers = 0
	r.receive(0, abi.Self, 5)
	if k := r.task(0); k.Peers != 0 || k.Wait != task.Receiving {
		t.Errorf("peers %#x, wait %d", k.Peers, k.Wait)
	}
}
