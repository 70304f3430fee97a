// Package objdump has machine code disassembled by binutils, which shares no code and no table with this project. It is for tests.
package objdump

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
)

// Line is an instruction as objdump prints it.
type Line struct {
	Addr  uint64
	Bytes []byte
	Text  string // Intel syntax, one blank between words
}

// String is what is printed of it.
func (l Line) String() string { return l.Text }

// Disassemble prints code as instructions of 64-bit mode at an address.
func Disassemble(addr uint64, code []byte) ([]Line, error) {
	if _, err := exec.LookPath("objdump"); err != nil {
		return nil, fmt.Errorf("objdump is missing, it is Debian's package binutils (./tools/need.sh binutils installs it): %w", err)
	}
	dir, err := os.MkdirTemp("", "objdump")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "code")
	if err := os.WriteFile(file, code, 0o600); err != nil {
		return nil, err
	}
	cmd := exec.Command("objdump", "-D", "-z", "-w", "--insn-width=16", "-b", "binary", "-m", "i386:x86-64", "-M", "intel",
		"--adjust-vma="+strconv.FormatUint(addr, 10), file)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	var words bytes.Buffer
	cmd.Stderr = &words
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("objdump: %w: %s", err, words.String())
	}
	return parse(out)
}

func parse(out []byte) (lines []Line, err error) {
	s := bufio.NewScanner(bytes.NewReader(out))
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		parts := strings.SplitN(s.Text(), "\t", 3)
		if len(parts) < 2 || !strings.HasSuffix(parts[0], ":") {
			continue
		}
		var l Line
		if l.Addr, err = strconv.ParseUint(strings.TrimSpace(strings.TrimSuffix(parts[0], ":")), 16, 64); err != nil {
			continue
		}
		if l.Bytes, err = hex.DecodeString(strings.ReplaceAll(parts[1], " ", "")); err != nil {
			return nil, fmt.Errorf("objdump: cannot read %q: %w", s.Text(), err)
		}
		if len(parts) == 3 {
			text, _, _ := strings.Cut(parts[2], "#") // what it knows of an address
			l.Text = strings.Join(strings.Fields(text), " ")
		}
		lines = append(lines, l)
	}
	return lines, s.Err()
}

// Slot is how far apart First puts pieces of code.
const Slot = 16

// First disassembles many pieces of code of at most 15 bytes, and returns the first instruction of each. Text is empty where the piece begins with
// none. Behind a piece stand NOPs, and where what is behind a piece's first instruction is not NOPs, it must not reach into the next piece.
func First(codes [][]byte) ([]Line, error) {
	all := bytes.Repeat([]byte{0x90}, Slot*len(codes))
	for n, c := range codes {
		if len(c) >= Slot {
			return nil, fmt.Errorf("piece %d has %d bytes: expected at most %d", n, len(c), Slot-1)
		}
		copy(all[n*Slot:], c)
	}
	lines, err := Disassemble(0, all)
	if err != nil {
		return nil, err
	}
	first := make([]Line, len(codes))
	for _, l := range lines {
		if l.Addr%Slot == 0 && l.Addr/Slot < uint64(len(first)) && !strings.Contains(l.Text, "(bad)") {
			first[l.Addr/Slot] = l
		}
	}
	return first, nil
}
