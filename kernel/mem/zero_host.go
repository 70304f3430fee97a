//go:build !tamago

package mem

func zero(frame *Words) { clear(frame[:]) }
