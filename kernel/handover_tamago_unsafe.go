//go:build tamago

package kernel

import "unsafe"

func handOverCode() uintptr

// takeHandOver has the processor hand itself over where it can.
func (k *Kernel) takeHandOver() { k.cpu.HandOver(handOverCode(), unsafe.Pointer(k), handOverCalls) }
