//go:build tamago

package main

import (
	"fmt"

	_ "github.com/usbarmory/tamago/board/firecracker/microvm"
)

func main() { fmt.Println("hi") }
