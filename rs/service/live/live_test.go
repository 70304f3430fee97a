package live

import (
	"testing"
	"time"

	"bennu/drivers/sdk"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
	"bennu/rs/service"
)

// task is the least that uses an Asker.
type task struct {
	a     *Asker
	c     *sdk.Context
	old   []abi.Endpoint
	ended []abi.Errno
}

func (d *task) Init(c *sdk.Context) error {
	d.c, d.a = c, New(c)
	d.a.Rooted = func(old abi.Endpoint) {
		d.old = append(d.old, old)
		d.a.Dead(old)
	}
	return nil
}

func (d *task) Message(_ *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) {
	d.a.Ask(abi.Endpoint(m.Arg[0]), abi.Msg{Type: abi.RSLookup}, time.Second, func(_ *abi.Msg, e abi.Errno) { d.ended = append(d.ended, e) })
	d.a.Turn()
}

func (d *task) Alarm(*sdk.Context) {
	d.a.Alarm()
	d.a.Turn()
}

func (d *task) Reply(_ *sdk.Context, m *abi.Msg) {
	d.a.Reply(m)
	d.a.Turn()
}

func start(t *testing.T) (*fake.Kernel, *task) {
	k, d := fake.New(t, "shell"), new(task)
	k.Start(d)
	k.Take(fake.Root) // ready
	return k, d
}

// An answer ends a request; without one the alarm does, at its time.
func TestAsker(t *testing.T) {
	k, d := start(t)
	k.Request(fake.Client, 0x900, uint64(fake.Root))
	m, ok := k.Take(fake.Root)
	if !ok || m.Type != abi.RSLookup || m.Arg[6] == 0 {
		t.Fatalf("asked %+v, %v", m, ok)
	}
	k.Deliver(abi.Msg{Source: fake.Root, Type: abi.MsgReply, Arg: [7]uint64{uint64(abi.ESRCH), 6: m.Arg[6]}}, abi.KindSendA)
	if len(d.ended) != 1 || d.ended[0] != abi.ESRCH {
		t.Fatalf("ended with %v, want ESRCH", d.ended)
	}
	k.Advance(600 * time.Millisecond)
	k.Request(fake.Client, 0x900, uint64(fake.Root))
	k.Advance(600 * time.Millisecond) // the alarm of the first comes, and is set anew
	if len(d.ended) != 1 {
		t.Fatalf("ended with %v before its time", d.ended)
	}
	k.Advance(400 * time.Millisecond)
	if len(d.ended) != 2 || d.ended[1] != abi.ETIMEDOUT {
		t.Fatalf("ended with %v, want ETIMEDOUT", d.ended)
	}
}

// RS comes back with another endpoint: what its former life was asked ends.
func TestRootDies(t *testing.T) {
	k, d := start(t)
	k.Request(fake.Client, 0x900, uint64(fake.Root))
	again := abi.MakeEndpoint(fake.Root.Slot(), fake.Root.Generation()+1)
	k.Deliver(abi.Msg{Source: again, Type: abi.MsgNotify}, abi.KindNotify) // a ping
	k.Request(fake.Client, 0x900, uint64(again))
	if len(d.old) != 1 || d.old[0] != fake.Root || d.c.Root() != again {
		t.Errorf("told of the deaths of %v, root is %d", d.old, d.c.Root())
	}
	if len(d.ended) != 1 || d.ended[0] != abi.EDEADSRCDST {
		t.Errorf("ended with %v, want EDEADSRCDST", d.ended)
	}
}

// Grants are for one direction.
func TestGrant(t *testing.T) {
	k, d := start(t)
	var p service.Port = d.a
	b := make([]byte, 8)
	for _, write := range []bool{false, true} {
		id, ok := p.Grant(fake.Client, b, write)
		if !ok || (k.DriverGrant(fake.Client, uint64(id), abi.GrantWrite) != nil) != write || (k.DriverGrant(fake.Client, uint64(id), abi.GrantRead) != nil) == write {
			t.Errorf("write=%v: the grant is for the other direction", write)
		}
		p.Revoke(id)
		if k.DriverGrant(fake.Client, uint64(id), 0) != nil {
			t.Errorf("the grant holds after Revoke")
		}
	}
}

// hasty is a port on which time goes on with each look at it.
type hasty struct {
	service.Port
	passed *uint64
}

func (h hasty) Now() uint64 {
	*h.passed += 1000
	return h.Port.Now() + *h.passed
}

// What is due by the time that the alarm is set has an alarm all the same.
func TestArmWhatIsDue(t *testing.T) {
	k, d := start(t)
	d.a.Port = hasty{d.a.Port, new(uint64)}
	done := false
	d.a.After(1, func() { done = true })
	d.a.Arm()
	if k.Advance(time.Millisecond); !done {
		t.Error("the alarm did not come")
	}
}
