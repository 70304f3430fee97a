package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bennu/tools/internal/control"
)

// serve is a control port that gives one fixed answer to each command; "ID" in it is the
// request's. Events follow the answer to a subscription, then it hangs up.
func serve(t *testing.T, answers map[string]string) (socket string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "ctl")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		for s := bufio.NewScanner(c); s.Scan(); {
			if id, ok := strings.CutSuffix(s.Text(), `,"cmd":"hello"}`); ok && strings.HasPrefix(id, `{"id":"`) { // the greeting
				io.WriteString(c, id+`,"ok":true}`+"\n")
				continue
			}
			for cmd, answer := range answers {
				if strings.Contains(s.Text(), `"cmd":"`+cmd+`"`) {
					io.WriteString(c, strings.ReplaceAll(answer, "ID", "1")+"\n")
					if cmd == "events" || answer == "" {
						return
					}
				}
			}
		}
	}()
	return socket
}

func TestRun(t *testing.T) {
	const rtc = `{"id":ID,"ok":true,"t":10.5,"services":[{"label":"rtc","endpoint":131074,"state":"running","incarnation":2,"restarts":1,"restarts_total":7,"deaths":2,` +
		`"reason":"exception","vector":14,"missed":0,"period_us":500000,"started":9.250000,"recovery_us":1234,"warm":true,"backoff_until":0.0,"image_bytes":99,"errno":"OK"}]}`
	for _, c := range []struct{ args, cmd, answer, want string }{
		{"status", "status", rtc, "" +
			"LABEL  STATE    INC  BEGAN  RECENT  RESTARTS  DEATHS  ENDPOINT   PERIOD      UP  RECOVERY  LAST DEATH\n" +
			"rtc    running    2  warm        1         7       2    131074  500.0ms  1.250s   1.234ms  exception #PF\n"},
		{"status rtc", "status", strings.Replace(rtc, `"warm":true`, `"warm":false`, 1), "" +
			"LABEL  STATE    INC  BEGAN  RECENT  RESTARTS  DEATHS  ENDPOINT   PERIOD      UP  RECOVERY  LAST DEATH\n" +
			"rtc    running    2  cold        1         7       2    131074  500.0ms  1.250s   1.234ms  exception #PF\n"},
		{"-json status", "status", rtc, strings.ReplaceAll(rtc, "ID", "1") + "\n"},
		{"up rtc", "up", `{"id":ID,"ok":true,"endpoint":7}`, "rtc runs, endpoint 7\n"},
		{"lookup rtc", "lookup", `{"id":ID,"ok":true,"endpoint":7,"incarnation":3}`, "rtc: endpoint 7, incarnation 3\n"},
		{"down rtc", "down", `{"id":ID,"ok":true}`, "rtc is down\n"},
		{"date", "date", `{"id":ID,"ok":true,"seconds":951827696,"date":"x"}`, "2000-02-29 12:34:56 UTC\n"},
		{"date", "date", `{"id":ID,"ok":true,"seconds":951827696,"date":"x","doubt":"its battery has failed"}`,
			"2000-02-29 12:34:56 UTC, not to be trusted: its battery has failed (date -s sets it)\n"},
		{"log -n 2", "log", `{"id":ID,"ok":true,"lines":["a","b"]}`, "a\nb\n"},
		{"ps", "ps", `{"id":ID,"ok":true,"t":1.0,"tasks":[{"label":"rtc","endpoint":32770,"state":"receiving","incarnation":1,"priority":2,"peer":62,"frames":300,"cpu_us":1500,"calls":9,"worst_wait_us":42}]}`, "" +
			"SLOT  ENDPOINT  LABEL  INC  PRI  STATE      PEER  MEMORY  PEAK  SHARED  WINDOWS      CPU  CALLS  FAULTS  PREEMPTED  WORST WAIT\n" +
			"   2     32770  rtc      1    2  receiving  any   1.1MiB    0B      0B        0  1.500ms      9       0          0     42.00us\n"},
		{"accounts", "accounts", `{"id":ID,"ok":true,"t":1.0,"since_boot_ns":1000000500,"until_ns":1000000900,"sum_ns":1000000700,"idle_ns":600000700,"accounts":[` +
			`{"account":0,"label":"kernel","cpu_ns":100000000},{"account":2,"label":"tty","tasks":1,"priority":2,"budget_ns":1000000,"period_ns":10000000,"cpu_ns":300000000,` +
			`"left_ns":-1500,"exhausted":3,"worst_wait_ns":2000,"lives":4,"frames":100,"frames_peak":200,"reserve_frames":128,"ceiling_frames":4096,"images":0,"hooks":1}]}`, "" +
			"LABEL   PRI   BUDGET   PERIOD      CPU      LEFT  EXHAUSTED  WORST WAIT  LIVES    MEMORY      PEAK   RESERVE  CEILING  KEPT\n" +
			"kernel    -        -        -  100.0ms         -          -           -      -         -         -         -        -     -\n" +
			"tty       2  1.000ms  10.00ms  300.0ms  -1.500us          3     2.000us      4  400.0KiB  800.0KiB  512.0KiB  16.0MiB    0B\n" +
			"idle      -        -        -  600.0ms         -          -           -      -         -         -         -        -     -\n" +
			"all of them 1000000700ns; since boot 1000000500ns before they were read and 1000000900ns after\n"},
		{"pci", "pci", `{"id":ID,"ok":true,"t":1.0,"functions":[{"function":"00:02.0","vendor":6966,"device":12,"class":394240,"bridge":true,"secondary":1,"subordinate":2,"unfit":4},` +
			`{"function":"01:00.0","vendor":6966,"device":16,"subvendor":6900,"subdevice":4352,"class":67586,` +
			`"bars":[{"kind":"memory","base":1099511627776,"size":16384,"wide":true,"prefetchable":true},{"kind":"none"},{"kind":"ports","base":49216,"size":32}],"pin":1,"line":11,` +
			`"msi":4,"msix":65,"resets":["function","bus"],"holder":"nvme","endpoint":32773,"master":true,"domain":3,"unfit":2,"unfit_bar":2}],` +
			`"bridges":[{"function":"00:02.0","bus":1,"last":2,"subtractive":true,"ports":[],"memory":[4269801472,4271898623],"prefetchable":[]}],` +
			`"faults":[{"function":"01:00.0","label":"nvme","count":16,"address":651264,"write":true,"muted":true,"why":"no domain"},{"function":"00:02.0","label":"kernel","count":1,"why":"may not be read"}]}`, "" +
			"00:02.0 1b36:000c PCI bridge: Red Hat (QEMU) PCI Express root port\n" +
			"    buses 01-02, memory 0xfe800000-0xfe9fffff, and what nobody else answers to\n" +
			"    DMA refused: 1, the last for kernel, a read of 0x0: may not be read\n" +
			"  01:00.0 1b36:0010 NVMe controller: Red Hat (QEMU) NVMe\n" +
			"      subsystem 1af4:1100 Red Hat (virtio)\n" +
			"      BAR 0 memory 0x10000000000 16.0KiB, 64 bits, prefetchable\n" +
			"      BAR 2 ports 0xc040 32\n" +
			"      interrupts: INTA line 11 (as the firmware says), MSI 4, MSI-X 65\n" +
			"      resets: function, bus\n" +
			"      held by nvme, bus master\n" +
			"      IOMMU domain 3\n" +
			"      DMA refused: 16, the last for nvme, a write to 0x9f000: no domain; no more are counted until the function is reserved again\n" +
			"      cannot be used: BAR 2 lies over memory of the machine, or another BAR\n"},
		{"echo rtc", "echo", `{"id":ID,"ok":true,"endpoint":7,"incarnation":3,"round_ns":1500}`, "endpoint=7 incarnation=3 round_ns=1500\n"},
		{"call 0x7 3073 1 2", "call", `{"id":ID,"ok":true,"reply":[0,1,2,0,0,0]}`, "reply=[0,1,2,0,0,0]\n"},
		{"console two words", "console", `{"id":ID,"ok":true}`, "ok\n"},
	} {
		var out strings.Builder
		socket := serve(t, map[string]string{c.cmd: c.answer})
		if err := run(t.Context(), append([]string{"-s", socket}, strings.Fields(c.args)...), &out, io.Discard); err != nil {
			t.Errorf("%s: %v", c.args, err)
		}
		if out.String() != c.want {
			t.Errorf("%s: printed\n%swant\n%s", c.args, out.String(), c.want)
		}
	}
}

func TestEventsStream(t *testing.T) {
	socket := serve(t, map[string]string{"events": `{"id":ID,"ok":true}
{"event":"death","seq":4,"t":1.234567,"label":"rtc","incarnation":0,"reason":"exception","vector":14,"exception":"#PF","error_code":4,"cr2":16,"rip":4096,"detect_ns":12345,"backoff_us":0}
{"event":"ready","seq":5,"t":1.240012,"label":"rtc","incarnation":1,"recovery_ns":5445000}`})
	var out strings.Builder
	err := run(t.Context(), []string{"-s", socket, "events", "4"}, &out, io.Discard)
	if !errors.Is(err, control.ErrClosed) {
		t.Errorf("ended with %v, want the port's end", err)
	}
	const want = "    1.234567      4  death    rtc inc=0 reason=exception #PF error=0x4 cr2=0x10 rip=0x1000 detected=12.34us backoff=0ns\n" +
		"    1.240012      5  ready    rtc inc=1 recovery=5.445ms\n"
	if out.String() != want {
		t.Errorf("printed\n%swant\n%s", out.String(), want)
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"", "no command"},
		{"frob", `no command "frob": expected one of status, up, down, refresh, restart, fi, lookup, ps, accounts, info, pci, log, date, list, get, put, delete, help, poweroff, reboot, hello, events, echo, console, call`},
		{"fr\x1b[Job", `no command "fr\x1b[Job"`},
		{"service frob", `"service frob": column 9: expected one of status`},
		{"up", `"service up": column 11: expected a label`},
		{"fi rtc explode", `"service fi rtc explode": column 16: expected exception`},
		{"echo", "usage: echo LABEL: got 0 arguments"},
		{"call 1 x", `usage: call ENDPOINT TYPE [ARG...]: expected a number, got "x"`},
		{"status", "no socket"},
	} {
		t.Setenv("CTL", "")
		err := run(t.Context(), strings.Fields(c.args), io.Discard, io.Discard)
		var usage usageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v; want a usage error with %s", c.args, err, c.want)
		}
	}
	socket := serve(t, map[string]string{"up": `{"id":ID,"ok":false,"errno":"EPERM","error":"not permitted"}`})
	if err := run(t.Context(), []string{"-s", socket, "up", "rtc"}, io.Discard, io.Discard); err == nil || err.Error() != "up: EPERM: not permitted" {
		t.Errorf("a refusal is %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := run(ctx, []string{"-s", filepath.Join(t.TempDir(), "none"), "status"}, io.Discard, io.Discard); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("without a machine: %v", err)
	}
}

// What the machine says is shown and not obeyed, in tables, in JSON and in errors.
func TestNothingIsObeyed(t *testing.T) {
	const hostile = `"a\u001b[2J\u009b\u202eb` + "\u009b\x7f" + `"`
	for _, c := range []struct{ args, cmd, answer, want string }{
		{"log", "log", `{"id":ID,"ok":true,"lines":[` + hostile + `]}`, `a\x1b[2J\xc2\x9b\xe2\x80\xaeb\xc2\x9b\x7f` + "\n"},
		{"-json log", "log", `{"id":ID,"ok":true,"lines":[` + hostile + `,"😀"]}`, `{"id":1,"ok":true,"lines":["a\u001b[2J\u009b\u202eb\u009b\u007f","\ud83d\ude00"]}` + "\n"},
		{"echo rtc", "echo", `{"id":ID,"ok":true,"label":` + hostile + `}`, `label="a\u001b[2J\u009b\u202eb\xc2\x9b\x7f"` + "\n"},
		{"up rtc", "up", `{"id":ID,"ok":false,"errno":"E\u001b[2J","error":` + hostile + `}`, `up: E\x1b[2J: a\x1b[2J\xc2\x9b\xe2\x80\xaeb\xc2\x9b\x7f` + "\n"},
	} {
		var out, complaints strings.Builder
		socket := serve(t, map[string]string{c.cmd: c.answer})
		if err := run(t.Context(), append([]string{"-s", socket, "-trace"}, strings.Fields(c.args)...), safe{&out}, safe{&complaints}); err != nil {
			fmt.Fprintln(safe{&out}, err)
		}
		if out.String() != c.want {
			t.Errorf("%s: printed %q, want %q", c.args, out.String(), c.want)
		}
		for _, s := range []string{out.String(), complaints.String()} {
			if i := strings.IndexFunc(s, func(u rune) bool { return u < ' ' && u != '\n' || u > '~' }); i >= 0 {
				t.Errorf("%s: printed %q", c.args, s)
			}
		}
	}
}

// The port is another client's: that is said at once, and the end comes in time; who powers off a
// machine that never heard it has not done so.
func TestBusy(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "ctl")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	first, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	served, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer served.Close()
	const why = "another client has the port, and QEMU serves one at a time"
	var complaints strings.Builder
	err = run(t.Context(), []string{"-s", socket, "-timeout", "1200ms", "poweroff"}, io.Discard, &complaints)
	if err == nil || !strings.Contains(err.Error(), "poweroff: the control port did not answer in ") || !strings.Contains(err.Error(), why) ||
		complaints.String() != "ctl: waiting for "+socket+": "+why+"\n" {
		t.Errorf("error %v, said %q", err, complaints.String())
	}
	off := make(chan error, 1)
	go func() { off <- run(t.Context(), []string{"-s", socket, "poweroff"}, io.Discard, io.Discard) }()
	second, err := l.Accept() // the one that gave up
	if err != nil {
		t.Fatal(err)
	}
	second.Close()
	if second, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	second.Close()
	if err := <-off; !errors.Is(err, control.ErrUnserved) {
		t.Errorf("the machine ended before it was served: %v", err)
	}
}

// A machine that ends on a power-off has done what was asked; one that refuses has not.
func TestPowerOff(t *testing.T) {
	socket := serve(t, map[string]string{"poweroff": ""})
	if err := run(t.Context(), []string{"-s", socket, "poweroff"}, io.Discard, io.Discard); err != nil {
		t.Error(err)
	}
	socket = serve(t, map[string]string{"poweroff": `{"id":ID,"ok":false,"errno":"EPERM","error":"not permitted"}`})
	if err := run(t.Context(), []string{"-s", socket, "poweroff"}, io.Discard, io.Discard); err == nil || err.Error() != "poweroff: EPERM: not permitted" {
		t.Errorf("refused, and ctl says %v", err)
	}
}
