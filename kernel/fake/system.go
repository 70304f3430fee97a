package fake

import (
	"bennu/kernel/abi"
	"bennu/kernel/crc32c"
	"bennu/kernel/ioport"
	"bennu/kernel/keep"
)

// The calls of who makes tasks. There is no memory to run out of but Machine.Memory, and an image is bytes that nobody
// reads as a program.

// Image is an executable copy.
type Image struct {
	Bytes  []byte
	Sealed bool
	Freed  bool
	maker  abi.Endpoint
}

// Image is the image of a number that was given; nil when none was.
func (m *Machine) Image(id uint32) *Image {
	if id == 0 || id > uint32(len(m.Images)) {
		return nil
	}
	return m.Images[id-1]
}

func (m *Machine) image(t *Task, c Call) (abi.Errno, uint64) {
	if c.Nr == abi.CallImageCreate {
		m.Images = append(m.Images, &Image{Bytes: make([]byte, c.Arg[0]), maker: t.Endpoint})
		return abi.OK, uint64(len(m.Images))
	}
	if c.Nr == abi.CallImageModule {
		offset, size := c.Arg[0], c.Arg[1]
		switch {
		case t != m.root:
			return abi.EPERM, 0
		case size == 0 || offset%abi.PageSize != 0 || offset > uint64(len(m.Archive)) || size > uint64(len(m.Archive))-offset:
			return abi.EINVAL, 0
		}
		m.Images = append(m.Images, &Image{Bytes: m.Archive[offset : offset+size], maker: t.Endpoint})
		return abi.OK, uint64(len(m.Images))
	}
	i := m.Image(uint32(min(c.Arg[0], 1<<32-1)))
	switch {
	case i == nil || i.Freed:
		return abi.EINVAL, 0
	case i.maker != t.Endpoint:
		return abi.EPERM, 0
	}
	switch c.Nr {
	case abi.CallImageWrite:
		b, e := t.bytes(c.Arg[2], c.Arg[3])
		switch end := c.Arg[1] + c.Arg[3]; {
		case c.Arg[3] > abi.MaxCopy:
			return abi.E2BIG, 0
		case i.Sealed || end < c.Arg[1] || end > uint64(len(i.Bytes)):
			return abi.EINVAL, 0
		case e != abi.OK:
			return e, 0
		}
		copy(i.Bytes[c.Arg[1]:], b)
	case abi.CallImageSeal:
		i.Sealed = true
		return abi.OK, uint64(crc32c.Sum(i.Bytes))
	case abi.CallImageFree:
		i.Freed = true
	}
	return abi.OK, 0
}

// imageInfo is InfoImage.
func (m *Machine) imageInfo(t *Task, index uint64) (abi.Errno, uint64) {
	i := m.Image(uint32(min(index, 1<<32-1)))
	switch {
	case index > uint64(len(m.Images)):
		return abi.EDOM, 0
	case i == nil || i.Freed:
		return abi.ESRCH, 0
	}
	r := abi.ImageInfo{Image: uint32(index), Size: uint64(len(i.Bytes)), CRC32C: uint64(crc32c.Sum(i.Bytes)), Maker: i.maker}
	if i.Sealed {
		r.Sealed = 1
	}
	return put(t.k, abi.OK, &r)
}

func (m *Machine) account(t *Task, op abi.AccountOp, id abi.AccountID) (abi.Errno, uint64) {
	known := id == abi.AccountRoot || m.Account(id) != nil
	switch op {
	case abi.AccountSet:
		var s abi.AccountSpec
		copy(abi.Bytes(&s), t.k.Call.Buf[:])
		promised := uint64(0)
		if id != 0 && m.Account(id) == nil {
			return abi.ESRCH, 0
		}
		if id != 0 {
			promised = uint64(m.Account(id).ReserveFrames) * abi.PageSize
		}
		reserve := uint64(s.ReserveFrames) * abi.PageSize
		switch {
		case s.KeptFrames != 0 && (!keep.Size(s.KeptFrames) || s.KeptFrames > s.ReserveFrames):
			return abi.EINVAL, 0
		case reserve > m.Memory+promised:
			return abi.ENOMEM, 0
		}
		m.Memory += promised - reserve
		if id == 0 {
			m.Accounts = append(m.Accounts, abi.AccountSpec{})
			id = abi.AccountID(len(m.Accounts)) + abi.AccountRoot
		}
		*m.Account(id) = s
		if m.kept[id] == nil && s.KeptFrames != 0 { // it stays as it was first set
			m.keep(id, s.KeptFrames)
		}
		return abi.OK, uint64(id)
	case abi.AccountPay:
		switch {
		case !t.k.Server:
			return abi.EPERM, 0
		case !known:
			return abi.ESRCH, 0
		}
		m.Payer = id
		return abi.OK, 0
	case abi.AccountCheckSnapshot, abi.AccountDropSnapshot:
		found, there := m.Snapshots[id]
		switch {
		case !known, !there && op == abi.AccountCheckSnapshot:
			return abi.ESRCH, 0
		case op == abi.AccountCheckSnapshot && found == abi.OK:
			return abi.OK, 0
		}
		delete(m.Snapshots, id)
		return found, 0
	}
	return abi.EINVAL, 0
}

// Account is what an account that was made may use; nil when none was.
func (m *Machine) Account(id abi.AccountID) *abi.AccountSpec {
	if id <= abi.AccountRoot || id > abi.AccountRoot+abi.AccountID(len(m.Accounts)) {
		return nil
	}
	return &m.Accounts[id-abi.AccountRoot-1]
}

// accountInfo is InfoAccount, as far as there is something to tell.
func (m *Machine) accountInfo(t *Task, index uint64) (abi.Errno, uint64) {
	id := abi.AccountID(min(index, abi.MaxAccounts))
	a := m.Account(id)
	switch {
	case index >= abi.MaxAccounts:
		return abi.EDOM, 0
	case a == nil:
		return abi.ESRCH, 0
	}
	return put(t.k, abi.OK, &abi.AccountInfo{Account: id, Spec: *a})
}

func (m *Machine) create(t *Task) (abi.Errno, uint64) {
	s := new(abi.TaskSpec)
	s.Read(t.k.Call.Buf[:])
	i := m.Image(s.Image)
	switch {
	case i == nil || !i.Sealed || i.Freed || s.ArgsLen > abi.ArgsSize || m.root != nil && s.Label == m.root.k.Label:
		return abi.EINVAL, 0
	case s.Account != abi.AccountRoot && m.Account(s.Account) == nil:
		return abi.ESRCH, 0
	}
	k := m.table.Take()
	if k == nil {
		return abi.ENOSPC, 0
	}
	k.Label, k.Incarnation, k.ImageID, k.Account = s.Label, s.Incarnation, s.Image, s.Account
	if a := m.Account(s.Account); a != nil {
		k.Server = a.Flags&abi.AccountServer != 0
	}
	n := m.live(k)
	n.taken, n.Spec = true, s
	n.Info.Incarnation, n.Info.Init, n.Info.ArgsLen, n.Info.Args = s.Incarnation, s.Init, s.ArgsLen, s.Args
	n.Info.Root = t.Endpoint
	n.born(s.Account)
	if _, there := m.Snapshots[s.Account]; there && s.Flags&abi.TaskWarm != 0 {
		k.Warm = true
		return abi.OK, uint64(n.Endpoint) | abi.TaskIsWarm
	}
	return abi.OK, uint64(n.Endpoint)
}

func (m *Machine) privCtl(t *Task, op abi.PrivOp, ep abi.Endpoint) (abi.Errno, uint64) {
	to := m.Find(ep)
	if to == nil {
		return abi.EDEADSRCDST, 0
	}
	switch op {
	case abi.PrivQuery:
		return put(t.k, abi.OK, &to.k.Priv)
	case abi.PrivSet:
		var p abi.Privilege
		p.Read(t.k.Call.Buf[:])
		switch {
		case to.Allowed() || to.k.PrivSet:
			return abi.EPERM, 0
		case !p.Valid():
			return abi.EINVAL, 0
		}
		if e := m.portFault(p.Ports[:p.NPorts]); e != abi.OK {
			return e, 0
		}
		if !to.sortPorts(&p) {
			return abi.EPERM, 0
		}
		to.k.Priv, to.k.PrivSet = p, true
		m.table.AllowSends(to.k, p.SendTo[:p.NSendTo])
		return abi.OK, 0
	case abi.PrivAllow:
		if to.Allowed() || !to.k.PrivSet {
			return abi.EPERM, 0
		}
		to.k.Wait, to.k.StartedNS = 0, m.now
		if m.Born != nil {
			m.Born(to)
		}
		return abi.OK, 0
	}
	return abi.EINVAL, 0
}

// sortPorts tells the task which of its ports go through CallPortIO. False: there are some that no task gets.
func (t *Task) sortPorts(p *abi.Privilege) bool {
	n := 0
	for i, r := range p.Ports[:p.NPorts] {
		guarded, _, ok := ioport.Sort(r, p.Unguarded>>i&1 != 0)
		if !ok {
			return false
		}
		if guarded {
			n += copy(t.Info.Guarded[n:], []abi.PortRange{r})
		}
	}
	t.Info.NGuarded = uint32(n)
	return true
}

// portFault looks at ports in their order. Errors: EINVAL (a range is none, or overlaps another), EBUSY (a living task has
// one of them).
func (m *Machine) portFault(ports []abi.PortRange) abi.Errno {
	for i, r := range ports {
		if r.First > r.Last {
			return abi.EINVAL
		}
		for _, o := range ports[:i] {
			if overlap(r, o) {
				return abi.EINVAL
			}
		}
		for _, o := range m.tasks {
			if o != nil && o.has(r) {
				return abi.EBUSY
			}
		}
	}
	return abi.OK
}

// has tells whether the task has a port of r.
func (t *Task) has(r abi.PortRange) bool {
	for _, x := range t.k.Priv.Ports[:t.k.Priv.NPorts] {
		if overlap(r, x) {
			return true
		}
	}
	return false
}

func overlap(a, b abi.PortRange) bool { return a.First <= b.Last && b.First <= a.Last }
