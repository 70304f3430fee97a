//go:build tamago

package mem

// copyFrame copies a page. defined in copy_amd64.s
//
//go:noescape
func copyFrame(to, from *Words)
