// Package result is the record of a campaign as the host keeps it: one JSON object a fault, one a boot, one for the whole.
// docs/FAULTS.md, "Records", says what each field means; docs/schema has it for programs.
package result

// Fault is one line of a campaign's records.
type Fault struct {
	ID       string  `json:"id"`        // CAMPAIGN/BLOCK/INDEX: replay, shrink and report know it by that
	Seed     uint64  `json:"seed"`      // of the campaign
	Service  string  `json:"service"`   // the victim's label
	Select   string  `json:"selection"` // the types that this one was drawn from, joined by commas, as Campaign.Selections has them
	Group    uint32  `json:"group"`     // first block of the blocks that one boot began with
	Image    string  `json:"image"`     // CRC-32C of its executable, hex; empty: no machine told
	Life     uint32  `json:"life"`      // incarnation that the fault was made in
	Warm     bool    `json:"warm"`      // that life began with the snapshot
	Block    uint32  `json:"block"`
	Index    int     `json:"index"`   // in the block
	Faults   int     `json:"faults"`  // of the block
	Stratum  string  `json:"stratum"` // of Strata
	Type     string  `json:"type"`
	Addr     string  `json:"addr,omitempty"`   // hex
	Symbol   string  `json:"symbol,omitempty"` // function+0xoffset
	Place    string  `json:"place,omitempty"`  // file:line
	Before   string  `json:"before,omitempty"` // bytes, hex
	After    string  `json:"after,omitempty"`
	BeforeAs string  `json:"before_asm,omitempty"` // disassembly
	AfterAs  string  `json:"after_asm,omitempty"`
	Did      string  `json:"did,omitempty"` // what a strike did
	Weight   float64 `json:"weight"`

	Activated   bool   `json:"activated"`
	ActivatedAt uint64 `json:"activated_tsc,omitempty"`
	Stop        uint64 `json:"stop,omitempty"` // which stop for the tracer that was, in all of the boot

	// Of the block: its faults share them.
	Outcome     string   `json:"outcome"`
	Reason      string   `json:"reason,omitempty"` // of the first death
	Vector      uint32   `json:"vector,omitempty"`
	RIP         string   `json:"rip,omitempty"`
	DiedIn      string   `json:"died_in,omitempty"` // symbol of RIP
	Deaths      uint32   `json:"deaths,omitempty"`
	Works       bool     `json:"works,omitempty"` // operations on the last life were right, after a death
	Ops         uint32   `json:"ops"`
	Errors      uint32   `json:"errors,omitempty"`
	Wrong       uint32   `json:"wrong,omitempty"`
	Lost        uint32   `json:"lost,omitempty"`
	DetectNS    uint64   `json:"detect_ns,omitempty"`           // fault to RS's decision, guest time
	RecoveryNS  uint64   `json:"recovery_ns,omitempty"`         // fault to ready
	WrongNS     uint64   `json:"wrong_ns,omitempty"`            // fault to the first silent failure
	DetectInst  uint64   `json:"detect_instructions,omitempty"` // the same in guest instructions, where they are counted
	RecoverInst uint64   `json:"recovery_instructions,omitempty"`
	Collateral  []string `json:"collateral,omitempty"`
	EndTSC      uint64   `json:"end_tsc"`
	Words       string   `json:"words,omitempty"`
	Replay      string   `json:"replay"` // the command
}

// Boot is one machine of a campaign.
type Boot struct {
	Campaign string            `json:"campaign"`
	Service  string            `json:"service"`
	Image    string            `json:"image"`
	Shard    string            `json:"shard,omitempty"`
	Plan     string            `json:"plan"`
	First    uint32            `json:"first"`
	Blocks   uint32            `json:"blocks"` // ended in this boot
	Sites    [3]uint32         `json:"sites"`  // by stratum
	Reached  [3]uint32         `json:"reached"`
	Eligible map[string]uint32 `json:"eligible"`
	Unknown  []string          `json:"undecodable"`
	WallMS   int64             `json:"wall_ms"`
	End      string            `json:"end"` // done, or how the machine ended
}

// Campaign is what was run and how.
type Campaign struct {
	ID       string            `json:"id"`
	Command  []string          `json:"command"`
	Commit   string            `json:"commit"`
	Dirty    bool              `json:"dirty"`
	QEMU     string            `json:"qemu"`
	Machine  string            `json:"machine"`
	Go       string            `json:"go"`
	Hashes   map[string]string `json:"hashes"` // SHA-256 of kernel and archive
	Services []string          `json:"services"`
	Types    []string          `json:"types"`
	// Selections are types joined by commas. Each service has Blocks blocks of each; of a selection one type is drawn for each fault.
	Selections []string `json:"selections"`
	Strata     []string `json:"strata"`
	Faults     int      `json:"faults"` // a block
	Blocks     int      `json:"blocks"`
	Group      int      `json:"group"` // blocks that one boot begins with
	Seed       uint64   `json:"seed"`
	Kind       string   `json:"kind"`
	Ops        int      `json:"ops"`
	Limit      string   `json:"limit"`  // that one operation may take
	Period     string   `json:"period"` // pings
	Reached    bool     `json:"reached"`
	Turn       bool     `json:"turn,omitempty"` // types came in turn, instead of being drawn
}

// Infra is an error of the host that did not repeat when its block was tried again: it cost no fault its result.
type Infra struct {
	Campaign string `json:"campaign,omitempty"`
	Group    int    `json:"group"`
	Block    uint32 `json:"block"` // that the boot had come to
	Words    string `json:"words"`
}
