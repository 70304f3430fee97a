// Package report makes of a campaign's records what people and machines read: a page, JUnit XML, KTAP, CSV, and a comparison of two
// campaigns. The same records, in any order, once or twice, give the same bytes: nothing in it looks at a clock, at the host or at the
// order of a map. docs/FAULTS.md, "Statistics", says what its numbers mean.
package report
