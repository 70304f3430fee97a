//go:build !amd64

package main

// Stand-ins, so that the host tests build on other machines; the driver runs on amd64 only.

func divide()            { panic("amd64 only") }
func illegal()           { panic("amd64 only") }
func halt()              { panic("amd64 only") }
func writeText()         { panic("amd64 only") }
func jumpData()          { panic("amd64 only") }
func loop()              { panic("amd64 only") }
func load(uint64) uint64 { panic("amd64 only") }
func call(uint64)        { panic("amd64 only") }
