//go:build tamago

package mem

// zero clears a frame. defined in zero_amd64.s
//
//go:noescape
func zero(frame *Words)
