package main

import (
	"errors"
	"fmt"
)

// handPicked is all tables, located in the sources. All faults come back.
func handPicked(root string) (all []mutation, err error) {
	var faults []error
	seen := map[string]bool{}
	for _, table := range [][]mutation{handArch, handBoot, handKernel, handIPC, handPolicy, handServer, handReborn, handSDK, handDrivers, handSnapshot, handTrace, handKeep, handBelong, handFI, handStore, handTwice, handPCI, handBlock, handDMA, handIRQ} {
		for _, m := range table {
			if seen[m.id] {
				faults = append(faults, fmt.Errorf("%s is there twice", m.id))
			}
			seen[m.id] = true
			if err := m.locate(root); err != nil {
				faults = append(faults, err)
			}
			all = append(all, m)
		}
	}
	return all, errors.Join(faults...)
}
