package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"bennu/kernel/abi"
	"bennu/kernel/archive"
	"bennu/kernel/archive/pack"
	"bennu/tools/internal/qemu"
)

const (
	hogsArchive = "hogs.tar"    // in out/: boot/hog/hogs.conf beside the services that drive no clock
	hogsBegin   = "class hog {" // in its system.conf; what stands there and after it is hogs
	hogPrefix   = "h-"
	hogCount    = 16 // at once
)

// hogTable is some hogs. Without entries, it is those of boot/hog/hogs.conf.
type hogTable struct {
	name    string
	entries string
}

// hogRole is what an entry of system.conf needs for a role of boot/hog beside what all have.
type hogRole struct {
	name string
	more string
	once bool // a device, which has one owner
}

var hogRoles = []hogRole{
	{name: "spin"}, {name: "receive"}, {name: "info"}, {name: "times"}, {name: "copy"}, {name: "status"}, {name: "events"}, {name: "lookup"},
	{name: "store"}, {name: "flood"}, {name: "answer"}, {name: "deaf"}, {name: "notify", more: "ipc rs tty PEER;"}, {name: "ping", more: "ipc rs PEER;"}, {name: "pong"},
	{name: "alarm"}, {name: "console", more: "ipc rs tty;"}, {name: "writers", more: "ipc rs tty;"}, {name: "diag"},
	{name: "crash", more: "backoff 1ms; burst none;"}, {name: "irq", more: "io 70:2; irq 8; system BASIC IRQCTL;", once: true}, {name: "fault"}, {name: "hoard"},
	{name: "windows", more: "system BASIC WINDOW;"},
}

func roleNames() (names []string) {
	for _, r := range hogRoles {
		names = append(names, r.name)
	}
	return names
}

// crashes tells whether a hog dies on purpose.
func crashes(label string) bool { return strings.HasPrefix(label, hogPrefix+"crash") }

// hogTables are the tables that a word of the command line asks for.
func hogTables(word string) ([]hogTable, error) {
	if word == "mix" {
		return []hogTable{{name: "mix"}}, nil
	}
	if seed, ok := strings.CutPrefix(word, "seed="); ok {
		n, err := strconv.ParseUint(seed, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("-hogs %s: expected seed= and a number", word)
		}
		return []hogTable{drawn(n)}, nil
	}
	var tables []hogTable
	for _, r := range hogRoles {
		if word == "each" || word == r.name {
			tables = append(tables, herd(r))
		}
	}
	if tables == nil {
		return nil, fmt.Errorf("-hogs %s: expected mix, seed=N, each, or one of %s", word, strings.Join(roleNames(), ", "))
	}
	return tables, nil
}

// herd is hogs of one role on all priorities, as many as there may be. Those who ask each other have half of them to ask.
func herd(r hogRole) hogTable {
	var t strings.Builder
	for i := range hogCount {
		switch p := uint32(i % abi.Priorities); {
		case r.once && i > 0:
		case r.name == "ping" && i%2 == 1:
			entry(&t, hogRole{name: "pong"}, i, p, "")
		default:
			entry(&t, r, i, p, fmt.Sprintf("%s%s-%d", hogPrefix, map[bool]string{true: "pong", false: r.name}[r.name == "ping"], i^1))
		}
	}
	return hogTable{"16 " + r.name, t.String()}
}

// drawn is hogs of drawn roles and priorities.
func drawn(seed uint64) hogTable {
	r := rand.New(rand.NewPCG(seed, 5))
	roles := make([]hogRole, hogCount)
	device := false
	for i := range roles {
		for roles[i].name == "" || roles[i].once && device {
			roles[i] = hogRoles[r.IntN(len(hogRoles))]
		}
		device = device || roles[i].once
	}
	var t strings.Builder
	for i, role := range roles {
		peer := r.IntN(hogCount)
		entry(&t, role, i, r.Uint32N(abi.Priorities), fmt.Sprintf("%s%s-%d", hogPrefix, roles[peer].name, peer))
	}
	return hogTable{fmt.Sprintf("seed %d", seed), t.String()}
}

// entry writes a service of system.conf. peer is whom it is about, if its role is about anybody.
func entry(t *strings.Builder, r hogRole, i int, priority uint32, peer string) {
	label, args := fmt.Sprintf("%s%s-%d", hogPrefix, r.name, i), r.name
	more := strings.ReplaceAll(r.more, "PEER", peer)
	if more != r.more {
		args += " " + peer
	}
	if peer == label { // nobody else
		more = strings.ReplaceAll(r.more, " PEER", "")
		args = r.name
	}
	fmt.Fprintf(t, "service %s {\n\tclass hog;\n\targs %q;\n\tpriority %d;\n\t%s\n};\n", label, args, priority, more)
}

// archive is a boot archive with the hogs of the table: from on top of base, default out/hogs.tar. clean removes it.
func (t hogTable) archive(base string) (path string, clean func(), err error) {
	if base == "" {
		root, err := qemu.Root()
		if err != nil {
			return "", nil, err
		}
		base = filepath.Join(root, "out", hogsArchive)
	}
	if t.entries == "" {
		return base, func() {}, nil
	}
	b, err := os.ReadFile(base)
	if err != nil {
		return "", nil, err
	}
	if b, err = t.replace(b); err != nil {
		return "", nil, fmt.Errorf("%s: %w", base, err)
	}
	dir, err := os.MkdirTemp("", "bennu-hogs-")
	if err != nil {
		return "", nil, err
	}
	path = filepath.Join(dir, hogsArchive)
	return path, func() { os.RemoveAll(dir) }, os.WriteFile(path, b, 0o644)
}

// replace puts the table's entries in the place of the hogs that an archive has.
func (t hogTable) replace(b []byte) ([]byte, error) {
	a, err := archive.Open(b)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, e := range a.Files() {
		files[e.Name], _ = a.File(e.Name)
	}
	conf := files["system.conf"]
	at := bytes.Index(conf, []byte(hogsBegin))
	if at < 0 {
		return nil, fmt.Errorf("system.conf: expected %q", hogsBegin)
	}
	class := conf[at:]
	class = class[:bytes.Index(class, []byte("};\n"))+3]
	files["system.conf"] = slices.Concat(conf[:at], class, []byte(t.entries))
	return pack.Bytes(files)
}
