package machine

import (
	"time"

	"bennu/kernel/abi"
)

// Driver is an sdk.Kernel for a task of the machine that has no device: several drivers, and the reincarnation server,
// can run beside each other on it.
type Driver struct {
	*Task
	Info   abi.StartInfo
	Lines  []string // of Diag
	grants []grant
}

type grant struct {
	to    abi.Endpoint
	b     []byte
	flags uint32
}

// NewDriver makes the kernel of a task's code.
func NewDriver(t *Task, root abi.Endpoint, label abi.Label) *Driver {
	return &Driver{Task: t, Info: abi.StartInfo{Magic: abi.StartMagic, Version: abi.Version, Endpoint: t.Endpoint, Root: root, Label: label}}
}

func (d *Driver) StartInfo() *abi.StartInfo { return &d.Info }
func (d *Driver) Now() uint64               { return d.m.now }
func (d *Driver) Pending() *uint32          { return new(uint32) }
func (d *Driver) Clock() *abi.ClockInfo     { return new(abi.ClockInfo) }
func (d *Driver) SetClock(uint64) abi.Errno { return abi.ECALLDENIED }

func (d *Driver) PortIn(uint16) (uint8, abi.Errno)              { return 0, abi.EPERM }
func (d *Driver) PortOut(uint16, uint8) abi.Errno               { return abi.EPERM }
func (d *Driver) IRQSetPolicy(uint32, uint) (uint32, abi.Errno) { return 0, abi.EPERM }
func (d *Driver) IRQEnable(uint32) abi.Errno                    { return abi.EPERM }
func (d *Driver) IRQDisable(uint32) abi.Errno                   { return abi.EPERM }

func (d *Driver) GetInfo(kind abi.InfoKind, _ uint64, out []byte) (int, abi.Errno) {
	if kind != abi.InfoAsync {
		return 0, abi.EINVAL
	}
	var r abi.AsyncResult
	e := d.AsyncResult(&r)
	return copy(out, abi.Bytes(&r)), e
}

func (d *Driver) Diag(line []byte) abi.Errno {
	if !d.Dead() {
		d.Lines = append(d.Lines, time.Duration(d.m.now).String()+" "+string(line))
	}
	return abi.OK
}

func (d *Driver) CopyFrom(abi.Endpoint, abi.GrantID, uint64, []byte) abi.Errno { return abi.EPERM }
func (d *Driver) CopyTo(abi.Endpoint, abi.GrantID, uint64, []byte) abi.Errno   { return abi.EPERM }

func (d *Driver) Grant(to abi.Endpoint, b []byte, flags uint32) (abi.GrantID, bool) {
	d.grants = append(d.grants, grant{to, b, flags})
	return abi.GrantID(len(d.grants) - 1), true
}
func (d *Driver) Revoke(id abi.GrantID) { d.grants[id] = grant{} }

// Memory is that of a grant to ep; nil when there is none.
func (d *Driver) Memory(ep abi.Endpoint, id abi.GrantID, flags uint32) []byte {
	if int(id) >= len(d.grants) || d.grants[id].to != ep || d.grants[id].flags&flags != flags {
		return nil
	}
	return d.grants[id].b
}

func (d *Driver) Exit(uint64, abi.ExitKind) {}

func (d *Driver) In8(uint16) uint8     { return 0xff }
func (d *Driver) In16(uint16) uint16   { return 0xffff }
func (d *Driver) In32(uint16) uint32   { return 0xffffffff }
func (d *Driver) Out8(uint16, uint8)   {}
func (d *Driver) Out16(uint16, uint16) {}
func (d *Driver) Out32(uint16, uint32) {}
