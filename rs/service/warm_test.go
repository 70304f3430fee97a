package service

import (
	"regexp"
	"strings"
	"testing"

	"bennu/kernel/abi"
)

// TestStatusTellsHowALifeBegan: warm, cold, or nothing of the dead, each in the column that says so.
func TestStatusTellsHowALifeBegan(t *testing.T) {
	names := []string{"a", "b", "c", "d"}
	rows := []abi.ServiceStatus{
		{State: abi.ServiceRunning, Endpoint: 65, Warm: 1},
		{State: abi.ServiceRunning, Endpoint: 66},
		{State: abi.ServiceBackoff, Endpoint: abi.None, Warm: 1}, // RS says 0; no life is neither
		{State: abi.ServiceDown, Endpoint: 0},
	}
	for i := range rows {
		rows[i].Label, _ = abi.MakeLabel(names[i])
	}
	lines := strings.Split(StatusTable(rows, 0), "\n")
	from := strings.Index(lines[0], "BEGAN")
	if from < 0 {
		t.Fatalf("no column BEGAN in %q", lines[0])
	}
	for i, want := range []string{"warm", "cold", "-", "-"} {
		if got := regexp.MustCompile(`^\S+`).FindString(lines[i+1][from:]); got != want {
			t.Errorf("%s: %q in the column BEGAN, want %q", names[i], got, want)
		}
	}
}
