//go:build tamago

// Command metal links what a board in ring 0 may take from tamago: its processor
// package, which brings some of the hooks, and some devices. It is only built.
package main

import (
	"fmt"
	_ "unsafe" // for go:linkname

	"github.com/usbarmory/tamago/amd64"
	"github.com/usbarmory/tamago/dma"
	"github.com/usbarmory/tamago/kvm/pvclock"
	"github.com/usbarmory/tamago/soc/intel/ioapic"
	"github.com/usbarmory/tamago/soc/intel/uart"
)

//go:linkname ramStart runtime/goos.RamStart
var ramStart uint = 0x100000

//go:linkname ramSize runtime/goos.RamSize
var ramSize uint = 64 << 20

var (
	cpu     = &amd64.CPU{TimerMultiplier: 1}
	console = &uart.UART{Index: 1, Base: 0x3f8}
	irqs    = &ioapic.IOAPIC{Base: 0xfec00000}
)

//go:linkname printk runtime/goos.Printk
func printk(c byte) { console.Tx(c) }

//go:linkname nanotime runtime/goos.Nanotime
func nanotime() int64 { return cpu.GetTime() }

//go:linkname hwinit1 runtime/goos.Hwinit1
func hwinit1() {
	cpu.Init()
	irqs.Init()
	console.Init()
}

func main() {
	cpu.EnableExceptions()
	dma.Init(0x5000000, 0x100000)
	pvclock.Init(cpu)
	go cpu.ServiceInterrupts(nil)
	fmt.Println("never printed")
}
