package service

import (
	"bennu/drivers/protocol/ds"
	"bennu/drivers/protocol/faulty"
	"bennu/kernel/abi"
)

// Op is what a request asks for.
type Op uint8

const (
	OpHelp Op = iota + 1
	OpStatus
	OpUp
	OpDown
	OpRefresh
	OpRestart
	OpFault
	OpLookup
	OpPS
	OpInfo
	OpLog
	OpDate
	OpPowerOff
	OpReboot
	OpAccounts
	OpStoreList
	OpStoreGet
	OpStorePut
	OpStoreDelete
	OpPCI
)

// Request is a command whose arguments have been checked.
type Request struct {
	Op      Op
	Label   abi.Label     // its target; zero: none given
	Kind    abi.FaultKind // OpFault
	Way     faulty.Way    // OpFault, with FaultSelf
	Lines   int           // OpLog: how many, the newest
	Reset   bool          // OpInfo: the worst delays are counted anew afterwards
	Set     bool          // OpDate: the clock is to be set to Seconds
	Seconds uint64        // Unix time, UTC
	Status  uint64        // OpPowerOff: the status that QEMU ends with
	Topic   string        // OpHelp: a command's name; "": all
	Key     string        // OpStoreX: a key; OpStoreList: a pattern, "": all
	Value   string        // OpStorePut: its bytes
	Type    ds.Flags      // OpStorePut
}

// Command is a row of the list of commands.
type Command struct {
	Op    Op
	Group string // a word before the name at the shell ("service"), or ""
	Name  string // its name at the shell and on the control port
	Args  []Arg
	Help  string
}

// Arg is an argument of a command.
type Arg struct {
	Name     string // field on the control port; in capitals, the word in the usage
	Flag     string // the flag before it at the shell; "": it is known by its place
	Optional bool
	Want     string                          // the expected values, for people
	set      func(r *Request, s string) bool // nil: it is a command's name (a func would refer to the list that it stands in)
}

// Commands are all commands, in the order of the help.
func Commands() []Command { return commands[:] }

var (
	key        = Arg{Name: "key", Want: "a key (1 to 80 characters, no blanks)", set: setKey}
	label      = Arg{Name: "label", Want: "a label (1 to 16 of a-z 0-9 - _ .)", set: setLabel}
	maybeLabel = Arg{Name: "label", Optional: true, Want: label.Want, set: setLabel}
)

var commands = [...]Command{
	{OpStatus, "service", "status", []Arg{maybeLabel}, "what the services are doing"},
	{OpUp, "service", "up", []Arg{label}, "start a service; answers when it is initialised"},
	{OpDown, "service", "down", []Arg{label}, "stop a service; answers when it is gone"},
	{OpRefresh, "service", "refresh", []Arg{label}, "replace a living service by a new incarnation"},
	{OpRestart, "service", "restart", []Arg{label}, "start a dead service now, without its backoff"},
	{OpFault, "service", "fi", []Arg{label, {Name: "kind", Want: "exception, hang, kill or a way of faulty (help fi)", set: setKind}},
		"inject a fault into a service"},
	{OpLookup, "service", "lookup", []Arg{label}, "a service's endpoint"},
	{OpPS, "", "ps", nil, "the kernel's tasks"},
	{OpAccounts, "", "accounts", nil, "what each service has used in all its lives"},
	{OpInfo, "", "info", []Arg{{Name: "delays", Optional: true, Want: "reset (the worst delays are counted anew from now on)", set: setDelays}},
		"the machine, its free resources, the worst delays"},
	{OpPCI, "", "pci", nil, "the PCI functions: what they are, who holds them, which DMA was refused"},
	{OpLog, "", "log", []Arg{{Name: "n", Flag: "-n", Optional: true, Want: "a number of lines from 1 to 10000", set: setLines}},
		"the newest lines of the kernel's log"},
	{OpDate, "", "date", []Arg{{Name: "set", Flag: "-s", Optional: true,
		Want: wantsTime, set: setTime}},
		"read or set the clock"},
	{OpStoreList, "ds", "list", []Arg{{Name: "pattern", Optional: true, Want: "a pattern for keys such as drv\\..* (1 to 80 characters, no blanks)", set: setKey}},
		"the keys of the data store"},
	{OpStoreGet, "ds", "get", []Arg{key}, "a value of the data store, or a service's endpoint"},
	{OpStorePut, "ds", "put", []Arg{key, {Name: "value", Want: "at most 1536 bytes", set: setValue},
		{Name: "type", Flag: "-t", Optional: true, Want: "string, u32 (of a decimal number) or memory (of hexadecimal digits)", set: setType}},
		"publish a value, in place of an older one if its owner lets"},
	{OpStoreDelete, "ds", "delete", []Arg{key}, "delete a key, whosever it is"},
	{OpHelp, "", "help", []Arg{{Name: "command", Optional: true, Want: "the name of a command"}}, "this list, or one command"},
	{OpPowerOff, "", "poweroff", []Arg{{Name: "status", Optional: true, Want: "a status from 0 to 127", set: setStatus}},
		"stop the services, then the machine"},
	{OpReboot, "", "reboot", nil, "stop the services, then start the machine again"},
}

// ByName finds the command of that name.
func ByName(name string) (Command, bool) {
	for _, c := range commands {
		if c.Name == name {
			return c, true
		}
	}
	return Command{}, false
}

// ArgError names the wrong argument, and says what was expected.
type ArgError struct {
	Arg  string // its name
	Got  string // "": it is missing
	Want string
}

func (e *ArgError) Error() string {
	if e.Got == "" {
		return e.Arg + ": expected " + e.Want
	}
	return e.Arg + ": expected " + e.Want + ", got " + quote(e.Got)
}

// Build checks the arguments of a command. get gives the text of one by its name.
// Errors: *ArgError.
func (c Command) Build(get func(name string) (text string, ok bool)) (Request, error) {
	r := Request{Op: c.Op, Lines: DefaultLines}
	for _, a := range c.Args {
		s, ok := get(a.Name)
		if !ok {
			if a.Optional {
				continue
			}
			return r, &ArgError{Arg: a.Name, Want: a.Want}
		}
		set := a.set
		if set == nil {
			set = setTopic
		}
		if !set(&r, s) {
			return r, &ArgError{Arg: a.Name, Got: s, Want: a.Want}
		}
	}
	return r, nil
}

// Has tells whether the command takes an argument of that name.
func (c Command) Has(name string) bool {
	for _, a := range c.Args {
		if a.Name == name {
			return true
		}
	}
	return false
}
