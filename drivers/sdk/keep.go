package sdk

import "bennu/kernel/abi"

// Kept is the service's kept memory (`kept` in system.conf) as it is now; it is empty when there is none. With the methods below it is what
// rs/kept writes to: state that is too large, or changes too often, for the data store.
func (c *Context) Kept() []byte { return c.k.Kept() }

// KeepStage writes b into the bank that is not current. Errors: EINVAL (past its end, or there is no kept memory), E2BIG.
func (c *Context) KeepStage(offset uint64, b []byte) abi.Errno { return c.k.KeepStage(offset, b) }

// KeepFlip makes that bank current, with its first length bytes as snapshot. Errors: EINVAL.
func (c *Context) KeepFlip(length uint64) abi.Errno { return c.k.KeepFlip(length) }

// KeepAppend puts b at the end of the current bank's log. Errors: ENOSPC, EINVAL.
func (c *Context) KeepAppend(b []byte, consume bool) abi.Errno { return c.k.KeepAppend(b, consume) }

// KeepSettled says that this life has taken up what was kept.
func (c *Context) KeepSettled() abi.Errno { return c.k.KeepSettled() }

// KeepReading says where this life is with what was kept, so that the kernel can tell whether that ends lives.
func (c *Context) KeepReading(at uint64) { c.k.KeepReading(at) }
