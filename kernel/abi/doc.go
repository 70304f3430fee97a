// Package abi is everything that crosses the rings: call numbers, error
// numbers, message layouts, the addresses that kernel and tasks agree on, and
// the protocol of the reincarnation server. A driver's protocol is a package of
// its own (drivers/protocol). This one has no behaviour and imports nothing of ours. docs/ABI.md is its reference for people and for drivers that
// are not written in Go; a test asks that each call has a section there.
package abi
