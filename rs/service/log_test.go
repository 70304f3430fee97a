package service

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"bennu/kernel/abi"
	klog "bennu/kernel/log"
	"bennu/rs/service/fake"
)

// logged serves the kernel's own log. before is called ahead of each read.
func logged(l *klog.Log, before func()) *fake.Machine {
	f := fake.New()
	f.Table[abi.InfoLog] = func(index uint64) ([]byte, abi.Errno) {
		if index>>56 >= abi.LogSources {
			return nil, abi.EDOM
		}
		if before != nil {
			before()
		}
		b := make([]byte, len(abi.CallArea{}.Buf))
		return b[:l.Read(klog.Source(index>>56), index&(1<<56-1), b)], abi.OK
	}
	return f
}

func write(l *klog.Log, s klog.Source, label, text string) {
	n := name(label)
	l.Write(s, &n, []byte(text))
}

func TestLog(t *testing.T) {
	l := klog.New()
	f := logged(l, nil)
	if got := one(t, f, "log"); got != "" {
		t.Errorf("an empty log: %q", got)
	}
	write(l, klog.Own(0), "kernel", "one")
	write(l, klog.Own(9), "rtc", "two")
	write(l, klog.About(9), "rtc", "three")
	write(l, klog.Own(1), "rs", "")
	write(l, klog.Own(63), "z", "five")
	for line, want := range map[string]string{"log": "one\ntwo\nthree\n\nfive\n", "log -n 1": "five\n", "log -n 3": "three\n\nfive\n",
		"log -n 5": "one\ntwo\nthree\n\nfive\n"} {
		if got := one(t, f, line); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

// What is lost is told where it would have been, of each source.
func TestLogTellsLosses(t *testing.T) {
	l := klog.New()
	write(l, klog.Own(0), "kernel", "boot")
	for i := range 1000 {
		write(l, klog.Own(9), "rtc", fmt.Sprintf("line %d of rtc, which talks all the time", i))
	}
	for i := range 50 {
		write(l, klog.About(9), "rtc", fmt.Sprintf("death %d of rtc", i))
	}
	lines := strings.Split(strings.TrimSpace(one(t, logged(l, nil), "log -n 10000")), "\n")
	at := slices.Index(lines, "... 968 lines of rtc lost")
	if at != 1 || lines[0] != "boot" || lines[2] != "line 968 of rtc, which talks all the time" {
		t.Errorf("%q", lines[:min(4, len(lines))])
	}
	at = slices.Index(lines, "... 26 lines about rtc lost")
	if at != 34 || lines[at+1] != "death 26 of rtc" || lines[len(lines)-1] != "death 49 of rtc" {
		t.Errorf("about rtc: %d, %q", at, lines[min(34, len(lines)):])
	}
	l = klog.New()
	for i := range 33 {
		write(l, klog.Own(2), "tty", fmt.Sprint(i))
	}
	if got := one(t, logged(l, nil), "log -n 100"); !strings.HasPrefix(got, "... 1 line of tty lost\n1\n2\n") {
		t.Errorf("one line lost: %q", got)
	}
}

// While it is read others write: what is shown was written before, is in order, and each line is there or
// counted.
func TestLogIsReadWhileWritten(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		l, written := klog.New(), make([]int, abi.LogAccounts)
		say := func() {
			a := r.IntN(5)
			write(l, klog.Own(a), fmt.Sprintf("n%d", a), fmt.Sprintf("%d %d %s", a, written[a], strings.Repeat("x", r.IntN(100))))
			written[a]++
		}
		for range 200 * r.IntN(5) {
			say()
		}
		start := slices.Clone(written)
		text := one(t, logged(l, func() { say(); say(); say() }), "log -n 10000")
		next := make([]int, abi.LogAccounts)
		for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
			var a, n int
			if _, err := fmt.Sscanf(line, "... %d lines of n%d lost", &n, &a); err == nil {
				next[a] += n
				continue
			}
			if _, err := fmt.Sscanf(line, "... 1 line of n%d lost", &a); err == nil {
				next[a]++
				continue
			}
			if _, err := fmt.Sscanf(line, "%d %d ", &a, &n); err != nil || n != next[a] {
				t.Fatalf("seed %d: %q after line %d of %d (%v)", seed, line, next[a]-1, a, err)
			}
			next[a]++
		}
		for a, n := range start {
			if next[a] < n || next[a] > n+3 { // the first read comes after three more lines
				t.Errorf("seed %d: source %d ends at %d of %d", seed, a, next[a], n)
			}
		}
	}
}

func TestLogRefusals(t *testing.T) {
	f := fake.New()
	for _, c := range []struct {
		answer []byte
		e      abi.Errno
		want   string
	}{
		{nil, abi.ECALLDENIED, "ECALLDENIED: call or destination not allowed by the privileges\n"},
		{nil, abi.EDOM, ""},
		{[]byte("one\n"), abi.OK, ""},
		{append(abi.Bytes(&abi.LogHeader{Lines: 1, Next: 1, End: 1}), 1, 2), abi.OK, "EIO: input/output error\n"},
		{append(abi.Bytes(&abi.LogHeader{Lines: 1, Next: 1, End: 1}), abi.Bytes(&abi.LogLine{Size: 1 << 31})...), abi.OK, "EIO: input/output error\n"},
	} {
		f.Table[abi.InfoLog] = func(uint64) ([]byte, abi.Errno) { return c.answer, c.e }
		if got := one(t, f, "log"); got != c.want {
			t.Errorf("%q, %s: %q, want %q", c.answer, c.e.Name(), got, c.want)
		}
	}
}
