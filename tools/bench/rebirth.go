package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"bennu/boot/kbench/role"
	"bennu/boot/kbench/victim"
	"bennu/drivers/protocol/faulty"
	"bennu/drivers/protocol/rtc"
	"bennu/kernel/abi"
	"bennu/kernel/archive"
	"bennu/kernel/archive/pack"
	"bennu/rs/conf"
	"bennu/tools/internal/control"
)

// A rebirth is measured in the whole system with a client (boot/kbench/client) that breaks a service and waits for it. This program
// only asks the client for samples and is the one subscriber to events on the control port.

// Services of this boot beside the system's own.
const (
	clientName = "client"
	asmName    = "assembly"
	cName      = "c"

	inC = "C, " // how names of figures of the service in C begin
)

const services = `
service client {
	descr	"breaks services and waits for them";
	uid	0;
	priority 7;
	system	BASIC;
	ipc	rs ctl rtc faulty cold assembly%[1]s;
};
service cold {
	descr	"faulty without a snapshot";
	program	faulty;
	memory	8M;
	priority 6;
	period	100ms;
	backoff	10ms;
	burst	none;
	snapshot no;
	system	BASIC;
	ipc	rs client ctl;
};
service assembly {
	descr	"the smallest service";
	memory	256K;
	priority 6;
	period	100ms;
	backoff	10ms;
	burst	none;
	system	BASIC;
	ipc	rs client;
};
`

const cService = `
service c {
	descr	"a service in C";
	class	assembly;
	ipc	rs client;
};
`

// rebirthCase is one service broken in one way.
type rebirthCase struct {
	name    string
	label   string
	kind    abi.FaultKind // 0: by a request to the service itself
	way     faulty.Way
	request abi.MsgType // that the next life answers
	backoff bool        // the policy waits: the death follows the last one at once
	slow    bool        // noticed by missed heartbeats
	n       int
}

// cases are the deaths that are measured. C is there with a compiler only.
func (o *options) cases() (all []rebirthCase) {
	add := func(c rebirthCase) {
		if c.request == 0 {
			c.request = faulty.Echo
		}
		if c.n == 0 {
			c.n = o.deaths
		}
		all = append(all, c)
	}
	add(rebirthCase{name: "Go (faulty), nil pointer, first death", label: "faulty", way: faulty.Nil, n: 1}) // of the life that made the snapshot
	add(rebirthCase{name: warmGo, label: "faulty", way: faulty.Nil})
	add(rebirthCase{name: "Go (faulty), nil pointer, backed off", label: "faulty", way: faulty.Nil, backoff: true})
	add(rebirthCase{name: "Go (faulty), killed", label: "faulty", kind: abi.FaultKill})
	add(rebirthCase{name: "Go (faulty, cold), nil pointer", label: "cold", way: faulty.Nil})
	add(rebirthCase{name: "Go (rtc), undefined instruction", label: "rtc", kind: abi.FaultException, request: rtc.Get, n: min(o.deaths, 20)})
	add(rebirthCase{name: "assembly, undefined instruction", label: asmName, way: 1})
	add(rebirthCase{name: "assembly, killed", label: asmName, kind: abi.FaultKill})
	if o.linux != "" {
		add(rebirthCase{name: inC + "nil pointer", label: cName, way: 1})
		add(rebirthCase{name: inC + "killed", label: cName, kind: abi.FaultKill})
	}
	for w := faulty.Way(1); w < faulty.Ways; w++ {
		c := rebirthCase{name: "way " + w.String(), label: "faulty", way: w, n: o.slow}
		if c.slow = slowWays[w.String()]; c.slow {
			c.kind = abi.FaultSelf // RS knows when it began
		}
		add(c)
	}
	add(rebirthCase{name: "way hang", label: "faulty", kind: abi.FaultHang, slow: true, n: o.slow})
	add(rebirthCase{name: "way exception", label: "faulty", kind: abi.FaultException, n: o.slow})
	return all
}

// slowWays take missed heartbeats to be noticed.
var slowWays = map[string]bool{"loop": true, "loop-calls": true, "no-heartbeat": true}

// rebirths boots the system with the client and takes all cases.
func rebirths(ctx context.Context, o *options, r *Report) error {
	var table map[string]conf.Service
	archive := func(dir, path string) (err error) {
		table, err = rebirthArchive(ctx, o, dir, path)
		return err
	}
	return extended(ctx, o, r, archive, clientName, func(m *machine, client uint32) error {
		for _, c := range o.cases() {
			if err := m.rebirth(ctx, &c, client, table); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
		if err := m.reborn(ctx); err != nil {
			return err
		}
		return m.latency(ctx, "boot and rebirths")
	})
}

// extended boots the system with more services, which write puts into an archive at path, and measures when all are ready. client is the endpoint of
// the one that is asked.
func extended(ctx context.Context, o *options, r *Report, write func(dir, path string) error, label string, measure func(m *machine, client uint32) error) error {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "boot.tar")
	if err := write(dir, path); err != nil {
		return err
	}
	return booted(ctx, o, r, path, func(m *machine) error {
		limit, cancel := context.WithTimeout(ctx, bootLimit)
		defer cancel()
		if err := m.allReady(limit, func(control.Event) {}); err != nil {
			return err
		}
		rows, _, err := m.c.Status(limit, label)
		if err != nil || len(rows) != 1 {
			return fmt.Errorf("%s: %d rows, %w", label, len(rows), err)
		}
		return measure(m, rows[0].Endpoint)
	})
}

// rebirthArchive writes the system's archive with the services of this boot, and returns the table of services.
func rebirthArchive(ctx context.Context, o *options, dir, path string) (map[string]conf.Service, error) {
	more, text := map[string][]byte{"bin/" + asmName: victim.ELF()}, fmt.Sprintf(services, "")
	if o.linux != "" {
		b, err := compileVictim(ctx, dir)
		if err != nil {
			return nil, err
		}
		more["bin/"+cName], text = b, fmt.Sprintf(services, " "+cName)+cService
	}
	return o.extend(path, more, text)
}

// extend writes the system's archive with the client, more files and more of system.conf, and returns the table of services.
func (o *options) extend(path string, more map[string][]byte, conftext string) (map[string]conf.Service, error) {
	b, err := os.ReadFile(o.archive)
	if err != nil {
		return nil, err
	}
	a, err := archive.Open(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.archive, err)
	}
	files := map[string][]byte{}
	for _, f := range a.Files() {
		files[f.Name], _ = a.File(f.Name)
	}
	if files["bin/"+clientName], err = os.ReadFile(o.client); err != nil {
		return nil, err
	}
	maps.Copy(files, more)
	text := string(files["system.conf"]) + conftext
	files["system.conf"] = []byte(text)
	parsed, faults := conf.Parse("system.conf", []byte(text))
	if len(faults) > 0 {
		return nil, fmt.Errorf("the benchmark's system.conf: %v", faults[0])
	}
	table := map[string]conf.Service{}
	for _, s := range parsed.Services {
		table[s.Label] = s
	}
	if b, err = pack.Bytes(files); err != nil {
		return nil, err
	}
	return table, os.WriteFile(path, b, 0o600)
}

// quietUnits is after how many units of backoff without a death the policy starts a service again without waiting (rs/policy), and
// some more.
const quietUnits = 61

// rebirth takes one case.
func (m *machine) rebirth(ctx context.Context, c *rebirthCase, client uint32, table map[string]conf.Service) error {
	service, ok := table[c.label]
	if !ok {
		return errors.New("there is no such service")
	}
	samples := map[string][]uint64{}
	for i := range c.n {
		quiet, err := m.quiet(ctx, c, service.BackoffUnit)
		if err != nil {
			return err
		}
		s, err := m.sample(ctx, c, client, quiet)
		if err != nil {
			return fmt.Errorf("death %d: %w", i+1, err)
		}
		for point, v := range s {
			samples[point] = append(samples[point], v)
		}
	}
	for _, point := range []string{toDecided, toCreate, toAllowed, toFirst, toReady, toAnswer} {
		if strings.HasPrefix(c.name, "way ") && point != toAnswer && (c.slow || point != toDecided) {
			continue // the others are nearly the same for all ways
		}
		m.r.add(summed(sectionRebirth, c.name+point, samples[point]))
	}
	if c.slow {
		m.r.add(summed(sectionRebirth, noticed+strings.TrimPrefix(c.name, "way "), samples[noticed]))
	}
	return nil
}

// quiet is how long the client is to wait before it breaks the service. Each quiet time takes one restart off
// the policy's count; with none left it starts the service at once. A case about the policy's wait gives it none: it follows
// another case of the same service.
func (m *machine) quiet(ctx context.Context, c *rebirthCase, unit time.Duration) (time.Duration, error) {
	if c.backoff {
		return 5 * time.Millisecond, nil // for what the last death left to do
	}
	rows, _, err := m.c.Status(ctx, c.label)
	if err != nil || len(rows) != 1 {
		return 0, fmt.Errorf("status: %d rows, %w", len(rows), err)
	}
	return time.Duration(max(1, rows[0].Restarts)) * quietUnits * unit, nil
}

// sample has the client break the service once. It checks that the policy did what the case is about, and that the
// subscriber, this program, was told.
func (m *machine) sample(ctx context.Context, c *rebirthCase, client uint32, quiet time.Duration) (map[string]uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, deathLimit)
	defer cancel()
	events := m.c.Events(false)
	l, _ := abi.MakeLabel(c.label)
	a, b := abi.PackLabel(l)
	t, err := m.ask(ctx, client, role.Rebirth, a, b, uint64(c.kind), uint64(c.way), uint64(quiet), uint64(c.request))
	if err != nil {
		return nil, err
	}
	more, err := m.ask(ctx, client, role.Last)
	if err != nil {
		return nil, err
	}
	if backoff := time.Duration(more[2]); (backoff > 0) != c.backoff {
		return nil, fmt.Errorf("the policy waited %v: expected that it waits: %v", backoff, c.backoff)
	}
	for _, kind := range []string{"death", "ready"} {
		if _, err := events.Wait(ctx, kind, func(e *control.Event) bool { return e.Is(kind, c.label) }); err != nil {
			return nil, err
		}
	}
	s := map[string]uint64{toDecided: more[1], noticed: more[3], toCreate: t[1], toAllowed: t[2], toFirst: t[3], toReady: t[4], toAnswer: t[5]}
	return s, inOrder(s)
}

// inOrder asks that the points of a rebirth follow each other.
func inOrder(s map[string]uint64) error {
	order := []string{toDecided, toCreate, toAllowed, toFirst, toReady, toAnswer}
	for i, p := range order[1:] {
		if s[p] < s[order[i]] || s[p] == 0 || s[p] > 1<<62 {
			return fmt.Errorf("the times are out of order: %v", slices.Sorted(maps.Values(s)))
		}
	}
	return nil
}

// ask sends the client a request and gives the words of its answer.
func (m *machine) ask(ctx context.Context, client uint32, t abi.MsgType, arg ...uint64) ([]uint64, error) {
	var a struct {
		Reply []uint64 `json:"reply"`
	}
	if arg == nil {
		arg = []uint64{}
	}
	err := m.c.Do(ctx, "call", control.Args{"endpoint": client, "type": uint32(t), "arg": arg, "limit_ms": 60_000}, &a)
	if err == nil && len(a.Reply) != 6 {
		err = fmt.Errorf("the client answered with %d words, expected 6", len(a.Reply))
	}
	return a.Reply, err
}

// reborn is the memory that lives which began warm have of their own.
func (m *machine) reborn(ctx context.Context) error {
	rows, _, err := m.c.Status(ctx, "")
	if err != nil {
		return err
	}
	tasks, err := m.c.Tasks(ctx)
	if err != nil {
		return err
	}
	for _, s := range rows {
		for _, t := range tasks {
			if s.Warm && t.Label == s.Label {
				m.r.add(single(sectionMemory, reborn+t.Label, t.Frames*abi.PageSize))
			}
		}
	}
	return nil
}
