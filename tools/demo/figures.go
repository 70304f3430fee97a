package main

import (
	"fmt"

	"bennu/rs/service"
	"bennu/tools/internal/figure"
)

// words tells of times in ns.
func words(f figure.Spread) string {
	return fmt.Sprintf("median %s, min %s, p99 %s, max %s (%d)", service.Duration(f.Median), service.Duration(f.Min), service.Duration(f.P99), service.Duration(f.Max), f.N)
}
