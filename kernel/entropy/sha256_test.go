package entropy

import (
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"testing"
)

// Every length up to some blocks, against the standard library.
func TestSum(t *testing.T) {
	r := rand.NewChaCha8([32]byte{1})
	for n := range 5 * blockSize {
		b := make([]byte, n)
		r.Read(b)
		if got, want := sum(b), sha256.Sum256(b); got != want {
			t.Fatalf("%d bytes: %x, want %x", n, got, want)
		}
	}
}

// RFC 8439, A.1, test vectors 1 and 2: a key of zeros, blocks 0 and 1.
func TestStream(t *testing.T) {
	for n, want := range []string{
		"76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586",
		"9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f",
	} {
		got := stream(new([sumSize]byte), uint32(n))
		if hex.EncodeToString(got[:]) != want {
			t.Errorf("block %d: %x, want %s", n, got, want)
		}
	}
}
