package code_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"bennu/rs/fi/code"
)

func TestExplore(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var seqs [][]byte
	for range 60000 {
		b := make([]byte, 16)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		at := 0
		pre := []byte{0x66, 0x67, 0xf2, 0xf3, 0x2e, 0x64, 0xf0}
		for r.IntN(3) == 0 && at < 4 {
			b[at] = pre[r.IntN(len(pre))]
			at++
		}
		if r.IntN(3) == 0 {
			b[at] = 0x40 + byte(r.IntN(16))
			at++
		}
		switch r.IntN(5) {
		case 0:
			b[at] = 0x0f
		case 1:
			b[at], b[at+1] = 0x0f, []byte{0x38, 0x3a}[r.IntN(2)]
		case 2:
			b[at] = []byte{0xc4, 0xc5, 0x62}[r.IntN(3)]
			if b[at] == 0xc4 {
				b[at+1] = b[at+1]&0xe0 | byte(1+r.IntN(3))
			}
		}
		seqs = append(seqs, b)
	}
	n, shown := 0, map[string]int{}
	for i, lines := range objdumpEach(t, seqs) {
		l := lines[0]
		if strings.Contains(l.text, "(bad)") {
			continue
		}
		n++
		got, err := code.Length(seqs[i])
		if err != nil || got != len(l.bytes) {
			w := strings.Join(strings.Fields(l.text)[:1], " ")
			if shown[w]++; shown[w] <= 3 {
				t.Errorf("%v: %d %v", l, got, err)
			}
		}
	}
	t.Log(n, shown)
}
