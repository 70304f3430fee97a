package faulttest

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"

	"bennu/rs/fi/code"
	"bennu/rs/fi/code/elffile"
	"bennu/rs/fi/enc"
	"bennu/rs/fi/fault"
	"bennu/tools/objdump"
)

// How is what else a type promises.
type How struct {
	// Clean: what comes out is one instruction and NOPs behind it, or nothing but NOPs.
	Clean bool
	// Go and C are at least how many sites there are in the text of the test's own program, and of objdump's.
	Go, C int
}

// Properties holds the promises on random bytes, and on the code of real programs: the test's own, which is Go's, and objdump's, which is C's.
func Properties(t *testing.T, kind fault.Code, how How) {
	t.Helper()
	random(t, kind, how)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	real(t, kind, how, self, how.Go)
	other, err := exec.LookPath("objdump")
	if err != nil {
		t.Fatalf("objdump is missing, it is Debian's package binutils (./tools/need.sh binutils installs it): %v", err)
	}
	real(t, kind, how, other, how.C)
}

// random tries what random bytes decode to, alone and in a text of random bytes.
func random(t *testing.T, kind fault.Code, how How) {
	t.Helper()
	r := rand.New(rand.NewPCG(21, 22))
	var ch checker
	x := &code.Text{Base: 0x1000, Bytes: make([]byte, 64)}
	funcs := []code.Func{{Start: 0x1000, End: 0x1040, Name: "main.f"}}
	for n := range 60_000 {
		for i := range x.Bytes {
			x.Bytes[i] = byte(r.Uint32())
		}
		at := r.IntN(40)
		l, err := code.Length(x.Bytes[at:])
		if err != nil {
			continue
		}
		in := &code.Inst{Addr: 0x1000 + uint64(at), Bytes: x.Bytes[at : at+l : at+l]}
		if n%3 > 0 {
			in.Text = x
		}
		if n%3 > 1 {
			x.Funcs = funcs
			in.Func = &funcs[0]
		}
		ch.one(t, kind, in, uint64(n))
		if t.Failed() {
			return
		}
		x.Funcs = nil
	}
	ch.clean(t, kind, how)
}

// real tries every instruction of a program.
func real(t *testing.T, kind fault.Code, how How, file string, least int) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f, err := elffile.Read(b)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	var ch checker
	total := 0
	for in := range f.Text.Sweep(code.All) {
		total++
		ch.one(t, kind, in, uint64(total))
		if t.Failed() {
			return
		}
	}
	if total < 20_000 {
		t.Errorf("%s has %d instructions: expected a real program", file, total)
	}
	if ch.sites < least {
		t.Errorf("%s: %d sites of %d instructions in %s: expected at least %d", kind.Name(), ch.sites, total, file, least)
	}
	t.Logf("%s: %d sites of %d instructions in %s", kind.Name(), ch.sites, total, file)
	ch.clean(t, kind, how)
}

// checker counts sites, and keeps some results for objdump.
type checker struct {
	sites int
	from  [][]byte
	out   [][]byte
}

func (ch *checker) one(t *testing.T, kind fault.Code, in *code.Inst, seed uint64) {
	if !kind.Applies(in) {
		return
	}
	ch.sites++
	own := bytes.Clone(in.Bytes)
	buffer := append(bytes.Clone(own), 0xA5) // the last byte is not the type's
	again := bytes.Clone(own)
	kind.Mutate(in, rand.New(rand.NewPCG(seed, 1)), buffer[:len(own):len(own)])
	kind.Mutate(in, rand.New(rand.NewPCG(seed, 1)), again)
	switch {
	case !bytes.Equal(in.Bytes, own):
		t.Errorf("%s: % x: the text was changed", kind.Name(), own)
	case bytes.Equal(buffer[:len(own)], own):
		t.Errorf("%s: % x at %#x stays as it is", kind.Name(), own, in.Addr)
	case buffer[len(own)] != 0xA5:
		t.Errorf("%s: % x: a byte behind it was written", kind.Name(), own)
	case !bytes.Equal(again, buffer[:len(own)]):
		t.Errorf("%s: % x: the same draws give % x and % x", kind.Name(), own, buffer[:len(own)], again)
	case !kind.Applies(in):
		t.Errorf("%s: % x: is a site, and asked again is none", kind.Name(), own)
	}
	if len(ch.out) < 3000 && ch.sites%7 == 0 || len(ch.out) < 300 {
		ch.from = append(ch.from, own)
		ch.out = append(ch.out, again)
	}
}

// clean asks objdump whether results are one instruction, or none, and NOPs.
func (ch *checker) clean(t *testing.T, kind fault.Code, how How) {
	t.Helper()
	if !how.Clean || len(ch.out) == 0 || t.Failed() {
		return
	}
	lines, err := objdump.First(append(ch.out, ch.from...))
	if err != nil {
		t.Fatal(err)
	}
	for n, out := range ch.out {
		l := lines[n]
		if lines[len(ch.out)+n].Text == "" { // random bytes, and newer than objdump, or older
			continue
		}
		if l.Text == "" || len(l.Bytes) > len(out) || !nops(out[len(l.Bytes):]) {
			t.Errorf("%s: % x becomes % x (%s): expected one instruction and NOPs", kind.Name(), ch.from[n], out, l.Text)
			return
		}
		if i, ok := enc.Parse(out); !ok && !vex(out) || ok && len(i.Bytes) != len(l.Bytes) {
			t.Errorf("%s: % x becomes % x, which package enc does not read as %q", kind.Name(), ch.from[n], out, l.Text)
			return
		}
	}
}

func nops(b []byte) bool {
	for _, c := range b {
		if c != 0x90 {
			return false
		}
	}
	return true
}

func vex(b []byte) bool { return b[0] == 0xc4 || b[0] == 0xc5 || b[0] == 0x62 }
