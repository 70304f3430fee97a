//go:build !tamago

package mem

func copyFrame(to, from *Words) { *to = *from }
