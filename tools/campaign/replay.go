package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"bennu/tools/campaign/machine"
	"bennu/tools/campaign/result"
	"bennu/tools/campaign/runner"
	"bennu/tools/campaign/spec"
	"bennu/tools/campaign/store"
)

// errDiffers has been told.
var errDiffers = errors.New("differs")

// find opens the campaign that an ID names, and its block.
func find(dir, text string) (c *runner.Campaign, st *store.Store, b *runner.Stored, id spec.ID, err error) {
	if id, err = spec.ParseID(text); err != nil {
		return nil, nil, nil, id, usageError{err}
	}
	if dir == "" {
		dir = filepath.Join("out", "campaigns", id.Campaign)
	}
	st, err = store.Open(dir)
	if errors.Is(err, os.ErrNotExist) {
		err = fmt.Errorf("%w; -dir names another folder", err)
	}
	if err != nil {
		return nil, nil, nil, id, err
	}
	if st.Campaign.ID != id.Campaign {
		return nil, nil, nil, id, usagef("%s: %s has campaign %s: -dir names another folder", text, dir, st.Campaign.ID)
	}
	s, err := spec.Of(&st.Campaign)
	if err != nil {
		return nil, nil, nil, id, fmt.Errorf("%s: %w", dir, err)
	}
	c, err = open(st, s, &how{})
	if err != nil {
		return nil, nil, nil, id, err
	}
	b, err = c.Find(st, id.Block)
	return c, st, b, id, err
}

func runReplay(ctx context.Context, t *tool, f *flag.FlagSet, args []string) error {
	dir := f.String("dir", "", "the campaign's `folder`; default out/campaigns/CAMPAIGN")
	times := f.Int("times", 1, "how `often`")
	gdb := f.Bool("gdb", false, "the machine waits for gdb, and how to stop at the fault is printed")
	port := f.Int("port", 1234, "where -gdb waits, on the loopback interface")
	ids, err := parse(f, args, 1)
	if err != nil {
		return err
	}
	if *times < 1 || *port < 2 || *port > 65535 {
		return usagef("-times %d, -port %d: expected at least 1, and 2 to 65535", *times, *port)
	}
	c, st, b, id, err := find(*dir, ids[0])
	if err != nil {
		return err
	}
	t.show("stored", b.Lines, id)
	bad := false
	var boot machine.Boot
	if *gdb {
		// The debugger's stops would move the machine's clock: what it is to read is recorded before.
		boot.Record = filepath.Join(st.Dir, "replay.rr")
		*times = 2
		defer os.Remove(boot.Record)
	}
	for i := range *times {
		if *gdb && i == 1 {
			boot.GDB = *port
			if err := t.debug(st, b, id, *port); err != nil {
				return err
			}
		}
		again, err := c.Replay(ctx, b, boot)
		if boot.GDB != 0 && !errors.Is(err, context.Canceled) {
			break // it ended as the debugger wished
		}
		if err != nil {
			return err
		}
		t.show("again", again, id)
		for _, d := range runner.Compare(b.Lines, again) {
			bad = true
			fmt.Fprintln(t.out, "differs:", d)
		}
	}
	if bad {
		return errDiffers
	}
	if *gdb {
		*times = 1
	}
	fmt.Fprintf(t.out, "the same %d times: outcome %s, ended at instruction %d\n", *times, b.Lines[0].Outcome, b.Lines[0].EndTSC)
	return nil
}

// show prints the fault that was asked for, or what all of the block share.
func (t *tool) show(what string, l []result.Fault, id spec.ID) {
	for _, f := range l {
		if f.Index == id.Index || id.Index < 0 && f.Index == l[0].Index {
			b, err := json.MarshalIndent(&f, "  ", "  ")
			if err != nil {
				panic(err) // strings, numbers and lists of them
			}
			fmt.Fprintf(t.out, "%s: %s\n", what, b)
			return
		}
	}
	fmt.Fprintf(t.out, "%s: block %d has no fault %d\n", what, id.Block, id.Index)
}

func runShrink(ctx context.Context, t *tool, f *flag.FlagSet, args []string) error {
	dir := f.String("dir", "", "the campaign's `folder`; default out/campaigns/CAMPAIGN")
	ids, err := parse(f, args, 1)
	if err != nil {
		return err
	}
	c, _, b, id, err := find(*dir, ids[0])
	if err != nil {
		return err
	}
	s, err := c.Shrink(ctx, b, func(made int, class string) { fmt.Fprintf(t.err, "%d faults: %s\n", made, class) })
	if err != nil {
		return err
	}
	after := ""
	if s.After > 0 {
		after = fmt.Sprintf(", after the %d blocks before it in its boot", s.After)
	}
	fmt.Fprintf(t.out, "block %d comes to %s with %d of its %d faults, %v%s; %d boots. Without any of them it does not:\n", id.Block, s.Class, len(s.Made), c.Spec.Faults, s.Made, after, s.Boots)
	for _, l := range s.Lines {
		fmt.Fprintf(t.out, "%3d %-12s %s %s %s: %s -> %s %s\n", l.Index, l.Type, l.Addr, l.Symbol, l.Place, l.BeforeAs, l.AfterAs, l.Did)
	}
	return nil
}
