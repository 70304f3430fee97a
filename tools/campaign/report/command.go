package report

import (
	"bufio"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"bennu/tools/campaign/result"
	"bennu/tools/campaign/stats"
)

// Usage of Main's verbs.
const Usage = `report [-o FOLDER] [-host-times=false] FOLDER...   page, JUnit, KTAP and CSV of the records below the folders
compare [-html FILE] A B                           two campaigns beside each other
howmany [-margin M] [-share P] [-bound B]          how many independent trials that takes
`

// Main does one of the verbs that need records alone: no machine, no emulator. args begins with the verb; out is for people.
func Main(args []string, out io.Writer) error {
	if len(args) == 0 {
		return fmt.Errorf("expected report, compare or howmany:\n%s", Usage)
	}
	f := flag.NewFlagSet(args[0], flag.ContinueOnError)
	f.SetOutput(out)
	switch args[0] {
	case "report":
		return reportMain(f, args[1:], out)
	case "compare":
		return compareMain(f, args[1:], out)
	case "howmany":
		return howManyMain(f, args[1:], out)
	}
	return fmt.Errorf("%q: expected report, compare or howmany:\n%s", args[0], Usage)
}

// read is the model of all records below some folders.
func read(folders ...string) (*Model, error) {
	all := &result.Records{}
	for _, dir := range folders {
		r, err := result.Read(dir)
		if err != nil {
			return nil, err
		}
		all.Campaigns, all.Boots = append(all.Campaigns, r.Campaigns...), append(all.Boots, r.Boots...)
		all.Faults, all.Notes = append(all.Faults, r.Faults...), append(all.Notes, r.Notes...)
		all.Infra = append(all.Infra, r.Infra...)
	}
	return New(all), nil
}

func reportMain(f *flag.FlagSet, args []string, out io.Writer) error {
	to := f.String("o", "", "where the report goes (default: report, in the first folder)")
	host := f.Bool("host-times", true, "tell how long boots took on the host; without it, the same faults give the same bytes wherever they ran")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() == 0 {
		return fmt.Errorf("report: expected folders with records")
	}
	m, err := read(f.Args()...)
	if err != nil {
		return err
	}
	if *to == "" {
		*to = filepath.Join(f.Arg(0), "report")
	}
	if err := m.Write(*to, Options{HostTimes: *host}); err != nil {
		return err
	}
	for _, s := range append([]string{m.Void()}, append(m.Broken(), m.Kept())...) {
		if s != "" {
			fmt.Fprintln(out, s)
		}
	}
	for _, s := range m.Notes {
		fmt.Fprintln(out, "note:", s)
	}
	_, err = fmt.Fprintln(out, filepath.Join(*to, "report.html"))
	return err
}

// Write writes all forms of the report into a folder.
func (m *Model) Write(dir string, o Options) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, file := range []struct {
		name  string
		write func(w io.Writer) error
	}{
		{"report.html", func(w io.Writer) error { return WriteHTML(w, m, o) }},
		{"junit.xml", func(w io.Writer) error { return WriteJUnit(w, m) }},
		{"report.ktap", func(w io.Writer) error { return WriteKTAP(w, m) }},
		{"summary.json", func(w io.Writer) error { return WriteSummary(w, m) }},
		{"cells.csv", func(w io.Writer) error { return WriteCells(w, m) }},
		{"deaths.csv", func(w io.Writer) error { return WriteDeaths(w, m) }},
		{"faults.csv.gz", func(w io.Writer) error {
			z := gzip.NewWriter(w)
			if err := WriteFaults(z, m); err != nil {
				return err
			}
			return z.Close()
		}},
	} {
		if err := writeFile(filepath.Join(dir, file.name), file.write); err != nil {
			return err
		}
	}
	return nil
}

// writeFile puts the file in its place when it is whole.
func writeFile(path string, write func(w io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails when it was renamed
	b := bufio.NewWriterSize(f, 1<<16)
	err = write(b)
	if err == nil {
		err = b.Flush()
	}
	if e := f.Chmod(0o644); err == nil {
		err = e
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.Rename(f.Name(), path)
}

func compareMain(f *flag.FlagSet, args []string, out io.Writer) error {
	page := f.String("html", "", "write the comparison as a page, too")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() != 2 {
		return fmt.Errorf("compare: expected two folders with records")
	}
	a, err := read(f.Arg(0))
	if err != nil {
		return err
	}
	b, err := read(f.Arg(1))
	if err != nil {
		return err
	}
	c := Compare(a, b)
	if *page != "" {
		if err := writeFile(*page, c.WriteHTML); err != nil {
			return err
		}
	}
	return c.WriteText(out)
}

func howManyMain(f *flag.FlagSet, args []string, out io.Writer) error {
	margin := f.Float64("margin", 0.01, "to either side of the share, 0 to 1")
	p := f.Float64("share", 0.5, "that is expected; 0.5 takes the most trials")
	bound := f.Float64("bound", 0.001, "of failures, when none is seen, 0 to 1")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 || !(*margin > 0 && *margin < 1) || !(*p >= 0 && *p <= 1) || !(*bound > 0 && *bound < 1) {
		return fmt.Errorf("howmany: expected -margin and -bound between 0 and 1, -share from 0 to 1, and nothing else; got margin %g, share %g, bound %g %s", *margin, *p, *bound, strings.Join(f.Args(), " "))
	}
	n, none := stats.HowMany(*margin, *p), stats.HowManyWithout(*bound)
	exact := stats.ClopperPearson(int(*p*float64(n)+0.5), n)
	_, err := fmt.Fprintf(out, `A share near %s, known to ± %s with 95 %% confidence: %s (Wilson; then Clopper and Pearson's interval is %s).
No failure, and the share of failures at most %s with 95 %% confidence: %s without one (3/n would say %s).
A trial is a fault where a block has one, and a block where it has many; with carried lives, a life. Faults that are not activated are
trials of the share over all faults: divide by the activation rate for shares of the activated ones.
`, percent(*p), percent(*margin), of(n, "trial"), between(exact), atMost(*bound), of(none, "trial"), count(int(3 / *bound)))
	return err
}
