package conf

import (
	"strconv"
	"strings"
	"time"

	"bennu/kernel/abi"
)

// keyword is a word that an entry may have: one function puts its arguments into a Service, the other one
// takes it over from a class.
type keyword struct {
	name    string
	read    func(a *arguments)
	inherit func(to, from *Service)
}

// keywords is every keyword but `class`.
var keywords = []keyword{
	{"program", readProgram, func(to, from *Service) { to.Program = from.Program }},
	{"args", readArgs, func(to, from *Service) { to.Args = from.Args }},
	{"uid", readUID, func(to, from *Service) { to.UID = from.UID }},
	{"priority", readPriority, func(to, from *Service) { to.Priority = from.Priority }},
	{"quantum", readQuantum, func(to, from *Service) { to.Quantum = from.Quantum }},
	{"budget", readBudget, func(to, from *Service) { to.Budget, to.BudgetPeriod = from.Budget, from.BudgetPeriod }},
	{"server", readServer, func(to, from *Service) { to.Server = from.Server }},
	{"memory", readMemory, func(to, from *Service) { to.Memory = from.Memory }},
	{"reserve", readReserve, func(to, from *Service) { to.Reserve = from.Reserve }},
	{"kept", readKept, func(to, from *Service) { to.Kept = from.Kept }},
	{"start", readStart, func(to, from *Service) { to.Manual = from.Manual }},
	{"period", readPeriod, func(to, from *Service) { to.Period = from.Period }},
	{"init", readInit, func(to, from *Service) { to.Init = from.Init }},
	{"stop", readStop, func(to, from *Service) { to.Stop = from.Stop }},
	{"restart", readRestart, func(to, from *Service) { to.Restart = from.Restart }},
	{"backoff", readBackoff, func(to, from *Service) { to.BackoffUnit, to.BackoffMax = from.BackoffUnit, from.BackoffMax }},
	{"after", readAfter, func(to, from *Service) { to.After = from.After }},
	{"requires", readRequires, func(to, from *Service) { to.Requires = from.Requires }},
	{"group", readGroup, func(to, from *Service) { to.Group = from.Group }},
	{"burst", readBurst, func(to, from *Service) { to.Burst, to.BurstWindow = from.Burst, from.BurstWindow }},
	{"storm", readStorm, func(to, from *Service) { to.Storm = from.Storm }},
	{"snapshot", readSnapshot, func(to, from *Service) { to.Snapshot = from.Snapshot }},
	{"irq", readIRQ, func(to, from *Service) { to.IRQs = from.IRQs }},
	{"io", readIO, func(to, from *Service) { to.Ports = from.Ports }},
	{"unguarded", readUnguarded, func(to, from *Service) { to.Unguarded = from.Unguarded }},
	{"pci", readPCI, func(to, from *Service) { to.PCI = from.PCI }},
	{"dma", readDMA, func(to, from *Service) { to.DMA = from.DMA }},
	{"system", readSystem, func(to, from *Service) { to.Calls = from.Calls }},
	{"ipc", readIPC, func(to, from *Service) { to.IPC, to.IPCAll = from.IPC, from.IPCAll }},
	{"control", readControl, func(to, from *Service) { to.Control = from.Control }},
	{"trace", readTrace, func(to, from *Service) { to.Trace, to.TraceRS = from.Trace, from.TraceRS }},
	{"type", readType, func(to, from *Service) { to.Type = from.Type }},
	{"descr", readDescr, func(to, from *Service) { to.Descr = from.Descr }},
}

func keywordNames() string {
	s := "class"
	for _, k := range keywords {
		s += " " + k.name
	}
	return s
}

// arguments is one statement while it is read.
type arguments struct {
	p    *parser
	key  token
	args []token
	s    *Service
}

func (a *arguments) fault(t token, text string) { a.p.fault(t, a.key.text+": "+text) }

// count refuses fewer than least or more than most arguments; want says what they are.
func (a *arguments) count(least, most int, want string) bool {
	switch n := len(a.args); {
	case n < least:
		a.fault(a.key, plural(n)+", expected "+want)
	case n > most:
		a.fault(a.args[most], plural(n)+", expected "+want)
	default:
		return true
	}
	return false
}

func plural(n int) string {
	switch n {
	case 0:
		return "no argument"
	case 1:
		return "1 argument"
	}
	return strconv.Itoa(n) + " arguments"
}

func (a *arguments) wrong(t token, want string) {
	a.fault(t, "unexpected "+t.String()+", expected "+want)
}

// duration reads one argument between least and most.
func (a *arguments) duration(t token, least, most time.Duration) time.Duration {
	d, ok := duration(t.text)
	if !ok || d < least || d > most {
		a.wrong(t, "a duration such as 500ms, from "+least.String()+" to "+most.String())
	}
	return d
}

func readProgram(a *arguments) {
	const want = "the name of an executable: letters, digits, '-', '_', '.'"
	if !a.count(1, 1, want) {
		return
	}
	t := a.args[0]
	ok := len(t.text) > 0 && len(t.text) <= maxProgram && t.text[0] != '.'
	for i := 0; i < len(t.text); i++ {
		c := t.text[i]
		ok = ok && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.')
	}
	if !ok {
		a.wrong(t, want)
	}
	a.s.Program = t.text
}

func readArgs(a *arguments) {
	if !a.count(1, abi.ArgsSize, "words in a string") {
		return
	}
	words := make([]string, len(a.args))
	for i, t := range a.args {
		words[i] = t.text
	}
	a.s.Args = strings.Join(words, " ")
	if len(a.s.Args) > abi.ArgsSize {
		a.fault(a.args[0], strconv.Itoa(len(a.s.Args))+" bytes, expected at most "+strconv.Itoa(abi.ArgsSize))
	}
}

func readUID(a *arguments) {
	const want = "0, root, service or a number up to 65535"
	if !a.count(1, 1, want) {
		return
	}
	switch t := a.args[0]; t.text {
	case "root":
		a.s.UID = 0
	case "service":
		a.s.UID = DefaultUID
	default:
		n, ok := number(t.text)
		if !ok || n > 65535 {
			a.wrong(t, want)
		}
		a.s.UID = uint32(n)
	}
}

func readStart(a *arguments) {
	if !a.count(1, 1, "boot or manual") {
		return
	}
	switch t := a.args[0]; t.text {
	case "boot", "manual":
		a.s.Manual = t.text == "manual"
	default:
		a.wrong(t, "boot or manual")
	}
}

func readPeriod(a *arguments) {
	if !a.count(1, 1, "a duration, or none") {
		return
	}
	a.s.Period = 0
	if a.args[0].text != "none" {
		a.s.Period = a.duration(a.args[0], time.Millisecond, time.Hour)
	}
}

func readInit(a *arguments) {
	if a.count(1, 1, "a duration") {
		a.s.Init = a.duration(a.args[0], time.Millisecond, 10*time.Minute)
	}
}

func readStop(a *arguments) {
	if a.count(1, 1, "a duration") {
		a.s.Stop = a.duration(a.args[0], time.Millisecond, time.Minute)
	}
}

func readRestart(a *arguments) {
	const want = "always, failure or never"
	if !a.count(1, 1, want) {
		return
	}
	switch t := a.args[0]; t.text {
	case "always":
		a.s.Restart = RestartAlways
	case "failure":
		a.s.Restart = RestartFailure
	case "never":
		a.s.Restart = RestartNever
	default:
		a.wrong(t, want)
	}
}

func readBackoff(a *arguments) {
	if !a.count(1, 2, "the unit and, if it is to double, the longest: two durations") {
		return
	}
	a.s.BackoffUnit = a.duration(a.args[0], time.Millisecond, time.Hour)
	a.s.BackoffMax = a.s.BackoffUnit
	if len(a.args) == 2 {
		a.s.BackoffMax = a.duration(a.args[1], time.Millisecond, time.Hour)
		if a.s.BackoffMax < a.s.BackoffUnit {
			a.fault(a.args[1], "the longest is below the unit, expected at least "+a.args[0].text)
		}
	}
}

func readBurst(a *arguments) { a.burst(&a.s.Burst, &a.s.BurstWindow) }

func (a *arguments) burst(deaths *int, window *time.Duration) {
	const want = "a number of deaths and a duration, or none"
	if len(a.args) == 1 && a.args[0].text == "none" {
		*deaths, *window = 0, 0
		return
	}
	if !a.count(2, 2, want) {
		return
	}
	n, ok := number(a.args[0].text)
	if !ok || n < 1 || n > MaxBurst {
		a.wrong(a.args[0], "a number of deaths from 1 to "+strconv.Itoa(MaxBurst))
	}
	*deaths = int(n)
	*window = a.duration(a.args[1], time.Millisecond, 24*time.Hour)
}

// readStorm reads whether the limit of the restarts of all services together is for this one, too.
func readStorm(a *arguments) {
	const want = "shared or none"
	if !a.count(1, 1, want) {
		return
	}
	switch t := a.args[0]; t.text {
	case "shared", "none":
		a.s.Storm = t.text == "none"
	default:
		a.wrong(t, want)
	}
}

// readSnapshot reads how many lives may fail to come up with the service's snapshot, before one begins without.
func readSnapshot(a *arguments) {
	want := "no, or a number of lives from 1 to " + strconv.Itoa(MaxSnapshot)
	if !a.count(1, 1, want) {
		return
	}
	if a.args[0].text == "no" {
		a.s.Snapshot = 0
		return
	}
	n, ok := number(a.args[0].text)
	if !ok || n < 1 || n > MaxSnapshot {
		a.wrong(a.args[0], want)
	}
	a.s.Snapshot = int(n)
}

func readType(a *arguments) {
	if a.count(1, 1, "a word") {
		a.s.Type = a.args[0].text
	}
}

func readDescr(a *arguments) {
	if !a.count(1, 1, "one string") {
		return
	}
	a.s.Descr = a.args[0].text
	if len(a.s.Descr) > maxDescr {
		a.fault(a.args[0], strconv.Itoa(len(a.s.Descr))+" bytes, expected at most "+strconv.Itoa(maxDescr))
	}
}
