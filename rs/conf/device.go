package conf

import (
	"strconv"
	"strings"

	"bennu/kernel/abi"
	"bennu/kernel/ioport"
)

// The keywords that give a device: interrupt lines and ports.

func readIRQ(a *arguments) {
	want := "interrupt lines: numbers from 1 to " + strconv.Itoa(ioport.Lines-1) + ", at most " + strconv.Itoa(abi.MaxIRQs)
	a.s.IRQs = nil
	if !a.count(1, abi.MaxIRQs, want) {
		return
	}
	for _, t := range a.args {
		n, ok := number(t.text)
		if !ok || n >= ioport.Lines {
			a.wrong(t, want)
			continue
		}
		if why := ioport.LineFault(uint32(n)); why != "" {
			a.fault(t, "line "+t.text+" is "+why+", expected a device's")
			continue
		}
		for _, other := range a.s.IRQs {
			if other == uint32(n) {
				a.fault(t, "line "+t.text+" is there twice, expected each once")
			}
		}
		a.s.IRQs = append(a.s.IRQs, uint32(n))
	}
}

func readIO(a *arguments) { a.s.Ports = a.ports(ioport.Open) }

func readUnguarded(a *arguments) { a.s.Unguarded = a.ports(ioport.Unlisted) }

// ports reads a list of them, of devices that the kernel knows (Open, which Guarded ones go with) or of others.
func (a *arguments) ports(class ioport.Class) (list []abi.PortRange) {
	want := "BASE or BASE:LENGTH in hexadecimal within 0..ffff, at most " + strconv.Itoa(abi.MaxPorts)
	if !a.count(1, abi.MaxPorts, want) {
		return nil
	}
	for _, t := range a.args {
		r, ok := portRange(t.text)
		if !ok {
			a.wrong(t, want)
			continue
		}
		a.checkClass(t, r, class)
		for _, other := range list {
			if overlap(r, other) {
				a.fault(t, "ports "+t.text+" overlap others of this entry, expected each once")
				break
			}
		}
		list = append(list, r)
	}
	return list
}

// checkClass refuses ports of r that no task gets, and ports that belong into the other list; it names the
// first of each.
func (a *arguments) checkClass(t token, r abi.PortRange, class ioport.Class) {
	never, other := false, false
	for more := true; more; {
		var b ioport.Block
		b, r, more = ioport.Next(r)
		switch {
		case b.Class == ioport.Never && !never:
			never = true
			a.fault(t, "ports "+b.String()+" ("+b.Name+") are no service's, expected ports of one device")
		case b.Class == ioport.Never || other:
		case b.Class == ioport.Unlisted && class != ioport.Unlisted:
			other = true
			a.fault(t, "ports "+b.String()+" are in no list of devices, expected them in \"unguarded\"")
		case b.Class != ioport.Unlisted && class == ioport.Unlisted:
			other = true
			a.fault(t, "ports "+b.String()+" ("+b.Name+") are in a list of devices, expected them in \"io\"")
		}
	}
	if class == ioport.Unlisted && !never && !other {
		a.p.note(t, a.key.text+": ports "+t.text+": the kernel does not know what is there, and lets every byte through")
	}
}

// ReachesPorts tells whether the service reaches ports itself, by IN and OUT, besides those that the kernel writes for it.
func (s *Service) ReachesPorts() bool {
	for _, r := range s.Ports {
		for more := true; more; {
			var b ioport.Block
			if b, r, more = ioport.Next(r); b.Class == ioport.Open {
				return true
			}
		}
	}
	return len(s.Unguarded) > 0
}

// portRange reads BASE or BASE:LENGTH.
func portRange(s string) (r abi.PortRange, ok bool) {
	base, length, long := strings.Cut(s, ":")
	first, ok := hex(base)
	n, lok := uint64(1), true
	if long {
		n, lok = hex(length)
	}
	if !ok || !lok || first > 0xffff || n == 0 || n > 0x10000-first {
		return r, false
	}
	return abi.PortRange{First: uint16(first), Last: uint16(first + n - 1)}, true
}

func overlap(a, b abi.PortRange) bool { return a.First <= b.Last && b.First <= a.Last }
