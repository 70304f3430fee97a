package record

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"bennu/kernel/abi"
	"bennu/rs/fi/outcome"
)

func some(r *rand.Rand) Frame {
	text := func() string { return string(blob(r, 40)) }
	switch r.IntN(6) {
	case 0:
		h := &Hello{Plan: text(), ImageCRC: r.Uint64(), TextBase: r.Uint64(), TextSize: r.Uint64(), TSCHz: r.Uint64(), Unknowns: r.Uint32()}
		for range r.IntN(4) {
			h.Types, h.Eligible, h.Unknown = append(h.Types, text()), append(h.Eligible, r.Uint32()), append(h.Unknown, r.Uint64())
		}
		h.Sites[1], h.Reached[2] = r.Uint32(), r.Uint32()
		return h
	case 1:
		return &Begin{Block: r.Uint32(), Ep: abi.Endpoint(r.Uint32()), Life: r.Uint32(), Warm: r.IntN(2) == 0, TSC: r.Uint64()}
	case 2:
		return &Fault{Index: uint16(r.Uint32()), Type: uint8(r.Uint32()), Stratum: 2, Activated: r.IntN(2) == 0, Addr: r.Uint64(), Old: blob(r, 15), New: blob(r, 15), TSC: r.Uint64(), Stops: r.Uint64(), Words: text()}
	case 4:
		return &Drawn{Index: uint16(r.Uint32()), Type: uint8(r.Uint32()), Stratum: 1, Addr: r.Uint64(), Old: blob(r, 15), New: blob(r, 15), Words: text()}
	case 3:
		e := &End{Block: r.Uint32(), Outcome: outcome.Lie, Reason: 3, Vector: r.Uint32(), RIP: r.Uint64(), Deaths: r.Uint32(), TSC: r.Uint64(), WrongNS: r.Uint64(), Words: text()}
		for range r.IntN(3) {
			e.Collaterals = append(e.Collaterals, text())
		}
		return e
	}
	return &Bye{Blocks: r.Uint32(), TSC: r.Uint64(), Words: text()}
}

func blob(r *rand.Rand, most int) []byte {
	var b []byte
	for range r.IntN(most + 1) {
		b = append(b, byte(r.Uint32()))
	}
	return b
}

// A stream comes back frame by frame; cut anywhere it is short, and no bit of it can be wrong unnoticed.
func TestStream(t *testing.T) {
	const seed = 11
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	var stream []byte
	var frames []Frame
	for range 300 {
		f := some(r)
		frames = append(frames, f)
		stream = Append(stream, f)
	}
	rest := stream
	for i, want := range frames {
		got, after, err := Next(rest)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("frame %d: %+v, %v, want %+v", i, got, err, want)
		}
		one := rest[:len(rest)-len(after)]
		if _, _, err := Next(one[:r.IntN(len(one))]); err != ErrShort {
			t.Fatalf("frame %d, cut: %v", i, err)
		}
		bad := append([]byte(nil), one...)
		bad[r.IntN(len(bad))] ^= 1 << r.IntN(8)
		if _, _, err := Next(append(bad, make([]byte, 1<<16)...)); err == nil {
			t.Fatalf("frame %d: a wrong bit was not noticed", i)
		}
		rest = after
	}
	if _, _, err := Next(rest); err != ErrShort || len(rest) != 0 {
		t.Errorf("%d bytes are left, %v", len(rest), err)
	}
}

// Whatever a stream holds, reading it ends in words.
func FuzzNext(f *testing.F) {
	f.Add(Append(nil, &Bye{Words: "x"}))
	f.Fuzz(func(t *testing.T, b []byte) {
		for {
			frame, rest, err := Next(b)
			if err != nil {
				return
			}
			if len(Append(nil, frame)) > header+MaxContent+sum {
				t.Fatal("longer than a frame can be")
			}
			b = rest
		}
	})
}
