package code_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// line is an instruction as objdump has it.
type line struct {
	addr  uint64
	bytes []byte
	text  string
}

// objdump runs the independent disassembler. What it prints of a prefix that it takes for an instruction of its own is joined with the
// instruction that has the prefix.
func objdump(t testing.TB, args ...string) (lines []line) {
	t.Helper()
	program, err := exec.LookPath("objdump")
	if err != nil {
		t.Fatal("objdump is missing: ./tools/need.sh binutils installs it")
	}
	cmd := exec.Command(program, append([]string{"-w", "-z", "--insn-width=16"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("objdump %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		f := strings.SplitN(s.Text(), "\t", 3)
		if len(f) < 2 {
			continue
		}
		var l line
		if l.addr, err = strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(f[0]), ":"), 16, 64); err != nil {
			t.Fatalf("objdump: %q: expected an address", s.Text())
		}
		if l.bytes, err = hex.DecodeString(strings.ReplaceAll(f[1], " ", "")); err != nil {
			t.Fatalf("objdump: %q: expected bytes", s.Text())
		}
		if len(f) == 3 {
			l.text = strings.TrimSpace(f[2])
		}
		if n := len(lines); n > 0 && prefixOnly(lines[n-1].text) && lines[n-1].addr+uint64(len(lines[n-1].bytes)) == l.addr {
			lines[n-1].bytes = append(lines[n-1].bytes, l.bytes...)
			lines[n-1].text += " " + l.text
			continue
		}
		lines = append(lines, l)
	}
	if len(lines) == 0 {
		t.Fatalf("objdump %s: no instructions", strings.Join(args, " "))
	}
	return lines
}

// prefixOnly tells whether text has prefixes and nothing else.
func prefixOnly(text string) bool {
	for _, w := range strings.Fields(text) {
		switch {
		case w == "rex" || strings.HasPrefix(w, "rex."):
		case strings.Contains(" cs ds es fs gs ss data16 addr32 lock rep repz repnz repne bnd notrack ", " "+w+" "):
		default:
			return false
		}
	}
	return text != ""
}

// slot is how many bytes each sequence has in the file that objdumpEach disassembles; the rest is NOPs.
const slot = 32

// objdumpEach returns what objdump makes of sequences of bytes, each alone, and its first instruction first.
func objdumpEach(t testing.TB, sequences [][]byte) (each [][]line) {
	t.Helper()
	file := bytes.Repeat([]byte{0x90}, slot*len(sequences))
	for i, s := range sequences {
		copy(file[slot*i:slot*(i+1)-1], s)
	}
	name := filepath.Join(t.TempDir(), "bytes")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	each = make([][]line, len(sequences))
	for _, l := range objdump(t, "-D", "-b", "binary", "-m", "i386:x86-64", name) {
		each[l.addr/slot] = append(each[l.addr/slot], l)
	}
	for i, lines := range each {
		if len(lines) == 0 || lines[0].addr != uint64(slot*i) {
			t.Fatalf("objdump: % x: what is before it runs into it", sequences[i])
		}
	}
	return each
}

func (l line) String() string { return fmt.Sprintf("%x: % x %s", l.addr, l.bytes, l.text) }
