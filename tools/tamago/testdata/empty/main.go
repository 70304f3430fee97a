//go:build tamago

// Command empty does nothing, to measure what the runtime does before main.
package main

import _ "bennu/tools/tamago/testdata/board"

func main() {}
