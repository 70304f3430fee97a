package main

// divide divides by zero. Exceptions: #DE. defined in cpu_amd64.s
func divide()

// illegal is an undefined instruction. Exceptions: #UD. defined in cpu_amd64.s
func illegal()

// halt is an instruction of ring 0. Exceptions: #GP. defined in cpu_amd64.s
func halt()

// writeText stores into its own code. Exceptions: #PF. defined in cpu_amd64.s
func writeText()

// jumpData jumps to landing. Exceptions: #PF. defined in cpu_amd64.s
func jumpData()

// loop jumps to itself. defined in cpu_amd64.s
func loop()

// load reads a word. Exceptions: #PF where nothing is for this task. defined in cpu_amd64.s
func load(address uint64) uint64

// call enters the kernel with a number. defined in cpu_amd64.s
func call(nr uint64)
