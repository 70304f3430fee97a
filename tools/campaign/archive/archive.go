package archive

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"bennu/drivers/protocol/load"
	"bennu/rs/conf"
	"bennu/tools/internal/bootimage"
)

// program is a service of the image: its label, which is its executable's name, and its part of system.conf.
type program struct{ label, part string }

// programs are the services, in the order in which they start.
var programs = []program{
	{"tty", "drivers/tty/tty.conf"},
	{"ctl", "rs/ctl/ctl.conf"},
	{"rtc", "drivers/rtc/rtc.conf"},
	{"kbd", "drivers/kbd/kbd.conf"},
	{"faulty", "drivers/faulty/faulty.conf"},
	{"shell", "rs/shell/shell.conf"},
	{"sum", "docs/examples/sum/system.conf"},
}

// The campaign's own.
const (
	workload  = "load"
	server    = "rs" // it has no entry
	store     = "ds"
	storePart = "rs/ds/ds.conf"

	workloadPart = "rs/load/load.conf"
	injector     = "swifi"
	injectorPart = "rs/swifi/swifi.conf"
)

// Options say what the campaign breaks.
type Options struct {
	Root   string        // of the source tree, where the parts are
	Bin    string        // the folder of the executables: out/bin
	Extra  string        // a user's folder, with executables and a system.conf; "": none
	Victim string        // label
	Plan   string        // the injector's arguments
	Period time.Duration // between two pings of the victim
}

// Bounds of Options.Period.
const (
	LeastPeriod = time.Millisecond
	MostPeriod  = time.Second
)

// Image is a campaign's archive.
type Image struct {
	Archive []byte
	Conf    string   // its system.conf
	Notes   []string // what may be a slip
	Label   string   // of the workload's service
}

// Build builds it. All faults come back, joined; those of system.conf are conf.Faults.
func Build(o Options) (*Image, error) {
	b := builder{Options: o, image: bootimage.New(), own: map[string]bool{}}
	b.read()
	if len(b.faults) == 0 {
		b.change()
	}
	if len(b.faults) > 0 {
		return nil, errors.Join(b.faults...)
	}
	archive, faults, notes := b.image.Pack()
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return &Image{Archive: archive, Conf: string(b.image.Files[bootimage.ConfName]), Notes: notes, Label: load.Label(o.Victim)}, nil
}

type builder struct {
	Options
	image  *bootimage.Image
	own    map[string]bool // labels that the user's part has
	labels []string        // of all services but the campaign's own, in their order
	faults []error
}

func (b *builder) fault(err error) {
	if err != nil {
		b.faults = append(b.faults, err)
	}
}

// read reads the executables, and the parts of system.conf.
func (b *builder) read() {
	if b.Period < LeastPeriod || b.Period > MostPeriod {
		b.fault(fmt.Errorf("period %v: expected one from %v to %v", b.Period, LeastPeriod, MostPeriod))
	}
	if b.Extra != "" {
		b.readExtra()
	}
	b.fault(b.image.ReadFile(bootimage.RootName, filepath.Join(b.Bin, "rs")))
	b.fault(b.image.ReadPart(filepath.Join(b.Root, "boot/system.conf")))
	b.fault(b.image.ReadFile(bootimage.BinDir+store, filepath.Join(b.Bin, store)))
	b.fault(b.image.ReadPart(filepath.Join(b.Root, storePart)))
	list := programs
	if !b.own[workload] {
		list = append(list[:len(list):len(list)], program{workload, workloadPart})
	}
	for _, p := range append(list[:len(list):len(list)], program{injector, injectorPart}) {
		if b.own[p.label] || b.left(p.label) {
			continue
		}
		b.fault(b.image.ReadFile(bootimage.BinDir+p.label, filepath.Join(b.Bin, p.label)))
		b.fault(b.image.ReadPart(filepath.Join(b.Root, p.part)))
		if p.part != workloadPart && p.part != injectorPart {
			b.labels = append(b.labels, p.label)
		}
	}
	if b.Extra != "" {
		b.fault(b.image.ReadExtraPart(b.Extra))
		for _, l := range b.userLabels() {
			if l != workload && !slices.Contains(b.labels, l) {
				b.labels = append(b.labels, l)
			}
		}
	}
}

// left tells whether a service of the image is left out: tty has one reader at a time, and the shell's console is the workload.
func (b *builder) left(label string) bool {
	return label == "shell" && b.Victim == "tty" || label == "tty" && b.Victim == "shell"
}

// readExtra reads the user's executables, and notes which services are the user's.
func (b *builder) readExtra() {
	b.faults = append(b.faults, b.image.ReadExtra(b.Extra)...)
	part := bootimage.New()
	b.fault(part.ReadExtraPart(b.Extra))
	for _, p := range part.Parts {
		for _, s := range conf.Outlines(p.Text) {
			if !s.Class {
				b.own[s.Label] = true
			}
		}
	}
	if b.own[injector] {
		b.fault(fmt.Errorf("%s: service %q: expected another label, that one is the injector's", filepath.Join(b.Extra, bootimage.ConfName), injector))
	}
}

// userLabels are the labels of the user's part, in its order.
func (b *builder) userLabels() (list []string) {
	for _, p := range b.image.Parts {
		if filepath.Dir(p.Path) != filepath.Clean(b.Extra) {
			continue
		}
		for _, s := range conf.Outlines(p.Text) {
			if !s.Class {
				list = append(list, s.Label)
			}
		}
	}
	return list
}

// change makes the campaign's table of the shipped one.
func (b *builder) change() {
	if all := append(b.labels[:len(b.labels):len(b.labels)], store, server); !slices.Contains(all, b.Victim) {
		b.fault(fmt.Errorf("victim %q: expected one of %s", b.Victim, strings.Join(all, ", ")))
		return
	}
	if !b.own[workload] && !load.Knows(b.Victim) {
		b.fault(fmt.Errorf("victim %q: rs/load knows no operation on it, expected a service %q of your own in %s (docs/examples/oracle is one)", b.Victim, workload, b.Extra))
		return
	}
	if b.own[workload] && load.Label(b.Victim) != workload {
		b.fault(fmt.Errorf("victim %q: its console is the workload, which is rs/load: expected no service %q of your own", b.Victim, workload))
		return
	}
	if b.asksAnother() {
		return
	}
	for _, l := range b.labels {
		b.edit(l, b.service(l))
	}
	b.edit(store, b.service(store))
	b.edit(workload, b.workload())
	b.edit(injector, b.injector())
	if as := load.Label(b.Victim); as != workload {
		for i := range b.image.Parts {
			b.image.Parts[i].Text = rename(b.image.Parts[i].Text, workload, as)
		}
	}
}

// asksAnother tells whether the workload is the user's, and one for another victim: each fault would seem to do nothing. What is wrong with the table otherwise Pack
// says.
func (b *builder) asksAnother() bool {
	if !b.own[workload] {
		return false
	}
	var text []byte
	for _, p := range b.image.Parts {
		text = append(append(text, p.Text...), '\n')
	}
	f, faults := conf.Parse(bootimage.ConfName, text)
	if len(faults) > 0 || slices.Contains(f.Service(workload).IPC, b.Victim) {
		return false
	}
	for _, p := range b.image.Parts {
		for _, s := range conf.Outlines(p.Text) {
			if s.Label == workload && !s.Class {
				b.fault(fmt.Errorf("%s:%d:%d: service %q: its ipc has no %q: expected the victim, which a workload asks", p.Path, s.Name.Line, s.Name.Col, workload, b.Victim))
			}
		}
	}
	return true
}

// edit changes the entry of a label, wherever it is.
func (b *builder) edit(label string, edits []edit) {
	found := false
	for i := range b.image.Parts {
		p := &b.image.Parts[i]
		text, here := apply(p.Text, label, edits)
		if here {
			p.Text, found = text, true
		}
	}
	if !found {
		b.fault(fmt.Errorf("service %q: no part of system.conf has its entry", label))
	}
}

// Times of a campaign's lives.
const (
	victimBackoff = "1ms"
	victimInit    = "50ms"
	victimStop    = "20ms"
	othersBackoff = "10ms"
)

// service is what a campaign wants otherwise of a service.
func (b *builder) service(label string) (list []edit) {
	list = []edit{set("burst", "none"), set("storm", "none")}
	if label != b.Victim {
		return append(list, set("backoff", othersBackoff))
	}
	list = append(list, set("period", b.period().String()), set("backoff", victimBackoff), set("init", victimInit), set("stop", victimStop))
	switch {
	case b.own[label]: // its permits are the user's
	case label == "rtc":
		list = append(list, set("args", quoted("sets=shell,ctl,"+workload)))
	case label == "kbd":
		list = append(list, set("args", quoted("reads="+workload)))
	case label == "tty":
		list = append(list, set("args", quoted("reads="+workload+" types=kbd")))
	}
	return list
}

// played is the least period of a victim whose device the injector plays: an access to a register takes ten thousand instructions then, and
// a handler that sends a line some milliseconds, and the injector collects its garbage now and then.
const played = 20 * time.Millisecond

// period is that of the victim's pings.
func (b *builder) period() time.Duration {
	if b.Victim == "ctl" && !b.own[b.Victim] {
		return max(b.Period, played)
	}
	return b.Period
}

// injector is the injector's entry. It traces others than the victim to end one of them at the same time.
func (b *builder) injector() []edit {
	others := b.others()
	return []edit{
		set("args", quoted(b.Plan+" others="+strings.Join(others, ","))),
		set("trace", strings.Join(append([]string{b.Victim}, others...), " ")),
		set("control", controlled(b.Victim)),
		set("ipc", "rs "+load.Label(b.Victim)),
	}
}

// controlled is who is asked to be replaced: the reincarnation server cannot be, and has its helper replaced meanwhile.
func controlled(victim string) string {
	if victim == server {
		return load.Helper
	}
	return victim
}

// others are the services that are not to notice, and on which the workload knows operations.
func (b *builder) others() (list []string) {
	for _, l := range b.labels {
		if l != b.Victim && load.Knows(l) && !b.own[l] && (b.Victim != server || l != load.Helper) {
			list = append(list, l)
		}
	}
	return list
}

// workload is the workload's entry. Of a user's own only the peers are the campaign's.
func (b *builder) workload() (list []edit) {
	peers := append([]string{"rs", store, injector}, b.labels...)
	list = []edit{set("ipc", strings.Join(peers, " "))}
	if b.own[workload] {
		return list
	}
	args := "victim=" + b.Victim + " others=" + strings.Join(b.others(), ",")
	if b.Victim == "shell" {
		args += " role=tty"
		list = append(list, set("program", workload))
	}
	list = append(list, set("args", quoted(args)))
	if b.Victim == server { // it has a service replaced, and killed
		list = append(list, set("uid", "0"))
	}
	if b.Victim == "kbd" || b.Victim == "tty" { // it types behind their backs
		list = append(list, set("trace", b.Victim))
	}
	return list
}

func quoted(s string) string { return `"` + s + `"` }
