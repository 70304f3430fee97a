// Package plan is what a campaign does, written in at most abi.ArgsSize bytes: the injector has it in its arguments.
package plan

import "time"

// Kind is how blocks are made.
type Kind uint8

const (
	Single Kind = iota // each block has its own life of the victim
	Carry              // a life that survives a block has the next one's faults, too, until it dies (MINIX's run_t1, run_t2)
)

// Plan is a part of a campaign: some blocks on one victim.
type Plan struct {
	Victim  string        // label
	Types   []string      // names of fault kinds; of each fault one is drawn; MINIX's `random` is its seven
	Strata  []string      // driver, sdk, runtime
	Faults  int           // a block
	First   uint32        // number of the first block
	Blocks  uint32        // how many
	Seed    uint64        // of the campaign: with the number of a block it gives all that is drawn in that block
	Ops     int           // checked operations after which a fault counts as masked
	Limit   time.Duration // that one operation may take
	Kind    Kind
	Reached bool   // sites are drawn among those that a golden run reached, with weights
	Only    string // hex bits of the faults of a block that are made: for shrinking; empty: all
}
