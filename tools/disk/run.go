package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"bennu/boot/disk/plan"
	"bennu/tools/internal/bootimage"
	"bennu/tools/internal/qemu"
)

// options are what is done, and on what.
type options struct {
	work    string // mix, read, write
	deaths  int
	ops     int
	everyNS uint64 // 0: as soon as a life has answered a few requests
	seed    uint64
	mib     int    // of the disk
	drive   string // more of QEMU's -drive
	device  string // more of its -device
	bin     string
	config  qemu.Config
	confine bool // an IOMMU; else `dma unconfined`
}

// result is what the service has said, and what the disk was like afterwards.
type result struct {
	Work       string `json:"work"`
	Seed       uint64 `json:"seed"`
	Bytes      uint64 `json:"bytes"`
	NS         uint64 `json:"ns"` // of the guest's time
	Deaths     uint64 `json:"deaths"`
	InFlight   uint64 `json:"in_flight"` // deaths with requests that had no answer
	Recoveries uint64 `json:"recoveries"`
	MeanNS     uint64 `json:"recovery_mean_ns"` // from the last answer of a life to the first of the next
	WorstNS    uint64 `json:"recovery_worst_ns"`
	Again      uint64 `json:"requests_again"`
	Replayed   uint64 `json:"writes_replayed"`
	Noticed    uint64 `json:"noticed"`
	Ops        uint64 `json:"ops,omitempty"`
	SHA256     string `json:"sha256,omitempty"`
	Wanted     string `json:"sha256_wanted,omitempty"`

	log  string
	told []string
}

// perSecond is bytes per second of the guest's time.
func (r *result) perSecond() float64 {
	if r.NS == 0 {
		return 0
	}
	return float64(r.Bytes) / float64(r.NS) * 1e9
}

// silence is how long nothing may be printed on COM1: nothing is, as long as all is well.
const silence = 24 * time.Hour

// run boots a machine with the disk and the service, waits for its end, and looks at what is on the disk.
func run(ctx context.Context, o *options) (r result, err error) {
	dir, err := os.MkdirTemp("", "disk")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	image := filepath.Join(dir, "disk.img")
	before, err := fill(o, image)
	if err != nil {
		return r, err
	}
	c := o.config
	if c.Archive, err = pack(o, dir); err != nil {
		return r, err
	}
	// Time is counted in instructions: on a host that is busy no driver is slow. Where all wait for the disk, it jumps to the next timer.
	c.Icount, c.Silence = "0", silence
	// The host's flushes, which may take seconds of that, are left out.
	c.Args = append(c.Args, "-drive", "file="+image+",format=raw,cache=unsafe,if=none,id=disk"+o.drive,
		"-device", "virtio-blk-pci,disable-legacy=on,iommu_platform=on,serial=bennu,drive=disk"+o.device)
	if !o.confine {
		c.Env = append(c.Env, "IOMMU=off")
	}
	vm, err := qemu.Start(ctx, c)
	if err != nil {
		return r, err
	}
	defer vm.Close()
	status, err := vm.Wait(ctx)
	r.log = vm.KernelLog()
	done := r.read()
	switch {
	case err != nil:
		return r, err
	case !done:
		return r, fmt.Errorf("status %d, and the service has not said how it was; the log's last lines:\n%s", status, qemu.Tail(r.log, 30))
	case status != 0 || r.Noticed > 0:
		return r, fmt.Errorf("status %d, %d things were noticed", status, r.Noticed)
	case o.everyNS == 0 && r.Deaths < uint64(o.deaths):
		return r, fmt.Errorf("%d lives ended, expected %d", r.Deaths, o.deaths)
	case o.work == "read":
		r.Wanted = before
		if r.SHA256 != before {
			return r, fmt.Errorf("what was read has SHA-256 %s, the disk %s", r.SHA256, before)
		}
		return r, nil
	}
	return r, r.compare(o, image)
}

// fill makes the disk's image: noise, of which it returns the SHA-256, where it is to be read, else zeros.
func fill(o *options, path string) (sum string, err error) {
	b := make([]byte, o.mib<<20)
	if o.work == "read" {
		var key [32]byte
		key[0] = byte(o.seed)
		rand.NewChaCha8(key).Read(b)
	}
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:]), os.WriteFile(path, b, 0o644)
}

// compare holds the image against what the operations have made of it.
func (r *result) compare(o *options, path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	p := plan.New(r.Seed, len(b)/plan.SectorSize)
	for i := range p.Versions {
		if o.work == "write" {
			p.Versions[i] = 1
		}
	}
	for range r.Ops {
		p.Next()
	}
	wrong, first := 0, 0
	for i, v := range p.Versions {
		if !plan.Is(b[i*plan.SectorSize:][:plan.SectorSize], uint64(i), v) {
			if wrong++; wrong == 1 {
				first = i
			}
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d sectors of the image are not what was written, the first is %d", wrong, first)
	}
	return nil
}

// pack writes the boot archive: the driver lets the service write, and has no pause between its lives.
func pack(o *options, dir string) (path string, err error) {
	root, err := qemu.Root()
	if err != nil {
		return "", err
	}
	m := bootimage.New()
	if err := m.ReadServices(root, o.bin, bootimage.Service{Label: "virtioblk", Part: "drivers/virtioblk/virtioblk.conf"}, bootimage.Service{Label: "disk", Part: "boot/disk/disk.conf"}); err != nil {
		return "", err
	}
	args := fmt.Sprintf("work=%s deaths=%d ops=%d every=%d seed=%d", o.work, o.deaths, o.ops, o.everyNS, o.seed)
	dma := "pci"
	if !o.confine {
		dma = "dma unconfined; pci"
	}
	for _, x := range []struct {
		part     int
		old, new string
	}{
		{1, "ARGS", args}, {2, "reads=shell,ctl", "writes=diskload"}, {2, "start\tmanual;", ""}, {2, "100ms;", "1ms; burst none;"},
		{2, "rs shell ctl;", "rs diskload;"}, {2, "pci", dma},
	} {
		part := &m.Parts[len(m.Parts)-x.part]
		if !strings.Contains(string(part.Text), x.old) {
			return "", fmt.Errorf("%s: no %q", part.Path, x.old)
		}
		part.Text = []byte(strings.Replace(string(part.Text), x.old, x.new, 1))
	}
	b, faults, _ := m.Pack()
	if len(faults) > 0 {
		return "", errors.Join(faults...)
	}
	path = filepath.Join(dir, "disk.tar")
	return path, os.WriteFile(path, b, 0o644)
}

var (
	doneLine = regexp.MustCompile(`diskload: event=done (.*)`)
	sumLine  = regexp.MustCompile(`diskload: event=result (.*)`)
	toldLine = regexp.MustCompile(`diskload: (noticed=.*)`)
	field    = regexp.MustCompile(`(\w+)=(\S+)`)
)

// read finds in the log what the service has said. false: it has not come to its end.
func (r *result) read() (done bool) {
	for _, m := range toldLine.FindAllStringSubmatch(r.log, -1) {
		r.told = append(r.told, m[1])
	}
	m, sum := doneLine.FindStringSubmatch(r.log), sumLine.FindStringSubmatch(r.log)
	if m == nil || sum == nil {
		return false
	}
	for _, f := range field.FindAllStringSubmatch(m[1]+" "+sum[1], -1) {
		n, _ := strconv.ParseUint(f[2], 10, 64)
		numbers := map[string]*uint64{"seed": &r.Seed, "bytes": &r.Bytes, "ns": &r.NS, "deaths": &r.Deaths, "inflight": &r.InFlight, "recoveries": &r.Recoveries,
			"mean": &r.MeanNS, "worst": &r.WorstNS, "again": &r.Again, "replayed": &r.Replayed, "noticed": &r.Noticed, "ops": &r.Ops}
		switch p := numbers[f[1]]; {
		case p != nil:
			*p = n
		case f[1] == "work":
			r.Work = f[2]
		case f[1] == "sha256":
			r.SHA256 = f[2]
		}
	}
	return true
}
