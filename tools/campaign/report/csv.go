package report

import (
	"encoding/csv"
	"io"
	"reflect"
	"strconv"
	"strings"

	"bennu/tools/campaign/result"
	"bennu/tools/campaign/stats"
)

// writer is CSV as RFC 4180 has it: CRLF, quotes where they are needed, a header.
func writer(w io.Writer) *csv.Writer {
	c := csv.NewWriter(w)
	c.UseCRLF = true
	return c
}

func share(p float64) string { return strconv.FormatFloat(p, 'g', 10, 64) }

// WriteCells writes one line a cell and outcome: the numbers of the page's tables.
func WriteCells(w io.Writer, m *Model) error {
	c := writer(w)
	lines := [][]string{{"service", "stratum", "type", "outcome", "faults", "of_faults", "trials", "of_trials", "share", "low", "high", "sites_share", "sites_low", "sites_high"}}
	for _, cell := range m.tests() {
		n := cell.N()
		for _, o := range order {
			if cell.Faults[o] == 0 && cell.Trials[o] == 0 {
				continue
			}
			k := cell.Trials[o]
			line := []string{cell.Service, cell.Stratum, cell.Type, o.String(), strconv.Itoa(cell.Faults[o]), strconv.Itoa(cell.All), strconv.Itoa(k), strconv.Itoa(n)}
			if void(o) || n == 0 {
				lines = append(lines, append(line, "", "", "", "", "", ""))
				continue
			}
			i, s := stats.Wilson(k, n), cell.Sites[o]
			lines = append(lines, append(line, share(float64(k)/float64(n)), share(i.Low), share(i.High), share(s.Share), share(s.Interval.Low), share(s.Interval.High)))
		}
	}
	return c.WriteAll(lines)
}

// WriteDeaths writes one line a group of deaths.
func WriteDeaths(w io.Writer, m *Model) error {
	c := writer(w)
	head := []string{"blocks", "service", "reason", "vector", "where", "first", "replay"}
	for _, o := range order {
		head = append(head, o.String())
	}
	lines := [][]string{head}
	for _, d := range m.Deaths() {
		line := []string{strconv.Itoa(d.Blocks), d.Service, d.Reason, strconv.Itoa(int(d.Vector)), d.Where, d.First.ID, d.First.Replay}
		for _, o := range order {
			line = append(line, strconv.Itoa(d.Outcomes[o]))
		}
		lines = append(lines, line)
	}
	return c.WriteAll(lines)
}

// WriteFaults writes one line a record, with all of its fields in the order of result.Fault, and at the end what came of the fault itself
// (Block.Of).
func WriteFaults(w io.Writer, m *Model) error {
	c := writer(w)
	fields := reflect.VisibleFields(reflect.TypeFor[result.Fault]())
	var head []string
	for _, f := range fields {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		head = append(head, name)
	}
	if err := c.Write(append(head, "fault_outcome")); err != nil {
		return err
	}
	line := make([]string, 0, len(head)+1)
	for _, b := range m.Blocks {
		for _, f := range b.Faults {
			line = line[:0]
			v := reflect.ValueOf(f).Elem()
			for i := range fields {
				line = append(line, field(v.Field(i)))
			}
			if err := c.Write(append(line, b.Of(f).String())); err != nil {
				return err
			}
		}
	}
	c.Flush()
	return c.Error()
}

func field(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Uint32, reflect.Uint64:
		return strconv.FormatUint(v.Uint(), 10)
	case reflect.Float64:
		return share(v.Float())
	case reflect.Slice:
		var parts []string
		for i := range v.Len() {
			parts = append(parts, v.Index(i).String())
		}
		return strings.Join(parts, "; ")
	}
	return v.String()
}
