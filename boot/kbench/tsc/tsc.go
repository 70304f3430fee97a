//go:build tamago

package tsc

// Read is RDTSC. defined in tsc_amd64.s
//
//go:noescape
func Read() uint64
