// Command view makes reports of a campaign's records, compares two campaigns, and tells how many trials a claim takes. It needs
// neither the kernel nor an emulator.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	"bennu/tools/campaign/report"
)

func main() {
	err := report.Main(os.Args[1:], os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "view:", err)
		os.Exit(1)
	}
}
