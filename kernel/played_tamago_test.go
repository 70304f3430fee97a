//go:build tamago

package kernel

import "bennu/kernel/arch"

// played is for vet, which reads the tests as bare metal, too: they run on the host, and nobody plays a real processor.
func played(*machine) *arch.CPU { panic("the kernel's tests run on the host") }

func watch(*arch.CPU) (at, control uint64) { panic("the kernel's tests run on the host") }
