// Package faulttest holds what every fault type that changes code promises: what Applies takes, Mutate can do; the faulty bytes are as many as the
// right ones and never the same; all chance is the generator's. And it holds tables of hand-made code against what objdump shows of the result.
package faulttest

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"

	"bennu/rs/fi/code"
	"bennu/rs/fi/fault"
	"bennu/tools/objdump"
)

// Case is a piece of code, and all that the type makes of it.
type Case struct {
	Words  string // what it is
	Before string // hex: its function up to the instruction
	Code   string // hex: the instruction
	After  string // hex: behind it; "CALL" is a call of Callee
	C      bool   // names are not known, as in a stripped program that is not Go's
	Alone  bool   // there is no text around it
	Callee string // name of a function that is called

	// Want is what can come out, and what objdump shows of it, instructions with "; " between, NOPs at the end once: "xor eax,eax; nop".
	// Empty: the type does not apply.
	Want map[string]string
}

// Where the code of a case lies, and what it calls.
const (
	base   = 0x1000
	callee = 0x1100
	size   = 0x200
)

// Inst makes the instruction in its place.
func (c *Case) Inst(t *testing.T) *code.Inst {
	t.Helper()
	before, own := c.bytes(t, c.Before, base), c.bytes(t, c.Code, base+uint64(len(c.Before)/2))
	if c.Alone {
		return &code.Inst{Addr: base, Bytes: own}
	}
	at := len(before)
	after := c.bytes(t, c.After, base+uint64(at+len(own)))
	x := &code.Text{Base: base, Bytes: bytes.Repeat([]byte{0xcc}, size)}
	copy(x.Bytes, append(append(append([]byte{}, before...), own...), after...))
	in := &code.Inst{Addr: base + uint64(at), Bytes: x.Bytes[at : at+len(own) : at+len(own)], Text: x}
	if !c.C {
		x.Funcs = []code.Func{{Start: base, End: callee, Name: "main.f"}, {Start: callee, End: base + size, Name: c.Callee}}
		in.Func = &x.Funcs[0]
	}
	return in
}

// bytes reads hex that begins at an address.
func (c *Case) bytes(t *testing.T, s string, addr uint64) []byte {
	t.Helper()
	head, tail, call := strings.Cut(s, "CALL")
	b, err := hex.DecodeString(head)
	if err != nil {
		t.Fatalf("%s: %q: %v", c.Words, s, err)
	}
	if !call {
		return b
	}
	next := addr + uint64(len(b)) + 5
	b = binary.LittleEndian.AppendUint32(append(b, 0xe8), uint32(callee-next))
	return append(b, c.bytes(t, tail, next)...)
}

// Table runs the cases.
func Table(t *testing.T, kind fault.Code, cases []Case) {
	t.Helper()
	if kind.Name() == "" || kind.Doc() == "" {
		t.Errorf("name %q, doc %q: expected words", kind.Name(), kind.Doc())
	}
	for n := range cases {
		c := &cases[n]
		in := c.Inst(t)
		if is, want := kind.Applies(in), len(c.Want) > 0; is != want {
			t.Errorf("%s: %s: applies is %t: expected %t", kind.Name(), c.Words, is, want)
			continue
		}
		if len(c.Want) == 0 {
			continue
		}
		for out := range results(kind, in) {
			want, ok := c.Want[out]
			if !ok {
				t.Errorf("%s: %s: %s becomes %s (%s): expected one of %v", kind.Name(), c.Words, c.Code, out, show(t, in.Addr, out), c.Want)
			} else if is := show(t, in.Addr, out); is != want {
				t.Errorf("%s: %s: objdump shows %q of %s: expected %q", kind.Name(), c.Words, is, out, want)
			}
			delete(c.Want, out)
		}
		for out, words := range c.Want {
			t.Errorf("%s: %s: %s never becomes %s (%s)", kind.Name(), c.Words, c.Code, out, words)
		}
	}
}

// results is all that the type makes of an instruction, in many draws.
func results(kind fault.Code, in *code.Inst) map[string]bool {
	seen := map[string]bool{}
	for seed := range uint64(2000) {
		out := bytes.Clone(in.Bytes)
		kind.Mutate(in, rand.New(rand.NewPCG(seed, 7)), out)
		seen[hex.EncodeToString(out)] = true
	}
	return seen
}

// show is what objdump prints of some bytes.
func show(t *testing.T, addr uint64, code string) string {
	t.Helper()
	b, _ := hex.DecodeString(code)
	lines, err := objdump.Disassemble(addr, b)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, l := range lines {
		if n := len(words); l.Text == "nop" && n > 0 && words[n-1] == "nop" {
			continue
		}
		words = append(words, l.Text)
	}
	return strings.Join(words, "; ")
}

// Shown makes the Want of cases where each result is a single instruction: "00c0 add al,al".
func Shown(rows ...string) map[string]string {
	m := map[string]string{}
	for _, r := range rows {
		b, words, _ := strings.Cut(r, " ")
		m[b] = words
	}
	return m
}

// Uniform draws from a type with n results of an instruction and holds how often each came against chance, with a fixed seed.
func Uniform(t *testing.T, kind fault.Code, own string, n int) {
	t.Helper()
	UniformCase(t, kind, Case{Code: own}, n)
}

// UniformCase is Uniform for an instruction in its place.
func UniformCase(t *testing.T, kind fault.Code, c Case, n int) {
	t.Helper()
	own, in := c.Code, c.Inst(t)
	if !kind.Applies(in) {
		t.Fatalf("%s: does not apply to %s", kind.Name(), own)
	}
	const each = 400
	r := rand.New(rand.NewPCG(11, 12))
	count := map[string]int{}
	for range each * n {
		out := bytes.Clone(in.Bytes)
		kind.Mutate(in, r, out)
		count[string(out)]++
	}
	if len(count) != n {
		t.Fatalf("%s: %s becomes %d things: expected %d", kind.Name(), own, len(count), n)
	}
	chi := 0.0
	for _, k := range count {
		chi += float64((k-each)*(k-each)) / each
	}
	// Chance exceeds the bound in one of ten thousand seeds, and the seed is fixed; that one result comes half as often as the others is far above it.
	if limit := float64(n) + 4*sqrt(2*float64(n)); chi > limit {
		t.Errorf("%s: chi-square of %s is %.1f: expected at most %.1f", kind.Name(), own, chi, limit)
	}
}

func sqrt(x float64) float64 {
	y := x
	for range 40 {
		y = (y + x/y) / 2
	}
	return y
}
