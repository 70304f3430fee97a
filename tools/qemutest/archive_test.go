//go:build qemu

package qemutest

import (
	"bytes"
	"os"
	"regexp"
	"testing"

	"bennu/kernel/archive"
	"bennu/tools/internal/qemu"
	"bennu/tools/internal/suite"
)

// A boot archive that did not arrive whole: the kernel says which file, and the machine ends.
func TestArchiveDamaged(t *testing.T) {
	good, err := os.ReadFile(suite.Built(t, "boot.tar"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := archive.Open(bytes.Clone(good))
	if err != nil {
		t.Fatal(err)
	}
	rs, ok := a.Lookup("bin/rs")
	if !ok {
		t.Fatal("no bin/rs")
	}
	for _, c := range []struct {
		name   string
		damage func(b []byte) []byte
		want   string
	}{
		{"cut in half", func(b []byte) []byte { return b[:len(b)/2] }, `: truncated: `},
		{"end cut off", func(b []byte) []byte { return b[:len(b)-700] }, `truncated: `},
		{"one bit of bin/rs", flip(rs.Offset+rs.Size/2, 1), `bin/rs: damaged: CRC32C is [0-9a-f]{8}, the manifest says [0-9a-f]{8} \(offset \d+\)`},
		{"header of bin/rs", flip(rs.Offset-archive.BlockSize+10, 4), `damaged header: its checksum is wrong`},
		{"manifest", flip(archive.BlockSize+3, 0x80), `manifest: line 1: expected 64 hexadecimal digits`},
		{"not an archive", func(b []byte) []byte { return bytes.Repeat([]byte("not a boot archive\n"), 1000) }, `no USTAR header here`},
		{"one byte", func(b []byte) []byte { return b[:1] }, `truncated: `},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := boot(t, qemu.Config{Archive: temp(t, c.damage(bytes.Clone(good)))})
			m.line(regexp.MustCompile(`refused: boot archive: .*` + c.want))
			m.ends(qemu.StatusRefused)
		})
	}
}

func flip(at int, bits byte) func([]byte) []byte {
	return func(b []byte) []byte {
		b[at] ^= bits
		return b
	}
}

func TestNoRootTask(t *testing.T) {
	files := bootFiles(t)
	delete(files, "bin/rs")
	m := boot(t, qemu.Config{Archive: archiveOf(t, files)})
	m.line(regexp.MustCompile(`refused: boot archive: bin/rs: no such file`))
	m.ends(qemu.StatusRefused)
}

func TestRootTaskIsNoProgram(t *testing.T) {
	files := bootFiles(t)
	files["bin/rs"] = []byte("#!/bin/sh\n")
	m := boot(t, qemu.Config{Archive: archiveOf(t, files)})
	m.line(regexp.MustCompile(`refused: bin/rs cannot be started: ENOEXEC`))
	m.ends(qemu.StatusRefused)
}

// One damaged driver does not stop the others: RS says so and goes on.
func TestDriverDamaged(t *testing.T) {
	b, err := os.ReadFile(suite.Built(t, "boot.tar"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := archive.Open(bytes.Clone(b))
	if err != nil {
		t.Fatal(err)
	}
	rtc, ok := a.Lookup("bin/rtc")
	if !ok {
		t.Fatal("no bin/rtc")
	}
	m := boot(t, qemu.Config{Archive: temp(t, flip(rtc.Offset+rtc.Size/2, 1)(b))})
	m.shell()
	if log := m.ready(); !regexp.MustCompile(`rs: .*rtc.*damaged`).MatchString(log) {
		t.Errorf("nothing of rtc's damage in the log:\n%s", log)
	}
	m.do("service status")
	m.line(regexp.MustCompile(`^tty +running `))
	m.shell()
	m.off()
}

// A wrong entry of system.conf (mkimage would not have let it through) costs that service only.
func TestConfFault(t *testing.T) {
	files := bootFiles(t)
	files["system.conf"] = append([]byte("service broken {\n\tnonsense;\n};\n"), files["system.conf"]...)
	m := boot(t, qemu.Config{Archive: archiveOf(t, files)})
	m.shell()
	if log := m.ready(); !regexp.MustCompile(`system\.conf:2:2: service "broken": `).MatchString(log) {
		t.Errorf("the fault is not in the log:\n%s", log)
	}
	m.off()
}

// A driver that somebody adds to the image starts like the others.
func TestExtraService(t *testing.T) {
	files := bootFiles(t)
	files["bin/mine"] = files["bin/faulty"]
	files["system.conf"] = append(files["system.conf"], "service mine {\n\tsystem BASIC;\n\tipc rs;\n\tperiod 500ms;\n};\n"...)
	m := boot(t, qemu.Config{Archive: archiveOf(t, files)})
	if _, err := m.WaitKernelLine(m.ctx, regexp.MustCompile(`rs: label=mine inc=0 event=ready `)); err != nil {
		t.Fatal(err)
	}
	m.shell()
	m.off()
}
