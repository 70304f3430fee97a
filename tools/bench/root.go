package main

import (
	"context"
	"fmt"
	"time"

	"bennu/boot/kbench/role"
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
func (m *machine) rootReborn(ctx context.Context, o *options, asker uint32) error {
	samples := map[string][]uint64{}
	for i := range o.deaths {
		limit, cancel := context.WithTimeout(ctx, deathLimit)
		t, err := m.ask(limit, asker, role.Root, uint64(5*time.Millisecond))
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
	archive := func(_, path string) error {
		_, err := o.extend(path, nil, rootService)
		return err
	}
	return extended(ctx, o, r, archive, askerName, func(m *machine, asker uint32) error { return m.rootReborn(ctx, o, asker) })
}
