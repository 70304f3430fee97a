package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"bennu/rs/fi/outcome"
	"bennu/tools/campaign/result"
)

// The elements of JUnit's report, in the order that its schema wants.
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		ID         int             `xml:"id,attr"`
		Name       string          `xml:"name,attr"`
		Package    string          `xml:"package,attr"`
		Hostname   string          `xml:"hostname,attr"`
		Timestamp  string          `xml:"timestamp,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       string          `xml:"time,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
		Out        string          `xml:"system-out"`
		Err        string          `xml:"system-err"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Time    string        `xml:"time,attr"`
		Skipped *junitMessage `xml:"skipped"`
		Error   *junitMessage `xml:"error"`
		Failure *junitMessage `xml:"failure"`
	}
	junitMessage struct {
		Message string `xml:"message,attr,omitempty"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// verdict is what a cell is as a test.
type verdict struct {
	failed, broken, skipped bool // by the machine; by injector or host; nothing was activated
	message, kind, text     string
}

// verdict: a cell fails by what the machine promises not to let happen. One of which no fault was activated has tested nothing.
func (c *Cell) verdict() verdict {
	v := verdict{}
	var parts []string
	for _, o := range order {
		if k := c.Trials[o]; k > 0 && (o.Bad() || void(o)) {
			parts = append(parts, fmt.Sprintf("%v: %d of %d trials", o, k, c.N()+c.Voids()))
			v.failed = v.failed || o.Bad()
			v.broken = v.broken || void(o)
			if v.kind == "" || o.Bad() {
				v.kind = o.String()
			}
		}
	}
	v.message = strings.Join(parts, ", ")
	for _, f := range c.Examples {
		v.text += f.Replay + "\n"
	}
	switch {
	case v.failed:
		v.broken = false
	case v.broken:
	case c.Activated == 0:
		v.skipped = true
		v.message = fmt.Sprintf("none of %d faults was activated", c.All)
	}
	return v
}

// tests are the cells that are test cases.
func (m *Model) tests() []*Cell {
	return m.Cells(func(f *result.Fault) Key { return Key{f.Service, f.Stratum, f.Type} })
}

// epoch stands where JUnit wants a date: records have none, so that a campaign that is run again gives the same bytes.
const epoch = "1970-01-01T00:00:00"

// WriteJUnit writes one test suite a service and one test case a stratum and type. Times are zero: guest time is no test's time.
func WriteJUnit(w io.Writer, m *Model) error {
	var all junitSuites
	for _, c := range m.tests() {
		if n := len(all.Suites); n == 0 || all.Suites[n-1].Name != c.Service {
			all.Suites = append(all.Suites, junitSuite{ID: n, Name: c.Service, Package: "campaign", Hostname: "qemu", Timestamp: epoch, Time: "0", Properties: m.properties()})
		}
		s := &all.Suites[len(all.Suites)-1]
		t := junitCase{Name: c.Type, Class: c.Service + "." + c.Stratum, Time: "0"}
		v := c.verdict()
		message := &junitMessage{Message: v.message, Type: v.kind, Text: v.text}
		switch {
		case v.failed:
			t.Failure = message
			s.Failures++
		case v.broken:
			t.Error = message
			s.Errors++
		case v.skipped:
			t.Skipped = &junitMessage{Message: v.message}
			s.Skipped++
		}
		s.Tests++
		s.Cases = append(s.Cases, t)
		s.Out += c.line() + "\n"
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(&all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (m *Model) properties() (all []junitProperty) {
	add := func(name, value string) {
		if value != "" {
			all = append(all, junitProperty{name, value})
		}
	}
	for i := range m.Campaigns {
		c := &m.Campaigns[i]
		add("campaign", c.ID)
		add("commit", c.Commit)
		add("command", strings.Join(c.Command, " "))
	}
	add("void", m.Void())
	return all
}

// line says in a line what came of a cell.
func (c *Cell) line() string {
	parts := []string{fmt.Sprintf("%v: %d faults, %d activated", c.Key, c.All, c.Activated)}
	for _, o := range order {
		if o != outcome.NotActivated && c.Faults[o] > 0 {
			parts = append(parts, fmt.Sprintf("%v %d", o, c.Faults[o]))
		}
	}
	return strings.Join(parts, ", ")
}
