//go:build tamago

package usys

// raw0 to raw5 are the traps of call0 to call5. defined in raw_amd64.s

//go:noescape
func raw0(nr uint64) (errno, value uint64)

//go:noescape
func raw1(nr, a1 uint64) (errno, value uint64)

//go:noescape
func raw2(nr, a1, a2 uint64) (errno, value uint64)

//go:noescape
func raw3(nr, a1, a2, a3 uint64) (errno, value uint64)

//go:noescape
func raw4(nr, a1, a2, a3, a4 uint64) (errno, value uint64)

//go:noescape
func raw5(nr, a1, a2, a3, a4, a5 uint64) (errno, value uint64)
