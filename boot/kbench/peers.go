//go:build tamago

package main

import (
	"bennu/boot/kbench/role"
	"bennu/kernel/abi"
)

// Priorities around the root task's.
const (
	better = 0
	own    = 1
	worse  = 4
)

// grant is what a peer may do, and the account that it is on.
type grant struct {
	abi.Privilege
	account abi.AccountID
}

// accounts are those of the peers, by priority, made when first asked for.
var accounts = map[uint32]abi.AccountID{}

// rights is what a peer may do: all that needs no hardware. Its budget and its turn are without limit, so that no
// measurement is about their end.
func rights(priority uint32) *grant {
	if accounts[priority] == 0 {
		id, e := sys.AccountSet(0, &abi.AccountSpec{Priority: priority, BudgetNS: 1e9, PeriodNS: 1e9, QuantumNS: 1e9, CeilingFrames: 1 << 14})
		must("AccountSet", e)
		accounts[priority] = id
	}
	g := &grant{Privilege: abi.Privilege{TrapMask: abi.AllTraps, CallMask: ^uint64(0)}, account: accounts[priority]}
	g.MaySend(sys.Start().Endpoint)
	return g
}

// portRights are rights, before everybody, with ports.
func portRights(ports abi.PortRange) *grant {
	p := rights(better)
	p.NPorts, p.Ports[0] = 1, ports
	return p
}

// rootAccount puts the root task between the two.
func rootAccount() {
	var i abi.AccountInfo
	_, e := sys.GetInfo(abi.InfoAccount, uint64(abi.AccountRoot), abi.Bytes(&i))
	must("InfoAccount", e)
	s := i.Spec
	s.Priority, s.BudgetNS, s.PeriodNS, s.QuantumNS = own, 1e9, 1e9, 1e9
	_, e = sys.AccountSet(abi.AccountRoot, &s)
	must("AccountSet", e)
}

// image is the sealed copy of a file of the archive.
func (b *bench) image(name string) uint32 {
	if id, ok := b.images[name]; ok {
		return id
	}
	elf, ok := b.archive.File(name)
	if !ok {
		panic(failure("the archive has no " + name))
	}
	id := seal(elf)
	b.images[name] = id
	return id
}

func seal(elf []byte) uint32 {
	id, e := sys.ImageCreate(uint64(len(elf)))
	must("ImageCreate", e)
	must("ImageWrite", sys.ImageWrite(id, 0, elf))
	must("ImageSeal", sys.ImageSeal(id))
	return id
}

// create makes a task with rights that does not run yet.
func create(image uint32, args string, p *grant) abi.Endpoint {
	s := abi.TaskSpec{Image: image, ArgsLen: uint32(len(args)), Account: p.account}
	s.Label, _ = abi.MakeLabel("peer")
	copy(s.Args[:], args)
	ep, e := sys.TaskCreate(&s)
	must("TaskCreate", e)
	must("PrivSet", sys.PrivSet(ep, &p.Privilege))
	return ep
}

// peer starts a task in a role and waits for its hello.
func (b *bench) peer(args string, p *grant) abi.Endpoint {
	ep := create(b.image("bin/peer"), args, p)
	must("PrivAllow", sys.PrivAllow(ep))
	expect(ep, role.Hello)
	return ep
}

// expect receives a message of one type from ep and gives its first word.
func expect(ep abi.Endpoint, t abi.MsgType) uint64 {
	var m abi.Msg
	_, e := sys.Receive(ep, abi.NoTimeout, &m)
	must("Receive", e)
	if m.Type != t {
		panic(failure("a message of type " + itoa(uint64(m.Type)) + " came, expected " + itoa(uint64(t))))
	}
	return m.Arg[0]
}

// end kills a peer and takes its record.
func end(ep abi.Endpoint) {
	must("TaskKill", sys.TaskKill(ep))
	reap()
}

// reap waits for a death and takes the record.
func reap() (r abi.DeathRecord) {
	var m abi.Msg
	sys.Receive(abi.System, abi.NoTimeout, &m)
	_, e := sys.GetInfo(abi.InfoDeath, 0, abi.Bytes(&r))
	must("InfoDeath", e)
	return r
}
