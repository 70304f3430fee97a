//go:build !tamago

package main

import "os"

func main() {
	os.Stderr.WriteString("edu is a driver: it runs as a task of bennu, and here only its tests do\n")
	os.Exit(2)
}
