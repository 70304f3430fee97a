package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"bennu/boot/kbench/role"
	"bennu/tools/internal/control"
)

// The reincarnation server's own deaths are measured in a boot of their own, with the client as a service of a better priority than most: what others
// have to do after such a death is not part of it.
const (
	askerName = "asker"

	rootService = `
service asker {
	descr	"ends the reincarnation server and asks it, before others do";
	program	client;
	priority 2;
	system	BASIC;
	trace	rs;
	ipc	rs ctl;
};
`
)

// What is measured of them.
const (
	rootReady  = "RS, ended: last instruction to ready"
	rootAnswer = "RS, ended: last instruction to the answer of the request in hand"
)

// rootReborn ends lives of the reincarnation server, the client's request in hand.
func (m *machine) rootReborn(ctx context.Context, o *options) error {
	samples := map[string][]uint64{}
	limit, cancel := context.WithTimeout(ctx, bootLimit)
	defer cancel()
	rows, _, err := m.c.Status(limit, askerName)
	if err != nil || len(rows) != 1 {
		return fmt.Errorf("%s: %d rows, %w", askerName, len(rows), err)
	}
	for i := range o.deaths {
		limit, cancel := context.WithTimeout(ctx, deathLimit)
		t, err := m.ask(limit, rows[0].Endpoint, role.Root, uint64(5*time.Millisecond))
		cancel()
		switch {
		case err != nil:
			return fmt.Errorf("death %d: %w", i+1, err)
		case t[1] == 0 || t[2] < t[1] || t[3] != uint64(i+1):
			return fmt.Errorf("death %d: ready after %d, answer after %d ns, incarnation %d", i+1, t[1], t[2], t[3])
		}
		samples[rootReady] = append(samples[rootReady], t[1])
		samples[rootAnswer] = append(samples[rootAnswer], t[2])
	}
	for _, name := range []string{rootReady, rootAnswer} {
		m.r.add(summed(sectionRebirth, name, samples[name]))
	}
	return nil
}

// roots boots the system with the client and ends its reincarnation server.
func roots(ctx context.Context, o *options, r *Report) error {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "boot.tar")
	if _, err := o.extend(path, nil, rootService); err != nil {
		return err
	}
	return booted(ctx, o, r, path, func(m *machine) error {
		limit, cancel := context.WithTimeout(ctx, bootLimit)
		defer cancel()
		if err := m.allReady(limit, func(control.Event) {}); err != nil {
			return err
		}
		return m.rootReborn(ctx, o)
	})
}
