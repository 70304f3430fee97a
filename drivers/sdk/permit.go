package sdk

import (
	"maps"
	"slices"
	"strings"

	"bennu/kernel/abi"
)

// Permit is the labels of those who may ask a driver for one kind of thing. Being allowed to send to the
// driver is not enough. The driver's arguments name them: `reads=shell,editor` in system.conf. Nobody else has
// the permit.
type Permit struct {
	labels []abi.Label
	known  abi.Endpoint // the last one that had it
}

// Permits reads the driver's arguments, each WORD=LABEL[,LABEL…], into the permits of those words. Its error says what
// was expected.
func (c *Context) Permits(to map[string]*Permit) error {
	c.mine("Context.Permits")
	for _, p := range to {
		*p = Permit{known: abi.None}
	}
	for _, arg := range c.Args() {
		word, labels, ok := strings.Cut(arg, "=")
		p := to[word]
		if !ok || p == nil {
			return Fail(abi.EINVAL, "args: ", arg, ": expected ", strings.Join(slices.Sorted(maps.Keys(to)), " or "), "=LABEL,LABEL…")
		}
		for label := range strings.SplitSeq(labels, ",") {
			l, ok := abi.MakeLabel(label)
			if !ok {
				return Fail(abi.EINVAL, "args: ", arg, ": expected labels with commas between them")
			}
			p.labels = append(p.labels, l)
		}
	}
	return nil
}

// Holds tells whether the living task that ep names has the permit.
func (p *Permit) Holds(c *Context, ep abi.Endpoint) bool {
	if ep == p.known {
		return true // an endpoint is one life's, and a life has one label
	}
	label, e := c.LabelOf(ep)
	if e != abi.OK || !slices.Contains(p.labels, label) {
		return false
	}
	p.known = ep
	return true
}

// LabelOf is the label of a living task. Errors: ESRCH.
func (c *Context) LabelOf(ep abi.Endpoint) (abi.Label, abi.Errno) {
	var t abi.TaskInfo
	if _, e := c.Info(abi.InfoTask, uint64(ep.Slot()), abi.Bytes(&t)); e != abi.OK || t.Endpoint != ep {
		return abi.Label{}, abi.ESRCH
	}
	return t.Label, abi.OK
}
