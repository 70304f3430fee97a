// Package deps has one test: that imports point the way the design says. Its policy is the
// text in policy_test.go.
package deps
