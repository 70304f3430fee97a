//go:build slurm

package jobs

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"bennu/tools/internal/qemu"
)

// options of a made-up campaign in 16 groups.
var options = []string{"-machine", "simulated", "-services", "rtc,sum", "-selections", "minix8", "-faults", "20", "-blocks", "30", "-group", "30"}

const shards = 4

// bench is a place for a test: the tree, the tool, a folder.
type bench struct{ root, tool, dir string }

func newBench(t *testing.T) *bench {
	t.Helper()
	root, err := qemu.Root()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{root: root, dir: t.TempDir()}
	b.tool = filepath.Join(b.dir, "campaign")
	b.must(t, "go", "build", "-o", b.tool, "./tools/campaign")
	return b
}

func (b *bench) must(t *testing.T, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), args[0], args[1:]...)
	c.Dir, c.Env = b.root, append(os.Environ(), b.env()...)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

func (b *bench) env() []string {
	return []string{"CAMPAIGN=" + b.tool, "OUT=" + b.dir + "/shards", fmt.Sprint("SHARDS=", shards), "SLURM_CONF=" + b.dir + "/slurm.conf"}
}

// whole compares the merged shards with a campaign that was made in one piece.
func (b *bench) whole(t *testing.T) {
	t.Helper()
	b.must(t, append([]string{b.tool, "run", "-o", b.dir + "/whole"}, options...)...)
	found, err := filepath.Glob(b.dir + "/shards/*")
	if err != nil || len(found) != shards {
		t.Fatalf("%d shards: %v, %v", len(found), found, err)
	}
	b.must(t, append([]string{b.tool, "merge", b.dir + "/merged"}, found...)...)
	if got, want := tree(t, b.dir+"/merged"), tree(t, b.dir+"/whole"); !reflect.DeepEqual(got, want) {
		t.Errorf("%d files, want %d", len(got), len(want))
	}
}

func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	m := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), "groups", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			var b []byte
			b, err = os.ReadFile(filepath.Join(dir, path))
			m[path] = string(b)
		}
		return err
	})
	if err != nil || len(m) == 0 {
		t.Fatalf("%s: %d files, %v", dir, len(m), err)
	}
	return m
}

func TestParallel(t *testing.T) {
	b := newBench(t)
	b.must(t, append([]string{"docs/examples/campaign/parallel.sh"}, options...)...)
	b.whole(t)
}

// An array of jobs on a cluster of this host alone, of which two tasks are lost and made again.
func TestSlurm(t *testing.T) {
	b := newBench(t)
	b.cluster(t)
	sbatch := append([]string{"sbatch", "--wait", "--output=" + b.dir + "/%A_%a.log", fmt.Sprintf("--array=1-%d", shards), "docs/examples/campaign/campaign.sbatch"}, options...)
	b.must(t, sbatch...)
	for _, lost := range []string{"2", "3"} {
		if err := os.RemoveAll(b.dir + "/shards/" + lost); err != nil {
			t.Fatal(err)
		}
	}
	sbatch[3] = "--array=1,2,3" // the first is made twice
	b.must(t, sbatch...)
	b.whole(t)
}

// cluster starts munged, slurmctld and slurmd, and ends them with the test.
func (b *bench) cluster(t *testing.T) {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	host, _, _ = strings.Cut(host, ".")
	for _, d := range []string{"state", "spool"} {
		if err := os.Mkdir(filepath.Join(b.dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	key := bytes.Repeat([]byte("not a secret: this cluster is one host. "), 26)
	if err := os.WriteFile(b.dir+"/munge.key", key, 0o400); err != nil {
		t.Fatal(err)
	}
	ports := [2]string{freePort(t), freePort(t)}
	conf := fmt.Sprintf(`ClusterName=bennu
SlurmctldHost=%[1]s(127.0.0.1)
SlurmUser=%[2]s
SlurmdUser=%[2]s
AuthType=auth/munge
AuthInfo=socket=%[3]s/munge.socket
CredType=cred/munge
SlurmctldPort=%[4]s
SlurmdPort=%[5]s
StateSaveLocation=%[3]s/state
SlurmdSpoolDir=%[3]s/spool
SlurmctldPidFile=%[3]s/ctld.pid
SlurmdPidFile=%[3]s/slurmd.pid
SlurmctldLogFile=%[3]s/ctld.log
SlurmdLogFile=%[3]s/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=1
SlurmdParameters=config_overrides
MpiDefault=none
ReturnToService=2
NodeName=%[1]s NodeAddr=127.0.0.1 CPUs=%[6]s RealMemory=4096 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`, host, me.Username, b.dir, ports[0], ports[1], cpus(t))
	if err := os.WriteFile(b.dir+"/slurm.conf", []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	b.daemon(t, "munged", "--foreground", "--force", "--num-threads=2", "--key-file="+b.dir+"/munge.key", "--socket="+b.dir+"/munge.socket",
		"--pid-file="+b.dir+"/munged.pid", "--log-file="+b.dir+"/munged.log", "--seed-file="+b.dir+"/munge.seed")
	b.until(t, "munge", "-n", "--socket="+b.dir+"/munge.socket")
	b.daemon(t, "slurmctld", "-D", "-f", b.dir+"/slurm.conf")
	b.daemon(t, "slurmd", "-D", "-N", host, "-f", b.dir+"/slurm.conf")
	b.until(t, "sh", "-c", "sinfo -h -o %T | grep -qE 'idle|mixed'")
}

func cpus(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "nproc").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// daemon runs a program until the test ends.
func (b *bench) daemon(t *testing.T, args ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Env = append(os.Environ(), b.env()...)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 10 * time.Second
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		c.Wait()
		if t.Failed() {
			t.Logf("%s: %s", args[0], out.String())
		}
	})
}

// until runs a command until it succeeds: daemons tell nobody that they are up.
func (b *bench) until(t *testing.T, args ...string) {
	t.Helper()
	limit := time.After(time.Minute)
	for {
		c := exec.CommandContext(t.Context(), args[0], args[1:]...)
		c.Env = append(os.Environ(), b.env()...)
		out, err := c.CombinedOutput()
		if err == nil {
			return
		}
		select {
		case <-limit:
			t.Fatalf("%v: %v\n%s", args, err, out)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
