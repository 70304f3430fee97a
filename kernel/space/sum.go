package space

import (
	"bennu/kernel/abi"
	"bennu/kernel/crc32c"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

// Cursor is how far Sum has come.
type Cursor struct {
	list mem.Cursor
	sum  uint32
}

// First is where Sum begins.
func (n *Snapshot) First() Cursor { return Cursor{list: n.frames.First()} }

// Value is the sum of what was looked at. It is not 0.
func (c *Cursor) Value() uint64 { return 1<<32 | uint64(c.sum) }

// Sum adds up to most frames of the snapshot to the checksum, pages and tables, and tells whether these were the last. What the
// processor itself notes in tables does not count.
func (n *Snapshot) Sum(phys mem.Physical, c *Cursor, most int) (done bool) {
	for range most {
		a := c.list.Next(phys)
		if a == 0 {
			return true
		}
		if n.table(a) {
			c.sum = sumTable(c.sum, phys.Words(a))
			continue
		}
		c.sum = crc32c.Update(c.sum, phys.Bytes(a, abi.PageSize))
	}
	return false
}

// table tells whether a is one of the snapshot's last-level tables.
func (n *Snapshot) table(a mem.Addr) bool {
	for i := range n.parts[:n.nparts] {
		if n.parts[i].table == a {
			return true
		}
	}
	return false
}

// sumTable is a sum of a table's entries (Fowler, Noll and Vo's hash, of words).
func sumTable(sum uint32, words *mem.Words) uint32 {
	const prime = 1099511628211
	h := uint64(sum) + prime
	for _, w := range words {
		h = (h ^ w&^uint64(paging.Accessed|paging.Dirty)) * prime
	}
	return uint32(h >> 32)
}
