// Package emulator is QEMU as a campaign's machine: instructions are counted, and there is no input and no disk, so that the same boot
// writes the same bytes. The injector's frames leave by COM3, into a file.
package emulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"bennu/rs/fi/plan"
	"bennu/tools/campaign/machine"
	"bennu/tools/internal/qemu"
)

// Machine boots a kernel.
type Machine struct {
	Kernel string // its ELF file
	// Archive writes the boot archive for a plan into a file.
	Archive func(p *plan.Plan, file string) error
	Machine string // q35 or pc
	Script  string // qemu.sh; "": the tree's
	// Silence is how long nothing may come. It grows with the longest wait that was seen to end. 0: DefaultSilence.
	Silence time.Duration
}

// DefaultSilence is the least that a machine which writes nothing is waited for: a block takes far less.
const DefaultSilence = 20 * time.Second

// What the silence limit is, in longest waits that were seen; and how much longer a boot and its run without faults may take.
const (
	waits     = 10
	beginning = 3
)

// poll is how often the file is looked at: emulated machines tell nobody that they have written.
const poll = 5 * time.Millisecond

// Start boots.
func (m *Machine) Start(ctx context.Context, b machine.Boot) (machine.Stream, error) {
	dir, err := os.MkdirTemp("", "bennu-campaign-")
	if err != nil {
		return nil, &machine.Fatal{Err: err}
	}
	s := &stream{dir: dir, silence: m.Silence, done: make(chan struct{}), debugged: b.GDB != 0, records: b.Record != "" && b.GDB == 0}
	if s.silence == 0 {
		s.silence = DefaultSilence
	}
	if err := s.start(ctx, m, &b); err != nil {
		os.RemoveAll(dir)
		var infra *qemu.InfraError
		if errors.As(err, &infra) {
			return nil, &machine.End{How: machine.NotStarted, Words: err.Error()}
		}
		return nil, &machine.Fatal{Err: err}
	}
	return s, nil
}

// Room tells whether there is no room for what machines write.
func (m *Machine) Room() error {
	f, err := os.CreateTemp("", "bennu-campaign-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(make([]byte, 1<<18))
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("no room for the machine's files (TMPDIR chooses another place): %w", err)
	}
	return nil
}

type stream struct {
	dir      string
	vm       *qemu.VM
	file     *os.File
	silence  time.Duration
	longest  time.Duration // wait that ended
	began    bool
	debugged bool
	records  bool
	done     chan struct{} // closed when the machine has ended: then
	status   int
	err      error
}

// serverCmdline has hangs of the reincarnation server found soon, and the machine not started again however often it dies: it is the victim.
const serverCmdline = "rs.limit=0 rs.hang=20"

// forever is longer than any machine is silent on COM1, where a campaign does not listen.
const forever = 1000 * time.Hour

func (s *stream) start(ctx context.Context, m *Machine, b *machine.Boot) error {
	archive, records := filepath.Join(s.dir, "boot.tar"), filepath.Join(s.dir, "records")
	if err := m.Archive(&b.Plan, archive); err != nil {
		return err
	}
	var err error
	if s.file, err = os.OpenFile(records, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	tape := ""
	switch {
	case s.records:
		tape = "record:" + b.Record
	case s.debugged:
		tape = "replay:" + b.Record
	}
	cmdline := ""
	if b.Plan.Victim == "rs" {
		cmdline = serverCmdline
	}
	s.vm, err = qemu.Start(ctx, qemu.Config{CmdLine: cmdline, Kernel: m.Kernel, Archive: archive, Machine: m.Machine, Icount: "0", Seed: strconv.FormatUint(b.Seed, 10),
		Records: records, Tape: tape, GDB: b.GDB, Script: m.Script, Silence: forever})
	if err != nil {
		s.file.Close()
		return err
	}
	go func() {
		s.status, s.err = s.vm.Wait(context.WithoutCancel(ctx))
		close(s.done)
	}()
	return nil
}

// Read waits for what comes next.
func (s *stream) Read(ctx context.Context) ([]byte, error) {
	began := time.Now()
	limit := max(s.silence, waits*s.longest)
	if !s.began {
		limit *= beginning
	}
	tick := time.NewTicker(poll)
	defer tick.Stop()
	buf := make([]byte, 1<<16)
	for ended := false; ; {
		n, err := s.file.Read(buf)
		if n > 0 {
			s.began, s.longest = true, max(s.longest, time.Since(began))
			return buf[:n], nil
		}
		if err != nil && err != io.EOF {
			return nil, &machine.Fatal{Err: err}
		}
		if ended {
			return nil, s.end()
		}
		select {
		case <-s.done:
			ended = true // what it wrote at last is read first
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
			if !s.debugged && time.Since(began) > limit {
				return nil, &machine.End{How: machine.Silent, Log: s.vm.Log()}
			}
		}
	}
}

// end says how the machine ended.
func (s *stream) end() error {
	e := &machine.End{How: machine.Off, Log: s.vm.Log(), Words: lastLines(s.vm.KernelLog())}
	switch {
	case s.err != nil:
		e.How, e.Words = machine.NotStarted, s.err.Error()
	case s.status == qemu.StatusPanic, s.status == qemu.StatusRefused:
		e.How = machine.Panic
	case s.status == qemu.StatusReset:
		e.How = machine.Reset
	}
	return e
}

// lastLines are the end of the kernel's log. It repeats, as all that the guest does.
func lastLines(log string) string {
	const lines, size = 4, 600
	l := strings.Split(strings.TrimSpace(log), "\n")
	text := strings.Join(l[max(0, len(l)-lines):], " | ")
	return text[max(0, len(text)-size):]
}

func (s *stream) Close() {
	if s.records {
		s.vm.Quit() // an error is that it has ended
	}
	s.vm.Close()
	<-s.done
	s.file.Close()
	os.RemoveAll(s.dir)
}
