package main

import (
	"context"
	"debug/elf"
	"debug/gosym"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"bennu/boot/reap/say"
	"bennu/tools/internal/bootimage"
	"bennu/tools/internal/qemu"
)

type options struct {
	victims, ways string
	kills         int
	most, seed    uint64
	twice         bool
	bin           string
	config        qemu.Config
}

// result is what was seen from outside.
type result struct {
	log     string   // the kernel's
	last    string   // the reaper's last line
	noticed []string // what the witness told
	deaths  int
	rounds  int
}

// cmdline has hangs found soon, and RS never given up.
const cmdline = "rs.limit=0 rs.hang=100"

// silence is how long nothing may be printed on COM1: nothing is, as long as all is well.
const silence = 24 * time.Hour

// run boots the machine and waits for its end. Errors: it could not be built or booted, something was noticed, fewer died than were to.
func run(ctx context.Context, o *options) (r result, err error) {
	if o.ways == "all" {
		o.ways = strings.Join(say.Ways, ",")
	}
	dir, err := os.MkdirTemp("", "reap")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	c := o.config
	if c.Archive, err = pack(o, dir); err != nil {
		return r, err
	}
	c.Icount, c.CmdLine, c.Silence = "0", cmdline, silence
	if o.twice {
		c.CmdLine += " rs=twice"
	}
	vm, err := qemu.Start(ctx, c)
	if err != nil {
		return r, err
	}
	defer vm.Close()
	status, err := vm.Wait(ctx)
	r.log = vm.KernelLog()
	r.read()
	switch {
	case err != nil:
		return r, err
	case r.last == "":
		return r, fmt.Errorf("status %d, and the reaper has not said how it was; the log's last lines:\n%s", status, qemu.Tail(r.log, 30))
	case status != 0 || len(r.noticed) > 0 && strings.Contains(r.last, " flips=0") || strings.Contains(r.last, " why="):
		return r, fmt.Errorf("status %d: something was noticed", status)
	case r.deaths != o.kills:
		return r, fmt.Errorf("%d lives ended, expected %d", r.deaths, o.kills)
	case r.rounds == 0:
		return r, errors.New("the witness did nothing")
	}
	return r, nil
}

// pack writes the boot archive.
func pack(o *options, dir string) (path string, err error) {
	root, err := qemu.Root()
	if err != nil {
		return "", err
	}
	m := bootimage.New()
	if err := m.ReadServices(root, o.bin, bootimage.Service{Label: "reap", Part: "boot/reap/reap.conf"}); err != nil {
		return "", err
	}
	args := fmt.Sprintf("victims=%s ways=%s kills=%d most=%d seed=%d", o.victims, o.ways, o.kills, o.most, o.seed)
	if strings.Contains(o.ways, say.Flips[0]) {
		low, high, err := hot(filepath.Join(o.bin, o.victims))
		if err != nil {
			return "", err
		}
		args += fmt.Sprintf(" text=%x-%x", low, high)
	}
	part := &m.Parts[len(m.Parts)-1]
	part.Text = []byte(strings.Replace(string(part.Text), "ARGS", args, 1))
	b, faults, _ := m.Pack()
	if len(faults) > 0 {
		return "", errors.Join(faults...)
	}
	path = filepath.Join(dir, "reap.tar")
	return path, os.WriteFile(path, b, 0o644)
}

// hot is where the code of a service's own packages lies in its executable: bits elsewhere, in the run-time and in the standard library, are seldom met.
func hot(path string) (low, high uint64, err error) {
	f, err := elf.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	text, lines := f.Section(".text"), f.Section(".gopclntab")
	if text == nil || lines == nil {
		return 0, 0, fmt.Errorf("%s: no .text or no .gopclntab: expected a Go program", path)
	}
	b, err := lines.Data()
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w", path, err)
	}
	table, err := gosym.NewTable(nil, gosym.NewLineTable(b, text.Addr))
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w", path, err)
	}
	low = ^uint64(0)
	for _, fn := range table.Funcs {
		if strings.HasPrefix(fn.Name, "bennu/rs/") {
			low, high = min(low, fn.Entry), max(high, fn.End)
		}
	}
	if low >= high {
		return 0, 0, fmt.Errorf("%s: no function of bennu/rs", path)
	}
	return low, high, nil
}

var (
	lastLine = regexp.MustCompile(`reaper: (event=reaped .*)`)
	toldLine = regexp.MustCompile(`witness: (noticed=.*)`)
	number   = regexp.MustCompile(`(deaths|rounds)=(\d+)`)
)

// read finds in the log what was told.
func (r *result) read() {
	for line := range strings.Lines(r.log) {
		if m := toldLine.FindStringSubmatch(line); m != nil {
			r.noticed = append(r.noticed, strings.TrimSpace(m[1]))
		}
		m := lastLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		r.last = strings.TrimSpace(m[1])
		for _, n := range number.FindAllStringSubmatch(r.last, -1) {
			v, _ := strconv.Atoi(n[2])
			if n[1] == "deaths" {
				r.deaths = v
			} else {
				r.rounds = v
			}
		}
	}
}
