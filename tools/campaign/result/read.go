package result

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Records are all that is known of some campaigns.
type Records struct {
	Campaigns []Campaign
	Boots     []Boot
	Faults    []Fault
	Infra     []Infra
	Notes     []string // what was odd with the files, and did no harm to what was read
}

// Read reads what is below dir: *.jsonl and *.jsonl.gz, each of faults or of boots as its first line is, campaign.json, and *.infra.json
// (a list of Infra, of the campaign whose folder it is in). Records
// may be there twice, in any order and in any number of files. A file whose end is missing, as a machine that lost its power leaves it, is
// read as far as it goes, and noted; a line that is wrong is an error, with its file and number.
func Read(dir string) (*Records, error) {
	r := &Records{}
	var faults []error
	home := "" // the folder of the last campaign.json; it comes before the folders beside it
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name := d.Name()
		switch {
		case name == "campaign.json":
			err := r.campaign(path)
			if faults = append(faults, err); err == nil {
				home = filepath.Dir(path)
			}
		case strings.HasSuffix(name, ".infra.json"):
			faults = append(faults, r.infra(path, home))
		case strings.HasSuffix(name, ".jsonl"), strings.HasSuffix(name, ".jsonl.gz"):
			faults = append(faults, r.file(path))
		}
		return nil
	})
	if err = errors.Join(append(faults, err)...); err != nil {
		return nil, err
	}
	if len(r.Faults) == 0 {
		return nil, fmt.Errorf("%s: no records of faults: expected *.jsonl or *.jsonl.gz below it", dir)
	}
	return r, nil
}

func (r *Records) campaign(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var c Campaign
	if err := strict(b, &c); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	r.Campaigns = append(r.Campaigns, c)
	return nil
}

func (r *Records) infra(path, home string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var list []Infra
	if err := strict(b, &list); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, e := range list {
		if e.Campaign == "" && home != "" && strings.HasPrefix(path, home+string(filepath.Separator)) {
			e.Campaign = r.Campaigns[len(r.Campaigns)-1].ID
		}
		r.Infra = append(r.Infra, e)
	}
	return nil
}

func (r *Records) file(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		z, err := gzip.NewReader(f)
		if errors.Is(err, io.EOF) {
			r.Notes = append(r.Notes, path+": empty")
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		in = z
	}
	return r.lines(path, bufio.NewReaderSize(in, 1<<16))
}

func (r *Records) lines(path string, in *bufio.Reader) error {
	boots := false
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return fmt.Errorf("%s:%d: %w", path, n, err)
		}
		if err != nil {
			if len(line) > 0 || err == io.ErrUnexpectedEOF {
				r.Notes = append(r.Notes, fmt.Sprintf("%s:%d: the file ends within this line: %d bytes left out", path, n, len(line)))
			}
			return nil
		}
		if n == 1 {
			boots = kind(line)
		}
		if boots {
			var b Boot
			err = strict(line, &b)
			r.Boots = append(r.Boots, b)
		} else {
			var f Fault
			if err = strict(line, &f); err == nil {
				err = f.Check()
			}
			r.Faults = append(r.Faults, f)
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w", path, n, err)
		}
	}
}

// kind tells whether a line is a boot's: it has a plan, and no fault has.
func kind(line []byte) bool {
	var probe struct {
		Plan *string `json:"plan"`
	}
	return json.Unmarshal(line, &probe) == nil && probe.Plan != nil
}

// strict refuses fields that are not known: a misspelt one would be lost.
func strict(b []byte, v any) error {
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return errors.New("something after the object: expected one a line")
	}
	return nil
}
