package main

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"bennu/kernel/sched"
	"bennu/rs/service"
	"bennu/tools/internal/control"
	"bennu/tools/internal/qemu"
)

// What hogs must not change.
const (
	promise     = sched.Promise
	rootPromise = sched.RootPromise
	longestStay = 20_000 // instructions
	leastRounds = 2      // of use, else nothing was seen
	longRound   = 2.5    // s of guest time that a round of use may take, on average
)

// hogged is what became of a machine under hogs.
type hogged struct {
	Table    string           `json:"hogs"`
	GuestS   float64          `json:"guest_s"`
	Rounds   int              `json:"rounds"`
	Births   int              `json:"lives_of_faulty"`
	Crashes  uint32           `json:"lives_of_crashing_hogs"`
	StayNS   uint64           `json:"longest_stay_ns"`
	StayFor  string           `json:"longest_stay_for"`
	Accounts control.Accounts `json:"accounts"`
	Failures []string         `json:"failures,omitempty"`
	instrNS  uint64           // ns an instruction; 0: not known
}

// underHogs lets hogs do what they can for some seconds of guest time, while it uses the machine as its people do.
func (m *machine) underHogs(ctx context.Context, h *hogged, forS float64) error {
	first, err := m.status(ctx)
	if err != nil {
		return err
	}
	for _, l := range sorted(first) {
		if s := first[l]; s.State != "running" && !crashes(l) {
			return fmt.Errorf("%s is %s at the beginning, expected running", l, s.State)
		}
	}
	// Who has asked for every event gets those of crash loops, too, before answers that wait for another service: that can be seconds.
	if err := m.c.Do(ctx, "bye", nil, nil); err != nil {
		return err
	}
	began := m.boot.T
	for h.GuestS < forS || h.Rounds < leastRounds {
		if err := m.round(ctx, first, first["faulty"].Deaths+uint32(h.Rounds)); err != nil {
			return fmt.Errorf("after %d rounds, %.1f s of guest time: %w", h.Rounds, h.GuestS, err)
		}
		h.Rounds++
		h.Births++
		a, err := m.accounts(ctx)
		if err != nil {
			return err
		}
		h.GuestS, h.Accounts = float64(a.UntilNS)/1e9-began, a
	}
	return m.judge(ctx, h, first)
}

// round uses the machine once: the control port, the shell, the console, and a service that dies and comes back.
func (m *machine) round(ctx context.Context, first map[string]control.Service, deaths uint32) error {
	if _, err := m.c.Info(ctx); err != nil {
		return err
	}
	if err := m.hears(ctx, "service lookup tty", fmt.Sprintf("tty: endpoint %d, incarnation", first["tty"].Endpoint)); err != nil {
		return err
	}
	if err := m.reborn(ctx, deaths+1); err != nil {
		return err
	}
	if _, _, err := m.c.Echo(ctx, "faulty"); err != nil {
		return err
	}
	m.said++
	return m.saw(ctx, fmt.Sprintf("demo says %d", m.said), func(text string) error { return m.c.Console(ctx, text) })
}

// reborn has faulty die and waits for its next life. It asks for the state: it has no events.
func (m *machine) reborn(ctx context.Context, deaths uint32) error {
	ctx, cancel := context.WithTimeout(ctx, deathLimit)
	defer cancel()
	if err := m.c.Fault(ctx, "faulty", "exit"); err != nil {
		return err
	}
	for {
		rows, _, err := m.c.Status(ctx, "faulty")
		if err != nil || len(rows) == 1 && rows[0].Deaths >= deaths && rows[0].State == "running" {
			return err
		}
	}
}

// hears types a command and sees what it answers.
func (m *machine) hears(ctx context.Context, command, want string) error {
	return m.saw(ctx, want, func(string) error { return m.vm.Send(command + "\n") })
}

// saw does something and waits for its text on COM1, which may stand between the lines of others.
func (m *machine) saw(ctx context.Context, text string, do func(text string) error) error {
	ctx, cancel := context.WithTimeout(ctx, deathLimit)
	defer cancel()
	if err := do(text); err != nil {
		return fmt.Errorf("for %q on COM1: %w", text, err)
	}
	if _, err := m.vm.WaitText(ctx, regexp.MustCompile(regexp.QuoteMeta(text))); err != nil {
		return fmt.Errorf("expected %q on COM1: %w", text, err)
	}
	return nil
}

// judge holds the machine against its promises.
func (m *machine) judge(ctx context.Context, h *hogged, first map[string]control.Service) error {
	after, err := m.status(ctx)
	if err != nil {
		return err
	}
	i, err := m.c.Info(ctx)
	if err != nil {
		return err
	}
	h.StayNS, h.StayFor = i.Latency.MaxKernelNS, service.Stay(i.Latency.MaxKernelCall)
	for _, l := range sorted(after) {
		died := after[l].Deaths - first[l].Deaths
		switch {
		case crashes(l):
			h.Crashes += died
			if died == 0 {
				h.fail("%s: it should have crashed all the time, and lived on", l)
			}
		case l == "faulty":
			if died != uint32(h.Births) {
				h.fail("faulty: %d deaths were ordered, it died %d times (%s)", h.Births, died, after[l].Reason)
			}
		case after[l].Deaths != 0:
			h.fail("%s died %d times (%s); the life now began at %.3f s, the system was up at %.3f s", l, after[l].Deaths, after[l].Reason, after[l].Started, m.boot.T)
		case after[l].State != "running":
			h.fail("%s is %s", l, after[l].State)
		}
	}
	for _, a := range h.Accounts.Accounts {
		limit := uint64(promise)
		if a.Label == "rs" {
			limit = rootPromise
		}
		if a.WorstWaitNS > limit {
			h.fail("%s waited %s to run, expected at most %s", a.Label, service.Duration(a.WorstWaitNS), service.Duration(limit))
		}
	}
	if n := h.instructions(h.StayNS); n > longestStay {
		h.fail("the kernel kept interrupts off for %d instructions (%s), expected at most %d", n, h.StayFor, longestStay)
	}
	if mean := h.GuestS / float64(max(h.Rounds, 1)); mean > longRound {
		h.fail("a round of use took %.1f s of guest time, expected at most %.1f s", mean, longRound)
	}
	if len(first) < 6 || len(h.Accounts.Accounts) < 8 || h.StayNS == 0 {
		h.fail("%d services with %d accounts are too few to say anything", len(first), len(h.Accounts.Accounts))
	}
	return nil
}

func (h *hogged) fail(format string, args ...any) {
	h.Failures = append(h.Failures, fmt.Sprintf(format, args...))
}

func (h *hogged) ok() bool { return len(h.Failures) == 0 && h.Rounds >= leastRounds }

// instructions of a time; 0 where nobody knows.
func (h *hogged) instructions(ns uint64) uint64 {
	if h.instrNS == 0 {
		return 0
	}
	return ns / h.instrNS
}

func (h *hogged) text(w io.Writer) {
	fmt.Fprintf(w, "hogs: %s; %.1f s of guest time, %d rounds in which the control port, the shell and the console answered and faulty died and was reborn; "+
		"crashing hogs had %d lives\n", h.Table, h.GuestS, h.Rounds, h.Crashes)
	r := h.Accounts.Result()
	fmt.Fprint(w, service.AccountTable(&r))
	worst, who, rs := uint64(0), "", uint64(0)
	for _, a := range h.Accounts.Accounts {
		switch {
		case a.Label == "rs":
			rs = a.WorstWaitNS
		case a.WorstWaitNS >= worst:
			worst, who = a.WorstWaitNS, a.Label
		}
	}
	fmt.Fprintf(w, "worst wait of a service %s (%s) of %s, of RS %s of %s; longest stay in ring 0 %s, %d instructions of %d (%s)\n",
		service.Duration(worst), who, service.Duration(promise), service.Duration(rs), service.Duration(rootPromise),
		service.Duration(h.StayNS), h.instructions(h.StayNS), longestStay, h.StayFor)
	for _, f := range h.Failures {
		fmt.Fprintf(w, "FAILED %s\n", f)
	}
}

// runHogs boots one table of hogs after the other and prints what became of each; it returns the exit status.
func runHogs(ctx context.Context, o options, out io.Writer) int {
	tables, err := hogTables(o.hogs)
	if err != nil {
		return complain(err)
	}
	status := 0
	for _, t := range tables {
		if s := runTable(ctx, o, t, out); s > status {
			status = s
		}
	}
	return status
}

// runTable boots one.
func runTable(ctx context.Context, o options, t hogTable, out io.Writer) int {
	archive, clean, err := t.archive(o.config.Archive)
	if err != nil {
		return complain(err)
	}
	defer clean()
	o.config.Archive = archive
	return boot(ctx, o, out, func(m *machine) (result, error) {
		h := &hogged{Table: t.name, instrNS: instruction(o.config)}
		if err := m.underHogs(ctx, h, o.seconds); err != nil {
			return h, fmt.Errorf("hogs: %s: %w", t.name, err)
		}
		return h, nil
	})
}

// instruction is how many ns of the guest's an instruction takes; 0: it depends.
func instruction(c qemu.Config) uint64 {
	n, err := strconv.ParseUint(c.Icount, 10, 6)
	if err != nil {
		return 0
	}
	return 1 << n
}
