//go:build tamago

package usys

// raw traps into the kernel. defined in raw_amd64.s
//
//go:noescape
func raw(nr, a1, a2, a3, a4, a5 uint64) (errno, value uint64)
