//go:build tamago

package usys

// TSC is the time-stamp counter. defined in raw_amd64.s
func TSC() uint64
