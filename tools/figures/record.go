package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"bennu/tools/campaign/report"
	"bennu/tools/internal/figure"
)

// recordFile is what was measured last.
const recordFile = "docs/figures.json"

// bench is the part of bench's report that does not depend on the host.
type bench struct {
	Commit   string          `json:"commit"`
	Dirty    bool            `json:"dirty,omitempty"`
	Date     string          `json:"date"`
	QEMU     string          `json:"qemu"`
	Machine  string          `json:"machine"`
	Figures  []figure.Figure `json:"figures"`
	LinuxOf  string          `json:"linux_version,omitempty"`
	Linux    []figure.Figure `json:"linux,omitempty"`
	Failures []string        `json:"failures,omitempty"`
}

// demo is the part of the demo's report that the documents speak of.
type demo struct {
	Deaths []struct {
		Failures []string `json:"failures,omitempty"`
	} `json:"deaths"`
	Summary struct {
		Detected  figure.Spread `json:"detect_ns"`
		Missed    figure.Spread `json:"detect_missed_ns"`
		Direct    figure.Spread `json:"recovery_direct_ns"`
		BackedOff figure.Spread `json:"recovery_backed_off_ns"`
		Hung      figure.Spread `json:"recovery_missed_ns"`
		Root      figure.Spread `json:"recovery_rs_ns,omitzero"`
		RootHung  figure.Spread `json:"recovery_rs_hang_ns,omitzero"`
	} `json:"summary"`
	Tasks []struct {
		Label      string `json:"label"`
		FramesPeak uint64 `json:"frames_peak"`
	} `json:"tasks"`
	BootS    float64  `json:"boot_s"`
	Failures []string `json:"failures,omitempty"`
}

// record is the file.
type record struct {
	Bench     bench           `json:"bench"`
	Demo      demo            `json:"demo"`
	Campaigns *report.Summary `json:"campaigns,omitempty"` // of campaigns that take too long to be made with each record
}

func readRecord(path string) (*record, error) {
	r := new(record)
	return r, readJSON(path, r)
}

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", strings.TrimPrefix(path, "./"), err)
	}
	return nil
}

// recordReports joins two reports in one file. A report of something that failed is no record, nor is one of a tree that nobody can
// check out again.
func recordReports(path, benchPath, demoPath string, dirty bool) error {
	r := new(record)
	if before, err := readRecord(path); err == nil {
		r.Campaigns = before.Campaigns
	}
	if err := errors.Join(readJSON(benchPath, &r.Bench), readJSON(demoPath, &r.Demo)); err != nil {
		return err
	}
	faults := r.faults(benchPath, demoPath)
	if r.Bench.Dirty && !dirty {
		faults = append(faults, fmt.Errorf("%s: the tree had changes that no commit has: commit them and measure again, or say make figures RECORD=-dirty", benchPath))
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	b, err := r.encode()
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o644)
}

// recordCampaigns keeps the summary that a campaign's report has. One of a tree that nobody can check out again is none, nor is one
// without faults.
func recordCampaigns(path, summary string, dirty bool) error {
	r, err := readRecord(path)
	if err != nil {
		return err
	}
	s := new(report.Summary)
	if err := readJSON(summary, s); err != nil {
		return err
	}
	if s.Faults == 0 || len(s.Campaigns) == 0 || s.Claim == "" {
		return fmt.Errorf("%s: expected campaigns, faults and a claim: is it the summary.json of campaign report?", summary)
	}
	for _, c := range s.Campaigns {
		if c.Dirty && !dirty {
			return fmt.Errorf("%s: campaign %s was made of a tree with changes that no commit has: commit them and run it again, or say -dirty", summary, c.ID)
		}
	}
	r.Campaigns = s
	b, err := r.encode()
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o644)
}

// encode is what the file has. What follows from other figures is left out.
func (r *record) encode() ([]byte, error) {
	for i := range r.Bench.Figures {
		r.Bench.Figures[i].Met, r.Bench.Figures[i].Ratio = nil, 0
	}
	b, err := json.MarshalIndent(r, "", " ")
	return append(b, '\n'), err
}

// faults is what is wrong with the reports.
func (r *record) faults(benchPath, demoPath string) (faults []error) {
	for _, f := range r.Bench.Failures {
		faults = append(faults, fmt.Errorf("%s: %s", benchPath, f))
	}
	for _, f := range r.Demo.Failures {
		faults = append(faults, fmt.Errorf("%s: %s", demoPath, f))
	}
	for i, d := range r.Demo.Deaths {
		for _, f := range d.Failures {
			faults = append(faults, fmt.Errorf("%s: death %d: %s", demoPath, i+1, f))
		}
	}
	if len(r.Bench.Figures) == 0 || r.Bench.Commit == "" {
		faults = append(faults, fmt.Errorf("%s: expected figures and a commit: is it bench -json?", benchPath))
	}
	if len(r.Demo.Deaths) == 0 || len(r.Demo.Tasks) == 0 || r.Demo.Summary.Detected.N == 0 {
		faults = append(faults, fmt.Errorf("%s: expected deaths and tasks: is it demo -json?", demoPath))
	}
	return faults
}

// find is a figure that must be there.
func (r *record) find(section, name string) (*figure.Figure, error) {
	for i := range r.Bench.Figures {
		if f := &r.Bench.Figures[i]; f.Section == section && strings.HasPrefix(f.Name, name) {
			return f, nil
		}
	}
	return nil, fmt.Errorf("%s has no figure %q of section %q", recordFile, name, section)
}
