//go:build tamago

// Command crash ends by a panic that nobody recovers.
package main

import _ "bennu/tools/tamago/testdata/board"

func main() {
	go func() { panic("on purpose") }()
	select {}
}
