// Package device is a block device as a service has it: the client's library with the kernel around it. It makes the windows, and hears from the data store when the
// driver has died, and when its next life is ready.
//
// The service has `ipc` with the driver, rs and ds, and WINDOW in its `system`. Its handlers hand on what they are given: Changed, Reply, Message.
package device

import (
	"bennu/drivers/protocol/block"
	"bennu/drivers/protocol/ds"
	"bennu/drivers/sdk"
	"bennu/drivers/sdk/block/client"
	"bennu/kernel/abi"
)

// tags marks the tags of requests to the driver; those of the service's own requests are less.
const tags = 1 << 40

// Device is one. Requests go by its Client, whose results are to be taken (Next) after each of the methods below.
type Device struct {
	*client.Client
	In, Out sdk.Window // where reads arrive, and what writes come from

	label string
	c     *sdk.Context
}

// Open makes windows of so many bytes, 0 for none to write from, and looks for the driver from now on: a device whose driver is not there yet, or comes never, has requests wait.
// Errors: those of Context.NewWindow and Store.Subscribe.
func Open(c *sdk.Context, label string, in, out uint64) (*Device, error) {
	d := &Device{label: label, c: c}
	var e abi.Errno
	if d.In, e = c.NewWindow(in, false); e != abi.OK {
		return nil, sdk.Fail(e, "a window to read into")
	}
	if out > 0 {
		if d.Out, e = c.NewWindow(out, false); e != abi.OK {
			return nil, sdk.Fail(e, "a window to write from")
		}
	}
	d.Client = client.New(d, d.window(d.In), d.window(d.Out))
	if e = c.Store().Subscribe(label, ds.TypeLabel|ds.Initial); e != abi.OK {
		return nil, sdk.Fail(e, "the data store does not tell of ", label)
	}
	return d, nil
}

func (d *Device) window(w sdk.Window) client.Window {
	return client.Window{ID: w.ID, Bytes: min(uint64(len(w.Bytes)), block.MaxWindow*block.SectorSize)}
}

// Changed takes news of the data store. False: it is not about the driver. News may be old: what was asked of a life that is there is not to be asked again, so that the
// kernel has the last word on whether it is.
func (d *Device) Changed(n *sdk.Notice) bool {
	if n.Pattern != d.label {
		return false
	}
	if now := d.Driver(); now != 0 {
		if _, e := d.c.LabelOf(now); e == abi.OK {
			return true
		}
		d.Down(now)
	}
	switch {
	case n.What == ds.Missed: // whatever it was, this is how it is
		if ep, _, e := d.c.Lookup(d.label); e == abi.OK {
			d.Up(ep)
		}
	case n.What != ds.Deleted:
		d.Up(n.Endpoint)
	}
	return true
}

// Reply takes an answer. False: it is none of the driver's.
func (d *Device) Reply(m *abi.Msg) bool {
	if m.Arg[6]&tags == 0 {
		return false
	}
	a := *m
	a.Arg[6] &^= tags
	d.Answer(&a)
	return true
}

// Message takes a request. False: it is none of the driver's.
func (d *Device) Message(m *abi.Msg) bool {
	if m.Type != block.Notice {
		return false
	}
	d.Notice(m)
	return true
}

// Ask is client.Port's, and so is Let.
func (d *Device) Ask(to abi.Endpoint, m *abi.Msg, tag uint64) abi.Errno {
	return d.c.Ask(to, m, tag|tags)
}

// Let lets the driver have a window.
func (d *Device) Let(w abi.WindowID, to abi.Endpoint, write bool) abi.Errno {
	return d.c.LetWindow(w, to, write)
}
