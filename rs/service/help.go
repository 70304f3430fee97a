package service

import (
	"strings"

	"bennu/drivers/protocol/faulty"
)

// Usage is how the command is typed: "service fi LABEL KIND".
func (c Command) Usage() string {
	var b strings.Builder
	if c.Group != "" {
		b.WriteString(c.Group + " ")
	}
	b.WriteString(c.Name)
	for _, a := range c.Args {
		s := strings.ToUpper(a.Name)
		if a.Flag != "" {
			s = a.Flag + " " + s
		}
		if a.Optional {
			s = "[" + s + "]"
		}
		b.WriteString(" " + s)
	}
	return b.String()
}

// Help is the list of commands, or one command with its arguments, or a group.
func Help(topic string) string {
	var b strings.Builder
	if c, ok := ByName(topic); ok {
		b.WriteString(c.Usage() + "\n  " + c.Help + "\n")
		for _, a := range c.Args {
			b.WriteString("  " + strings.ToUpper(a.Name) + ": " + a.Want + "\n")
		}
		if c.Op == OpFault {
			b.WriteString(faultHelp())
		}
		return b.String()
	}
	var t table
	for _, c := range commands {
		if topic == "" || topic == c.Group {
			t.row(c.Usage(), c.Help)
		}
	}
	return t.String()
}

func faultHelp() string {
	var t table
	t.row("  exception", "an undefined instruction where it stands")
	t.row("  hang", "a jump to itself where it stands")
	t.row("  kill", "ended by the kernel")
	ways := make([]string, 0, faulty.Ways)
	for w := faulty.Way(1); w < faulty.Ways; w++ {
		ways = append(ways, w.String())
	}
	return t.String() + "  ways of the service faulty: " + strings.Join(ways, " ") + "\n"
}
