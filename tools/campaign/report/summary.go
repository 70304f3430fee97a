package report

import (
	"encoding/json"
	"io"

	"bennu/tools/campaign/result"
)

// Summary is what documents say of campaigns.
type Summary struct {
	Claim     string `json:"claim"` // sentences: what was broken, and the bounds of what was not
	Faults    int    `json:"faults"`
	Blocks    int    `json:"blocks"`
	Campaigns []Part `json:"campaigns"`
}

// Part is one campaign of a Summary.
type Part struct {
	ID        string         `json:"id"`
	Commit    string         `json:"commit"`
	Dirty     bool           `json:"dirty,omitempty"`
	QEMU      string         `json:"qemu"`
	Machine   string         `json:"machine"`
	Command   []string       `json:"command"`
	Faults    int            `json:"faults"`
	Activated int            `json:"activated"`
	Blocks    int            `json:"blocks"`
	Boots     int            `json:"boots"`
	Died      int            `json:"died"` // blocks in which the victim died
	Back      int            `json:"back"` // of these, those after which its last life was tried and works
	Outcomes  map[string]int `json:"outcomes"`
}

// Summary counts all records.
func (m *Model) Summary() *Summary {
	s := &Summary{Claim: m.Void(), Faults: m.Faults, Blocks: len(m.Blocks)}
	for _, b := range append(m.Broken(), m.Kept()) {
		if b != "" && s.Claim != "" {
			s.Claim += " "
		}
		s.Claim += b
	}
	parts := map[string]*Part{}
	for _, c := range m.Campaigns {
		s.Campaigns = append(s.Campaigns, part(&c))
	}
	for i := range s.Campaigns {
		parts[s.Campaigns[i].ID] = &s.Campaigns[i]
	}
	for _, b := range m.Blocks {
		if p := parts[b.First().CampaignID()]; p != nil {
			p.add(b)
		}
	}
	for _, b := range m.Boots {
		if p := parts[b.Campaign]; p != nil {
			p.Boots++
		}
	}
	return s
}

func part(c *result.Campaign) Part {
	return Part{ID: c.ID, Commit: c.Commit, Dirty: c.Dirty, QEMU: c.QEMU, Machine: c.Machine, Command: c.Command, Outcomes: map[string]int{}}
}

func (p *Part) add(b *Block) {
	p.Blocks++
	p.Faults += len(b.Faults)
	p.Activated += b.Activated
	p.Outcomes[b.Outcome.String()]++
	if f := b.First(); f.Deaths > 0 {
		p.Died++
		if f.Works {
			p.Back++
		}
	}
}

// WriteSummary writes it as JSON.
func WriteSummary(w io.Writer, m *Model) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(m.Summary())
}
