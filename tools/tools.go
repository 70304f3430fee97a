//go:build tools

// Package tools keeps the modules that only bare-metal builds import in go.mod.
package tools

import (
	_ "github.com/usbarmory/tamago/goos"
	_ "golang.org/x/arch/x86/x86asm"
)
