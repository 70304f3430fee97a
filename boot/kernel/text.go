package main

import "strconv"

func mib(n uint64) string { return decimal(n >> 20) }

func decimal(v uint64) string { return strconv.FormatUint(v, 10) }
