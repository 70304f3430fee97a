package keep

import (
	"bennu/kernel/abi"
	"bennu/kernel/mem"
)

func headerAt(p mem.Physical, a mem.Addr) *abi.KeptHeader { return (*abi.KeptHeader)(p.Pointer(a)) }
