package drbg

import "crypto/internal/sysrand"

// getEntropy seeds the generator from the board's hook. The stock source is a
// certified jitter collector that keeps 32 MiB of BSS in every image.
func getEntropy() *[SeedSize]byte {
	var seed [SeedSize]byte
	sysrand.Read(seed[:])
	return &seed
}
