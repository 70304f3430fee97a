package usys

import "bennu/kernel/abi"

// grants is the rows of a call page.
type grants [len(abi.CallArea{}.Grants)]abi.CopyGrant

// Parts of an abi.GrantID.
const (
	indexMask = 1<<seqShift - 1
	seqShift  = 8
	seqMask   = 1<<24 - 1
)

// add puts a grant into the first row that is free, under an id that the row's last 1<<24-1 grants did not have.
func (g *grants) add(c abi.CopyGrant) (id abi.GrantID, ok bool) {
	for i := range g {
		row := &g[i]
		if row.Flags&abi.GrantValid != 0 {
			continue
		}
		flags := c.Flags | abi.GrantValid
		c.Flags, c.Seq = 0, (row.Seq+1)&seqMask
		*row = c
		row.Flags = flags // last: it is another's from here on
		return abi.GrantID(uint32(i) | c.Seq<<seqShift), true
	}
	return id, false
}

// remove frees the row of a grant. The row keeps its Seq.
func (g *grants) remove(id abi.GrantID) {
	i := int(id & indexMask)
	if i < len(g) && g[i].Seq == uint32(id)>>seqShift {
		g[i].Flags = 0
	}
}
