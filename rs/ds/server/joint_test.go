package server

import (
	"fmt"
	"strings"
	"testing"

	"bennu/drivers/protocol/ds"
	"bennu/drivers/sdk"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// listener is a driver that listens.
type listener struct{ told []string }

func (l *listener) Init(*sdk.Context) error                               { return nil }
func (l *listener) Message(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) { c.Reply(m, abi.ENOSYS) }

func (l *listener) Changed(_ *sdk.Context, n *sdk.Notice) {
	l.told = append(l.told, n.What.String()+" "+n.Key())
}

// joint is a driver with the SDK on a kernel, and the store.
type joint struct {
	*machine
	k     *fake.Kernel
	c     *sdk.Context
	d     *listener
	s     *Server
	ep    abi.Endpoint
	other int // a later value of dies
	dies  int // requests until the store dies over one: before it does anything, if positive; after it has done all but answer, if negative
}

func newJoint(t *testing.T) *joint {
	j := &joint{machine: usual(t, bank), k: fake.New(t, "client"), d: new(listener), ep: fake.DS}
	j.lives("client", fake.Driver)
	j.memory = func(id abi.GrantID, flags uint32) []byte { return j.k.DriverGrant(j.ep, uint64(id), flags) }
	j.s = j.begin()
	j.k.Names = map[abi.Endpoint]string{fake.DS: "ds"}
	j.k.Peers[fake.DS] = j.peer
	j.c = j.k.Start(j.d)
	return j
}

// peer is the store as a task.
func (j *joint) peer(m abi.Msg) (a fake.Answer) {
	m.Source = fake.Driver
	switch j.dies {
	case 1:
		j.dies = 0
		j.k.At(0, j.reborn)
		return fake.Answer{Dies: true}
	case -1:
		j.dies = 0
		j.ask(j.s, &m)
		j.k.At(0, j.reborn)
		return fake.Answer{Dies: true}
	}
	r := j.ask(j.s, &m)
	a.Msg.Arg[0] = uint64(r.e)
	copy(a.Msg.Arg[1:6], r.args[:])
	return a
}

// reborn begins the store's next life.
func (j *joint) reborn() {
	j.k.Dead[j.ep] = true
	j.ep = abi.MakeEndpoint(j.ep.Slot(), j.ep.Generation()+1)
	j.k.Names[j.ep], j.k.Labels["ds"], j.k.Peers[j.ep] = "ds", j.ep, j.peer
	clear(j.notified)
	j.s = j.begin()
	j.told()
}

// told has the notifications of the store arrive.
func (j *joint) told() {
	if j.notified[fake.Driver] > 0 {
		j.notified[fake.Driver] = 0
		j.k.Post(abi.Msg{Source: j.ep, Type: abi.MsgNotify}, abi.KindNotify)
	}
}

func (j *joint) hears(want string) {
	j.t.Helper()
	for range 4 { // what is told may be more than one notification
		j.machine.told(j)
	}
	if got := strings.Join(j.d.told, ", "); got != want {
		j.t.Fatalf("told %q, want %q", got, want)
	}
	j.d.told = nil
}

func (m *machine) told(j *joint) {
	j.told()
	j.k.Run()
}

func ok(t *testing.T, what string, got, want abi.Errno) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %s, want %s", what, got.Name(), want.Name())
	}
}

// All that the SDK has of the store, against the store.
func TestClient(t *testing.T) {
	j := newJoint(t)
	s := j.c.Store()
	ok(t, "u32", s.PublishU32("n", 17, 0), abi.OK)
	ok(t, "again", s.PublishU32("n", 17, 0), abi.OK)
	ok(t, "another value", s.PublishU32("n", 18, 0), abi.EEXIST)
	ok(t, "in place", s.PublishU32("n", 18, ds.Overwrite), abi.OK)
	ok(t, "string", s.PublishString("s", strings.Repeat("x", ds.MaxValue), 0), abi.OK)
	ok(t, "memory", s.PublishMemory("drv.chr.client", []byte{1, 2}, 0), abi.OK)
	ok(t, "another's", s.PublishMemory("drv.chr.alice", []byte{1, 2}, 0), abi.EPERM)
	ok(t, "no key", s.PublishU32("", 1, 0), abi.EINVAL)
	ok(t, "too long", s.PublishString("l", strings.Repeat("x", ds.MaxValue+1), 0), abi.E2BIG)
	e, v, errno := s.Retrieve("n", ds.TypeU32)
	if ok(t, "n", errno, abi.OK); e.U32() != 18 || len(v) != 4 || e.Owner.String() != "client" {
		t.Errorf("%+v, %v", e, v)
	}
	if _, v, errno = s.Retrieve("s", 0); errno != abi.OK || len(v) != ds.MaxValue {
		t.Errorf("s: %s, %d bytes", errno.Name(), len(v))
	}
	ep, inc, errno := s.RetrieveLabel("alice")
	if ok(t, "label", errno, abi.OK); ep != alice || inc != alice.Generation() {
		t.Errorf("alice is %d, %d", ep, inc)
	}
	rows := make([]ds.Entry, 2)
	n, next, errno := s.List("(n|s|drv.*)", 0, rows)
	if ok(t, "list", errno, abi.OK); n != 2 || next == 0 {
		t.Errorf("%d rows, next %d", n, next)
	}
	if n, next, errno = s.List("(n|s|drv.*)", next, rows); n != 1 || next != 0 {
		t.Errorf("%d rows, next %d, %s", n, next, errno.Name())
	}
	ok(t, "delete", s.Delete("n"), abi.OK)
	ok(t, "delete again", s.Delete("n"), abi.ESRCH)
	ok(t, "keep", j.c.Publish("state", sdk.Value{1, 2, 3, 4}), abi.OK)
	if v, e := j.c.Retrieve("state"); e != abi.OK || v != (sdk.Value{1, 2, 3, 4}) {
		t.Errorf("state %v, %s", v, e.Name())
	}
	ok(t, "forget", j.c.Delete("state"), abi.OK)
}

// The store dies over a request, before it has done anything or after it has done all: the client goes on.
func TestClientOutlivesTheStore(t *testing.T) {
	j := newJoint(t)
	s := j.c.Store()
	for _, dies := range []int{1, -1} {
		key := fmt.Sprint("k", dies+5)
		j.dies = dies
		ok(t, "publish", s.PublishString(key, "v", 0), abi.OK)
		j.dies = dies
		if _, v, e := s.Retrieve(key, 0); e != abi.OK || string(v) != "v" {
			t.Errorf("%q, %s", v, e.Name())
		}
		j.dies = dies
		ok(t, "keep", j.c.Publish("state", sdk.Value{9}), abi.OK)
		j.dies = dies
		if v, e := j.c.Retrieve("state"); e != abi.OK || v[0] != 9 {
			t.Errorf("%v, %s", v, e.Name())
		}
		if dies != 0 && j.dies != 0 {
			t.Error("the store did not die")
		}
	}
	if j.ep.Generation() < 8 {
		t.Errorf("the store had %d lives", j.ep.Generation())
	}
}

// Each request that the table has, over which the store dies before it has done anything, or when it has done all: it is asked again, and the answer is what it would
// have been, or it is not known whether the first was done.
func TestEachRequestOverADeath(t *testing.T) {
	ask := map[abi.MsgType]func(j *joint) abi.Errno{
		ds.Keep:        func(j *joint) abi.Errno { return j.c.Publish("kept", sdk.Value{2}) },
		ds.Recall:      func(j *joint) abi.Errno { _, e := j.c.Retrieve("kept"); return e },
		ds.Forget:      func(j *joint) abi.Errno { return j.c.Delete("kept") },
		ds.Publish:     func(j *joint) abi.Errno { return j.c.Store().PublishU32("new", 1, 0) },
		ds.Retrieve:    func(j *joint) abi.Errno { _, _, e := j.c.Store().Retrieve("there", 0); return e },
		ds.Delete:      func(j *joint) abi.Errno { return j.c.Store().Delete("there") },
		ds.Subscribe:   func(j *joint) abi.Errno { return j.c.Store().Subscribe("x.*", 0) },
		ds.Unsubscribe: func(j *joint) abi.Errno { return j.c.Store().Unsubscribe("there") },
		ds.List:        func(j *joint) abi.Errno { _, _, e := j.c.Store().List("there", 0, make([]ds.Entry, 1)); return e },
		ds.Check: func(j *joint) abi.Errno { // what it tells is told once
			if e := j.c.Store().PublishU32("there", 2, ds.Overwrite); e != abi.OK || j.dies != 0 {
				return e
			}
			j.dies = j.other
			j.hears("changed there")
			return abi.OK
		},
	}
	for _, r := range ds.Requests() {
		for _, dies := range []int{1, -1} {
			j := newJoint(t)
			ok(t, "keep", j.c.Publish("kept", sdk.Value{1}), abi.OK)
			ok(t, "publish", j.c.Store().PublishU32("there", 1, 0), abi.OK)
			ok(t, "subscribe", j.c.Store().Subscribe("there", 0), abi.OK)
			lives := j.ep.Generation()
			if j.dies = dies; r.Type == ds.Check {
				j.dies, j.other = 0, dies
			}
			want := abi.OK
			if dies < 0 && r.Unsure[0] == abi.ESRCH {
				want = abi.EINDOUBT
			}
			if e := ask[r.Type](j); e != want || j.ep.Generation() != lives+1 {
				t.Errorf("%s, dies %d: %s, want %s; %d lives", r.Name, dies, e.Name(), want.Name(), j.ep.Generation()-lives+1)
			}
		}
	}
}

func TestClientListens(t *testing.T) {
	j := newJoint(t)
	s := j.c.Store()
	put := func(key string) {
		t.Helper()
		m := j.memory
		j.memory = nil
		ok(t, key, j.ask(j.s, j.request(alice, ds.Publish, key, "v", ds.TypeString)).e, abi.OK)
		j.memory = m
	}
	put("x1")
	ok(t, "no pattern", s.Subscribe("(", 0), abi.EINVAL)
	ok(t, "subscribe", s.Subscribe("x.", ds.Initial), abi.OK)
	j.hears("published x1")
	put("x2")
	put("y")
	j.hears("published x2")
	j.reborn()
	j.hears("") // nothing is told twice
	put("x3")
	j.reborn()
	put("x4")
	j.hears("published x3, published x4")
	for i := range j.mem { // all kept memory is lost
		if i >= abi.PageSize {
			j.mem[i] = 0
		}
	}
	j.reborn()
	j.hears("missed ")
	put("x5")
	j.hears("published x5")
	ok(t, "unsubscribe", s.Unsubscribe("x."), abi.OK)
	ok(t, "again", s.Unsubscribe("x."), abi.ESRCH)
	put("x6")
	j.hears("")
}

// A store that is not there is told at once, one that does not come back after a while.
func TestNoStore(t *testing.T) {
	j := newJoint(t)
	delete(j.k.Labels, "ds")
	ok(t, "publish", j.c.Publish("state", sdk.Value{}), abi.ENODEV)
	j.k.Labels["ds"] = fake.DS
	j.k.Peers[fake.DS] = func(abi.Msg) fake.Answer { return fake.Answer{Silent: true} }
	before := j.c.Now()
	ok(t, "a store that hangs", j.c.Publish("state", sdk.Value{}), abi.ETIMEDOUT)
	if took := j.c.Now() - before; took > 6e9 {
		t.Errorf("it took %v", took)
	}
}
