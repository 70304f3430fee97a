// Package slice cuts single tests out of the test files of a package: a test with the declarations that it needs and
// nothing else compiles beside an older state of the package, unless the test itself needs what the package did not have.
// It resolves names as the compiler does (go/types) and runs nothing.
package slice
