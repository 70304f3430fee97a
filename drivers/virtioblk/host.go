//go:build !tamago

package main

import "os"

func main() {
	os.Stderr.WriteString("virtioblk is a driver: it runs as a task of bennu, and here only its tests do\n")
	os.Exit(2)
}
