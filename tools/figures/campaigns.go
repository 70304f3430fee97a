package main

import (
	"errors"
	"fmt"
	"strings"

	"bennu/rs/fi/outcome"
	"bennu/tools/campaign/report"
	"bennu/tools/internal/figure"
)

var errNoCampaigns = errors.New(recordFile + " has no campaigns: figures campaigns FILE records them")

// claim is what campaigns let one say.
func claim(r *record) (string, error) {
	if r.Campaigns == nil {
		return "", errNoCampaigns
	}
	died, back := 0, 0
	for _, c := range r.Campaigns.Campaigns {
		died, back = died+c.Died, back+c.Back
	}
	return fmt.Sprintf("%s The victim died in %s blocks, and its next life worked in %s of those.\n", r.Campaigns.Claim, figure.Group(uint64(died)), figure.Group(uint64(back))), nil
}

// campaigns is a row for each, and how it is made again.
func campaigns(r *record) (string, error) {
	if r.Campaigns == nil {
		return "", errNoCampaigns
	}
	var b strings.Builder
	b.WriteString("| campaign | faults | activated | blocks | boots | died | came back | outcomes, by blocks |\n|---|---:|---:|---:|---:|---:|---:|---|\n")
	for _, c := range r.Campaigns.Campaigns {
		fmt.Fprintf(&b, "| %s | %s | %s (%.2f %%) | %s | %s | %s | %s | %s |\n", c.ID, figure.Group(uint64(c.Faults)), figure.Group(uint64(c.Activated)), 100*float64(c.Activated)/float64(max(c.Faults, 1)),
			figure.Group(uint64(c.Blocks)), figure.Group(uint64(c.Boots)), figure.Group(uint64(c.Died)), figure.Group(uint64(c.Back)), outcomes(&c))
	}
	for _, c := range r.Campaigns.Campaigns {
		fmt.Fprintf(&b, "\n%s, commit %s, %s, %s:\n\n    %s\n", c.ID, c.Commit[:min(12, len(c.Commit))], c.QEMU, c.Machine, strings.Join(c.Command, " "))
	}
	return b.String(), nil
}

func outcomes(c *report.Part) string {
	var list []string
	for o := range outcome.Outcomes {
		if n := c.Outcomes[o.String()]; n > 0 {
			list = append(list, o.String()+" "+figure.Group(uint64(n)))
		}
	}
	return strings.Join(list, ", ")
}
