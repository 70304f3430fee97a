// Package stats is the arithmetic of campaigns: how sure a count of outcomes is of what it says. It is exact where exact is cheap, it
// draws nothing, and it knows nothing of faults. Every interval has 95 % confidence.
//
// The unit of independence is the caller's business, and the first thing to get right: a hundred faults of a block share an outcome and
// are one trial (docs/FAULTS.md, "Statistics").
package stats
