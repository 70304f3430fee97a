// Before runs the tests that are new or changed since a commit on that commit's code: a test of a mended fault fails there.
//
//	go run ./tools/before -base COMMIT            all
//	go run ./tools/before -base COMMIT -host      those that need no QEMU
//	go run ./tools/before -base COMMIT -only rs/  of folders that match a regular expression
//
// A test of the host is cut out of its files with the declarations that it needs (tools/before/slice), and laid over the base's package
// in out/before/base. A helper that does not compile there is replaced by the base's helper of that name, if there is one; the test
// itself never is. A test that needs what the base's package does not have does not compile: its first error is told.
//
// Where folders have moved since, or packages were made of parts of others, the base is given the new places and names first (moved.go):
// it is the same code under them.
//
// Tests of machines run whole, as they are now, on the image that the base builds: out/before/mixed is the current tree with the base's
// out/. Those of archives that the base does not build cannot run there.
//
// The status is 0 whatever the tests do, and 1 where the tool could not try them.
package main
